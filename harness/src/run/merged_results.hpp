// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

namespace lsgd {

/// Puts the results of all shards of one run together to what the whole run would have given: every
/// case once, in the order of the suite, and all that follows from cases judged anew (SPEC 14.9).
/// Built-in suites alone. Throws InputError for files that contradict themselves, that are not
/// shards of one run of the same program on the same targets, or where a shard is missing.
nlohmann::ordered_json merged_results(const std::vector<std::filesystem::path>& files);

}  // namespace lsgd
