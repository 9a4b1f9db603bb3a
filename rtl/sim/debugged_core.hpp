// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace lsgd::rtl {

/// A core as a debugger sees it. It stands still between these calls, in front of an instruction,
/// with everything done that the instructions before do.
class DebuggedCore {
 public:
  static constexpr unsigned kRegisters = 33;  ///< x0 to x31, and the program counter
  static constexpr unsigned kProgramCounter = 32;

  enum class Stop {
    trap,         ///< at a breakpoint, or behind a step
    interrupted,  ///< because somebody asked for it
    ended,        ///< the program has ended, with status()
    lockup,       ///< no instruction retires any more
  };

  DebuggedCore() = default;
  DebuggedCore(const DebuggedCore&) = delete;
  DebuggedCore& operator=(const DebuggedCore&) = delete;
  virtual ~DebuggedCore() = default;

  /// Bytes of the RAM; nothing where some of them lie outside.
  virtual std::optional<std::vector<std::uint8_t>> read_memory(std::uint32_t address,
                                                               std::uint32_t count) = 0;
  /// False, and nothing is written, where some of the bytes lie outside the RAM.
  virtual bool write_memory(std::uint32_t address, std::span<const std::uint8_t> bytes) = 0;

  /// @param number  below kRegisters
  [[nodiscard]] virtual std::uint32_t read_register(unsigned number) const = 0;
  /// False where the core cannot be brought to it: a program counter outside the RAM or odd.
  virtual bool write_register(unsigned number, std::uint32_t value) = 0;

  /// False where there is no RAM for an instruction.
  virtual bool set_breakpoint(std::uint32_t address) = 0;
  virtual void remove_breakpoint(std::uint32_t address) = 0;

  /// Executes one instruction, also one with a breakpoint; where it traps, the core stops at the
  /// handler's first one.
  /// @param interrupted  asked now and then; true ends a handler of interrupts that does not end
  virtual Stop step(const std::function<bool()>& interrupted) = 0;
  /// Runs to a breakpoint; stays where there is one already.
  virtual Stop resume(const std::function<bool()>& interrupted) = 0;
  /// As after switching it on, but for the memory and the registers.
  virtual void reset() = 0;

  /// What the program reported when it ended.
  [[nodiscard]] virtual std::uint32_t status() const = 0;
};

}  // namespace lsgd::rtl
