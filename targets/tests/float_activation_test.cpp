// SPDX-License-Identifier: Apache-2.0

// The binary32 sigmoid and tanh of the ports against MPFR, under several sets of compiler flags,
// and those of whole arrays. All 2^32 arguments of the former were swept once (gcc 12, -O2): the
// worst errors are those of the worst cases below.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <iterator>
#include <limits>
#include <mpfr.h>
#include <string>
#include <vector>

#include "vector_activation.h"

#define DECLARE_VARIANT(name)               \
  extern "C" float sigmoid_##name(float z); \
  extern "C" float tanh_##name(float z);    \
  extern "C" float exponential_of_minus_##name(float v)

DECLARE_VARIANT(plain);
DECLARE_VARIANT(unoptimized);
DECLARE_VARIANT(fast_math);
#ifdef LSGD_TEST_HAS_native
DECLARE_VARIANT(native);
#endif
#ifdef LSGD_TEST_HAS_x87
DECLARE_VARIANT(x87);
#endif

namespace {

/// The result of a function of arrays, which does not depend on the place in the array. The length
/// leaves a remainder after vectors of any size.
template <void (*function)(float*, std::uint32_t)>
float by_array(float z) {
  float values[19];
  std::fill(std::begin(values), std::end(values), z);
  function(values, 19);
  for (const float value : values) EXPECT_EQ(value, values[0]) << std::hexfloat << z;
  return values[0];
}

/// The bounds that float_activation.h states; those of vector_activation.h are below them.
constexpr double sigmoid_bound = 0.8;
constexpr double tanh_bound = 0.8;
constexpr double exponential_bound = 0.6;

/// The functions to 100 bits.
class Exact {
 public:
  Exact() { mpfr_inits2(100, value_, power_, nullptr); }
  Exact(const Exact&) = delete;
  Exact& operator=(const Exact&) = delete;
  ~Exact() { mpfr_clears(value_, power_, nullptr); }

  /// Distance of `computed` from sigmoid(z), in units of the last place of a binary32 there.
  double sigmoid_error(float z, float computed) {
    mpfr_set_flt(power_, -z, MPFR_RNDN);
    mpfr_exp(power_, power_, MPFR_RNDN);
    mpfr_add_ui(power_, power_, 1, MPFR_RNDN);
    mpfr_ui_div(value_, 1, power_, MPFR_RNDN);
    return error_of(computed);
  }

  double exponential_error(float v, float computed) {
    mpfr_set_flt(value_, -v, MPFR_RNDN);
    mpfr_exp(value_, value_, MPFR_RNDN);
    return error_of(computed);
  }

  double tanh_error(float z, float computed) {
    mpfr_set_flt(value_, z, MPFR_RNDN);
    mpfr_tanh(value_, value_, MPFR_RNDN);
    return error_of(computed);
  }

 private:
  double error_of(float computed) {
    if (!std::isfinite(computed)) return std::numeric_limits<double>::infinity();
    // A zero has the exponent of MPFR's smallest number.
    const long exponent = mpfr_zero_p(value_) ? -126 : std::max<long>(mpfr_get_exp(value_), -125);
    mpfr_sub_d(value_, value_, static_cast<double>(computed), MPFR_RNDN);
    mpfr_mul_2si(value_, value_, 24 - exponent, MPFR_RNDN);
    return std::abs(mpfr_get_d(value_, MPFR_RNDN));
  }

  mpfr_t value_, power_;
};

struct Variant {
  std::string name;
  float (*sigmoid)(float);
  float (*tanh)(float);
};

class FloatActivation : public testing::TestWithParam<Variant> {
 protected:
  Exact exact_;

  void expect_within_bounds(float z) {
    const float sigmoid = GetParam().sigmoid(z);
    const float tanh = GetParam().tanh(z);
    EXPECT_LE(exact_.sigmoid_error(z, sigmoid), sigmoid_bound) << std::hexfloat << z;
    EXPECT_LE(exact_.tanh_error(z, tanh), tanh_bound) << std::hexfloat << z;
  }
};

TEST_P(FloatActivation, StaysWithinItsBoundOverTheWholeRange) {
  constexpr std::uint64_t stride = 65'521;  // prime: every low bit pattern occurs
  for (std::uint64_t bits = 0; bits < std::uint64_t{1} << 32; bits += stride) {
    const float z = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    if (std::isfinite(z)) expect_within_bounds(z);
  }
}

TEST_P(FloatActivation, StaysWithinItsBoundWhereResultsAreSubnormal) {
  for (float z = -110; z < -85; z += 0x1p-9f) expect_within_bounds(z);
  EXPECT_GT(GetParam().sigmoid(-103.2f), 0);
  EXPECT_EQ(GetParam().sigmoid(-104.0f), 0);
}

TEST_P(FloatActivation, StaysWithinItsBoundWhereItsCasesMeet) {
  for (const float boundary : {0.125f, 1.0f, 10.0f, 16.0f, 88.7f, 103.97f, 127.0f, 128.0f}) {
    float z = boundary;
    for (int k = 0; k < 40; ++k) z = std::nextafter(z, 0.0f);
    for (int k = 0; k < 80; ++k, z = std::nextafter(z, 256.0f)) {
      expect_within_bounds(z);
      expect_within_bounds(-z);
    }
  }
}

TEST_P(FloatActivation, HasItsWorstCasesWhereTheSweepFoundThem) {
  const float sigmoid_worst = std::bit_cast<float>(0xc19b6f94U);
  const float tanh_worst = std::bit_cast<float>(0x3e004c34U);
  EXPECT_LT(exact_.sigmoid_error(sigmoid_worst, GetParam().sigmoid(sigmoid_worst)), 0.602);
  EXPECT_LT(exact_.tanh_error(tanh_worst, GetParam().tanh(tanh_worst)), 0.648);
}

TEST_P(FloatActivation, IsDefinedAtTheEnds) {
  const float infinity = std::numeric_limits<float>::infinity();
  const float largest = std::numeric_limits<float>::max();
  EXPECT_EQ(GetParam().sigmoid(0), 0.5f);
  for (const float z : {largest, infinity}) {
    EXPECT_EQ(GetParam().sigmoid(z), 1);
    EXPECT_EQ(GetParam().sigmoid(-z), 0);
    EXPECT_EQ(GetParam().tanh(z), 1);
    EXPECT_EQ(GetParam().tanh(-z), -1);
  }
  const float least = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(GetParam().tanh(least), least);
  EXPECT_EQ(GetParam().tanh(-least), -least);
  EXPECT_EQ(GetParam().tanh(0), 0);
}

struct Exponential {
  std::string name;
  float (*of_minus)(float);
};

class FloatExponential : public testing::TestWithParam<Exponential> {
 protected:
  Exact exact_;

  void expect_within_bound(float v) {
    EXPECT_LE(exact_.exponential_error(v, GetParam().of_minus(v)), exponential_bound)
        << std::hexfloat << v;
  }
};

TEST_P(FloatExponential, StaysWithinItsBoundForEveryNumberFromZero) {
  constexpr std::uint32_t stride = 16'381;  // prime: every low bit pattern occurs
  for (std::uint32_t bits = 0; bits < std::bit_cast<std::uint32_t>(HUGE_VALF); bits += stride)
    expect_within_bound(std::bit_cast<float>(bits));
  for (float v = 85; v < 110; v += 0x1p-9f) expect_within_bound(v);
}

TEST_P(FloatExponential, IsDefinedAtTheEnds) {
  EXPECT_EQ(GetParam().of_minus(0), 1);
  EXPECT_EQ(GetParam().of_minus(std::numeric_limits<float>::infinity()), 0);
  EXPECT_EQ(GetParam().of_minus(std::numeric_limits<float>::quiet_NaN()), 0);
}

const std::vector<Exponential> exponentials = {
    {"plain", exponential_of_minus_plain},
    {"unoptimized", exponential_of_minus_unoptimized},
    {"fast_math", exponential_of_minus_fast_math},
#ifdef LSGD_TEST_HAS_native
    {"native", exponential_of_minus_native},
#endif
#ifdef LSGD_TEST_HAS_x87
    {"x87", exponential_of_minus_x87},
#endif
};

INSTANTIATE_TEST_SUITE_P(Compiled, FloatExponential, testing::ValuesIn(exponentials),
                         [](const auto& variant) { return variant.param.name; });

const std::vector<Variant> variants = {
    {"vector", by_array<lsgd_vector_sigmoid>, by_array<lsgd_vector_tanh>},
    {"plain", sigmoid_plain, tanh_plain},
    {"unoptimized", sigmoid_unoptimized, tanh_unoptimized},
    {"fast_math", sigmoid_fast_math, tanh_fast_math},
#ifdef LSGD_TEST_HAS_native
    {"native", sigmoid_native, tanh_native},
#endif
#ifdef LSGD_TEST_HAS_x87
    {"x87", sigmoid_x87, tanh_x87},
#endif
};

INSTANTIATE_TEST_SUITE_P(Compiled, FloatActivation, testing::ValuesIn(variants),
                         [](const auto& variant) { return variant.param.name; });

}  // namespace
