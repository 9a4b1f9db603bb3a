// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "kit/kit_file.hpp"

namespace lsgd {

/// Writes a folder, whole or not at all, and prints the names of its files. Throws InputError where
/// something has that name already.
void write_new_folder(const std::filesystem::path& folder, const std::vector<KitFile>& files);

/// The same, in place of a folder that holds nothing but files of these names.
void write_replaceable_folder(const std::filesystem::path& folder,
                              const std::vector<KitFile>& files);

}  // namespace lsgd
