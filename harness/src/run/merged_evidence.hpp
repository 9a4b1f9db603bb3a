// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "files/tar_archive.hpp"

namespace lsgd {

/// evidence.tar of a whole run from those that lie beside the results of its shards (SPEC 14.11);
/// nothing where none does. Throws InputError where some shard has none, or one of another run.
/// @param files    results of all shards, of which `merged` were made
/// @param merged   whole results
std::optional<ArchiveMembers> merged_evidence(const std::vector<std::filesystem::path>& files,
                                              const nlohmann::ordered_json& merged);

/// Explains the failures of merged results, as the whole run would have: from all that the devices
/// showed. Leaves results as they are where nothing failed, or a device did. Throws InputError
/// where the evidence is not that of the results.
/// @param jobs  targets judged at the same time
void explain_merged(const ArchiveMembers& evidence, unsigned jobs, nlohmann::ordered_json& merged);

}  // namespace lsgd
