// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string_view>
#include <verilated.h>

#include "byte_stream.hpp"
#include "elf_image.hpp"
#include "memory_watch.hpp"

namespace lsgd::rtl {

/// Why a simulation ended.
enum class Outcome {
  exit_device,   ///< the program wrote to the exit device
  tohost,        ///< the program stored an odd value to `tohost`
  end_of_input,  ///< the program waits for a byte and the input has ended
  cycle_limit,
  lockup,   ///< no instruction retired for a long time, as when the trap handler itself traps
  stopped,  ///< by an observer
};

constexpr std::string_view outcome_name(Outcome outcome) {
  constexpr std::array<std::string_view, 6> kNames{"exit_device", "tohost", "end_of_input",
                                                   "cycle_limit", "lockup", "stopped"};
  return kNames.at(static_cast<std::size_t>(outcome));
}

struct RunResult {
  Outcome outcome = Outcome::cycle_limit;
  std::uint32_t status = 0;        ///< what the program reported; 0 is success
  std::uint64_t cycles = 0;        ///< from the end of reset
  std::uint64_t instructions = 0;  ///< 0 where the core does not tell
};

struct SimulationOptions {
  std::uint64_t max_cycles = ~std::uint64_t{0};
  std::optional<std::uint64_t> stall_seed;              ///< random grant delays and wait states
  std::optional<std::uint32_t> tohost;                  ///< address of the symbol
  bool waveform = false;                                ///< model().trace() will be called
  std::function<void(char)> diagnostics = [](char) {};  ///< what is written to the scratch register
};

/// Runs a program on the verilated `lsgd_soc`. Results depend on the image, the input bytes and the
/// seed only: the receiver is refilled when the program reads it empty, or polls it empty twice in
/// a row (the first poll may be for the transmitter, which shares the status register), and
/// simulated time stands still until the byte has arrived, so nothing depends on when the host
/// provides it.
template <class Model>
class Simulation {
 public:
  Simulation(const ElfImage& image, const SimulationOptions& options, ByteStream& bytes,
             MemoryWatch& watch, std::uint32_t ram_bytes = RamRange{}.bytes)
      : options_(options), bytes_(bytes), watch_(watch), stalls_(options.stall_seed.value_or(0)) {
    context_.traceEverOn(options.waveform);
    model_.boot_addr_i = image.entry;
    model_.ram_bytes_i = ram_bytes;
    // Reset begins with an edge: registers whose clock stands still then see nothing else.
    model_.clk_i = 0;
    model_.rst_ni = 1;
    model_.eval();
    model_.rst_ni = 0;
    half_cycles(kResetCycles, [] {});
    for (const auto& segment : image.segments) load(segment);
    model_.rst_ni = 1;
  }

  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  ~Simulation() { model_.final(); }

  [[nodiscard]] Model& model() { return model_; }

  /// The core starts again where that ends; the RAM stays as it is.
  void hold_reset(bool held) {
    model_.rst_ni = held ? 0 : 1;
    if (held) half_cycles(kResetCycles, [] {});
  }

  /// Writes whole words of the RAM while the core accesses none.
  void write_ram(const ElfImage::Segment& words) {
    model_.stall_i = static_cast<std::uint8_t>(kNoData | held_);
    load(words);
    model_.stall_i = held_;
  }

  /// From now on no instruction is fetched, or they are again.
  void hold_fetches(bool held) {
    held_ = held ? kNoFetches : 0;
    model_.stall_i = held_;
  }

  /// @param observe called as observe() after every clock edge, falling and rising
  /// @param retired called as retired() after every rising edge; returns whether to go on, which a
  ///                later call may do where no event was shown in that cycle
  template <class Observe, class Retired>
  RunResult run(Observe&& observe, Retired&& retired) {
    while (true) {
      if (options_.stall_seed) model_.stall_i = static_cast<std::uint8_t>(random_stall() | held_);
      half_cycles(1, observe);
      ++result_.cycles;
      result_.instructions += model_.retire_o;
      if (!retired()) {
        result_.outcome = Outcome::stopped;
        break;
      }
      model_.receive_i = 0;
      if (model_.event_o != 0 && handle_event()) break;
      if (result_.cycles >= check_) {  // an observer may have stopped just there
        if (result_.cycles >= options_.max_cycles) break;
        if (!progress(instructions_at_check_)) {
          result_.outcome = Outcome::lockup;
          break;
        }
        instructions_at_check_ = result_.instructions;
        bytes_.flush();
        check_ = next_check(check_);
      }
    }
    bytes_.flush();
    return result_;
  }

  RunResult run() {
    return run([] {}, [] { return true; });
  }

 private:
  static constexpr std::uint64_t kCheckInterval = 1U << 16U;
  // A core may start late, or never tell what retires; then it must access memory.
  static constexpr unsigned kPatience = 16;     // intervals
  static constexpr unsigned kResetCycles = 64;  // some cores sample reset with the clock
  static constexpr unsigned kDataAccess = 1, kPoll = 2, kTransmit = 4, kExit = 8,
                            kReadEmpty = 16;                  // bits of event_o
  static constexpr std::uint8_t kNoData = 1, kNoFetches = 4;  // bits of stall_i
  // The byte device's register 7 (lsgd_soc_pkg): the last byte of its second word.
  static constexpr std::uint32_t kScratchWord = 0x1000'0004;
  static constexpr unsigned kScratchByte = 8;

  template <class Observe>
  void half_cycles(unsigned pairs, Observe&& observe) {
    for (unsigned i = 0; i < pairs; ++i) {
      model_.clk_i = 0;
      model_.eval();
      observe();
      model_.clk_i = 1;
      model_.eval();
      observe();
    }
  }

  void load(const ElfImage::Segment& segment) {
    // Segments need not be aligned; bytes of a word that lie outside are zero.
    const std::uint32_t end = segment.address + static_cast<std::uint32_t>(segment.bytes.size());
    for (std::uint32_t word = segment.address & ~3U; word < end; word += 4) {
      std::uint32_t value = 0;
      for (std::uint32_t i = 0; i < 4; ++i) {
        const std::uint32_t offset = word + i - segment.address;
        if (offset < segment.bytes.size()) value |= std::uint32_t{segment.bytes[offset]} << (8 * i);
      }
      model_.load_i = 1;
      model_.load_addr_i = word;
      model_.load_data_i = value;
      half_cycles(1, [] {});
    }
    model_.load_i = 0;
    half_cycles(1, [] {});
  }

  [[nodiscard]] std::uint64_t next_check(std::uint64_t check) const {
    return std::min(options_.max_cycles - check, kCheckInterval) + check;
  }

  // Whether the interval that ends here saw any.
  bool progress(std::uint64_t instructions_at_check) {
    if (result_.instructions != 0) return result_.instructions != instructions_at_check;
    idle_intervals_ = accessed_ ? 0 : idle_intervals_ + 1;
    accessed_ = false;
    return idle_intervals_ < kPatience;
  }

  std::uint8_t random_stall() {
    if (random_bits_ < 8) {
      random_ = stalls_();
      random_bits_ = 64;
    }
    // Each of the four stalls happens in a quarter of the cycles.
    const auto bits = static_cast<std::uint8_t>(random_ & (random_ >> 4U) & 15U);
    random_ >>= 8U;
    random_bits_ -= 8;
    return bits;
  }

  // Returns whether the program has ended.
  bool handle_event() {
    const unsigned event = model_.event_o;
    // Cores whose addresses are those of bytes select these by the enables all the same.
    const std::uint32_t address = model_.data_addr_o & ~3U;
    accessed_ = true;
    const std::uint32_t data = model_.data_wdata_o;
    watch_.access(address, model_.data_we_o != 0, model_.data_be_o);
    if (options_.tohost && address == *options_.tohost && model_.data_we_o != 0 && (data & 1U) != 0)
      return end(Outcome::tohost, data >> 1U);
    if (address == kScratchWord && model_.data_we_o != 0 && (model_.data_be_o & kScratchByte) != 0)
      options_.diagnostics(static_cast<char>(data >> 24U));
    if ((event & kTransmit) != 0) {
      bytes_.transmit(static_cast<std::uint8_t>(data));
      polled_ = false;
    }
    const bool polls_again = (event & kPoll) != 0 && polled_;
    if ((event & kPoll) != 0) polled_ = true;
    if (polls_again || (event & kReadEmpty) != 0) {
      polled_ = false;
      const auto byte = bytes_.receive();
      if (!byte) return end(Outcome::end_of_input, 0);
      model_.receive_i = 1;
      model_.receive_data_i = *byte;
    }
    if ((event & kExit) != 0)
      return end(Outcome::exit_device, (data & 0xffffU) == 0x5555U ? 0 : data >> 16U);
    return false;
  }

  bool end(Outcome outcome, std::uint32_t status) {
    result_.outcome = outcome;
    result_.status = status;
    return true;
  }

  SimulationOptions options_;
  ByteStream& bytes_;
  MemoryWatch& watch_;
  std::mt19937_64 stalls_;
  std::uint64_t random_ = 0;
  unsigned random_bits_ = 0;
  std::uint8_t held_ = 0;
  bool polled_ = false;
  bool accessed_ = false;
  unsigned idle_intervals_ = 0;
  std::uint64_t check_ = next_check(0);  // the cycle
  std::uint64_t instructions_at_check_ = 0;
  RunResult result_;
  VerilatedContext context_;
  Model model_{&context_};
};

}  // namespace lsgd::rtl
