// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include <lsgd/arithmetic/arithmetic.hpp>

namespace lsgd {

/// The tensors whose formats a declaration has, in the order of a step.
inline constexpr std::array stored_tensors{
    Point::input, Point::target,         Point::effective_weight, Point::weight,
    Point::bias,  Point::pre_activation, Point::activation,       Point::delta};

/// A number format, such as "16 bits, 8 fraction bits".
std::string format_in_words(const NumberFormat& format);

/// The range of its finite numbers, such as "[-128, 127.996094]"; of each number of fraction bits
/// or each activation function where these decide.
std::string range_in_words(const NumberFormat& format);

}  // namespace lsgd
