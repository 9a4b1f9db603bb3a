// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lsgd {

/// What a debugger loads and looks for in a firmware.
struct FirmwareFile {
  struct Segment {
    std::uint32_t address = 0;        ///< where it is loaded
    std::vector<std::uint8_t> bytes;  ///< as far as the file has them
  };

  std::uint16_t machine = 0;  ///< EM_ARM or EM_RISCV
  std::uint32_t entry = 0;
  std::vector<Segment> segments;
  std::uint32_t mailbox = 0;  ///< address of lsgd_mailbox
  std::uint32_t wait = 0;     ///< address of lsgd_mailbox_wait
  std::uint32_t resume = 0;   ///< address of lsgd_mailbox_resume, behind the instruction at wait
};

/// Reads a 32-bit little-endian ELF program. Throws DeviceError where it is none, is for another
/// kind of processor, or lacks the symbols of targets/platforms/mailbox.
FirmwareFile read_firmware_file(const std::filesystem::path& file);

}  // namespace lsgd
