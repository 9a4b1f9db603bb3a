// SPDX-License-Identifier: Apache-2.0

// The loops of int32_fixed_c99 for cores with 31 registers against those for others: the same bits.
// RISC-V targets run them in every suite; here they run on every length.
#include <cstdint>
#include <gtest/gtest.h>
#include <random>
#include <vector>

extern "C" {
#include "fixed_kernels.h"

void dense_by_columns(const int32_t*, const int32_t*, const int32_t*, uint32_t, uint32_t,
                      struct lsgd_fixed_sum, int32_t*);
uint32_t hidden_delta_and_update_by_columns(int32_t*, int32_t*, const int32_t*, uint32_t, uint32_t,
                                            const int32_t*, const struct lsgd_fixed_rate*, int32_t,
                                            int, int32_t*);
void update_by_columns(int32_t*, int32_t*, const int32_t*, uint32_t, uint32_t, int32_t*,
                       const struct lsgd_fixed_rate*);
}

namespace lsgd {
namespace {

constexpr std::uint32_t longest_row = 50, most_rows = 9;

/// A layer whose weights are below `range` quanta in magnitude.
struct Layer {
  Layer(std::mt19937& random, std::uint32_t rows, std::uint32_t columns, std::int32_t range) {
    const auto draw = [&](std::vector<std::int32_t>& values, std::uint32_t count,
                          std::int32_t end) {
      std::uniform_int_distribution<std::int32_t> value(-end, end);
      for (std::uint32_t i = 0; i < count; ++i) values.push_back(value(random));
    };
    draw(weights, rows * columns, range);
    draw(biases, rows, range);
    draw(input, columns, 1 << 30);
    draw(deltas, rows, 1 << 28);
  }
  std::vector<std::int32_t> weights, biases, input, deltas;
};

/// Calls check(rows, columns, layer) for every length of a row, and few and many rows.
template <class Check>
void for_every_shape(std::int32_t range, Check&& check) {
  std::mt19937 random(1);
  for (std::uint32_t columns = 1; columns <= longest_row; ++columns)
    for (std::uint32_t rows = 1; rows <= most_rows; ++rows) {
      SCOPED_TRACE(testing::Message() << rows << " rows of " << columns);
      check(rows, columns, Layer(random, rows, columns, range));
    }
}

constexpr lsgd_fixed_rate rate{0x51eb8500, 4, 8, 2};

TEST(FixedKernels, SumTheSameByColumns) {
  for (const int z_shift : {0, 2})
    for_every_shape(1 << 25, [&](std::uint32_t rows, std::uint32_t columns, const Layer& layer) {
      const lsgd_fixed_sum sum{static_cast<std::int32_t>(columns + 1) / 2, 2, z_shift};
      std::vector<std::int32_t> expected(rows), z(rows);
      lsgd_dense(layer.weights.data(), layer.biases.data(), layer.input.data(), columns, rows, sum,
                 expected.data());
      dense_by_columns(layer.weights.data(), layer.biases.data(), layer.input.data(), columns, rows,
                       sum, z.data());
      EXPECT_EQ(z, expected);
    });
}

TEST(FixedKernels, UpdateTheSameByColumns) {
  for_every_shape(1 << 25, [&](std::uint32_t rows, std::uint32_t columns, const Layer& layer) {
    Layer expected = layer, updated = layer;
    lsgd_update(expected.weights.data(), expected.biases.data(), layer.input.data(), columns, rows,
                expected.deltas.data(), &rate);
    update_by_columns(updated.weights.data(), updated.biases.data(), layer.input.data(), columns,
                      rows, updated.deltas.data(), &rate);
    EXPECT_EQ(updated.weights, expected.weights);
    EXPECT_EQ(updated.biases, expected.biases);
  });
}

/// @param range  of the weights: sums of large ones pass 4, from where deltas of tanh are computed
/// otherwise
void check_hidden_deltas(std::int32_t range) {
  for (const int is_tanh : {0, 1})
    for_every_shape(range, [&](std::uint32_t rows, std::uint32_t columns, const Layer& layer) {
      Layer expected = layer, updated = layer;
      std::vector<std::int32_t> expected_sums(columns), sums(columns);
      lsgd_hidden_delta_and_update(expected.weights.data(), expected.biases.data(),
                                   layer.input.data(), columns, rows, layer.deltas.data(), &rate, 3,
                                   is_tanh, expected_sums.data());
      const std::uint32_t bits = hidden_delta_and_update_by_columns(
          updated.weights.data(), updated.biases.data(), layer.input.data(), columns, rows,
          layer.deltas.data(), &rate, 3, is_tanh, sums.data());
      EXPECT_EQ(updated.weights, expected.weights);
      EXPECT_EQ(updated.biases, expected.biases);
      EXPECT_EQ(sums, expected_sums);
      if (!is_tanh) return;
      for (const std::int32_t sum : sums) {
        const auto magnitude = static_cast<std::uint32_t>(sum ^ sum >> 31);
        EXPECT_LE(magnitude, bits);
      }
    });
}

TEST(FixedKernels, ComputeTheSameHiddenDeltasByColumns) { check_hidden_deltas(1 << 25); }

TEST(FixedKernels, ComputeTheSameHiddenDeltasOfLargeSumsByColumns) {
  check_hidden_deltas((1 << 30) - 1);
}

TEST(FixedKernels, BoundHiddenDeltasOfSumsOfOneQuantum) {
  for (const std::int32_t start : {0, -1}) {
    std::vector<std::int32_t> weights(8), bias{0}, sums(8);
    const std::vector<std::int32_t> input(8), delta{0};
    const std::uint32_t bits =
        hidden_delta_and_update_by_columns(weights.data(), bias.data(), input.data(), 8, 1,
                                           delta.data(), &rate, start, 1, sums.data());
    EXPECT_EQ(sums, std::vector<std::int32_t>(8, 32 * start));
    EXPECT_EQ(bits, start == 0 ? 0u : 31u);
  }
}

}  // namespace
}  // namespace lsgd
