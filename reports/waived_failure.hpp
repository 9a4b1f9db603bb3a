// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// The waiver of a case that failed; null where there is none.
const nlohmann::json* find_waiver(const nlohmann::json& results, const nlohmann::json& target,
                                  const nlohmann::json& test_case);

/// Waivers that a target needs to pass; 0 where it passes without, or does not.
std::uint64_t waivers_of(const nlohmann::json& results, const nlohmann::json& target);

/// The verdict on a target, which is `waived` where it passes with waivers alone.
std::string verdict_of(const nlohmann::json& results, const nlohmann::json& target);

/// "2 waivers" of a target that passes with them alone, else nothing.
std::string waivers_text(const nlohmann::json& results, const nlohmann::json& target);

}  // namespace lsgd
