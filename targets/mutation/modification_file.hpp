// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

namespace lsgd {

/// A text of a source and what replaces it.
struct TextChange {
  std::string original;  ///< occurs once in the source
  std::string replacement;
  std::size_t line = 0;  ///< of the modification file, for errors
};

/// A copy of a port with one of its sources changed by hand: a mutant, or a legal variant.
struct ModifiedPort {
  std::string kind;  ///< "mutant" or "legal_variant", as in a target file
  std::string name;
  std::string description;
  std::optional<std::int64_t> level;    ///< of a mutant: where the suite must catch it, 0..4
  std::optional<std::int64_t> erratum;  ///< of a mutant: the row of SPEC 10 that it reproduces
  toml::table arithmetic;               ///< what it declares otherwise than its port
  toml::array networks;                 ///< that it takes alone, tables as in a target file
  std::string pace;                     ///< that it declares; empty for its port's
  std::vector<std::string> variants;    ///< it is built for; empty for the first of all
  std::string source;                   ///< file name of the changed source
  std::vector<TextChange> changes;
};

/// targets/ports/mutants/*.toml and targets/ports/legal_variants/*.toml, format
/// "lsgd-modifications/1".
struct ModificationFile {
  std::string file;
  std::string port;
  std::filesystem::path include;  ///< header that every changed source sees first; may be empty
  std::vector<ModifiedPort> modifications;
};

/// Parses a modification file; `include` is relative to `file`. Throws InputError naming the line.
ModificationFile parse_modifications(std::string_view text, const std::string& file);

/// The source with the changes of `modification` applied. Throws InputError naming the line of
/// `file`, the modification file, whose original does not occur exactly once.
std::string modified_source(std::string source, const ModifiedPort& modification,
                            const std::string& file);

}  // namespace lsgd
