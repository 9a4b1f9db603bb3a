// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <fmt/os.h>
#include <string>

namespace lsgd::rtl {

/// Writes retired instructions in the format of Spike's commit log (`spike --log-commits`); those
/// that raised an exception, which Spike leaves out, are marked.
class InstructionTrace {
 public:
  explicit InstructionTrace(const std::string& path) : file_(fmt::output_file(path)) {}

  /// The RVFI outputs of the model in this cycle.
  template <class Model>
  void retired(const Model& m) {
    if (m.rvfi_valid == 0) return;
    const int digits = (m.rvfi_insn & 3U) == 3U ? 8 : 4;
    file_.print("core   0: 3 0x{:08x} (0x{:0{}x})", m.rvfi_pc_rdata, m.rvfi_insn, digits);
    if (m.rvfi_trap != 0) file_.print(" exception");
    if (m.rvfi_rd_addr != 0) file_.print(" x{:<2} 0x{:08x}", m.rvfi_rd_addr, m.rvfi_rd_wdata);
    const unsigned mask = m.rvfi_mem_rmask | m.rvfi_mem_wmask;
    if (mask != 0) {
      const unsigned lane = static_cast<unsigned>(std::countr_zero(mask));
      file_.print(" mem 0x{:08x}", m.rvfi_mem_addr + lane);
      if (m.rvfi_mem_wmask != 0) {
        const int bytes = std::popcount(mask);
        const std::uint64_t value =
            m.rvfi_mem_wdata >> (8 * lane) & ((std::uint64_t{1} << (8 * bytes)) - 1);
        file_.print(" 0x{:0{}x}", value, 2 * bytes);
      }
    }
    file_.print("\n");
  }

 private:
  fmt::ostream file_;
};

}  // namespace lsgd::rtl
