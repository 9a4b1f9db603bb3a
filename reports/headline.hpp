// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lsgd {

/// What stands behind the verdict of a run, with the parts that it is about.
struct Reason {
  std::string sentence;
  std::vector<std::string> parts = {};
};

/// The verdict of a whole run in words. No text is longer than a page shows.
struct Headline {
  std::string verdict;                 ///< pass, fail, device_failure or incomplete
  std::string title;                   ///< "All 21 targets pass"
  std::vector<std::string> sentences;  ///< what ran and what may be claimed, in few words
  std::vector<Reason> reasons = {};    ///< what was left out, and what the claim rests on
};

/// Counted from the targets themselves, not from `totals`. A run without a single case fails.
Headline headline(const nlohmann::json& results);

}  // namespace lsgd
