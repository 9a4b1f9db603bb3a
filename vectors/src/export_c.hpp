// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lsgd/golden_set.hpp>
#include <string>

#include "vector_table.hpp"

namespace lsgd {

/// A self-contained C99 header with the cases of a set. Headers of several sets can be included
/// together.
std::string c_header(const ArithmeticSet& set);
std::string c_header(const VectorTable& table);

}  // namespace lsgd
