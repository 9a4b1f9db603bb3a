// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "files/toml_table.hpp"

namespace lsgd {

/// What identifies a generated mutant, whatever changes around the mutated place.
struct SourceMutation {
  std::string file;  ///< name without directory
  std::string function;
  std::string original;     ///< the expression or statement, white space as single blanks
  std::string replacement;  ///< empty for a deleted statement
  int occurrence = 1;       ///< among those of the function with the same two texts, from 1

  bool operator==(const SourceMutation&) const = default;
};

/// SHA-256 of all members.
std::string digest_of(const SourceMutation& mutation);

/// "update in float32_c99.c: step becomes learning_rate"
std::string description_of(const SourceMutation& mutation);

/// Reads the members from the keys of their names. Throws InputError.
SourceMutation read_source_mutation(TomlTable& table);

}  // namespace lsgd
