// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "result/case_result.hpp"

namespace lsgd {

/// The cases of one level on one target, counted by their verdicts.
struct LevelCount {
  int level = 0;
  std::size_t selected = 0;  ///< by the run, or all where it selected none
  std::size_t executed = 0;
  std::size_t failed = 0;  ///< of those executed, device failures included
  std::size_t device_failures = 0;
  std::size_t skipped = 0;
  std::size_t refused = 0;  ///< networks that the device does not take

  /// Counts a case; `verdict` as in results.json.
  void add(std::string_view verdict);

  /// Cases that were neither executed nor had to be.
  std::size_t left_out() const { return skipped + refused; }
  /// Cases that must be executed; more left out than selected is a contradiction, and then 0.
  std::size_t expected() const { return selected < left_out() ? 0 : selected - left_out(); }
};

/// The verdict on a level: the worst of its cases, incomplete where one is missing.
Verdict verdict_of(const LevelCount& count);

/// The verdict on a target: the worst of its levels. Only level 0 may be skipped where cases of it
/// were selected, and some case must have been executed.
Verdict verdict_of(std::span<const LevelCount> levels);

}  // namespace lsgd
