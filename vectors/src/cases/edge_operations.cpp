// SPDX-License-Identifier: Apache-2.0
#include "cases/edge_operations.hpp"

#include <cfloat>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include <lsgd/numbers/binary32.hpp>

#include "cases/operation_cases.hpp"
#include "cases/rounded_twice.hpp"
#include "cases/seeded_numbers.hpp"

namespace lsgd {
namespace {

using Operands = std::pair<float, float>;

/// Adds operands, and those with the result's sign reversed.
void add_both_signs(OperationCases& cases, const std::string& flag, float a, float b, bool is_sum) {
  cases.add(flag, bits_of(a), bits_of(b));
  cases.add(flag, bits_of(-a), bits_of(is_sum ? -b : b));
}

/// Sums from the first infinite one down; of the difference with the second operand's sign
/// reversed.
void add_overflowing_sums(std::vector<ArithmeticCase>& all, ArithmeticOperation operation,
                          float sign) {
  OperationCases cases(all, operation);
  const float below_half_an_ulp = std::nextafter(0x1p103f, 0.0f);
  for (const auto& [a, b] : {Operands{FLT_MAX, 0x1p103f},
                             {FLT_MAX, below_half_an_ulp},
                             {FLT_MAX, FLT_MAX},
                             {0x1p127f, 0x1p127f},
                             {0x1.fffffcp127f, 0x1.8p104f},
                             {0x1.fffffcp127f, std::nextafter(0x1.8p104f, 0.0f)},
                             {0x1.8p127f, 0x1.fffffep126f},
                             {0x1p103f, FLT_MAX}})
    add_both_signs(cases, "overflow", a, sign * b, true);
}

/// Products in the last 2^-4 of an ulp below the first that is infinite, and as near above it.
void add_overflowing_products(std::vector<ArithmeticCase>& all) {
  OperationCases cases(all, LSGD_OPERATION_FLOAT_MULTIPLY);
  // 31 * 1082401 = 2^25 - 1.
  for (const auto& [a, b] : {Operands{FLT_MAX, 2},
                             {0x1p64f, 0x1p64f},
                             {FLT_MAX, FLT_MAX},
                             {FLT_MAX, 0x1.000002p0f},
                             {31 * 0x1p50f, 1082401 * 0x1p53f},
                             {0x1.fffffep126f, 0x1.000002p1f}})
    add_both_signs(cases, "overflow", a, b, false);
  constexpr std::int64_t threshold = ((std::int64_t{1} << 25) - 1) << 22;
  SeededNumbers numbers("float_multiply_overflow");
  for (const bool is_infinite : {true, false})
    for (int added = 0; added < 4;) {
      const auto a = static_cast<std::int64_t>((1U << 23) + numbers.below(1U << 23));
      const std::int64_t b = threshold / a + (is_infinite ? 1 : 0);
      const std::int64_t distance = is_infinite ? a * b - threshold : threshold - a * b;
      if (b >= 1 << 24 || distance == 0 || distance >= 1 << 19) continue;
      add_both_signs(cases, "overflow", std::ldexp(static_cast<float>(a), 40),
                     std::ldexp(static_cast<float>(b), 41), false);
      ++added;
    }
}

/// No divisor is subnormal: a device that reads those as zero divides by it.
void add_overflowing_quotients(std::vector<ArithmeticCase>& all) {
  OperationCases cases(all, LSGD_OPERATION_FLOAT_DIVIDE);
  for (const auto& [a, b] : {Operands{FLT_MAX, 0.5f},
                             {0x1p127f, 0.5f},
                             {FLT_MAX, 0x1.fffffep-1f},
                             {8, 0x1p-126f},
                             {4, 0x1p-126f},
                             {2, 0x1p-126f},
                             {FLT_MAX, 0x1p-126f},
                             {0x1.fffffcp62f, 0x1.fffffep-66f},
                             {0x1.234568p64f, 0x1.234568p-64f}})
    add_both_signs(cases, "overflow", a, b, false);
}

void add_results_rounded_twice(std::vector<ArithmeticCase>& all) {
  OperationCases products(all, LSGD_OPERATION_FLOAT_MULTIPLY);
  products.add("rounded_twice", 0x3c760a46, 0x030ccccf);
  products.add("rounded_twice", 0x396166bc, 0x0579e325);
  SeededNumbers numbers("float_multiply_rounded_twice");
  for (int added = 0; added < 12;) {
    const float a = std::ldexp(1 + std::abs(numbers.signed_unit()), -60);
    const int exponent = -65 - static_cast<int>(numbers.below(6));
    const float b = std::ldexp(numbers.signed_unit(), exponent);
    if (!is_rounded_twice_wrongly(double{a} * double{b})) continue;
    products.add("rounded_twice", bits_of(a), bits_of(b));
    ++added;
  }
  OperationCases quotients(all, LSGD_OPERATION_FLOAT_DIVIDE);
  for (int added = 0; added < 8;) {
    const float a = std::ldexp(1 + std::abs(numbers.signed_unit()), -60);
    const int exponent = 66 + static_cast<int>(numbers.below(6));
    const float b = std::ldexp(1 + std::abs(numbers.signed_unit()), exponent);
    if (!is_rounded_twice_wrongly(double{a} / double{b})) continue;
    quotients.add("rounded_twice", bits_of(added % 2 == 0 ? a : -a), bits_of(b));
    ++added;
  }
}

}  // namespace

void add_edge_operations(std::vector<ArithmeticCase>& cases) {
  add_overflowing_sums(cases, LSGD_OPERATION_FLOAT_ADD, 1);
  add_overflowing_sums(cases, LSGD_OPERATION_FLOAT_SUBTRACT, -1);
  add_overflowing_products(cases);
  add_overflowing_quotients(cases);
  add_results_rounded_twice(cases);
}

}  // namespace lsgd
