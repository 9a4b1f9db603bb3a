// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "coverage.hpp"
#include "elf_image.hpp"

namespace lsgd::rtl {

struct LockstepOptions {
  std::optional<std::uint64_t> stall_seed;
  InstructionSet instruction_set = InstructionSet::rv32imc;
  std::uint64_t max_cycles = 100'000'000;
  bool without_rvfi =
      false;  ///< compare nothing on the way; what RVFI shows, if anything, is no matter
};

struct LockstepResult {
  std::string mismatch;  ///< empty if every retirement agreed with the model
  bool ended = false;    ///< the program stopped by itself, with `status`
  std::uint32_t status = 0;
  std::uint64_t cycles = 0;
  std::uint64_t instructions = 0;
  std::uint64_t retirements = 0;  ///< that were compared
  std::string output;             ///< bytes transmitted

  [[nodiscard]] bool passed() const { return mismatch.empty() && ended && status == 0; }
};

/// Runs `image` on the verilated core and, instruction by instruction, on the instruction-set
/// model, comparing every RVFI field of every retirement; stops at the first difference.
LockstepResult run_lockstep(const ElfImage& image, const LockstepOptions& options,
                            Coverage& coverage);

}  // namespace lsgd::rtl
