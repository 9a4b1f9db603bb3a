// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "section.hpp"

namespace lsgd {

struct SectionEntry {
  std::string_view name;
  std::string_view folder;  ///< path of the section's assets below reports/
  BuildSection build;
};

/// All sections in the order of the page; defined in a file that CMake writes from the folders.
std::span<const SectionEntry> section_list();

}  // namespace lsgd
