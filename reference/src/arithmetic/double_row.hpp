// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lsgd {

/// Loops over a row of fixed-point numbers in doubles, several at a time. Their results are those
/// of integers, in any order of the sum, as long as no number reaches an end of its range on the
/// way. Where one may, they say so: integers decide then.
///
/// Products of weights and operands come in units of the result, with `shift` bits below it. Adding
/// 2^-(shift + 1), less a half where they are cut, moves none of them to the middle of two
/// integers, and each to the side of the one that it is rounded to. Adding and taking away
/// 3 * 2^51 rounds to the nearest integer.
class DoubleRow {
 public:
  /// Of no use.
  DoubleRow() = default;

  /// @param most end of the range of all results, in units
  DoubleRow(int shift, bool to_nearest, double most)
      : offset_(shift == 0 ? 0 : std::ldexp(1.0, -shift - 1) - (to_nearest ? 0.0 : 0.5)),
        limit_(std::min(most, std::ldexp(1.0, std::min(50, 51 - shift)))) {}

  /// Magnitudes up to this one are exact and in range; 0 where nothing is.
  double limit() const { return limit_; }

  /// start + the sum of rounded products.
  /// @return whether it is known
  bool add_products(double start, const double* weights, const double* operands, std::size_t count,
                    double& total) const {
    Sum<Pair> even, odd;
    std::size_t i = 0;
    for (; i + 4 <= count; i += 4) {
      even.add(rounded(read<Pair>(weights + i) * read<Pair>(operands + i)));
      odd.add(rounded(read<Pair>(weights + i + 2) * read<Pair>(operands + i + 2)));
    }
    if (i + 2 <= count) {
      even.add(rounded(read<Pair>(weights + i) * read<Pair>(operands + i)));
      i += 2;
    }
    Sum<double> last;
    if (i < count) last.add(rounded(weights[i] * operands[i]));
    even.add(odd);
    total = start + (even.value[0] + even.value[1] + last.value);
    return std::abs(start) + (even.size[0] + even.size[1] + last.size) <= limit_;
  }

  /// Of each column of weights [rows][columns] the sum of its rounded products with the operands
  /// [rows].
  /// @return whether all are known
  bool add_columns(const double* weights, const double* operands, std::size_t rows,
                   std::size_t columns, double* totals) const {
    double largest = 0;
    std::size_t i = 0;
    for (; i + 4 <= columns; i += 4) {
      Sum<Pair> left, right;
      const double* row = weights + i;
      for (std::size_t j = 0; j < rows; ++j, row += columns) {
        const Pair operand = Pair{operands[j], operands[j]};
        left.add(rounded(read<Pair>(row) * operand));
        right.add(rounded(read<Pair>(row + 2) * operand));
      }
      std::memcpy(totals + i, &left.value, sizeof left.value);
      std::memcpy(totals + i + 2, &right.value, sizeof right.value);
      largest = std::max({largest, left.size[0], left.size[1], right.size[0], right.size[1]});
    }
    for (; i < columns; ++i) {
      Sum<double> sum;
      for (std::size_t j = 0; j < rows; ++j)
        sum.add(rounded(weights[j * columns + i] * operands[j]));
      totals[i] = sum.value;
      largest = std::max(largest, sum.size);
    }
    return largest <= limit_;
  }

  /// weight - unit * rounded product of a factor with the operands.
  /// @param largest the largest magnitude of an operand
  /// @param most    end of the range of weights
  /// @return whether all are known
  bool subtract_products(double factor, const double* operands, double largest, std::size_t count,
                         double unit, double most, const double* weights, double* results) const {
    if (!(std::abs(factor) * largest + 1 <= limit_)) return false;
    const PairBits most_bits =
        PairBits{std::bit_cast<std::uint64_t>(most), std::bit_cast<std::uint64_t>(most)};
    PairBits signs{};
    std::size_t i = 0;
    for (; i + 2 <= count; i += 2) {
      const Pair change = rounded(read<Pair>(operands + i) * factor);
      // This way round nothing becomes -0.
      const Pair result = 0.0 - (change * unit - read<Pair>(weights + i));
      signs |= most_bits - bits(magnitude(result));
      std::memcpy(results + i, &result, sizeof result);
    }
    bool is_known = ((signs[0] | signs[1]) & sign_bit) == 0;
    if (i < count) {
      results[i] = 0.0 - (rounded(operands[i] * factor) * unit - weights[i]);
      is_known &= std::abs(results[i]) <= most;
    }
    return is_known;
  }

 private:
  static constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;

  using Pair __attribute__((vector_size(16))) = double;
  using PairBits __attribute__((vector_size(16))) = std::uint64_t;

  template <class Numbers>
  static Numbers read(const double* from) {
    Numbers numbers;
    std::memcpy(&numbers, from, sizeof numbers);
    return numbers;
  }

  static PairBits bits(Pair x) { return reinterpret_cast<PairBits>(x); }
  static Pair magnitude(Pair x) { return reinterpret_cast<Pair>(bits(x) & ~sign_bit); }
  static double magnitude(double x) { return std::abs(x); }

  /// A sum of integers and of their magnitudes.
  template <class Numbers>
  struct Sum {
    Numbers value{}, size{};

    void add(Numbers term) {
      value += term;
      size += magnitude(term);
    }
    void add(const Sum& other) {
      value += other.value;
      size += other.size;
    }
  };

  template <class Numbers>
  Numbers rounded(Numbers product) const {
    constexpr double shift = 0x1.8p52;
    return ((product + offset_) + shift) - shift;
  }

  double offset_ = 0;
  double limit_ = 0;
};

}  // namespace lsgd
