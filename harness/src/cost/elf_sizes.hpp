// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace lsgd {

/// Bytes an object or program occupies on a device.
struct ElfSizes {
  std::uint64_t text = 0;  ///< code and constants
  std::uint64_t data = 0;  ///< initialised, writable
  std::uint64_t bss = 0;   ///< zero-initialised
};

/// Sums the allocated sections of an ELF file. Throws InputError where it is missing or is no
/// well-formed ELF file.
ElfSizes elf_sizes(const std::filesystem::path& file);

}  // namespace lsgd
