// SPDX-License-Identifier: Apache-2.0
#include "cost/target_sizes.hpp"

#include <algorithm>

namespace lsgd {

std::optional<ElfSizes> sizes_for(const Target& target, std::string_view network) {
  const auto footprint = std::ranges::find(target.footprints, network, &Footprint::network);
  if (footprint != target.footprints.end()) return elf_sizes(footprint->object);
  if (target.elf.port_object) return elf_sizes(*target.elf.port_object);
  return std::nullopt;
}

}  // namespace lsgd
