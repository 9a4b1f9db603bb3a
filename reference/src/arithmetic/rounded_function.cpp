// SPDX-License-Identifier: Apache-2.0
#include <mpfr.h>
#include <stdexcept>

#include <lsgd/arithmetic/rounded_function.hpp>

namespace lsgd {

namespace {

/// Beyond, both functions are nearer to their limits than any format tells.
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

/// sigmoid(z) from below (MPFR_RNDD) or above (MPFR_RNDU), z not zero.
BinaryNumber sigmoid_bound(mpfr_srcptr z, mpfr_rnd_t side, mpfr_prec_t precision) {
  const mpfr_rnd_t other = side == MPFR_RNDD ? MPFR_RNDU : MPFR_RNDD;
  WorkingNumber decay(precision), denominator(precision);
  if (mpfr_sgn(z) > 0) {
    // 1 / (1 + e^-z) falls with e^-z.
    mpfr_neg(decay.get(), z, MPFR_RNDN);
    mpfr_exp(decay.get(), decay.get(), other);
    mpfr_add_ui(denominator.get(), decay.get(), 1, other);
    mpfr_ui_div(decay.get(), 1, denominator.get(), side);
  } else {
    mpfr_exp(decay.get(), z, side);
    mpfr_add_ui(denominator.get(), decay.get(), 1, other);
    mpfr_div(decay.get(), decay.get(), denominator.get(), side);
  }
  return BinaryNumber::of_mpfr(decay.get());
}

BinaryNumber function_bound(Activation function, mpfr_srcptr z, mpfr_rnd_t side,
                            mpfr_prec_t precision) {
  if (function == Activation::sigmoid) return sigmoid_bound(z, side, precision);
  WorkingNumber value(precision);
  mpfr_tanh(value.get(), z, side);
  return BinaryNumber::of_mpfr(value.get());
}

/// The function's value where it is rational; the limits at infinity.
std::optional<BinaryNumber> known_value(Activation function, const BinaryNumber& z) {
  const bool is_tanh = function == Activation::tanh;
  if (z.kind == BinaryNumber::Kind::infinite) {
    if (is_tanh) return BinaryNumber::of(z.is_negative ? -1 : 1);
    return z.is_negative ? BinaryNumber{} : BinaryNumber::of(1);
  }
  if (!z.is_finite()) return z;
  if (z.is_zero()) return is_tanh ? z : BinaryNumber::of(1, -1);
  return std::nullopt;
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
