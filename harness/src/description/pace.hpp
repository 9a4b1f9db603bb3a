// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lsgd {

/// How fast a target trains, as its description declares: how much of level 3 fits into a run
/// (SPEC 12.6).
enum class Pace : std::uint8_t {
  fast,      ///< tens of thousands of steps a second: this machine itself
  moderate,  ///< some hundreds: an emulator, most boards
  slow,      ///< a few dozen: a simulated core
  brief      ///< however many: an executable model of an arithmetic, which is only looked at
};

inline constexpr std::array all_paces{Pace::fast, Pace::moderate, Pace::slow, Pace::brief};

constexpr std::string_view name_of(Pace pace) {
  constexpr std::array<std::string_view, 4> names{"fast", "moderate", "slow", "brief"};
  return names[static_cast<std::size_t>(pace)];
}

/// About how many times as long the same cases take as on a fast target: for the order of targets
/// and the time left, not for results.
constexpr double slowness_of(Pace pace) {
  constexpr std::array<double, 4> times{1, 15, 40, 10};
  return times[static_cast<std::size_t>(pace)];
}

}  // namespace lsgd
