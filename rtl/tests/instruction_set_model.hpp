// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "elf_image.hpp"
#include "instruction_table.hpp"

namespace lsgd::rtl {

/// RV32IMC_Zicsr_Zicntr_Zifencei, machine mode, with the memory map of lsgd_soc, one instruction at
/// a time and without any notion of cycles. Written from the RISC-V and CV32E40P manuals, apart
/// from the core.
class InstructionSetModel {
 public:
  /// What one step did, in terms of RVFI.
  struct Retirement {
    std::uint32_t pc = 0;
    std::uint32_t next_pc = 0;
    std::uint32_t instruction = 0;  ///< 16-bit encodings are zero-extended
    bool trap = false;
    std::uint32_t cause = 0;  ///< mcause of the trap
    unsigned rd = 0;          ///< 0: none written
    std::uint32_t rd_value = 0;
    std::uint32_t memory_address = 0;  ///< of the first byte, meaningful if a size is not 0
    unsigned loaded_bytes = 0;
    unsigned stored_bytes = 0;
    std::uint32_t stored_value = 0;
  };

  /// Values that depend on time or on devices and are taken from the implementation.
  struct Environment {
    std::uint32_t device_data = 0;  ///< the word a load from a device returns
    std::uint32_t csr_value = 0;    ///< what a read of a cycle or time counter or of mip returns
  };

  InstructionSetModel(const ElfImage& image, const RamRange& ram,
                      InstructionSet instruction_set = InstructionSet::rv32imc);

  /// Takes a pending interrupt instead of the next instruction.
  /// @returns false if the model's state does not permit the interrupt
  bool interrupt(unsigned code);

  Retirement step(const Environment& environment);

  /// Whether the program has stored to the exit device.
  [[nodiscard]] bool ended() const { return ended_; }
  /// The bytes that it has transmitted.
  [[nodiscard]] const std::string& transmitted() const { return transmitted_; }

  [[nodiscard]] std::uint32_t pc() const { return pc_; }
  [[nodiscard]] std::uint32_t register_value(unsigned number) const { return x_.at(number); }

 private:
  struct Trap {
    unsigned cause;
    std::uint32_t value;
  };

  void execute(std::uint32_t instruction);
  void execute_compressed(std::uint32_t instruction);
  void execute_system(std::uint32_t instruction);
  void execute_simd(std::uint32_t instruction);
  void write(unsigned rd, std::uint32_t value);
  void jump(std::uint32_t target) { next_pc_ = target & ~1U; }
  std::uint32_t load(std::uint32_t address, unsigned bytes, bool sign);
  void store(std::uint32_t address, unsigned bytes, std::uint32_t value);
  std::uint32_t fetch_half(std::uint32_t address);
  std::uint32_t read_csr(unsigned number);
  void write_csr(unsigned number, std::uint32_t value);
  void enter_trap(std::uint32_t cause, std::uint32_t value);
  [[noreturn]] void illegal() const;

  RamRange ram_;
  InstructionSet instruction_set_;
  std::vector<std::uint8_t> memory_;
  std::array<std::uint32_t, 32> x_{};
  std::uint32_t pc_;
  std::uint32_t next_pc_ = 0;
  std::uint32_t mstatus_ = 0x1800, mie_ = 0, mtvec_ = 0, mscratch_ = 0, mepc_ = 0, mcause_ = 0,
                mtval_ = 0;
  std::uint64_t minstret_ = 0;
  bool minstret_written_ = false;
  bool ended_ = false;
  std::string transmitted_;
  Environment environment_;
  Retirement retirement_;
};

}  // namespace lsgd::rtl
