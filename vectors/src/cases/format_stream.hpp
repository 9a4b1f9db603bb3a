// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>

namespace lsgd {

/// What a unit of hardware does with the numbers of a format.
enum class FormatOperation : std::uint8_t {
  decode,    ///< a code to its number
  encode,    ///< a binary32 number, rounded to the format
  add,       ///< two numbers of the format, the exact sum rounded
  multiply,  ///< two numbers of the format, the exact product rounded
};

template <>
struct EnumeratorNames<FormatOperation> {
  static constexpr std::array<std::string_view, 4> names{"decode", "encode", "add", "multiply"};
};

/// One operation of a format in one rounding: every result that there is. SPEC 15 has the rules.
struct FormatStream {
  std::string format_name;  ///< as named_format takes it
  FormatOperation operation = FormatOperation::decode;
  Rounding rounding;  ///< rounding.format is the format; the rest means nothing to decode
};

/// Codes have the width of the format; floats as sign, exponent, fraction, fixed-point numbers in
/// two's complement, numbers of sets by their position.
struct FormatRow {
  std::uint32_t a = 0;  ///< a code; of encode a binary32 pattern
  std::uint32_t b = 0;  ///< add, multiply: the code of the second operand
  /// Stochastic: the N bits that are drawn, as an integer.
  std::uint32_t random = 0;
  /// The code of what is rounded; nothing where the format has no number for it. Of NaNs each is
  /// as right as this one.
  std::optional<std::uint32_t> result;
  double number = 0;  ///< decode: what the code stands for
};

/// The format "e4m3", one that every declaration can name, or "PROFILE:FORMAT": one that a built-in
/// profile or the file of a declaration rounds to. Throws InputError.
NumberFormat named_format(const std::string& name);

/// The rules of overflow that differ for numbers of a format: saturate, and infinity, or NaN where
/// there is none, or wrap. A device outside its domain has no results.
std::vector<Overflow> overflow_rules(const NumberFormat& format);

/// The directions that lead to one number: all but `any` and `none`.
std::vector<RoundingDirection> streamed_directions();

/// What to ask for instead, completing "expected ..."; nothing for a stream that can be made.
/// Formats have at most 19 bits, of add and multiply 8, and no scale or fraction bits that are
/// state.
std::optional<std::string> why_not_streamed(const FormatStream& stream);

/// Calls `take` for each row.
///
/// decode: every code, ascending. add, multiply: every pair of codes, the first operand's
/// ascending, then the second's. encode: by ascending binary32 pattern, every number of the format,
/// every middle between two neighbours and beyond the ends, with the binary32 numbers next to each;
/// both zeros, infinities, largest and smallest numbers of binary32, a NaN of each sign. Codes that
/// are no numbers of the format are left out.
///
/// A stochastic rounding has, for each operand, the draws 0 and 2^N - 1 and those two between which
/// the result changes: all others follow.
/// @throws std::invalid_argument where why_not_streamed says why
void for_each_row(const FormatStream& stream, const std::function<void(const FormatRow&)>& take);

}  // namespace lsgd
