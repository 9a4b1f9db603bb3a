// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// "529 generated mutants: 508 caught, 6 missed, 15 equivalent", of an object like
/// selftest.generated of results.json.
std::string selftest_counts(const nlohmann::json& counts, const std::string& kind);

/// All of it in one sentence.
std::string selftest_sentence(const nlohmann::json& selftest);

/// "level 1, SPEC 2.6, level1/odd/3"; "nothing" where nothing did.
std::string caught_by_text(const nlohmann::json& mutant);

}  // namespace lsgd
