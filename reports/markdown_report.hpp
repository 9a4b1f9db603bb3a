// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// Bytes, and so no more characters: GitHub takes 65,536 of a comment.
constexpr std::size_t longest_summary = 65'000;

/// A summary in GitHub-flavoured Markdown, short enough for a comment: verdict, matrix of targets
/// and levels, what changed since an earlier run, and the failures with the commands that repeat
/// them; failures beyond the first `failure_limit` are counted only. It is never longer than
/// `longest_summary`: what has no room is counted, and what is not right comes first.
/// @param sha256 of results.json; not shown where empty
std::string markdown_report(const nlohmann::json& results, const std::string& sha256 = {},
                            std::size_t failure_limit = 50);

}  // namespace lsgd
