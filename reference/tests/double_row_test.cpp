// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/double_row.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include <lsgd/numbers/draw_below.hpp>

namespace lsgd {
namespace {

/// Codes of weights and operands and their numbers; products come with `shift` bits below a unit.
struct Rows {
  int shift = 0;
  bool to_nearest = false;
  std::vector<std::int64_t> weight_codes, operand_codes;
  std::vector<double> weights, operands;

  DoubleRow row(double most = 0x1p60) const { return {shift, to_nearest, most}; }

  /// The product of two codes, rounded as integers are: down, or half a unit up and down.
  std::int64_t rounded_product(std::size_t weight, std::size_t operand) const {
    const std::int64_t half = to_nearest && shift > 0 ? std::int64_t{1} << (shift - 1) : 0;
    return (weight_codes[weight] * operand_codes[operand] + half) >> shift;
  }
};

/// Numbers of up to `bits` bits, ties and their neighbours among the products.
Rows drawn_rows(std::mt19937_64& engine, int shift, bool to_nearest, std::size_t rows,
                std::size_t columns, int bits) {
  Rows drawn{shift, to_nearest, {}, {}, {}, {}};
  const auto code = [&] {
    const std::int64_t size = static_cast<std::int64_t>(engine() >> (64 - bits));
    const std::int64_t shifted = size & -(std::int64_t{1} << draw_below(engine, 8));
    return engine() % 2 == 0 ? shifted : -shifted;
  };
  for (std::size_t i = 0; i < rows * columns; ++i) {
    drawn.weight_codes.push_back(code());
    drawn.weights.push_back(static_cast<double>(drawn.weight_codes.back()));
  }
  for (std::size_t i = 0; i < std::max(rows, columns); ++i) {
    const std::int64_t small = engine() % 4 == 0 ? 1 + 2 * static_cast<int>(engine() % 3) : code();
    drawn.operand_codes.push_back(small);
    drawn.operands.push_back(std::ldexp(static_cast<double>(small), -shift));
  }
  return drawn;
}

class DoubleRows : public testing::TestWithParam<int> {
 protected:
  template <class Check>
  void with_rows(const Check& check) {
    std::mt19937_64 engine(static_cast<std::uint64_t>(GetParam()) + 1);
    for (const int bits : {8, 16, 20})
      for (const std::size_t columns : {1, 2, 3, 4, 6, 7, 33})
        for (int k = 0; k < 40; ++k)
          check(drawn_rows(engine, GetParam(), k % 2 == 0, 5, columns, bits), columns, engine);
  }
};

INSTANTIATE_TEST_SUITE_P(Shifts, DoubleRows, testing::Values(0, 1, 7, 8, 16, 24, 31));

TEST_P(DoubleRows, AddProductsAsIntegersDo) {
  std::size_t known = 0, all = 0;
  with_rows([&](const Rows& rows, std::size_t columns, std::mt19937_64& engine) {
    const auto start = static_cast<std::int64_t>(engine() % 2048) - 1024;
    std::int64_t expected = start, size = std::abs(start);
    for (std::size_t i = 0; i < columns; ++i) {
      expected += rows.rounded_product(i, i);
      size += std::abs(rows.rounded_product(i, i));
    }
    // Whole, and with an end of the range at what comes up and just below it.
    for (const double most : {0x1p60, static_cast<double>(size), static_cast<double>(size - 1)}) {
      double total = 0.5;
      const DoubleRow row = rows.row(most);
      const bool is_known = row.add_products(static_cast<double>(start), rows.weights.data(),
                                             rows.operands.data(), columns, total);
      EXPECT_EQ(is_known, static_cast<double>(size) <= row.limit());
      if (is_known) {
        EXPECT_EQ(total, static_cast<double>(expected));
        EXPECT_FALSE(total == 0 && std::signbit(total));
      }
      known += is_known;
      ++all;
    }
  });
  EXPECT_GT(known, all / 3);
  EXPECT_LT(known, all);
}

TEST_P(DoubleRows, AddColumnsAsIntegersDo) {
  constexpr std::size_t count = 5;
  with_rows([&](const Rows& rows, std::size_t columns, std::mt19937_64&) {
    std::vector<std::int64_t> expected(columns);
    std::int64_t largest = 0;
    for (std::size_t i = 0; i < columns; ++i) {
      std::int64_t size = 0;
      for (std::size_t j = 0; j < count; ++j) {
        expected[i] += rows.rounded_product(j * columns + i, j);
        size += std::abs(rows.rounded_product(j * columns + i, j));
      }
      largest = std::max(largest, size);
    }
    for (const double most :
         {0x1p60, static_cast<double>(largest), static_cast<double>(largest - 1)}) {
      std::vector<double> totals(columns);
      const DoubleRow row = rows.row(most);
      const bool are_known =
          row.add_columns(rows.weights.data(), rows.operands.data(), count, columns, totals.data());
      EXPECT_EQ(are_known, static_cast<double>(largest) <= row.limit());
      if (!are_known) continue;
      EXPECT_EQ(totals, std::vector<double>(expected.begin(), expected.end()));
    }
  });
}

TEST_P(DoubleRows, SubtractProductsAsIntegersDo) {
  std::size_t known = 0;
  with_rows([&](const Rows& rows, std::size_t columns, std::mt19937_64& engine) {
    constexpr double unit = 0x1p-8;
    const std::int64_t factor = rows.weight_codes[columns];
    std::vector<double> weights(columns);
    std::vector<std::int64_t> expected(columns);
    double largest_operand = 0, largest_result = 0, largest_change = 0;
    for (std::size_t i = 0; i < columns; ++i) {
      const auto before = static_cast<std::int64_t>(engine() % 4096) - 2048;
      // Now and then a weight that becomes 0.
      const std::int64_t change = rows.rounded_product(columns, i);
      const std::int64_t code = engine() % 4 == 0 ? change : before;
      weights[i] = static_cast<double>(code) * unit;
      expected[i] = code - change;
      largest_operand = std::max(largest_operand, std::abs(rows.operands[i]));
      largest_change = std::max(largest_change, std::abs(static_cast<double>(change)));
      largest_result = std::max(largest_result, std::abs(static_cast<double>(expected[i])));
    }
    for (const double below : {0.0, 1.0}) {
      std::vector<double> results(columns);
      const DoubleRow row = rows.row();
      const bool are_known = row.subtract_products(
          static_cast<double>(factor), rows.operands.data(), largest_operand, columns, unit,
          (largest_result - below) * unit, weights.data(), results.data());
      const bool is_near_limit = largest_change + 2 > row.limit();
      EXPECT_TRUE(is_near_limit || are_known == (below == 0));
      if (!are_known) continue;
      ++known;
      for (std::size_t i = 0; i < columns; ++i) {
        EXPECT_EQ(results[i], static_cast<double>(expected[i]) * unit);
        EXPECT_FALSE(results[i] == 0 && std::signbit(results[i]));
      }
    }
  });
  EXPECT_GT(known, 0U);
}

}  // namespace
}  // namespace lsgd
