// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <mpfr.h>
#include <optional>
#include <stdexcept>

#include <lsgd/arithmetic/rounded_function.hpp>
#include <lsgd/network/activation.hpp>

namespace lsgd {

namespace {

/// Beyond, the functions are nearer to their limits than any format tells.
constexpr int farthest_argument_bits = 16;

/// An MPFR number of a precision that is chosen at run time.
class WorkingNumber {
 public:
  explicit WorkingNumber(mpfr_prec_t precision) { mpfr_init2(value_, precision); }
  ~WorkingNumber() { mpfr_clear(value_); }
  WorkingNumber(const WorkingNumber&) = delete;
  WorkingNumber& operator=(const WorkingNumber&) = delete;
  mpfr_ptr get() { return value_; }

 private:
  mpfr_t value_;
};

BinaryNumber function_bound(Activation activation, mpfr_srcptr z, mpfr_rnd_t side,
                            mpfr_prec_t precision) {
  WorkingNumber value(precision);
  with_neuron_activation(activation, [&](auto function) {
    if constexpr (function.is_approximated)
      function.evaluate_towards(value.get(), z, side);
    else
      throw std::invalid_argument("an approximated activation function");
  });
  return BinaryNumber::of_mpfr(value.get());
}

/// The function's value where it is rational; the limits at infinity.
std::optional<BinaryNumber> known_value(Activation activation, const BinaryNumber& z) {
  const auto known = [&](double value) { return BinaryNumber::of_double(value); };
  return with_neuron_activation(activation, [&](auto function) -> std::optional<BinaryNumber> {
    if constexpr (function.is_approximated) {
      if (z.kind == BinaryNumber::Kind::infinite) return known(z.is_negative ? function.lowest : 1);
      if (z.is_zero() && function.at_zero != 0) return known(function.at_zero);
    }
    if (!z.is_finite() || z.is_zero()) return z;
    return std::nullopt;
  });
}

constexpr mpfr_prec_t fewest_bits = 320, most_bits = 1 << 16;

}  // namespace

BinaryNumber rounded_function(Activation function, const BinaryNumber& z, const NumberCodec& codec,
                              const Rounding& rounding, RandomStream* random) {
  if (const std::optional<BinaryNumber> value = known_value(function, z))
    return codec.rounded(*value, rounding, random);
  WorkingNumber argument(static_cast<mpfr_prec_t>(msb(z.magnitude)) + 2);
  z.to_mpfr(argument.get());
  if (mpfr_get_exp(argument.get()) > farthest_argument_bits)
    mpfr_set_si_2exp(argument.get(), z.is_negative ? -1 : 1, farthest_argument_bits, MPFR_RNDN);
  for (mpfr_prec_t precision = fewest_bits; precision <= most_bits; precision *= 2) {
    const BinaryNumber low = function_bound(function, argument.get(), MPFR_RNDD, precision);
    const BinaryNumber high = function_bound(function, argument.get(), MPFR_RNDU, precision);
    if (const std::optional<BinaryNumber> value =
            codec.rounded_between(low, high, rounding, random))
      return *value;
  }
  throw std::logic_error("two bounds of a function that round alike");
}

SoftmaxValues::SoftmaxValues(const std::vector<BinaryNumber>& z) {
  const auto has = [&](BinaryNumber::Kind kind) {
    return std::ranges::any_of(z, [&](const BinaryNumber& x) { return x.kind == kind; });
  };
  const auto is_above_all = [](const BinaryNumber& x) {
    return x.kind == BinaryNumber::Kind::infinite && !x.is_negative;
  };
  const auto first = std::ranges::find_if(z, &BinaryNumber::is_finite);
  if (has(BinaryNumber::Kind::outside_domain))
    everywhere_ = BinaryNumber::outside_domain();
  else if (has(BinaryNumber::Kind::not_a_number) || first == z.end() ||
           std::ranges::any_of(z, is_above_all))
    everywhere_ = BinaryNumber::not_a_number();
  if (everywhere_) return;
  BinaryNumber largest = *first;
  bool are_equal = true;
  for (const BinaryNumber& x : z) {
    if (!x.is_finite()) continue;
    ++equal_;
    are_equal = are_equal && compare(x, largest) == 0;
    if (compare(x, largest) > 0) largest = x;
  }
  if (!are_equal) equal_ = 0;
  for (const BinaryNumber& x : z) differences_.push_back(x - largest);
}

SoftmaxValues::Exponentials SoftmaxValues::exponentials_of(
    const std::vector<BinaryNumber>& differences, mpfr_prec_t precision) {
  Exponentials result;
  result.precision = precision;
  WorkingNumber bound(precision), total_low(precision), total_high(precision);
  mpfr_set_zero(total_low.get(), 1);
  mpfr_set_zero(total_high.get(), 1);
  for (const BinaryNumber& difference : differences) {
    if (!difference.is_finite()) {
      result.low.emplace_back();
      result.high.emplace_back();
      continue;
    }
    WorkingNumber argument(
        difference.is_zero() ? 2 : static_cast<mpfr_prec_t>(msb(difference.magnitude)) + 2);
    difference.to_mpfr(argument.get());
    if (mpfr_cmp_si_2exp(argument.get(), -1, farthest_argument_bits) < 0)
      mpfr_set_si_2exp(argument.get(), -1, farthest_argument_bits, MPFR_RNDN);
    mpfr_exp(bound.get(), argument.get(), MPFR_RNDD);
    result.low.push_back(BinaryNumber::of_mpfr(bound.get()));
    mpfr_add(total_low.get(), total_low.get(), bound.get(), MPFR_RNDD);
    mpfr_exp(bound.get(), argument.get(), MPFR_RNDU);
    result.high.push_back(BinaryNumber::of_mpfr(bound.get()));
    mpfr_add(total_high.get(), total_high.get(), bound.get(), MPFR_RNDU);
  }
  result.total_low = BinaryNumber::of_mpfr(total_low.get());
  result.total_high = BinaryNumber::of_mpfr(total_high.get());
  return result;
}

BinaryNumber SoftmaxValues::rounded(std::size_t j, const NumberCodec& codec,
                                    const Rounding& rounding, RandomStream* random) {
  if (everywhere_) return codec.rounded(*everywhere_, rounding, random);
  if (!differences_[j].is_finite()) return codec.rounded(BinaryNumber{}, rounding, random);
  // Rational, and no fraction with another denominator is a number of a format.
  if (std::has_single_bit(equal_))
    return codec.rounded(BinaryNumber::of(1, -std::countr_zero(equal_)), rounding, random);
  mpfr_prec_t precision = fewest_bits;
  for (std::size_t attempt = 0; precision <= most_bits; ++attempt, precision *= 2) {
    if (attempt == known_.size()) known_.push_back(exponentials_of(differences_, precision));
    const Exponentials& known = known_[attempt];
    const auto quotient = [&](const BinaryNumber& x, const BinaryNumber& y, mpfr_rnd_t side) {
      WorkingNumber numerator(precision), denominator(precision);
      x.to_mpfr(numerator.get());
      y.to_mpfr(denominator.get());
      mpfr_div(numerator.get(), numerator.get(), denominator.get(), side);
      return BinaryNumber::of_mpfr(numerator.get());
    };
    if (const std::optional<BinaryNumber> value = codec.rounded_between(
            quotient(known.low[j], known.total_high, MPFR_RNDD),
            quotient(known.high[j], known.total_low, MPFR_RNDU), rounding, random))
      return *value;
  }
  throw std::logic_error("two bounds of a softmax that round alike");
}

}  // namespace lsgd
