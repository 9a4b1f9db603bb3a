// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include "description/target_file.hpp"
#include "run/target_run.hpp"

namespace lsgd {

/// The resources of a target as results.json shows them: section sizes from its ELF files, stack
/// and heap as the device measured them. Throws InputError where an ELF file is missing or
/// malformed.
nlohmann::ordered_json resources_json(const Target& target, const TargetResult& result);

}  // namespace lsgd
