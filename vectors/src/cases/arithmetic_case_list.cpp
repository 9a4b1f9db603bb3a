// SPDX-License-Identifier: Apache-2.0
#include "cases/arithmetic_case_list.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <fmt/format.h>
#include <utility>

#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/fraction_bits.hpp>

#include "cases/edge_operations.hpp"
#include "cases/int32_fixed_golden_cases.hpp"
#include "cases/int8_integer_arithmetic_cases.hpp"
#include "cases/operation_cases.hpp"
#include "cases/seeded_numbers.hpp"
#include "cases/smallest_numbers.hpp"

namespace lsgd {
namespace {

using Cases = std::vector<ArithmeticCase>;

bool is_subnormal(std::uint32_t bits) { return std::fpclassify(from_bits(bits)) == FP_SUBNORMAL; }

std::string signed_name(int value) {
  return fmt::format("{}{}", value < 0 ? "minus_" : "", std::abs(value));
}

float next_up(float value) { return std::nextafter(value, FLT_MAX); }
float next_down(float value) { return std::nextafter(value, -FLT_MAX); }

void add_quantize(Cases& cases, int n, std::string_view flag, const std::vector<float>& values) {
  int number = 0;
  for (const float value : values) {
    cases.push_back({fmt::format("quantize_n{}_{}_{}", n, flag, number++),
                     LSGD_OPERATION_QUANTIZE,
                     bits_of(value),
                     operand(n),
                     0,
                     {},
                     {std::string(flag)}});
  }
}

/// Both signs of each value, divided by 2^n.
std::vector<float> scaled(const std::vector<float>& values, int n) {
  std::vector<float> result;
  for (const float value : values) {
    result.push_back(std::ldexp(value, -n));
    result.push_back(-std::ldexp(value, -n));
  }
  return result;
}

void add_quantize(Cases& cases, int n) {
  add_quantize(cases, n, "tie", scaled({0.5f, 1.5f, 2.5f, 63.5f, 126.5f, 127.5f, 128.5f}, n));
  add_quantize(cases, n, "near_tie",
               scaled({next_down(0.5f), next_up(0.5f), next_down(1.5f), next_up(2.5f),
                       next_down(126.5f), next_up(126.5f), next_down(127.5f), next_up(128.5f)},
                      n));
  add_quantize(cases, n, "truncation", scaled({0.25f, 0.75f, 1.0f, 99.7f, 100.2f, 126.9f}, n));
  add_quantize(cases, n, "saturation", scaled({127, 128, 129, 200, 256, 383, 32768, 1e6f}, n));
  add_quantize(cases, n, "huge_value", {0x1p31f, -0x1p31f, 0x1p32f, -0x1p63f, FLT_MAX, -FLT_MAX});
  add_quantize(cases, n, "signed_zero", {0.0f, -0.0f});
  add_quantize(
      cases, n, "subnormal",
      {smallest_subnormal, -smallest_subnormal, smallest_normal, -next_down(smallest_normal)});
}

void add_fraction_bits(Cases& cases) {
  const auto add = [&](const std::string& name, float maximum, std::string_view flag) {
    cases.push_back({"fraction_bits_" + name,
                     LSGD_OPERATION_FRACTION_BITS,
                     bits_of(maximum),
                     0,
                     0,
                     {},
                     {std::string(flag)}});
  };
  for (int exponent = -10; exponent <= 10; ++exponent) {
    const float power = std::ldexp(1.0f, exponent);
    const std::string name = fmt::format("two_to_{}", signed_name(exponent));
    const auto flag = exponent < -1  ? "small_maximum"
                      : exponent > 7 ? "large_maximum"
                                     : "power_of_two";
    add("below_" + name, next_down(power), flag);
    add(name, power, flag);
    add("above_" + name, next_up(power), flag);
  }
  add("zero", 0, "zero_maximum");
  add("one_hundred_billionth", 1e-11f, "small_maximum");
  add("smallest_subnormal", smallest_subnormal, "subnormal");
  add("largest_subnormal", next_down(smallest_normal), "subnormal");
  add("smallest_normal", smallest_normal, "small_maximum");
  add("million", 1e6f, "large_maximum");
  add("largest_finite", FLT_MAX, "large_maximum");
  SeededNumbers numbers("fraction_bits");
  for (int i = 0; i < 16; ++i) {
    const int exponent = static_cast<int>(numbers.below(12)) - 3;
    const float maximum = std::ldexp(std::abs(numbers.signed_unit()), exponent);
    add(fmt::format("random_{}", i), maximum, "power_of_two");
  }
}

void add_requantize(Cases& cases, int shift, std::string_view flag,
                    const std::vector<int>& values) {
  for (const int value : values) {
    cases.push_back({fmt::format("requantize_s{}_{}_{}", shift, flag, signed_name(value)),
                     LSGD_OPERATION_REQUANTIZE,
                     operand(value),
                     operand(shift),
                     0,
                     {},
                     {std::string(flag)}});
  }
}

void add_requantize(Cases& cases) {
  add_requantize(cases, 0, "zero_shift", {-130, -129, -128, -127, -1, 0, 1, 126, 127, 128, 129});
  for (int shift = 0; shift <= 16; ++shift) {
    const int unit = 1 << shift;
    if (shift > 0) {
      const int half = unit / 2;
      std::vector<int> ties, near_ties;
      for (const int quotient : {-129, -128, -64, -2, -1, 0, 1, 63, 126, 127}) {
        ties.push_back(quotient * unit + half);
        near_ties.push_back(quotient * unit + half - 1);
        if (shift > 1) near_ties.push_back(quotient * unit + half + 1);
      }
      add_requantize(cases, shift, "tie", ties);
      if (shift > 1) add_requantize(cases, shift, "truncation", near_ties);
      add_requantize(cases, shift, "negative_value", {-1, -unit, -unit - 1, -100 * unit});
    }
    add_requantize(cases, shift, "saturation",
                   {127 * unit, 128 * unit, 129 * unit, 200 * unit, -128 * unit, -129 * unit,
                    -200 * unit, 1 << 30, -(1 << 30)});
    if (shift >= 9) {
      add_requantize(cases, shift, "wide_accumulator",
                     {32768 + unit, -32769 - unit, 65536 + 3 * unit});
    }
  }
}

void add_align_bias(Cases& cases) {
  for (int shift = -7; shift <= 16; ++shift) {
    const std::string flag = shift < 0    ? "negative_shift"
                             : shift == 0 ? "zero_shift"
                                          : "wide_shift";
    for (const int bias : {-128, -127, -65, -3, -2, -1, 0, 1, 2, 3, 65, 127}) {
      cases.push_back({fmt::format("align_bias_{}_by_{}", signed_name(bias), signed_name(shift)),
                       LSGD_OPERATION_ALIGN_BIAS,
                       operand(bias),
                       operand(shift),
                       0,
                       {},
                       {flag}});
    }
  }
}

void add_table(Cases& cases, ArithmeticOperation operation) {
  for (int z = -128; z <= 127; ++z) {
    std::vector<std::string> flags{"table_entry"};
    if (z < 0) flags.emplace_back("signed_index");
    const std::uint32_t entry = arithmetic_result(operation, operand(z), 0);
    if (entry == 127 || entry == operand(-128)) flags.emplace_back("saturated_entry");
    cases.push_back({fmt::format("{}_{}", name_of(operation), signed_name(z)),
                     operation,
                     operand(z),
                     0,
                     0,
                     {},
                     std::move(flags)});
  }
}

void add_float_from_int8(Cases& cases) {
  for (int n = 0; n <= 7; ++n) {
    for (const int value : {-128, -127, -65, -64, -3, -2, -1, 0, 1, 2, 3, 64, 65, 127}) {
      cases.push_back({fmt::format("float_from_int8_n{}_{}", n, signed_name(value)),
                       LSGD_OPERATION_FLOAT_FROM_INT8,
                       operand(value),
                       operand(n),
                       0,
                       {},
                       {"exact_conversion"}});
    }
  }
}

/// Collects cases of one binary32 operation.
class FloatCases {
 public:
  FloatCases(Cases& cases, ArithmeticOperation operation) : cases_(cases), operation_(operation) {}

  void add(std::string_view flag, const std::vector<std::pair<float, float>>& operands) {
    for (const auto& [a, b] : operands) add(flag, a, b);
  }

  void add(std::string_view flag, float a, float b) {
    ArithmeticCase row{"", operation_, bits_of(a), bits_of(b), 0, {}, {std::string(flag)}};
    const std::uint32_t result = arithmetic_result(operation_, row.a, row.b);
    if (flag != "subnormal" && (is_subnormal(row.a) || is_subnormal(row.b) || is_subnormal(result)))
      row.flags.emplace_back("subnormal");
    row.name = fmt::format("{}_{}_{}", name_of(operation_), flag, numbers_[std::string(flag)]++);
    cases_.push_back(std::move(row));
  }

  /// Both signs of each argument of a function.
  void add_arguments(std::string_view flag, const std::vector<float>& arguments) {
    for (const float z : arguments) {
      add(flag, z, 0);
      add(flag, -z, 0);
    }
  }

  /// Operands of up to 2^exponent in magnitude whose result does not overflow.
  void add_random(int count, int exponent) {
    SeededNumbers numbers(fmt::format("{}_{}", name_of(operation_), exponent));
    const auto draw = [&] {
      const auto range = static_cast<std::uint64_t>(2 * exponent + 1);
      const auto drawn_exponent = static_cast<int>(numbers.below(range)) - exponent;
      return std::ldexp(numbers.signed_unit(), drawn_exponent);
    };
    for (int added = 0; added < count;) {
      const float a = draw();
      const float b = draw();
      if (a == 0 || std::fpclassify(b) != FP_NORMAL) continue;
      if (!std::isfinite(from_bits(arithmetic_result(operation_, bits_of(a), bits_of(b)))))
        continue;
      add("random", a, b);
      ++added;
    }
  }

 private:
  Cases& cases_;
  ArithmeticOperation operation_;
  std::map<std::string, int> numbers_;
};

/// Pairs whose sum is hard; of the difference with the second operand's sign reversed.
void add_sums(FloatCases& cases, float sign) {
  const auto add = [&](std::string_view flag, const std::vector<std::pair<float, float>>& pairs) {
    for (const auto& [a, b] : pairs) cases.add(flag, a, sign * b);
  };
  add("tie_to_even", {{1, 0x1p-24f},
                      {0x1.000002p0f, 0x1p-24f},
                      {-1, -0x1p-24f},
                      {-0x1.000002p0f, -0x1p-24f},
                      {0x1p24f, 1},
                      {0x1.000002p24f, 1},
                      {1, -0x1p-25f},
                      {0x1.fffffep0f, 0x1p-24f},
                      {-0x1p24f, -1},
                      {0x1p25f, 0x1.8p1f}});
  add("near_tie", {{1, next_up(0x1p-24f)},
                   {1, next_down(0x1p-24f)},
                   {1, -next_up(0x1p-25f)},
                   {1, -next_down(0x1p-25f)},
                   {0x1.000002p0f, next_down(0x1p-24f)},
                   {-1, -next_up(0x1p-24f)},
                   {0x1p24f, 0x1.000002p0f}});
  add("cancellation", {{0x1.000002p0f, -1},
                       {0x1p24f, -0x1.fffffep23f},
                       {1, -0x1.fffffep-1f},
                       {0x1.23456p10f, -0x1.234558p10f},
                       {-0x1.8p-3f, 0x1.7ffffep-3f},
                       {0x1.000002p-126f, -smallest_normal}});
  add("far_apart", {{1e30f, 1e-30f},
                    {-1e30f, 1e-30f},
                    {1, 0x1p-32f},
                    {1, 0x1p-64f},
                    {0x1p-100f, 1},
                    {0x1p127f, smallest_subnormal}});
  add("signed_zero", {{0.0f, 0.0f},
                      {0.0f, -0.0f},
                      {-0.0f, 0.0f},
                      {-0.0f, -0.0f},
                      {1.5f, -1.5f},
                      {-1.5f, 1.5f},
                      {smallest_subnormal, -smallest_subnormal},
                      {1, 0.0f},
                      {-0.0f, -1}});
  add("subnormal", {{smallest_subnormal, smallest_subnormal},
                    {smallest_normal, -smallest_subnormal},
                    {next_down(smallest_normal), smallest_subnormal},
                    {next_down(smallest_normal), next_down(smallest_normal)},
                    {0x1.8p-126f, -smallest_normal},
                    {-0x1.234p-130f, 0x1.1p-131f},
                    {0x1p-102f, smallest_subnormal}});
  add("largest_finite", {{FLT_MAX, 0x1p102f},
                         {FLT_MAX, -0x1p104f},
                         {0x1p127f, 0x1.fffffcp126f},
                         {-FLT_MAX, -0x1p102f},
                         {FLT_MAX, -FLT_MAX}});
}

/// Odd integers of 12 and 13 bits whose product has 25: exactly between two binary32 numbers.
void add_product_ties(FloatCases& cases) {
  SeededNumbers numbers("float_multiply_tie");
  for (int added = 0; added < 12;) {
    const auto a = 2049 + 2 * numbers.below(1024);
    const auto b = 4097 + 2 * numbers.below(2048);
    if (a * b < (1U << 24) || a * b >= (1U << 25)) continue;
    cases.add("tie_to_even", static_cast<float>(a),
              (added % 2 == 0 ? 1.0f : -1.0f) * static_cast<float>(b));
    ++added;
  }
}

void add_multiply(Cases& all) {
  FloatCases cases(all, LSGD_OPERATION_FLOAT_MULTIPLY);
  add_product_ties(cases);
  cases.add("near_tie", {{0x1.000002p0f, 0x1.000002p0f},
                         {0x1.fffffep0f, 0x1.fffffep0f},
                         {0x1.fffffep0f, 0x1.000002p0f},
                         {-0x1.fffffep0f, 0x1.8p0f},
                         {0x1.555556p0f, 3},
                         {0x1.99999ap-4f, 10}});
  cases.add("signed_zero", {{0.0f, 3}, {-0.0f, 3}, {0.0f, -3}, {-0.0f, -3}, {-0.0f, 0.0f}});
  cases.add("subnormal", {{smallest_normal, 0.5f},
                          {smallest_normal, 0x1.fffffep-1f},
                          {0x1.000002p-126f, 0x1.fffffcp-1f},
                          {smallest_subnormal, 0.5f},
                          {smallest_subnormal, next_up(0.5f)},
                          {smallest_subnormal, 1.5f},
                          {-smallest_subnormal, 2.5f},
                          {0x1p-75f, 0x1p-75f},
                          {-0x1.8p-75f, 0x1p-75f},
                          {0x1p-75f, 0x1p-74f},
                          {smallest_subnormal, 0x1p127f},
                          {0x1.abcdp-131f, 0x1.8p10f},
                          {1e-20f, 1e-25f},
                          {0x1.fffffep-64f, 0x1.fffffep-64f}});
  cases.add("largest_finite", {{FLT_MAX, 1},
                               {-1, FLT_MAX},
                               {0x1p64f, 0x1.fffffep63f},
                               {0x1.fffffep126f, 2},
                               {FLT_MAX, 0x1p-149f}});
  cases.add_random(40, 20);
  cases.add_random(24, 100);
}

void add_divide(Cases& all) {
  FloatCases cases(all, LSGD_OPERATION_FLOAT_DIVIDE);
  cases.add("near_tie", {{1, 3},
                         {2, 3},
                         {-1, 3},
                         {1, 10},
                         {1, 7},
                         {5, 9},
                         {0x1.fffffep0f, 0x1.000002p0f},
                         {1, 0x1.000002p0f},
                         {1, 0x1.fffffep0f},
                         {0x1.000002p0f, 0x1.fffffep0f},
                         {1, 255},
                         {127, 128},
                         {16, 3},
                         {5, 3},
                         {-7, 3},
                         {9, 5},
                         {13, 5}});
  cases.add("signed_zero", {{0.0f, 3}, {-0.0f, 3}, {0.0f, -3}, {-0.0f, -3}});
  cases.add("subnormal", {{smallest_normal, 2},
                          {smallest_normal, 3},
                          {smallest_subnormal, 2},
                          {0x1.8p-148f, 2},
                          {-0x1.4p-147f, 2},
                          {smallest_normal, FLT_MAX},
                          {next_down(smallest_normal), 0.5f},
                          {0x1.abcdp-131f, 0x1.8p-10f},
                          {1e-25f, 1e15f}});
  cases.add("largest_finite", {{FLT_MAX, 1},
                               {FLT_MAX, -1},
                               {FLT_MAX, 0x1.000002p0f},
                               {FLT_MAX, FLT_MAX},
                               {0x1.fffffep126f, 0.5f}});
  cases.add_random(40, 20);
  cases.add_random(24, 60);
}

void add_function(Cases& all, ArithmeticOperation operation) {
  FloatCases cases(all, operation);
  cases.add_arguments("signed_zero", {0.0f});
  cases.add_arguments("small_argument", {smallest_subnormal, smallest_normal, 1e-30f, 1e-10f,
                                         0x1p-24f, 0x1p-13f, 0x1p-12f, 1e-4f, 1e-3f, 0x1p-6f});
  cases.add_arguments("activation",
                      {0.03125f, 0.1f, 0.25f, 0.5f, 0.625f, 0.75f, 1, 1.5f, 2, 3, 4, 5, 6, 7, 8});
  cases.add_arguments("saturated_output",
                      {8.5f, 9,   9.01f, 9.02f, 10,  12,  16,    16.7f,  17,   17.5f,  20,
                       40,   44,  45,    80,    87,  88,  88.5f, 88.73f, 89,   95,     100,
                       103,  104, 105,   200,   355, 709, 710,   1000,   1e6f, FLT_MAX});
  cases.add_random(40, 3);
  // Where sigmoid is subnormal, and on until twice its last exponent: a shift by the exponent is
  // out of range for some of these.
  std::vector<float> far_out;
  for (float z = 87.375f; z < 128; z += 0.625f) far_out.push_back(z);
  cases.add_arguments("saturated_output", far_out);
}

/// The operations of every backward pass.
void add_float_operations(Cases& cases) {
  for (const auto operation : {LSGD_OPERATION_FLOAT_ADD, LSGD_OPERATION_FLOAT_SUBTRACT}) {
    FloatCases sums(cases, operation);
    add_sums(sums, operation == LSGD_OPERATION_FLOAT_ADD ? 1.0f : -1.0f);
    sums.add_random(40, 20);
    sums.add_random(24, 120);
  }
  add_multiply(cases);
  add_divide(cases);
}

}  // namespace

std::vector<ArithmeticCase> int8_hybrid_operation_cases() {
  Cases cases;
  for (int n = 0; n <= 7; ++n) add_quantize(cases, n);
  add_fraction_bits(cases);
  add_requantize(cases);
  add_align_bias(cases);
  add_table(cases, LSGD_OPERATION_RELU);
  add_table(cases, LSGD_OPERATION_SIGMOID_TABLE);
  add_table(cases, LSGD_OPERATION_TANH_TABLE);
  add_float_from_int8(cases);
  add_float_operations(cases);
  add_edge_operations(cases);
  return cases;
}

std::vector<ArithmeticCase> int8_integer_operation_cases() {
  Cases cases;
  add_quantize(cases, input_fraction_bits);
  add_requantize(cases);
  add_table(cases, LSGD_OPERATION_RELU);
  add_table(cases, LSGD_OPERATION_SIGMOID_TABLE);
  add_table(cases, LSGD_OPERATION_TANH_TABLE);
  add_int8_integer_operations(cases);
  return cases;
}

std::vector<ArithmeticCase> float32_operation_cases() {
  Cases cases;
  add_float_operations(cases);
  add_function(cases, LSGD_OPERATION_FLOAT_SIGMOID);
  add_function(cases, LSGD_OPERATION_FLOAT_TANH);
  add_edge_operations(cases);
  return cases;
}

std::vector<ArithmeticCase> int32_fixed_operation_cases() {
  Cases cases;
  add_int32_fixed_operations(cases);
  return cases;
}

}  // namespace lsgd
