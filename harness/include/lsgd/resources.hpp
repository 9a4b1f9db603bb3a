// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lsgd/target_file.hpp>
#include <lsgd/target_run.hpp>
#include <nlohmann/json.hpp>

namespace lsgd {

/// The resources of a target as results.json shows them: section sizes from its ELF files, stack
/// and heap as the device measured them. Throws InputError where an ELF file is missing or
/// malformed.
nlohmann::ordered_json resources_json(const Target& target, const TargetResult& result);

}  // namespace lsgd
