// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "cost/elf_sizes.hpp"
#include "description/target_file.hpp"

namespace lsgd {

/// Section sizes of a target's port built for exactly one network, or as built for the suite where
/// it declares no such object; nothing where it declares neither. Throws InputError as above.
std::optional<ElfSizes> sizes_for(const Target& target, std::string_view network);

}  // namespace lsgd
