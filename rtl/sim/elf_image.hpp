// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace lsgd::rtl {

/// A firmware file that cannot be used; what() is one line, `FILE: expected ...`.
class ElfError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where the simulated RAM lies (rtl/soc/lsgd_soc_pkg.sv); a power of two of bytes, at most the
/// parameter RamBytes of lsgd_soc, 16 MiB.
struct RamRange {
  std::uint32_t base = 0x8000'0000;
  std::uint32_t bytes = 1U << 20U;

  [[nodiscard]] bool contains(std::uint32_t address) const { return address - base < bytes; }
};

/// A program ready to be placed in RAM.
struct ElfImage {
  struct Segment {
    std::uint32_t address = 0;
    std::vector<std::uint8_t> bytes;  ///< zero-filled to the segment's size in memory
  };

  std::uint32_t entry = 0;
  std::vector<Segment> segments;
  std::map<std::string, std::uint32_t> symbols;
  std::map<std::uint32_t, std::string> functions;  ///< by address; of several names the first one

  [[nodiscard]] std::optional<std::uint32_t> symbol(const std::string& name) const;

  /// `address` as the nearest symbol at or below it and the distance, "main+0x1c".
  [[nodiscard]] std::optional<std::string> place(std::uint32_t address) const;
};

/// Reads a 32-bit little-endian RISC-V executable. Every loadable segment must lie in `ram`, at its
/// physical address, and the entry point in a segment.
/// @throws ElfError if the file is missing, malformed or not such an executable.
ElfImage read_elf(const std::string& path, const RamRange& ram);

}  // namespace lsgd::rtl
