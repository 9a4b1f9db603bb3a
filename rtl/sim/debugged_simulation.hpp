// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "debugged_core.hpp"
#include "next_instruction.hpp"
#include "simulation.hpp"

namespace lsgd::rtl {

/// A verilated core in a debugger's hands, by means that every core has: what lies in its memory,
/// and what its retirement port shows. It stands where it executes a jump to itself, which is put
/// in the place of the instruction in front of which it is to stop; a breakpoint is the same. Its
/// registers are changed, and its control registers read, by instructions that are put there for a
/// moment. A core that keeps instructions it has fetched needs a fence.i, which is not made.
template <class Model>
class DebuggedSimulation final : public DebuggedCore {
 public:
  /// Stands at the entry of the image.
  /// @throws std::runtime_error if the core does not show what retires
  DebuggedSimulation(const ElfImage& image, const SimulationOptions& options, ByteStream& bytes,
                     MemoryWatch& watch, std::uint32_t ram_bytes)
      : ram_{.bytes = ram_bytes},
        entry_(image.entry),
        memory_(ram_bytes),
        simulation_(image, options, bytes, watch, ram_bytes) {
    for (const auto& segment : image.segments)
      std::ranges::copy(segment.bytes, memory_.begin() + (segment.address - ram_.base));
    reset();
    if (outcome_ || !is_stop(last_.pc))
      throw std::runtime_error(
          "expected a core that shows what retires (rvfi) and runs from its RAM");
  }

  std::optional<std::vector<std::uint8_t>> read_memory(std::uint32_t address,
                                                       std::uint32_t count) override {
    if (!is_ram(address, count)) return std::nullopt;
    const auto first = memory_.begin() + (address - ram_.base);
    return std::vector(first, first + count);
  }

  bool write_memory(std::uint32_t address, std::span<const std::uint8_t> bytes) override {
    const auto count = static_cast<std::uint32_t>(bytes.size());
    if (bytes.size() > ram_.bytes || !is_ram(address, count)) return false;
    std::ranges::copy(bytes, memory_.begin() + (address - ram_.base));
    if (count > 0) store(address, count);
    return true;
  }

  [[nodiscard]] std::uint32_t read_register(unsigned number) const override {
    return number == kProgramCounter ? pc_ : registers_.at(number);
  }

  bool write_register(unsigned number, std::uint32_t value) override {
    if (number == kProgramCounter) return jump(value);
    if (number == 0) return true;
    if (!has_room_for_code() || outcome_) return false;
    const auto code = load_constant(number, value);
    inject({code.at(0), code.at(1), jump_back(2)});
    return !outcome_;
  }

  bool set_breakpoint(std::uint32_t address) override {
    if (address % 2 != 0 || !is_ram(address, kHalf)) return false;
    breakpoints_.insert(address);
    store(address, kHalf);
    return true;
  }

  void remove_breakpoint(std::uint32_t address) override {
    if (breakpoints_.erase(address) != 0) store(address, kHalf);
  }

  Stop step(const std::function<bool()>& interrupted) override {
    if (outcome_) return end();
    const std::uint32_t from = pc_;
    const std::uint32_t handler = read_control(kMtvec) & ~3U;
    const std::uint32_t next =
        next_instruction(from, instruction_at(from), registers_, read_control(kMepc));
    if (outcome_) return end();
    if (next == from) return Stop::trap;  // it does nothing but go there
    holds_ = {from, next};
    if (handler != from) holds_.insert(handler);
    // It goes on as soon as that is there: the last of all.
    for (const std::uint32_t address : {next, handler}) store_if_ram(address);
    left_ = from;
    store(from, kHalf);
    // A handler at the very instruction would be run through again and again.
    const bool arrived =
        run_to_stop([&] { return interrupted() || (last_.trap && last_.next == from); });
    left_.reset();
    holds_.clear();
    const Stop stop = arrived ? stand_at(last_.pc) : halt();
    for (const std::uint32_t address : {next, handler, from}) store_if_ram(address);
    return stop;
  }

  Stop resume(const std::function<bool()>& interrupted) override {
    if (outcome_) return end();
    if (breakpoints_.contains(pc_)) return Stop::trap;
    holds_.clear();
    store(pc_, kHalf);
    if (run_to_stop(interrupted)) return stand_at(last_.pc);
    return halt();
  }

  void reset() override {
    outcome_.reset();
    simulation_.hold_fetches(false);
    simulation_.hold_reset(true);
    const std::set<std::uint32_t> before = std::exchange(holds_, {entry_});
    pc_ = last_.next = entry_;
    for (const std::uint32_t address : before) store_if_ram(address);
    store(entry_, kHalf);
    simulation_.hold_reset(false);
    run_until([&] { return is_at_stop(); }, kPatience);
  }

  [[nodiscard]] std::uint32_t status() const override { return status_; }

 private:
  static constexpr std::uint32_t kHalf = 2;
  static constexpr std::uint16_t kJumpToItself = 0xa001;  // c.j
  static constexpr unsigned kScratch = 5;                 // the register that is borrowed
  static constexpr std::uint32_t kCodeBytes = 12;
  static constexpr std::uint32_t kMtvec = 0x305, kMepc = 0x341;
  // An instruction takes less, with whatever wait states: what was fetched before is done.
  static constexpr std::uint64_t kQuiet = 1000;
  static constexpr std::uint64_t kPatience = 1U << 20U;  // cycles
  static constexpr std::uint64_t kPollInterval = 1U << 13U;
  static constexpr int kHaltAttempts = 10'000;

  struct Retirement {
    std::uint32_t pc = 0, instruction = 0, next = 0, written = 0;
    bool trap = false;
  };

  [[nodiscard]] bool is_ram(std::uint32_t address, std::uint32_t count) const {
    return count <= ram_.bytes && address - ram_.base <= ram_.bytes - count;
  }

  [[nodiscard]] bool is_stop(std::uint32_t address) const {
    return address != left_ && (holds_.contains(address) || breakpoints_.contains(address));
  }

  [[nodiscard]] std::uint16_t half_at(std::uint32_t address) const {
    if (const auto found = injected_.find(address); found != injected_.end()) return found->second;
    if (is_stop(address)) return kJumpToItself;
    const std::uint8_t* bytes = memory_.data() + (address - ram_.base);
    return static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8U);
  }

  /// Brings the words with these bytes to the core's memory, the last one first: an instruction's
  /// second half is there before its first.
  void store(std::uint32_t address, std::uint32_t count) {
    const std::uint32_t first = address & ~3U;
    for (std::uint32_t word = (address + count - 1) & ~3U;; word -= 4) {
      const std::uint32_t value = half_at(word) | std::uint32_t{half_at(word + 2)} << 16U;
      simulation_.write_ram(
          {word,
           {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8U),
            static_cast<std::uint8_t>(value >> 16U), static_cast<std::uint8_t>(value >> 24U)}});
      if (word == first) break;
    }
  }

  void store_if_ram(std::uint32_t address) {
    if (address % 2 == 0 && is_ram(address, kHalf)) store(address, kHalf);
  }

  [[nodiscard]] std::uint32_t instruction_at(std::uint32_t address) const {
    std::uint32_t value = 0;
    for (std::uint32_t i = 0; i < 4 && is_ram(address + i, 1); ++i)
      value |= std::uint32_t{memory_[address + i - ram_.base]} << (8 * i);
    return value;
  }

  /// What happened in a cycle. Returns whether an instruction retired.
  bool observe(const Model& m) {
    constexpr unsigned kDataAccess = 1;
    if ((m.event_o & kDataAccess) != 0 && m.data_we_o != 0) {
      const std::uint32_t word = m.data_addr_o & ~3U;
      for (unsigned i = 0; i < 4; ++i)
        if ((m.data_be_o >> i & 1U) != 0 && ram_.contains(word + i))
          memory_[word + i - ram_.base] = static_cast<std::uint8_t>(m.data_wdata_o >> (8 * i));
    }
    if (m.rvfi_valid == 0) return false;
    last_ = {m.rvfi_pc_rdata, m.rvfi_insn, m.rvfi_pc_wdata, m.rvfi_rd_wdata, m.rvfi_trap != 0};
    if (m.rvfi_rd_addr != 0) registers_.at(m.rvfi_rd_addr) = m.rvfi_rd_wdata;
    return true;
  }

  /// Runs until `done()`, asked behind each instruction, or for so many cycles. Returns whether it
  /// is done.
  template <class Done>
  bool run_until(Done&& done, std::uint64_t most_cycles) {
    bool is_done = false;
    const RunResult result =
        simulation_.run([] {},
                        [&] {
                          const Model& m = simulation_.model();
                          if (observe(m)) is_done = is_done || done();
                          if (most_cycles > 0) --most_cycles;
                          return m.event_o != 0 || !(is_done || most_cycles == 0);
                        });
    if (result.outcome != Outcome::stopped) {
      outcome_ = result.outcome;
      status_ = result.status;
      pc_ = last_.next;
    }
    return is_done && !outcome_;
  }

  [[nodiscard]] bool is_at_stop() const {
    return last_.instruction == kJumpToItself && last_.next == last_.pc && !last_.trap &&
           is_stop(last_.pc);
  }

  /// Returns whether the core came to a stop; else it was interrupted, or the program has ended.
  template <class Interrupted>
  bool run_to_stop(Interrupted&& interrupted) {
    while (!run_until([&] { return is_at_stop(); }, kPollInterval))
      if (outcome_ || interrupted()) return false;
    return true;
  }

  Stop end() const {
    return outcome_ == Outcome::exit_device || outcome_ == Outcome::tohost ||
                   outcome_ == Outcome::end_of_input
               ? Stop::ended
               : Stop::lockup;
  }

  Stop stand_at(std::uint32_t address) {
    pc_ = address;
    holds_ = {address};
    return Stop::trap;
  }

  /// Stops wherever the core is: it gets no instructions until those that it has are done. Half of
  /// the next one may be among these; then it comes one instruction further, and all begins again.
  Stop halt() {
    for (int i = 0; i < kHaltAttempts && !outcome_; ++i) {
      simulation_.hold_fetches(true);
      while (run_until([] { return true; }, kQuiet)) continue;
      // Memory is written only now: what retired beside that would not be seen.
      const std::uint32_t next = last_.next;
      if (next % 2 != 0 || !is_ram(next, kHalf)) break;
      const std::set<std::uint32_t> before = std::exchange(holds_, {next});
      for (const std::uint32_t address : before) store(address, kHalf);
      store(next, kHalf);
      simulation_.hold_fetches(false);
      if (!run_until([] { return true; }, kPatience)) break;
      if (last_.pc == next && is_at_stop()) {
        pc_ = next;
        return Stop::interrupted;
      }
    }
    simulation_.hold_fetches(false);
    if (!outcome_) outcome_ = Outcome::lockup;
    return end();
  }

  [[nodiscard]] bool has_room_for_code() const { return is_ram(pc_, kCodeBytes); }

  void put(std::uint32_t address, std::uint32_t instruction) {
    injected_[address] = static_cast<std::uint16_t>(instruction);
    injected_[address + 2] = static_cast<std::uint16_t>(instruction >> 16U);
  }

  static std::array<std::uint32_t, 2> load_constant(unsigned number, std::uint32_t value) {
    const std::uint32_t low = value & 0xfffU;
    const std::uint32_t high = value - (low ^ 0x800U) + 0x800U;  // what addi leaves to lui
    return {(high & 0xffff'f000U) | number << 7U | 0x37U,        // lui
            low << 20U | number << 15U | number << 7U | 0x13U};  // addi
  }

  /// A jump from behind `instructions` of four bytes to the first one.
  static std::uint32_t jump_back(std::uint32_t instructions) {
    const std::uint32_t offset = 0U - 4 * instructions;
    return (offset & 0x10'0000U) << 11U | (offset & 0x7feU) << 20U | (offset & 0x800U) << 9U |
           (offset & 0xf'f000U) | 0x6fU;  // jal
  }

  /// Executes these, the last of which jumps back to the first, once or more, and stands where it
  /// stood. `once` is called behind each.
  template <class Once>
  void inject(const std::vector<std::uint32_t>& code, Once&& once) {
    const auto bytes = static_cast<std::uint32_t>(4 * code.size());
    for (std::uint32_t i = 0; i < code.size(); ++i) put(pc_ + 4 * i, code.at(i));
    store(pc_, bytes);
    const std::uint32_t last = pc_ + bytes - 4;
    const auto passed_last = [&] {
      once();
      return last_.pc == last && last_.instruction == code.back();
    };
    if (!run_until(passed_last, kPatience) && !outcome_) outcome_ = Outcome::lockup;
    injected_.erase(pc_);
    store(pc_, kHalf);
    if (!outcome_ && !run_until([&] { return is_at_stop() && last_.pc == pc_; }, kPatience) &&
        !outcome_)
      outcome_ = Outcome::lockup;
    injected_.clear();
    store(pc_, bytes);
  }

  void inject(const std::vector<std::uint32_t>& code) {
    inject(code, [] {});
  }

  /// 0 where there is no room for the instructions that read it.
  std::uint32_t read_control(std::uint32_t number) {
    if (!has_room_for_code() || outcome_) return 0;
    const std::uint32_t borrowed = registers_.at(kScratch);
    std::uint32_t value = 0;
    inject({number << 20U | 2U << 12U | kScratch << 7U | 0x73U, jump_back(1)}, [&] {
      if (last_.pc == pc_ && last_.instruction != kJumpToItself) value = last_.written;
    });
    write_register(kScratch, borrowed);
    return value;
  }

  bool jump(std::uint32_t target) {
    if (target == pc_) return true;
    if (target % 2 != 0 || !is_ram(target, kHalf) || !has_room_for_code() || outcome_) return false;
    // The instructions that jump must not lie where it goes.
    constexpr std::uint32_t kFar = 64;
    if (target - pc_ + kCodeBytes < 2 * kCodeBytes) {
      const bool is_low = pc_ - ram_.base < ram_.bytes / 2;
      return jump(is_low ? pc_ + kFar : pc_ - kFar) && jump(target);
    }
    const std::uint32_t from = pc_, borrowed = registers_.at(kScratch);
    holds_.insert(target);
    store(target, kHalf);
    const auto code = load_constant(kScratch, target);
    put(from, code.at(0));
    put(from + 4, (code.at(1) & 0xfff0'0000U) | kScratch << 15U | 0x67U);  // jalr
    store(from, 8);
    const bool arrived = run_until([&] { return is_at_stop() && last_.pc == target; }, kPatience);
    injected_.clear();
    stand_at(target);
    store(from, 8);
    if (!arrived) outcome_ = outcome_.value_or(Outcome::lockup);
    return arrived && write_register(kScratch, borrowed);
  }

  RamRange ram_;
  std::uint32_t entry_;
  std::vector<std::uint8_t> memory_;  ///< what the program and the debugger have written
  std::array<std::uint32_t, 32> registers_{};
  std::uint32_t pc_ = 0;
  std::set<std::uint32_t> breakpoints_, holds_;      ///< where jumps to themselves lie
  std::optional<std::uint32_t> left_;                ///< where none does though it is among them
  std::map<std::uint32_t, std::uint16_t> injected_;  ///< halves of other instructions
  Retirement last_;
  std::optional<Outcome> outcome_;  ///< where the program cannot go on
  std::uint32_t status_ = 0;
  Simulation<Model> simulation_;
};

}  // namespace lsgd::rtl
