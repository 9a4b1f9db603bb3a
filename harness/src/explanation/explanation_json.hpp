// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "explanation/explanation.hpp"

namespace lsgd {

/// As results.json shows it (vectors/schema/results.schema.json).
nlohmann::ordered_json explanation_json(const Explanation& explanation);

/// `as one that adds no bias in the forward pass (SPEC 2.4): explains 62 of 68 failing cases, and
/// no passing case contradicts`, of a hypothesis of that object.
std::string hypothesis_text(const nlohmann::ordered_json& explanation,
                            const nlohmann::ordered_json& hypothesis);

/// Whether nothing that the failing cases show is wrong: what they fail for no step shows.
bool is_all_shown_right(const nlohmann::ordered_json& explanation);

/// What goes on from the target's name: what the first of them says, and how many are as good; a
/// line that ends, or two.
/// @param target  what --target takes to name it
std::string first_hypothesis_text(const nlohmann::ordered_json& explanation,
                                  std::string_view target);

/// All of it: the tensors of the case shown, and the hypotheses.
std::string explanation_text(const nlohmann::ordered_json& explanation);

}  // namespace lsgd
