// SPDX-License-Identifier: Apache-2.0
#include "lockstep.hpp"

#include <bit>
#include <cstdlib>
#include <deque>
#include <fmt/format.h>
#include <system_error>
#include <unistd.h>

#include "Vsoc_observed.h"
#include "byte_stream.hpp"
#include "instruction_set_model.hpp"
#include "memory_watch.hpp"
#include "simulation.hpp"

namespace lsgd::rtl {
namespace {

// A temporary file without a name takes the program's output, however long.
class TemporaryFile {
 public:
  TemporaryFile() : file_(std::tmpfile()) {
    if (file_ == nullptr) throw std::system_error(errno, std::generic_category(), "temporary file");
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::fclose(file_); }

  [[nodiscard]] int descriptor() const { return fileno(file_); }

  [[nodiscard]] std::string contents() const {
    std::string text(static_cast<std::size_t>(lseek(descriptor(), 0, SEEK_END)), '\0');
    if (pread(descriptor(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
      throw std::system_error(errno, std::generic_category(), "temporary file");
    return text;
  }

 private:
  std::FILE* file_;
};

class Lockstep {
 public:
  Lockstep(const ElfImage& image, const RamRange& ram, InstructionSet instruction_set,
           Coverage& coverage)
      : model_(image, ram, instruction_set), coverage_(coverage) {}

  // Compares the retirement in this cycle, if there is one, with the model's next step.
  void retired(const Vsoc_observed& m) {
    if ((m.event_o & kDataAccess) != 0)
      accesses_.push_back({m.data_addr_o & ~3U, m.data_we_o != 0, m.data_be_o, m.data_wdata_o});
    if (m.rvfi_valid == 0 || !mismatch_.empty()) return;
    if (retirements_ == 0) order_ = m.rvfi_order;
    // Some cores mark the first instruction of every handler, not of interrupts' only.
    if (m.rvfi_intr != 0 && !trapped_ && !interrupt()) {
      mismatch_ = fmt::format("pc {:08x}: an interrupt that is not enabled", m.rvfi_pc_rdata);
      return;
    }
    const auto r = model_.step({m.rvfi_mem_rdata, m.rvfi_rd_wdata});
    compare(m, r);
    check_accesses(r);
    trapped_ = r.trap;
    ++retirements_;
    if (r.stored_bytes == 4 && r.memory_address == 0x0200'0000)
      software_pending_ = (r.stored_value & 1U) != 0;
    if (r.stored_bytes == 4 && r.memory_address == 0x0200'0004)
      external_pending_ = (r.stored_value & 1U) != 0;
    coverage_.retired(r, m.rvfi_rs1_addr, m.rvfi_rs2_addr, m.rvfi_intr != 0);
    ++order_;
    for (unsigned i = 0; i < 32; ++i) registers_.at(i) = model_.register_value(i);
  }

  [[nodiscard]] const std::string& mismatch() const { return mismatch_; }
  [[nodiscard]] std::uint32_t next_pc() const { return model_.pc(); }
  [[nodiscard]] std::uint64_t retirements() const { return retirements_; }

 private:
  static constexpr unsigned kDataAccess = 1;  // bit of event_o

  // One of the data bus.
  struct Access {
    std::uint32_t word = 0;
    bool write = false;
    unsigned bytes = 0;  // enables
    std::uint32_t data = 0;
  };

  // Takes the first enabled one in the order of priority. Which lines are up follows from the
  // stores; only the timer's rises by itself.
  bool interrupt() {
    return (external_pending_ && model_.interrupt(11)) ||
           (software_pending_ && model_.interrupt(3)) || model_.interrupt(7);
  }

  // Devices notice every access on the bus, so each must be an instruction's, once, in order.
  // However many of those behind it a pipeline has already made, they are compared when theirs
  // retire.
  void check_accesses(const InstructionSetModel::Retirement& r) {
    constexpr unsigned kLoadFault = 5, kStoreFault = 7;
    const bool failed = r.trap && (r.cause == kLoadFault || r.cause == kStoreFault);
    if (!mismatch_.empty() || (!failed && r.loaded_bytes + r.stored_bytes == 0)) return;
    const auto differs = [&](const char* what) {
      mismatch_ = fmt::format("pc {:08x} instruction {:08x}: {}", r.pc, r.instruction, what);
    };
    if (accesses_.empty()) return differs("no access to memory");
    const Access access = accesses_.front();
    accesses_.pop_front();
    if (failed) {
      if (access.write != (r.cause == kStoreFault)) differs("another access to memory failed");
      return;
    }
    const unsigned lane = r.memory_address % 4;
    const unsigned bytes = ((1U << (r.loaded_bytes + r.stored_bytes)) - 1) << lane;
    if (access.word != r.memory_address - lane || access.write != (r.stored_bytes != 0))
      return differs("another access to memory, one made twice or one left out");
    // A load may read more than it needs, as cores without byte enables do.
    if (access.write ? access.bytes != bytes : (access.bytes & bytes) != bytes)
      return differs("an access to other bytes");
    if (r.stored_bytes == 0) return;
    const std::uint32_t mask = r.stored_bytes == 4 ? ~0U : (1U << (8 * r.stored_bytes)) - 1;
    if ((access.data >> (8 * lane) & mask) != r.stored_value) differs("other data on the bus");
  }

  void compare(const Vsoc_observed& m, const InstructionSetModel::Retirement& r) {
    expect("order", order_, m.rvfi_order, r);
    expect("pc_rdata", r.pc, m.rvfi_pc_rdata, r);
    expect("trap", r.trap, m.rvfi_trap, r);
    // A fetch that failed has no instruction, and one that failed halfway no complete one.
    if (!r.trap || r.cause != 1) expect("insn", r.instruction, m.rvfi_insn, r);
    expect("pc_wdata", r.next_pc, m.rvfi_pc_wdata, r);
    expect("rd_addr", r.rd, m.rvfi_rd_addr, r);
    expect("rd_wdata", r.rd_value, m.rvfi_rd_wdata, r);
    expect("rs1_rdata", registers_.at(m.rvfi_rs1_addr), m.rvfi_rs1_rdata, r);
    expect("rs2_rdata", registers_.at(m.rvfi_rs2_addr), m.rvfi_rs2_rdata, r);
    const unsigned lane = r.memory_address % 4;
    expect("mem_rmask", ((1U << r.loaded_bytes) - 1) << lane, m.rvfi_mem_rmask, r);
    expect("mem_wmask", ((1U << r.stored_bytes) - 1) << lane, m.rvfi_mem_wmask, r);
    if (r.loaded_bytes + r.stored_bytes != 0)
      expect("mem_addr", r.memory_address - lane, m.rvfi_mem_addr, r);
    if (r.stored_bytes != 0) {
      const std::uint32_t mask = r.stored_bytes == 4 ? ~0U : (1U << (8 * r.stored_bytes)) - 1;
      expect("mem_wdata", r.stored_value, m.rvfi_mem_wdata >> (8 * lane) & mask, r);
    }
    expect("mode", 3, m.rvfi_mode, r);
    expect("ixl", 1, m.rvfi_ixl, r);
    expect("halt", 0, m.rvfi_halt, r);
  }

  void expect(const char* field, std::uint64_t expected, std::uint64_t got,
              const InstructionSetModel::Retirement& r) {
    if (expected == got || !mismatch_.empty()) return;
    mismatch_ = fmt::format("pc {:08x} instruction {:08x}: rvfi_{} expected {:x}, got {:x}", r.pc,
                            r.instruction, field, expected, got);
  }

  InstructionSetModel model_;
  Coverage& coverage_;
  std::array<std::uint32_t, 32> registers_{};  // before the next instruction
  std::uint64_t order_ = 0;
  std::uint64_t retirements_ = 0;
  std::deque<Access> accesses_;  // whose instructions have not retired
  bool trapped_ = false;         // the last instruction
  bool software_pending_ = false;
  bool external_pending_ = false;
  std::string mismatch_;
};

}  // namespace

LockstepResult run_lockstep(const ElfImage& image, const LockstepOptions& options,
                            Coverage& coverage) {
  const RamRange ram;
  const TemporaryFile output;
  ByteStream bytes(STDIN_FILENO, output.descriptor());
  MemoryWatch watch(ram, ram.base, ram.base);
  Lockstep lockstep(image, ram, options.instruction_set, coverage);
  Simulation<Vsoc_observed> simulation(
      image, {options.max_cycles, options.stall_seed, image.symbol("tohost"), false}, bytes, watch);
  const RunResult run = simulation.run([] {},
                                       [&] {
                                         if (options.without_rvfi) return true;
                                         lockstep.retired(simulation.model());
                                         return lockstep.mismatch().empty();
                                       });
#if VM_COVERAGE  // of models that hdl_coverage.sh builds
  static unsigned runs = 0;
  simulation.model().contextp()->coveragep()->write(fmt::format("run_{}.dat", runs++).c_str());
#endif
  LockstepResult result;
  result.mismatch = lockstep.mismatch();
  result.ended = run.outcome == Outcome::exit_device || run.outcome == Outcome::tohost;
  result.status = run.status;
  result.cycles = run.cycles;
  result.instructions = run.instructions;
  result.output = output.contents();
  result.retirements = lockstep.retirements();
  if (result.mismatch.empty() && !result.ended) {
    result.mismatch = fmt::format("ended by {} before the instruction at {:08x}",
                                  outcome_name(run.outcome), lockstep.next_pc());
  }
  return result;
}

}  // namespace lsgd::rtl
