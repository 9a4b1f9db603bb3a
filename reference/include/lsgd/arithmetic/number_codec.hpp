// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/binary_number.hpp>
#include <lsgd/arithmetic/random_stream.hpp>

namespace lsgd {

/// What a tensor adds to its format: fraction bits of a fixed-point one, scale and zero point of an
/// affine one or a set.
struct TensorScale {
  int fraction_bits = 0;
  BinaryNumber scale = BinaryNumber::of(1);
  std::int64_t zero_point = 0;
};

/// The numbers of one declared format: which there are, what their codes are, where numbers between
/// them go. Two's complement codes of integers; sign, exponent, significand of floats; positions in
/// sets.
class NumberCodec {
 public:
  /// Throws std::invalid_argument for a format that has no codes or is not valid.
  explicit NumberCodec(const NumberFormat& format, TensorScale scale = {});

  const NumberFormat& format() const { return format_; }
  const TensorScale& tensor_scale() const { return scale_; }

  /// `x` rounded once, and what overflow makes of it. A number that cannot be told (NaN to a format
  /// without) is outside_domain. "As IEEE 754" means for the overflow rules of floats that
  /// directions towards zero stop at the largest number.
  /// @param random of stochastic rounding, which draws once
  /// @param overflowed set to true where the rounded number was out of range; else left alone
  BinaryNumber rounded(const BinaryNumber& x, const Rounding& rounding, RandomStream* random,
                       bool* overflowed = nullptr) const;

  /// The irrational number between `low` and `high`, of one sign and at least 200 significand bits,
  /// rounded. Nothing where numbers between them go to different ones; then nothing is drawn.
  std::optional<BinaryNumber> rounded_between(const BinaryNumber& low, const BinaryNumber& high,
                                              const Rounding& rounding, RandomStream* random) const;

  /// What an operation sees of an operand: flushed where the format reads subnormals as zeros.
  BinaryNumber operand(BinaryNumber x) const;

  /// The code of a number of the format; nothing for one outside the domain. The sign of a zero is
  /// dropped where the format has none.
  std::optional<std::uint64_t> code_of(const BinaryNumber& x) const;
  /// What a code stands for; code is below 2^bits, and of a set below the number of its values.
  BinaryNumber number_of(std::uint64_t code) const;

  /// Whether a number has this code.
  bool has_code(std::uint64_t code) const;
  /// How far apart numbers of the format are at a magnitude: 2^-n, a scale, an ulp; of a set the
  /// mean distance.
  double unit_at(double magnitude) const;

  /// Largest finite number.
  BinaryNumber largest() const;
  /// Smallest finite number.
  BinaryNumber smallest() const;

 private:
  /// A magnitude to round; `sticky` as in UnroundedInteger.
  struct Operand {
    const BinaryNumber& number;
    bool sticky = false;
  };
  BinaryNumber rounded_operand(const Operand& x, const Rounding& rounding, RandomStream* random,
                               bool* overflowed) const;
  BinaryNumber rounded_float(const Operand& x, const Rounding& rounding, RandomStream* random,
                             bool* overflowed) const;
  BinaryNumber rounded_fixed(const Operand& x, const Rounding& rounding, RandomStream* random,
                             bool* overflowed) const;
  BinaryNumber rounded_affine(const Operand& x, const Rounding& rounding, RandomStream* random,
                              bool* overflowed) const;
  BinaryNumber rounded_set(const Operand& x, const Rounding& rounding, RandomStream* random,
                           bool* overflowed) const;
  BinaryNumber without_number(const BinaryNumber& x, const Rounding& rounding) const;
  BinaryNumber beyond(bool is_negative, const Rounding& rounding) const;
  std::optional<std::uint64_t> float_code(const BinaryNumber& x) const;
  BinaryNumber float_number(std::uint64_t code) const;
  bool has_infinity() const;
  bool has_nan() const;

  NumberFormat format_;
  TensorScale scale_;
  std::int64_t lowest_exponent_ = 0;  ///< float: of the smallest normal number, 2^lowest_exponent_
  Integer low_, high_;                ///< fixed, affine: codes as integers
  BinaryNumber largest_;              ///< float: largest finite magnitude
  std::vector<BinaryNumber> values_;  ///< set, scaled
};

}  // namespace lsgd
