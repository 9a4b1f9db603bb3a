// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>

#include <lsgd/arithmetic/round_to_integer.hpp>

namespace lsgd {

namespace {

/// As many bits as a generator draws at once.
constexpr int random_bits_maximum = 64;

/// A discarded part of a unit: whether it is half or more, and whether it is more than that says.
struct DiscardedPart {
  bool half = false;
  bool rest = false;
  bool is_zero() const { return !half && !rest; }
};

DiscardedPart discarded_part(const Integer& magnitude, std::int64_t shift, bool sticky) {
  if (magnitude.is_zero()) return {false, sticky};
  const auto half = static_cast<unsigned>(shift - 1);
  return {bit_test(magnitude, half), sticky || lsb(magnitude) < half};
}

bool goes_away(RoundingDirection direction, const DiscardedPart& part, bool is_odd,
               bool is_negative) {
  switch (direction) {
    case RoundingDirection::nearest_even:
      return part.half && (part.rest || is_odd);
    case RoundingDirection::nearest_away:
      return part.half;
    case RoundingDirection::nearest_up:
      return part.half && (part.rest || !is_negative);
    case RoundingDirection::nearest_down:
      return part.half && (part.rest || is_negative);
    case RoundingDirection::nearest_zero:
      return part.half && part.rest;
    case RoundingDirection::zero:
      return false;
    case RoundingDirection::up:
      return !is_negative && !part.is_zero();
    case RoundingDirection::down:
      return is_negative && !part.is_zero();
    case RoundingDirection::away:
      return !part.is_zero();
    case RoundingDirection::odd:
      return !is_odd && !part.is_zero();
    case RoundingDirection::stochastic:
    case RoundingDirection::any:
    case RoundingDirection::none:
      break;
  }
  throw std::logic_error("a direction that decides");
}

/// Whether `count` drawn bits carry over the discarded fraction * 2^-shift, below 1.
bool carries(const Integer& fraction, std::int64_t shift, bool sticky, int count,
             std::uint64_t drawn, RandomMapping mapping) {
  const std::int64_t dropped = shift - count;
  const Integer kept = dropped > 0 ? Integer(fraction >> static_cast<unsigned>(dropped))
                                   : Integer(fraction << static_cast<unsigned>(-dropped));
  const DiscardedPart below =
      dropped > 0 ? discarded_part(fraction, dropped, sticky) : DiscardedPart{false, sticky};
  Integer sum = kept + drawn;
  switch (mapping) {
    case RandomMapping::truncate:
      break;
    case RandomMapping::midpoint:
      if (below.half) ++sum;
      break;
    case RandomMapping::nearest:
      if (below.half && (below.rest || bit_test(kept, 0))) ++sum;
      break;
  }
  return sum >> static_cast<unsigned>(count) != 0;
}

}  // namespace

Integer round_to_integer(const UnroundedInteger& number, const Rounding& rounding,
                         RandomStream* random) {
  Integer magnitude = number.magnitude;
  std::int64_t shift = number.shift;
  bool sticky = number.sticky;
  const bool is_stochastic = rounding.direction == RoundingDirection::stochastic;
  int count = 0;
  std::uint64_t drawn = 0;
  if (is_stochastic) {
    if (random == nullptr) throw std::logic_error("a stochastic rounding has a generator");
    count = rounding.random_bits != 0
                ? rounding.random_bits
                : static_cast<int>(std::clamp<std::int64_t>(shift, 0, random_bits_maximum));
    drawn = random->draw(count);
  }
  if (magnitude.is_zero() && !sticky) return magnitude;
  if (shift <= 0) return Integer(magnitude << static_cast<unsigned>(-shift));
  // No rounding tells numbers apart that are below every random bit.
  const std::int64_t length =
      magnitude.is_zero() ? 0 : static_cast<std::int64_t>(msb(magnitude)) + 1;
  if (shift - length > random_bits_maximum + 2) {
    magnitude = 0;
    sticky = true;
    shift = random_bits_maximum + 2;
  }

  const auto places = static_cast<unsigned>(shift);
  Integer whole = magnitude >> places;
  const DiscardedPart part = discarded_part(magnitude, shift, sticky);
  if (!is_stochastic) {
    const bool is_odd = bit_test(whole, 0) != number.flips_parity;
    if (goes_away(rounding.direction, part, is_odd, number.is_negative)) ++whole;
    return whole;
  }
  if (part.is_zero()) return whole;
  Integer fraction = magnitude - (whole << places);
  const bool from_floor = number.discards_from_floor && number.is_negative;
  if (from_floor) fraction = (Integer(1) << places) - fraction - (sticky ? 1 : 0);
  const bool carry = carries(fraction, shift, sticky, count, drawn, rounding.mapping);
  if (carry != from_floor) ++whole;
  return whole;
}

}  // namespace lsgd
