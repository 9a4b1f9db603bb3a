// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lsgd/arithmetic/arithmetic.hpp>

#include "arithmetic/format_reader.hpp"
#include "files/json_file.hpp"

namespace lsgd {

/// Where the i-th rounding of a point stands in a declaration.
std::string pointer_of(const JsonDocument& document, Point point, std::size_t i = 0);

/// Throws InputError for what the schema cannot see: contradictions, and combinations that nobody
/// could judge. `formats` has read the formats of the same document.
void check_arithmetic(const Arithmetic& arithmetic, const JsonDocument& document,
                      const FormatReader& formats);

}  // namespace lsgd
