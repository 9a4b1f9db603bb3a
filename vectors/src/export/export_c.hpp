// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cases/golden_set.hpp"
#include "export/vector_table.hpp"

namespace lsgd {

/// A self-contained C99 header with the cases of a set. Headers of several sets can be included
/// together.
std::string c_header(const ArithmeticSet& set);
std::string c_header(const VectorTable& table);

}  // namespace lsgd
