// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lsgd {

/// The binary32 nearest (ties to even) to a decimal ("-1.5e-3") or hexadecimal ("0x1.8p-3") number,
/// rounded once, from the text. Nothing for NaN, infinities, values that round to an infinity, a
/// leading '+', spaces, and anything after the number.
std::optional<float> float_from_text(std::string_view text);

/// A decimal integer of digits only, at most `largest`.
std::optional<std::uint64_t> integer_from_text(std::string_view text, std::uint64_t largest);

/// The shortest decimal text that float_from_text (or strtod, for double) turns back into `value`.
std::string to_text(float value);
std::string to_text(double value);

}  // namespace lsgd
