// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <lsgd/arithmetic/arithmetic.hpp>

namespace lsgd {

/// A format that every declaration can name: binary64, binary32, binary16, tf32, bfloat16, e5m2,
/// e4m3, e3m2, e2m3, e2m1 (OCP), e8m0, exact, and int8_n, int16_n, int32_n with n fraction bits, 0
/// to 64.
std::optional<NumberFormat> predefined_format(std::string_view name);

/// The exponent bias that IEEE 754 gives so many exponent bits.
int ieee_bias(int exponent_bits);

/// Numbers in ascending order: +-2^i for i from `lowest` to `highest`, and 0.
std::vector<double> powers_of_two(int lowest, int highest, bool with_zero, bool with_negative);

/// Bits of a position in a set of so many numbers.
int position_bits(std::size_t size);

}  // namespace lsgd
