// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace lsgd::rtl {

/// Where RV32IMC goes from an instruction that does not trap.
/// @param instruction  at `pc`; of a 16-bit one the upper half is ignored
/// @param registers  x0 to x31 before it
/// @param mepc  where mret returns to
std::uint32_t next_instruction(std::uint32_t pc, std::uint32_t instruction,
                               const std::array<std::uint32_t, 32>& registers, std::uint32_t mepc);

}  // namespace lsgd::rtl
