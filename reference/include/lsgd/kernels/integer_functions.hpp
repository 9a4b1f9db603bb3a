// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

// Functions of integers alone, as published, where a publication leaves nothing open; what it does
// leave open is decided here and versioned (vectors/kernels/README.md). Arguments are integers x
// that stand for x / d, d the number of units in one. Right shifts go down.

namespace lsgd {

/// floor(x / y) of two integers, y not 0.
constexpr std::int64_t floor_quotient(std::int64_t x, std::int64_t y) {
  const std::int64_t quotient = x / y;
  return x % y != 0 && (x < 0) != (y < 0) ? quotient - 1 : quotient;
}

/// Kernel ibert_exp/1: the exponential of I-BERT (Kim et al. 2021) by a(r + b)^2 + c with
/// a = 0.35815147, a b = 0.96963238, c = 1, divided by a.
class IbertExponential {
 public:
  static constexpr int most_shifts = 30;

  /// @param units d, 1 to 65,536; throws std::invalid_argument
  explicit IbertExponential(std::int64_t units) {
    if (units < 1 || units > 65536) throw std::invalid_argument("1 to 65536 units of one");
    // Constants as they are printed, so that quotients are those of integers.
    log_2_ = floor_quotient(-6931 * units, 10000);
    linear_ = floor_quotient(96963238 * units, 35815147);
    constant_ = floor_quotient(100000000 * units * units, 35815147);
  }

  /// @param x at most 0
  std::int64_t operator()(std::int64_t x) const {
    x = std::max(x, most_shifts * log_2_);
    const std::int64_t shifts = floor_quotient(x, log_2_);
    const std::int64_t rest = x - log_2_ * shifts;
    const std::int64_t polynomial = rest * (rest + linear_) + constant_;
    return polynomial << (most_shifts - shifts);
  }

  std::int64_t at_zero() const { return constant_ << most_shifts; }

 private:
  std::int64_t log_2_, linear_, constant_;
};

/// Kernel ibert_softmax/1: exponentials of the distances from the largest argument, cut to 16 bits
/// of that of 0; 32 bits of the reciprocal of their sum; outputs in units of 2^-8.
inline std::vector<std::int64_t> ibert_softmax(std::int64_t units,
                                               std::span<const std::int64_t> x) {
  const IbertExponential exponential(units);
  const auto width =
      static_cast<int>(std::bit_width(static_cast<std::uint64_t>(exponential.at_zero())));
  const int cut = std::max(0, width - 16);
  const std::int64_t largest = std::ranges::max(x);
  std::vector<std::int64_t> values;
  std::int64_t sum = 0;
  for (const std::int64_t each : x) {
    values.push_back(exponential(each - largest) >> cut);
    sum += values.back();
  }
  const std::int64_t reciprocal = (std::int64_t{1} << 32) / sum;
  for (std::int64_t& value : values) value = value * reciprocal >> 24;
  return values;
}

/// Kernel ibert_sqrt/1: floor(sqrt(n)) by Newton's iteration from above, of 32 bits.
constexpr std::int64_t ibert_sqrt(std::uint32_t n) {
  if (n == 0) return 0;
  std::uint64_t root = std::uint64_t{1} << ((std::bit_width(n) + 1) / 2);
  for (;;) {
    const std::uint64_t next = (root + n / root) / 2;
    if (next >= root) return static_cast<std::int64_t>(root);
    root = next;
  }
}

/// Kernel shift_exp/1: the exponential of I-ViT (Li, Gu 2023): e^x as 2^(x + x/2 - x/16), linear
/// between powers of two.
class ShiftExponential {
 public:
  static constexpr int most_shifts = 15;

  /// @param units d, 1 to 65,536; throws std::invalid_argument
  explicit ShiftExponential(std::int64_t units) : units_(units) {
    if (units < 1 || units > 65536) throw std::invalid_argument("1 to 65536 units of one");
  }

  /// @param x at most 0
  std::int64_t operator()(std::int64_t x) const {
    const std::int64_t binary = std::max(x + (x >> 1) - (x >> 4), -most_shifts * units_);
    const std::int64_t shifts = floor_quotient(binary, -units_);
    const std::int64_t rest = binary + units_ * shifts;
    return ((rest >> 1) + units_) << (most_shifts - shifts);
  }

 private:
  std::int64_t units_;
};

/// Kernel shiftmax/1: the softmax of I-ViT; outputs in units of 2^-7.
inline std::vector<std::int64_t> shiftmax(std::int64_t units, std::span<const std::int64_t> x) {
  constexpr std::int64_t most = (std::int64_t{1} << 31) - 1;
  const ShiftExponential exponential(units);
  const std::int64_t largest = std::ranges::max(x);
  std::vector<std::int64_t> values;
  std::int64_t sum = 0;
  for (const std::int64_t each : x) {
    values.push_back(exponential(each - largest));
    sum += values.back();
  }
  const std::int64_t reciprocal = most / std::min(sum, most);
  for (std::int64_t& value : values) value = value * reciprocal >> 24;
  return values;
}

}  // namespace lsgd
