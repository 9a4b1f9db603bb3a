// SPDX-License-Identifier: Apache-2.0
#include "selftest/recorded_selftest.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "files/input_error.hpp"
#include "run/checked_results.hpp"

namespace lsgd {
namespace {

/// Build identities of the targets by their names; those of devices that never answered are empty.
std::map<std::string, std::string> identities(const nlohmann::json& results) {
  std::map<std::string, std::string> identities;
  for (const auto& target : results.at("targets"))
    identities[target.at("name")] = target.at("build_identity");
  return identities;
}

/// Whether a run, perhaps of some profiles only, was judged as the self-test was; each has a seed
/// of its own.
bool same_suite(const nlohmann::json& run, const nlohmann::json& selftest) {
  const auto& suite = run.at("suite");
  const auto& proven = selftest.at("suite");
  return run.at("tool") == selftest.at("tool") && suite.at("name") == proven.at("name") &&
         suite.value("files", nlohmann::json()) == proven.value("files", nlohmann::json()) &&
         std::ranges::all_of(suite.at("vectors"), [&](const auto& used) {
           return std::ranges::find(proven.at("vectors"), used) != proven.at("vectors").end();
         });
}

/// Whether targets are in both, and built alike wherever they are.
bool same_builds(const nlohmann::json& run, const nlohmann::json& selftest) {
  const auto proven = identities(selftest);
  bool found = false;
  for (const auto& [name, identity] : identities(run)) {
    const auto other = proven.find(name);
    if (other == proven.end()) continue;
    if (other->second != identity) return false;
    found = true;
  }
  return found;
}

}  // namespace

std::optional<nlohmann::ordered_json> recorded_selftest(const nlohmann::ordered_json& results,
                                                        const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  nlohmann::json recorded;
  try {
    recorded = read_results(file).value;
  } catch (const InputError&) {
    return std::nullopt;  // of an older version, or damaged: it proves nothing about this run
  }
  const nlohmann::json run = results;
  if (!recorded.contains("selftest") || !same_suite(run, recorded) || !same_builds(run, recorded))
    return std::nullopt;
  return recorded.at("selftest");
}

}  // namespace lsgd
