// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>

namespace lsgd {

/// Training steps of the longest training of level 3 in results.json; 0 where there is none. What a
/// case costs that is begun again is at most that: all cases of hostile.toml besides take fewer
/// steps together (HostileFiles.NoCaseTakesMoreStepsThanATraining).
inline std::size_t longest_training(const nlohmann::json& results) {
  std::size_t longest = 0;
  for (const auto& target : results.at("targets"))
    for (const auto& found : target.at("cases")) {
      if (!found.contains("convergence")) continue;
      const auto& training = found.at("convergence");
      longest = std::max(longest, training.at("steps_per_epoch").get<std::size_t>() *
                                      training.at("epochs").size());
    }
  return longest;
}

}  // namespace lsgd
