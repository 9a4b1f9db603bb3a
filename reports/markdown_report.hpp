// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// A summary in GitHub-flavoured Markdown, short enough for a comment: verdict, matrix of targets
/// and levels, and the failures with the commands that repeat them; failures beyond the first
/// `failure_limit` are counted only.
/// @param sha256 of results.json; not shown where empty
std::string markdown_report(const nlohmann::json& results, const std::string& sha256 = {},
                            std::size_t failure_limit = 50);

}  // namespace lsgd
