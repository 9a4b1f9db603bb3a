// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <lsgd/arithmetic/arithmetic.hpp>

namespace lsgd {

/// declared_arithmetic.h of the port declared_c99 (targets/ports/declared_c99): an arithmetic as
/// tables in C99. Throws std::invalid_argument where not_exported() says why.
/// @param stated  what the port says it computes in; another one makes it a mutant
std::string c_declaration(const Arithmetic& arithmetic, const Arithmetic& stated);

/// Why declared_c99 cannot compute in an arithmetic; nothing where it can.
std::optional<std::string> not_exported(const Arithmetic& arithmetic);

/// The contents of targets/include/lsgd/arithmetics.h: a macro for each built-in arithmetic.
std::string built_in_arithmetics_header();

}  // namespace lsgd
