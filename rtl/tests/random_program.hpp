// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "elf_image.hpp"
#include "instruction_table.hpp"

namespace lsgd::rtl {

/// Bytes a program of a batch transmits: 27 registers, trap count and hash, mscratch, 64 words of
/// memory.
inline constexpr std::size_t kSignatureBytes = (27 + 2 + 1 + 64) * 4;

struct BatchOptions {
  std::uint64_t seed = 1;  ///< of the first program; program i has seed + i
  unsigned programs = 1;
  bool timer_interrupts = false;  ///< changes cycles, not signatures
  InstructionSet instruction_set = InstructionSet::rv32imc;
  bool fence_i = true;  ///< programs may modify themselves, with fence.i
};

/// Adds random programs to the runtime of random_runtime.S. Instructions, operands, hazards,
/// branches, bounded loops, calls, self-modification and exceptions are drawn from every part of
/// the instruction set that gives the same result on every RV32IMC implementation.
/// @throws ElfError if the runtime lacks a symbol
ElfImage make_batch(const ElfImage& runtime, const BatchOptions& options);

}  // namespace lsgd::rtl
