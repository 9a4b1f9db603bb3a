// SPDX-License-Identifier: Apache-2.0
#include "cases/edge_operations.hpp"

#include <cfloat>
#include <cmath>
#include <gtest/gtest.h>
#include <map>

#include <lsgd/numbers/binary32.hpp>

#include "cases/rounded_twice.hpp"

namespace lsgd {
namespace {

std::vector<ArithmeticCase> edge_operations() {
  std::vector<ArithmeticCase> cases;
  add_edge_operations(cases);
  return cases;
}

/// What this processor makes of an operation, in single precision.
float of_this_processor(const ArithmeticCase& row) {
  const volatile float a = from_bits(row.a);
  const volatile float b = from_bits(row.b);
  switch (row.operation) {
    case LSGD_OPERATION_FLOAT_ADD:
      return a + b;
    case LSGD_OPERATION_FLOAT_SUBTRACT:
      return a - b;
    case LSGD_OPERATION_FLOAT_MULTIPLY:
      return a * b;
    default:
      return a / b;
  }
}

TEST(EdgeOperations, HaveTheResultsOfThisProcessor) {
  for (const ArithmeticCase& row : edge_operations())
    EXPECT_EQ(arithmetic_result(row.operation, row.a, row.b), bits_of(of_this_processor(row)))
        << row.name;
}

TEST(EdgeOperations, OverflowAndJustDoNotWithEitherSign) {
  std::map<ArithmeticOperation, std::map<float, int>> results;
  for (const ArithmeticCase& row : edge_operations())
    ++results[row.operation][from_bits(arithmetic_result(row.operation, row.a, row.b))];
  for (auto& [operation, counts] : results)
    for (const float result : {HUGE_VALF, -HUGE_VALF, FLT_MAX, -FLT_MAX})
      EXPECT_GT(counts[result], 0) << name_of(operation) << " " << result;
}

TEST(EdgeOperations, RoundedTwiceAreWrong) {
  int found = 0;
  for (const ArithmeticCase& row : edge_operations()) {
    if (row.flags.front() != "rounded_twice") continue;
    const double a = from_bits(row.a);
    const double b = from_bits(row.b);
    const double exact = row.operation == LSGD_OPERATION_FLOAT_MULTIPLY ? a * b : a / b;
    // With 24 bits in a wider exponent range, and then as binary32.
    const double once = static_cast<double>(static_cast<float>(exact * 0x1p80)) * 0x1p-80;
    EXPECT_NE(bits_of(static_cast<float>(once)), arithmetic_result(row.operation, row.a, row.b))
        << row.name;
    ++found;
  }
  EXPECT_EQ(found, 22);
}

TEST(RoundedTwice, IsWrongOnlyBelowTheNormalNumbers) {
  EXPECT_FALSE(is_rounded_twice_wrongly(1 / 3.0));
  EXPECT_FALSE(is_rounded_twice_wrongly(0x1.8p-149)) << "a tie at once";
  // 2^-10 of an ulp below the middle of two subnormal numbers: 24 bits make it the middle.
  EXPECT_TRUE(is_rounded_twice_wrongly(0x1.000017fcp-129));
}

}  // namespace
}  // namespace lsgd
