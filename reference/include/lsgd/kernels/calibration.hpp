// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <span>
#include <vector>

// How many fraction bits n, 0 to 15, int8 numbers get for data that they are to hold. Data are
// integers in units of 2^-16, at most 2^30 in magnitude, so that sums of 8 squares have 63 bits.

namespace lsgd {

inline constexpr int data_fraction_bits = 16;
inline constexpr int most_calibrated_bits = 15;

/// n = 7 - ceil(log2 m) within its range, 15 for m = 0; m itself a power of two saturates by a
/// unit.
constexpr int fraction_bits_for(std::int64_t largest_magnitude) {
  int bits = most_calibrated_bits;
  while (bits > 0 && largest_magnitude > std::int64_t{1} << (7 + data_fraction_bits - bits)) --bits;
  return bits;
}

/// Kernel calibrate_max/1: by the largest magnitude.
inline int calibrated_by_max(std::span<const std::int64_t> data) {
  std::int64_t largest = 0;
  for (const std::int64_t x : data) largest = std::max(largest, std::abs(x));
  return fraction_bits_for(largest);
}

/// Kernel calibrate_percentile/1: by the magnitude of rank ceil(percent N / 100), from 1, among N.
inline int calibrated_by_percentile(std::span<const std::int64_t> data, std::size_t percent) {
  std::vector<std::int64_t> magnitudes;
  for (const std::int64_t x : data) magnitudes.push_back(std::abs(x));
  std::ranges::sort(magnitudes);
  const std::size_t rank = (percent * magnitudes.size() + 99) / 100;
  return fraction_bits_for(magnitudes.at(std::max<std::size_t>(rank, 1) - 1));
}

/// x as int8 with n fraction bits, to the nearest code, ties to even, saturated; in units of data.
constexpr std::int64_t int8_neighbour(std::int64_t x, int fraction_bits) {
  const std::int64_t unit = std::int64_t{1} << (data_fraction_bits - fraction_bits);
  std::int64_t code = (x >= 0 ? x : x - unit + 1) / unit;
  const std::int64_t twice_rest = 2 * (x - code * unit);
  if (twice_rest > unit || (twice_rest == unit && code % 2 != 0)) ++code;
  return std::clamp<std::int64_t>(code, -128, 127) * unit;
}

/// Kernel calibrate_mse/1: the n of the smallest sum of squares of what rounding loses; of several
/// the largest n. Of at most 8 numbers.
inline int calibrated_by_mse(std::span<const std::int64_t> data) {
  int best = 0;
  std::uint64_t smallest = std::numeric_limits<std::uint64_t>::max();
  for (int bits = 0; bits <= most_calibrated_bits; ++bits) {
    std::uint64_t sum = 0;
    for (const std::int64_t x : data) {
      const std::int64_t lost = x - int8_neighbour(x, bits);
      sum += static_cast<std::uint64_t>(lost * lost);
    }
    if (sum > smallest) continue;
    smallest = sum;
    best = bits;
  }
  return best;
}

}  // namespace lsgd
