// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "steps/expected_step.hpp"

namespace lsgd {

/// Bit patterns as hexadecimal texts of `digits` digits with a blank between them.
std::string joined_patterns(const std::vector<std::uint64_t>& patterns, int digits);

/// One line of tensors.csv or steps.csv: `before` (its first columns, each with its comma), then
/// tensor,index,bits,value,exact,bound,also.
std::string expected_line(std::string_view before, const ExpectedTensor& tensor, std::size_t index);

}  // namespace lsgd
