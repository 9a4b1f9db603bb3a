// SPDX-License-Identifier: Apache-2.0
#include "cases/arithmetic_operation.hpp"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <set>
#include <stdexcept>

#include "cases/arithmetic_case_list.hpp"
#include "cases/golden_set.hpp"

namespace lsgd {
namespace {

std::uint32_t bits(float value) { return std::bit_cast<std::uint32_t>(value); }
float value(std::uint32_t pattern) { return std::bit_cast<float>(pattern); }
std::uint32_t pattern(int integer) { return static_cast<std::uint32_t>(integer); }

TEST(ArithmeticOperation, NamesAreReadBack) {
  for (const ArithmeticOperation operation : all_arithmetic_operations) {
    EXPECT_EQ(arithmetic_operation_from_text(name_of(operation)), operation);
    EXPECT_TRUE(clause_of(operation).starts_with("SPEC "));
  }
  EXPECT_FALSE(arithmetic_operation_from_text("float_modulo"));
}

// This machine's own IEEE 754 unit is the independent implementation.
TEST(ArithmeticOperation, FloatCasesAgreeWithTheProcessor) {
  for (const ArithmeticCase& row : float32_operation_cases()) {
    const volatile float a = value(row.a);
    const volatile float b = value(row.b);
    const std::uint32_t result = arithmetic_result(row.operation, row.a, row.b);
    switch (row.operation) {
      case LSGD_OPERATION_FLOAT_ADD:
        EXPECT_EQ(result, bits(a + b)) << row.name;
        break;
      case LSGD_OPERATION_FLOAT_SUBTRACT:
        EXPECT_EQ(result, bits(a - b)) << row.name;
        break;
      case LSGD_OPERATION_FLOAT_MULTIPLY:
        EXPECT_EQ(result, bits(a * b)) << row.name;
        break;
      case LSGD_OPERATION_FLOAT_DIVIDE:
        EXPECT_EQ(result, bits(a / b)) << row.name;
        break;
      case LSGD_OPERATION_FLOAT_TANH:
        EXPECT_EQ(result, bits(static_cast<float>(std::tanh(static_cast<double>(a))))) << row.name;
        break;
      default:
        EXPECT_TRUE(arithmetic_accepts(row.operation, row.a, row.b,
                                       bits(std::exp(a) / (1 + std::exp(a))),
                                       {.activation_ulps = 4}) ||
                    std::abs(a) > 80)
            << row.name;
    }
  }
}

TEST(ArithmeticOperation, IntegerOperationsAgreeWithPlainArithmetic) {
  for (const ArithmeticCase& row : int8_hybrid_operation_cases()) {
    const auto a = static_cast<std::int32_t>(row.a);
    const auto b = static_cast<std::int32_t>(row.b);
    const auto saturated = [](double x) {
      return pattern(static_cast<int>(std::fmin(127, std::fmax(-128, x))));
    };
    std::uint32_t expected = 0;
    switch (row.operation) {
      case LSGD_OPERATION_QUANTIZE:
        expected = saturated(std::round(static_cast<double>(value(row.a)) * (1 << b)));
        break;
      case LSGD_OPERATION_FRACTION_BITS:
        expected = 0;
        for (int n = 7; n >= 0; --n) {
          expected = pattern(n);
          if (static_cast<double>(value(row.a)) <= 1 << (7 - n)) break;
        }
        break;
      case LSGD_OPERATION_REQUANTIZE:
        expected = saturated(std::floor((a + (b == 0 ? 0.0 : std::exp2(b - 1))) / std::exp2(b)));
        break;
      case LSGD_OPERATION_ALIGN_BIAS:
        expected = pattern(static_cast<int>(std::floor(a * std::exp2(b))));
        break;
      case LSGD_OPERATION_RELU:
        expected = pattern(std::max(a, 0));
        break;
      case LSGD_OPERATION_SIGMOID_TABLE:
        expected = saturated(std::round(128 / (1 + std::exp(-a / 16.0))));
        break;
      case LSGD_OPERATION_TANH_TABLE:
        expected = saturated(std::round(128 * std::tanh(a / 16.0)));
        break;
      case LSGD_OPERATION_FLOAT_FROM_INT8:
        expected = bits(static_cast<float>(a) / static_cast<float>(1 << b));
        break;
      default:
        continue;  // binary32, which both profiles compute alike
    }
    EXPECT_EQ(arithmetic_result(row.operation, row.a, row.b), expected) << row.name;
  }
}

TEST(ArithmeticOperation, OperationsOfInt8IntegerAgreeWithPlainArithmetic) {
  for (const ArithmeticCase& row : int8_integer_operation_cases()) {
    const auto a = static_cast<std::int32_t>(row.a);
    const auto b = static_cast<std::int32_t>(row.b);
    const auto half_up = [](double x) { return pattern(static_cast<int>(std::floor(x + 0.5))); };
    std::uint32_t expected = 0;
    switch (row.operation) {
      case LSGD_OPERATION_QUANTIZE_INT16:
        expected = pattern(static_cast<int>(std::fmin(
            32767, std::fmax(-32768, std::round(static_cast<double>(value(row.a)) * (1 << b))))));
        break;
      case LSGD_OPERATION_ALIGN_INT16_BIAS:
        expected = pattern(static_cast<int>(std::floor(a * std::exp2(b))));
        break;
      case LSGD_OPERATION_RATE_EXPONENT:
        for (expected = 0; expected < 11 && std::exp2(-static_cast<double>(expected)) >
                                                static_cast<double>(value(row.a));)
          ++expected;
        break;
      case LSGD_OPERATION_RANDOM_DRAW:
        expected = pattern(static_cast<int>(std::floor(
            static_cast<double>((std::uint64_t{row.a} * 1664525 + 1013904223) % (1ULL << 32)) *
            std::exp2(b - 32))));
        break;
      case LSGD_OPERATION_TIMES_SIGMOID_DERIVATIVE:
        expected = half_up(a * (b / 128.0) * (1 - b / 128.0));
        break;
      case LSGD_OPERATION_TIMES_TANH_DERIVATIVE:
        expected = half_up(a * (1 - b / 128.0 * (b / 128.0)));
        break;
      default:
        continue;  // shared with int8_hybrid
    }
    EXPECT_EQ(arithmetic_result(row.operation, row.a, row.b), expected) << row.name;
  }
}

TEST(ArithmeticOperation, TablesHaveEveryEntry) {
  std::map<ArithmeticOperation, std::set<std::uint32_t>> entries;
  for (const ArithmeticCase& row : int8_hybrid_operation_cases())
    entries[row.operation].insert(row.a);
  EXPECT_EQ(entries[LSGD_OPERATION_RELU].size(), 256U);
  EXPECT_EQ(entries[LSGD_OPERATION_SIGMOID_TABLE].size(), 256U);
  EXPECT_EQ(entries[LSGD_OPERATION_TANH_TABLE].size(), 256U);
}

TEST(ArithmeticOperation, OperandsOutsideTheirRangeAreRefused) {
  EXPECT_THROW(arithmetic_result(LSGD_OPERATION_QUANTIZE, bits(INFINITY), 0),
               std::invalid_argument);
  EXPECT_THROW(arithmetic_result(LSGD_OPERATION_QUANTIZE, bits(1), 8), std::invalid_argument);
  EXPECT_THROW(arithmetic_result(LSGD_OPERATION_FRACTION_BITS, bits(-1), 0), std::invalid_argument);
  EXPECT_THROW(arithmetic_result(LSGD_OPERATION_REQUANTIZE, pattern((1 << 30) + 1), 0),
               std::invalid_argument);
  EXPECT_THROW(arithmetic_result(LSGD_OPERATION_ALIGN_BIAS, pattern(1), pattern(-8)),
               std::invalid_argument);
  EXPECT_THROW(arithmetic_result(LSGD_OPERATION_RELU, pattern(128), 0), std::invalid_argument);
  EXPECT_THROW(arithmetic_result(LSGD_OPERATION_FLOAT_DIVIDE, bits(1), bits(0)),
               std::invalid_argument);
}

TEST(ArithmeticOperation, OperandsNamedOutOfRangeAreRefusedAndTheNearestInsideAreNot) {
  for (const ArithmeticOperation operation : all_arithmetic_operations)
    for (const auto& [a, b] : operands_out_of_range(operation))
      EXPECT_THROW(arithmetic_result(operation, a, b), std::invalid_argument) << name_of(operation);
  const auto named = operands_out_of_range(LSGD_OPERATION_REQUANTIZE);
  ASSERT_EQ(named.size(), 6u) << "four counts and two accumulators";
  arithmetic_result(LSGD_OPERATION_REQUANTIZE, 0, named[0].b + 1);
  arithmetic_result(LSGD_OPERATION_REQUANTIZE, 0, named[1].b - 1);
  arithmetic_result(LSGD_OPERATION_REQUANTIZE, named[4].a + 1, 0);
  arithmetic_result(LSGD_OPERATION_REQUANTIZE, named[5].a - 1, 0);
}

TEST(ArithmeticOperation, ADefaultDeviceMustRoundCorrectly) {
  const auto accepts = [](float a, float b, float result) {
    return arithmetic_accepts(LSGD_OPERATION_FLOAT_ADD, bits(a), bits(b), bits(result), {});
  };
  EXPECT_TRUE(accepts(1, 0x1p-24f, 1));
  EXPECT_FALSE(accepts(1, 0x1p-24f, 0x1.000002p0f));
  EXPECT_FALSE(accepts(1, -1, -0.0f));
  EXPECT_FALSE(accepts(0x1p-149f, 0x1p-149f, 0));
}

TEST(ArithmeticOperation, ADeviceThatDeclaresFlushingMayFlushOperandsAndResults) {
  const ArithmeticModel flushing{.flush_to_zero = true};
  const auto accepts = [&](ArithmeticOperation operation, float a, float b, float result) {
    return arithmetic_accepts(operation, bits(a), bits(b), bits(result), flushing);
  };
  EXPECT_TRUE(accepts(LSGD_OPERATION_FLOAT_ADD, 0x1p-149f, 0x1p-149f, 0x1p-148f));
  EXPECT_TRUE(accepts(LSGD_OPERATION_FLOAT_ADD, 0x1p-149f, 0x1p-149f, 0));
  EXPECT_TRUE(accepts(LSGD_OPERATION_FLOAT_MULTIPLY, 0x1p-149f, 0x1p100f, 0));
  EXPECT_TRUE(accepts(LSGD_OPERATION_FLOAT_MULTIPLY, -0x1p-100f, 0x1p-30f, -0.0f));
  EXPECT_FALSE(accepts(LSGD_OPERATION_FLOAT_ADD, 1, 0x1p-24f, 0x1.000002p0f));
  EXPECT_FALSE(accepts(LSGD_OPERATION_FLOAT_MULTIPLY, 0x1p-60f, 0x1p-60f, 0));
  for (const std::uint32_t also : further_arithmetic_results(
           LSGD_OPERATION_FLOAT_MULTIPLY, bits(0x1p-149f), bits(0x1p100f), flushing))
    EXPECT_EQ(value(also), 0);
}

TEST(ArithmeticOperation, ActivationsMayBeOffByTheDeclaredUnitsOnly) {
  const auto also = further_arithmetic_results(LSGD_OPERATION_FLOAT_TANH, bits(0.5f), 0, {});
  EXPECT_EQ(also.size(), 7U) << "an interval of 8 units holds 8 numbers";
  for (const std::uint32_t result : also)
    EXPECT_LE(std::abs(value(result) - std::tanh(0.5)), 4.001 * 0x1p-25);
  EXPECT_FALSE(arithmetic_accepts(LSGD_OPERATION_FLOAT_TANH, bits(0.5f), 0, bits(0.4622f), {}));
  EXPECT_FALSE(arithmetic_accepts(LSGD_OPERATION_FLOAT_TANH, bits(0.5f), 0, bits(NAN), {}));
  EXPECT_TRUE(arithmetic_accepts(LSGD_OPERATION_FLOAT_TANH, bits(0.5f), 0, bits(0.4622f),
                                 {.activation_absolute_error = 1e-3}));
}

/// A wrong operation, and the flag of a case that must show it.
struct WrongOperation {
  const char* flag;
  ArithmeticOperation operation;
  std::function<std::uint32_t(std::uint32_t a, std::uint32_t b)> wrong;
};

std::int32_t clamped(double x) {
  return static_cast<std::int32_t>(std::fmin(127, std::fmax(-128, x)));
}
float scaled(std::uint32_t a, std::uint32_t b) { return std::ldexp(value(a), static_cast<int>(b)); }
std::int32_t with_term(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a) + (b == 0 ? 0 : 1 << (b - 1));
}
float flushed(float x) { return std::fpclassify(x) == FP_SUBNORMAL ? 0 : x; }

TEST(ArithmeticOperation, EveryDefectNamedByAFlagIsRejectedByACaseWithIt) {
  const std::vector<WrongOperation> wrong_operations{
      {"tie", LSGD_OPERATION_QUANTIZE,
       [](auto a, auto b) { return pattern(clamped(std::nearbyint(scaled(a, b)))); }},
      {"tie", LSGD_OPERATION_QUANTIZE,
       [](auto a, auto b) { return pattern(clamped(std::floor(scaled(a, b) + 0.5))); }},
      {"near_tie", LSGD_OPERATION_QUANTIZE,
       [](auto a, auto b) {
         const volatile float sum = std::abs(scaled(a, b)) + 0.5f;
         return pattern(clamped(std::copysign(std::floor(sum), value(a))));
       }},
      {"truncation", LSGD_OPERATION_QUANTIZE,
       [](auto a, auto b) { return pattern(clamped(std::trunc(scaled(a, b)))); }},
      {"saturation", LSGD_OPERATION_QUANTIZE,
       [](auto a, auto b) {
         return pattern(static_cast<std::int8_t>(static_cast<std::int64_t>(
             std::round(std::fmin(1e9f, std::fmax(-1e9f, scaled(a, b)))))));
       }},
      {"saturation", LSGD_OPERATION_QUANTIZE,
       [](auto a, auto b) { return pattern(std::max(-127, clamped(std::round(scaled(a, b))))); }},
      {"power_of_two", LSGD_OPERATION_FRACTION_BITS,
       [](auto a, auto) { return pattern(7 - std::min(7, std::max(0, std::ilogb(value(a))))); }},
      {"power_of_two", LSGD_OPERATION_FRACTION_BITS,
       [](auto a, auto) {
         return pattern(7 - std::min(7, std::max(0, std::ilogb(value(a)) + 1)));
       }},
      {"small_maximum", LSGD_OPERATION_FRACTION_BITS,
       [](auto a, auto) {
         return pattern(7 - std::min(7, static_cast<int>(std::ceil(std::log2(value(a))))));
       }},
      {"zero_maximum", LSGD_OPERATION_FRACTION_BITS, [](auto, auto) { return pattern(0); }},
      {"large_maximum", LSGD_OPERATION_FRACTION_BITS,
       [](auto a, auto) {
         return pattern(7 - std::max(0, static_cast<int>(std::ceil(std::log2(value(a))))));
       }},
      {"tie", LSGD_OPERATION_REQUANTIZE,
       [](auto a, auto b) {
         return pattern(clamped(std::round(static_cast<std::int32_t>(a) / std::exp2(b))));
       }},
      {"truncation", LSGD_OPERATION_REQUANTIZE,
       [](auto a, auto b) { return pattern(clamped(static_cast<std::int32_t>(a) >> b)); }},
      {"zero_shift", LSGD_OPERATION_REQUANTIZE,
       [](auto a, auto b) {
         return pattern(clamped((static_cast<std::int32_t>(a) + (1 << b >> 1) + (b == 0)) >> b));
       }},
      {"negative_value", LSGD_OPERATION_REQUANTIZE,
       [](auto a, auto b) {
         return pattern(clamped(static_cast<std::uint32_t>(with_term(a, b)) >> b));
       }},
      {"negative_value", LSGD_OPERATION_REQUANTIZE,
       [](auto a, auto b) { return pattern(clamped(std::trunc(with_term(a, b) / std::exp2(b)))); }},
      {"saturation", LSGD_OPERATION_REQUANTIZE,
       [](auto a, auto b) { return pattern(static_cast<std::int8_t>(with_term(a, b) >> b)); }},
      {"wide_accumulator", LSGD_OPERATION_REQUANTIZE,
       [](auto a, auto b) {
         return pattern(clamped(static_cast<std::int16_t>(with_term(a, b)) >> b));
       }},
      {"negative_shift", LSGD_OPERATION_ALIGN_BIAS,
       [](auto a, auto b) {
         const auto shift = static_cast<std::int32_t>(b);
         return shift < 0 ? a : a << shift;
       }},
      {"negative_shift", LSGD_OPERATION_ALIGN_BIAS,
       [](auto a, auto b) {
         return pattern(static_cast<int>(
             std::trunc(static_cast<std::int32_t>(a) * std::exp2(static_cast<std::int32_t>(b)))));
       }},
      {"wide_shift", LSGD_OPERATION_ALIGN_BIAS,
       [](auto a, auto b) { return pattern(static_cast<std::int16_t>(a << b)); }},
      {"saturated_entry", LSGD_OPERATION_SIGMOID_TABLE,
       [](auto a, auto) {
         return pattern(static_cast<std::int8_t>(static_cast<int>(
             std::round(128 / (1 + std::exp(-static_cast<std::int32_t>(a) / 16.0))))));
       }},
      {"signed_index", LSGD_OPERATION_TANH_TABLE,
       [](auto a, auto) {
         return arithmetic_result(LSGD_OPERATION_TANH_TABLE,
                                  pattern(std::abs(std::max(-127, static_cast<std::int32_t>(a)))),
                                  0);
       }},
      {"table_entry", LSGD_OPERATION_SIGMOID_TABLE,
       [](auto a, auto) {
         return arithmetic_result(LSGD_OPERATION_SIGMOID_TABLE,
                                  pattern(std::min(127, static_cast<std::int32_t>(a) + 1)), 0);
       }},
      {"exact_conversion", LSGD_OPERATION_FLOAT_FROM_INT8,
       [](auto a, auto b) {
         return bits(static_cast<float>(a & 255) / static_cast<float>(1 << b));
       }},
      {"tie_to_even", LSGD_OPERATION_FLOAT_MULTIPLY,
       [](auto a, auto b) { return (bits(std::nextafter(value(a) * value(b), FLT_MAX))); }},
      {"subnormal", LSGD_OPERATION_FLOAT_ADD,
       [](auto a, auto b) { return bits(flushed(flushed(value(a)) + flushed(value(b)))); }},
      {"subnormal", LSGD_OPERATION_FLOAT_MULTIPLY,
       [](auto a, auto b) { return bits(flushed(value(a) * value(b))); }},
      {"signed_zero", LSGD_OPERATION_FLOAT_ADD,
       [](auto a, auto b) {
         return value(a) + value(b) == 0 ? bits(0) : bits(value(a) + value(b));
       }},
      {"near_tie", LSGD_OPERATION_FLOAT_DIVIDE,
       [](auto a, auto b) { return bits(value(a) * (1 / value(b))); }},
      {"saturated_output", LSGD_OPERATION_FLOAT_TANH,
       [](auto a, auto) {
         return bits((std::exp(value(a)) - std::exp(-value(a))) /
                     (std::exp(value(a)) + std::exp(-value(a))));
       }},
      {"small_argument", LSGD_OPERATION_FLOAT_TANH,
       [](auto a, auto) { return bits(1 - 2 / (1 + std::exp(2 * value(a)))); }},
      {"saturated_output", LSGD_OPERATION_FLOAT_SIGMOID,
       [](auto a, auto) {
         return bits(1 / (1 + std::exp(-std::fmin(10.0f, std::fmax(-10.0f, value(a))))));
       }},
  };
  auto cases = float32_operation_cases();
  for (const ArithmeticCase& row : int8_hybrid_operation_cases()) cases.push_back(row);
  for (std::size_t i = 0; i < wrong_operations.size(); ++i) {
    const WrongOperation& defect = wrong_operations[i];
    const bool is_caught = std::ranges::any_of(cases, [&](const ArithmeticCase& row) {
      return row.operation == defect.operation &&
             std::ranges::find(row.flags, defect.flag) != row.flags.end() &&
             !arithmetic_accepts(row.operation, row.a, row.b, defect.wrong(row.a, row.b), {});
    });
    EXPECT_TRUE(is_caught) << defect.flag << " of " << name_of(defect.operation) << ", number "
                           << i;
  }
}

}  // namespace
}  // namespace lsgd
