// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// The fragment of a target's row in the page, "target-NAME", or of one of its cases,
/// "target-NAME/ID", with anything but letters, digits and _ . - / escaped: a link to it stays good
/// as long as the names do.
std::string target_anchor(const nlohmann::json& target, const std::string& case_id = "");

}  // namespace lsgd
