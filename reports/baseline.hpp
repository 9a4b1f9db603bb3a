// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

namespace lsgd {

/// The port that trains as everyone did before L-SGD: it keeps every gradient and applies them at
/// the end. The baseline for memory and speed.
inline constexpr const char* classic_sgd_port = "sgd_classic";

/// The classic-SGD target on the same platform in the same variant; null where there is none or
/// `target` is it.
const nlohmann::json* find_classic_sgd(const nlohmann::json& results, const nlohmann::json& target);

/// The float32 target that a target of another profile is compared with: on the same platform in
/// the same variant, by preference the port whose name differs in the profile only. Null where
/// there is none or `target` itself has profile float32.
const nlohmann::json* find_float32(const nlohmann::json& results, const nlohmann::json& target);

}  // namespace lsgd
