// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lsgd {

/// The verdict of a whole run in words.
struct Headline {
  std::string verdict;                 ///< pass, fail, device_failure or incomplete
  std::string title;                   ///< "All 21 targets pass"
  std::vector<std::string> sentences;  ///< what ran, what was skipped, what may be claimed
};

/// Counted from the targets themselves, not from `totals`. A run without a single case fails.
Headline headline(const nlohmann::json& results);

}  // namespace lsgd
