// SPDX-License-Identifier: Apache-2.0
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
  with_activation(activation, [&](auto function) {
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
  return with_activation(activation, [&](auto function) -> std::optional<BinaryNumber> {
    if constexpr (function.is_approximated) {
      if (z.kind == BinaryNumber::Kind::infinite) return known(z.is_negative ? function.lowest : 1);
      if (z.is_zero() && function.at_zero != 0) return known(function.at_zero);
    }
    if (!z.is_finite() || z.is_zero()) return z;
    return std::nullopt;
  });
}

}  // namespace

BinaryNumber rounded_function(Activation function, const BinaryNumber& z, const NumberCodec& codec,
                              const Rounding& rounding, RandomStream* random) {
  if (const std::optional<BinaryNumber> value = known_value(function, z))
    return codec.rounded(*value, rounding, random);
  WorkingNumber argument(static_cast<mpfr_prec_t>(msb(z.magnitude)) + 2);
  z.to_mpfr(argument.get());
  if (mpfr_get_exp(argument.get()) > farthest_argument_bits)
    mpfr_set_si_2exp(argument.get(), z.is_negative ? -1 : 1, farthest_argument_bits, MPFR_RNDN);
  for (mpfr_prec_t precision = 320; precision <= 1 << 16; precision *= 2) {
    const BinaryNumber low = function_bound(function, argument.get(), MPFR_RNDD, precision);
    const BinaryNumber high = function_bound(function, argument.get(), MPFR_RNDU, precision);
    if (const std::optional<BinaryNumber> value =
            codec.rounded_between(low, high, rounding, random))
      return *value;
  }
  throw std::logic_error("two bounds of a function that round alike");
}

}  // namespace lsgd
