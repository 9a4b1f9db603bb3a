// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lsgd/elf_sizes.hpp>
#include <lsgd/target_file.hpp>
#include <lsgd/target_run.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace lsgd {

/// The resources of a target as results.json shows them: section sizes from its ELF files, stack
/// and heap as the device measured them. Throws InputError where an ELF file is missing or
/// malformed.
nlohmann::ordered_json resources_json(const Target& target, const TargetResult& result);

/// Section sizes of a target's port built for exactly one network, or as built for the suite where
/// it declares no such object; nothing where it declares neither. Throws InputError as above.
std::optional<ElfSizes> sizes_for(const Target& target, std::string_view network);

}  // namespace lsgd
