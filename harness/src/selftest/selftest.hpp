// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "description/target_file.hpp"
#include "selftest/equivalent_mutants.hpp"
#include "selftest/mutant_causes.hpp"

namespace lsgd {

/// Generated mutants that were built, and what else could have been generated.
struct GeneratedMutants {
  std::vector<Target> targets;
  std::set<std::string> digests;  ///< of all possible mutations
  std::size_t candidates = 0;     ///< possible mutations
  std::size_t not_selected = 0;   ///< beyond the number taken from one function
  std::size_t not_compiled = 0;
  std::size_t same_object = 0;  ///< compiled to the port's own code, or to another mutant's
};

/// Reads what generate_mutants wrote into `directory`: PORT.toml and the target files in PORT/ for
/// each port. Throws InputError.
GeneratedMutants read_generated_mutants(const std::filesystem::path& directory);

/// The object `selftest` of results.json (vectors/schema/results.schema.json).
///
/// @param mutants      all of them; with a source mutation they count as generated
/// @param mutant_runs  results.json of their run, each up to its first failing case; null for an
/// equivalent mutant that was not run
/// @param legal_runs   results.json of the targets that must pass
/// @param causes       of semantic mutants, which explanations should name; null where none was
/// made
/// @throws InputError for an equivalent mutant that was caught
nlohmann::ordered_json selftest_json(const std::vector<Target>& mutants,
                                     const nlohmann::ordered_json& mutant_runs,
                                     const nlohmann::ordered_json& legal_runs,
                                     const EquivalentMutants& equivalents,
                                     const GeneratedMutants& generated,
                                     const MutantCauses* causes = nullptr);

/// Drops the passed cases of every target from results: more than a hundred legal targets pass, and
/// `run` shows each case of each of them.
void keep_failed_cases_only(nlohmann::ordered_json& results);

/// What the terminal shows of results with the object `selftest`: a line per mutant, the refused
/// legal targets, and the counts.
std::string selftest_summary(const nlohmann::ordered_json& results);

}  // namespace lsgd
