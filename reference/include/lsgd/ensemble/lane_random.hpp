// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <lsgd/ensemble/lanes.hpp>

namespace lsgd {

/// A xorshift64 generator in every lane.
class LaneRandom {
 public:
  /// @param seed equal seeds draw equal numbers; the lanes' sequences differ
  explicit LaneRandom(std::uint64_t seed) {
    for (std::size_t lane = 0; lane < lane_count; ++lane)
      state_[lane] = mixed(seed * lane_count + lane + 1);
  }

  LaneBits next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }

  /// Uniform in [-1, 1).
  Lanes uniform() {
    const LaneBits bits = (next() >> 12) | 0x4000000000000000;  // in [2, 4)
    return Lanes(bits) - 3;
  }

 private:
  /// SplitMix64's output function, so that neighbouring seeds start far apart; never 0.
  static std::uint64_t mixed(std::uint64_t seed) {
    std::uint64_t x = seed * 0x9E3779B97F4A7C15;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
    x = (x ^ x >> 27) * 0x94D049BB133111EB;
    return (x ^ x >> 31) | 1;
  }

  LaneBits state_{};
};

}  // namespace lsgd
