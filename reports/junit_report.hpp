// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lsgd {

/// JUnit XML: a test suite per target, a test case per case with class name target.level. A device
/// failure is an error. A level that was skipped or is incomplete, and a run without cases, add a
/// test case of their own, so that a continuous-integration server sees them. `time` is in seconds
/// of the clock on the wall, as results.json has them: of a case, of a target, and their sum.
std::string junit_report(const nlohmann::json& results);

/// A document that a server takes whole.
struct JunitDocument {
  std::string name;      ///< the target's, or `selftest`
  std::size_t part = 1;  ///< of those of this name
  std::string xml;
};

/// The same in documents of one target each, and one of the mutants of a self-test, with at most
/// `most_cases` test cases in each: servers take a few thousand from a file. A target's time is
/// that of its first document.
std::vector<JunitDocument> junit_reports_by_target(const nlohmann::json& results,
                                                   std::size_t most_cases = 5000);

}  // namespace lsgd
