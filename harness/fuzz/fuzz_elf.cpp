// SPDX-License-Identifier: Apache-2.0

// Both readers of ELF files: the memory table's and the simulated core's.
#include <elf_image.hpp>

#include "cost/elf_sizes.hpp"
#include "fuzz_directory.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(elf) {
  static const FuzzDirectory directory;
  const auto file = directory.file("program.elf", text_of(bytes, size));
  require_only_input_error("", [&] { elf_sizes(file); });
  try {
    const rtl::RamRange ram;
    const rtl::ElfImage image = rtl::read_elf(file.string(), ram);
    std::size_t loaded = 0;
    for (const auto& segment : image.segments) {
      require(ram.contains(segment.address));
      loaded += segment.bytes.size();
    }
    require(loaded <= ram.bytes);
  } catch (const rtl::ElfError& error) {
    require(std::string_view(error.what()).find('\n') == std::string_view::npos);
  }
  return 0;
}
