// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include <lsgd/ensemble/lane_random.hpp>
#include <lsgd/ensemble/lanes.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>

namespace lsgd {

/// How one member of a training ensemble computes (SPEC 12.3). Without either rounding it is the
/// exact trajectory that the others are compared with.
struct MemberArithmetic {
  bool rounds_results = false;     ///< stochastically, what is used once more; else binary64
  bool rounds_parameters = false;  ///< to nearest, before they are stored or requantized
  int more_bits = 0;               ///< than are declared, in both
};

/// Stochastic rounding of eight members in lockstep (Monte Carlo arithmetic): binary64 results are
/// cut to the declared significand, up or down with the probabilities that make them exact in the
/// mean. Exponents are not limited: what would underflow is too small to change a training.
class MonteCarloRounding {
 public:
  using Members = std::array<MemberArithmetic, lane_count>;

  /// @param seed equal seeds draw equal numbers; the lanes' sequences differ
  MonteCarloRounding(const Members& members, const ArithmeticModel& model, std::uint64_t seed)
      : random_(seed) {
    const int dropped_bits = 53 - model.significand_bits;
    draw_shift_ = static_cast<std::uint64_t>(64 - dropped_bits);
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      const std::uint64_t dropped =
          (std::uint64_t{1} << (dropped_bits - members[lane].more_bits)) - 1;
      inner_dropped_[lane] = members[lane].rounds_results ? dropped : 0;
      if (!members[lane].rounds_parameters) continue;
      stored_dropped_[lane] = dropped;
      stored_half_[lane] = dropped - (dropped >> 1);
      stored_last_[lane] = dropped + 1;
    }
  }

  /// A result that the member uses once more.
  Lanes inner(const Lanes& x) {
    const LaneBits draw = random_.next() >> draw_shift_;
    return Lanes((x.bits() + (draw & inner_dropped_)) & ~inner_dropped_);
  }

  /// A parameter that the member stores: to nearest, ties to even.
  Lanes stored(const Lanes& x) const {
    const LaneBits up = x.bits() + stored_half_;
    // What remains of a tie is 0, and less 1 has its highest bit set. A comparison would be slower
    // where there is none for 64 bits.
    const LaneBits is_tie = 0 - (((up & stored_dropped_) - 1) >> 63);
    return Lanes(up & ~stored_dropped_ & ~(is_tie & stored_last_));
  }

  /// Uniform in [-1, 1).
  Lanes uniform() { return random_.uniform(); }

 private:
  LaneRandom random_;
  LaneBits inner_dropped_{};
  LaneBits stored_dropped_{};
  LaneBits stored_half_{};  ///< of the first bit that is kept
  LaneBits stored_last_{};  ///< the last bit that is kept; none where nothing is dropped
  std::uint64_t draw_shift_ = 0;
};

}  // namespace lsgd
