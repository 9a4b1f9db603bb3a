// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>

namespace lsgd {

/// Parses and validates a declaration, a TOML text of format lsgd-arithmetic/1; `file` names it in
/// errors. Throws InputError: one line that says what to write instead.
Arithmetic parse_arithmetic(std::string_view text, const std::string& file);

/// A declaration by the name of a built-in one ("float32"), or by the path of a TOML file, which
/// contains '/' or ends in ".toml". Throws InputError.
Arithmetic read_arithmetic(const std::string& name_or_file);

/// Names of the built-in declarations, reference/arithmetics/NAME.toml, in alphabetical order.
const std::vector<std::string>& built_in_arithmetics();

/// The text that two declarations have in common exactly if they mean the same: independent of
/// comments, the order of keys, names of formats, defaults that are spelled out, the description.
std::string canonical_text(const Arithmetic& arithmetic);

/// The canonical text with the name, which is no part of the meaning: a declaration that reads as
/// the same arithmetic.
std::string declaration_text(const Arithmetic& arithmetic);

/// SHA-256 of the canonical text: 64 lower-case hexadecimal digits.
std::string digest_of(const Arithmetic& arithmetic);

}  // namespace lsgd
