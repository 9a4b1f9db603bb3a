// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "elf_image.hpp"

namespace lsgd::rtl {

/// Whether qemu-system-riscv32 can be started.
bool qemu_available();

/// Runs an image that starts at the beginning of the RAM on QEMU's virt machine.
/// @returns the bytes it transmitted
/// @throws std::runtime_error if QEMU fails or does not end within a minute
std::string run_qemu(const ElfImage& image, const RamRange& ram);

}  // namespace lsgd::rtl
