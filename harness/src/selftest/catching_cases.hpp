// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace lsgd {

/// Of each mutant the case that caught it when its cases were last run in order
/// (targets/mutation/catching_cases.toml, format "lsgd-catching-cases/1"). To begin with that case
/// saves most of a self-test's time, and nothing is taken on trust: a mutant counts as caught only
/// where the case fails now, and runs all others where it passes.
class CatchingCases {
 public:
  /// No case is known.
  CatchingCases() = default;
  /// Throws InputError, also for a mutant that is named twice.
  CatchingCases(std::string_view text, const std::string& file);

  /// Case identities by the names of mutants.
  const std::map<std::string, std::string>& by_mutant() const { return by_mutant_; }

 private:
  std::map<std::string, std::string> by_mutant_;
};

/// The file's text for the mutants of a self-test whose cases were run in order: cases and mutants
/// in alphabetical order. Mutants that no case catches are not in it.
/// @param mutants of results.json's `selftest`
std::string catching_cases_text(const nlohmann::ordered_json& mutants);

/// How many mutants another case caught than is recorded, or none is recorded of.
std::size_t caught_by_other_cases(const nlohmann::ordered_json& mutants,
                                  const CatchingCases& recorded);

}  // namespace lsgd
