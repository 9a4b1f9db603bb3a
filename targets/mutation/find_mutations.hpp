// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mutation.hpp"

namespace lsgd {

/// All mutations of the functions that `source` defines, in the order of the source:
///
/// - arithmetic, relational, bitwise, shift, logical, comma and assignment operators, ++ and --
///   replaced, operands of logical operators, casts and signs dropped;
/// - integers replaced by 0, 1, their neighbours and their negative, floating-point numbers by 0,
///   their negative and 1.001 times themselves, enumerators by the next one;
/// - indices one too high or too low, variables replaced by another one of the type;
/// - conditions negated, always true, always false;
/// - expression statements and breaks deleted, neighbouring arguments of a type exchanged.
///
/// @param file  its name in the mutations
/// @param tree  what `clang -fsyntax-only -Xclang -ast-dump=json` writes about the source. Names of
///              macros count as constants; the texts of macros and headers stay as they are.
std::vector<Mutation> find_mutations(const std::string& source, const std::string& file,
                                     const nlohmann::json& tree);

}  // namespace lsgd
