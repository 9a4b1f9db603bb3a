// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cases/golden_set.hpp"
#include "export/vector_table.hpp"

namespace lsgd {

/// A self-contained header with the cases of a set and a function that judges by them, in C90 or
/// later and C++. Headers of several sets can be included together.
std::string c_header(const ArithmeticSet& set);
std::string c_header(const VectorTable& table);

}  // namespace lsgd
