// SPDX-License-Identifier: Apache-2.0
// The core in a debugger's hands, against the instruction-set model: steps, breakpoints, registers,
// and stops at any time.
#include "debugged_simulation.hpp"

#include <array>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <unistd.h>

#include "Vsoc_observed.h"
#include "instruction_set_model.hpp"

namespace lsgd::rtl {
namespace {

using testing::Optional;

constexpr RamRange kRam;
constexpr unsigned kA0 = 10, kA1 = 11, kA2 = 12;

ElfImage program(const std::string& name) {
  return read_elf(std::string(LSGD_RTL_PROGRAMS) + "/" + name + ".elf", kRam);
}

bool never() { return false; }

/// A program, stopped at its entry, whose byte device has no input; one at a time, as Verilator
/// wants.
class StoppedCore {
 public:
  explicit StoppedCore(const ElfImage& image, std::optional<std::uint64_t> stall_seed = {})
      : nothing_(open("/dev/null", O_RDWR | O_CLOEXEC)),
        bytes_(nothing_, nothing_),
        watch_(kRam, kRam.base, kRam.base),
        core_(image, {~std::uint64_t{0}, stall_seed, image.symbol("tohost")}, bytes_, watch_,
              kRam.bytes) {}
  StoppedCore(const StoppedCore&) = delete;
  StoppedCore& operator=(const StoppedCore&) = delete;
  ~StoppedCore() { close(nothing_); }

  DebuggedCore* operator->() { return &core_; }

  std::uint32_t pc() { return core_.read_register(DebuggedCore::kProgramCounter); }

 private:
  int nothing_;
  ByteStream bytes_;
  MemoryWatch watch_;
  DebuggedSimulation<Vsoc_observed> core_;
};

/// Instructions at the beginning of the RAM.
ElfImage code(const std::vector<std::uint16_t>& halves) {
  ElfImage image;
  image.entry = kRam.base;
  image.segments.push_back({kRam.base, {}});
  for (const std::uint16_t half : halves) {
    image.segments[0].bytes.push_back(static_cast<std::uint8_t>(half));
    image.segments[0].bytes.push_back(static_cast<std::uint8_t>(half >> 8U));
  }
  return image;
}

/// Values of time and devices are the core's own, whose step was first.
void step_model(InstructionSetModel& model, StoppedCore& core) {
  const std::uint32_t pc = model.pc();
  const auto bytes = core->read_memory(pc, 4);
  const unsigned rd = bytes ? (bytes->at(0) >> 7U | (bytes->at(1) & 15U) << 1U) : 0;
  const std::uint32_t value = core->read_register(rd);
  model.step({value, value});
}

class DebuggedProgram : public testing::TestWithParam<const char*> {};

TEST_P(DebuggedProgram, StepsAsTheModelDoes) {
  constexpr int kSteps = 700;
  const ElfImage image = program(GetParam());
  for (const std::optional<std::uint64_t> stalls : {std::optional<std::uint64_t>(), {5}}) {
    StoppedCore core(image, stalls);
    InstructionSetModel model(image, kRam);
    for (int i = 0; i < kSteps; ++i) {
      ASSERT_EQ(core.pc(), model.pc()) << "after " << i;
      for (unsigned x = 0; x < 32; ++x)
        ASSERT_EQ(core->read_register(x), model.register_value(x)) << "x" << x << " after " << i;
      const auto stop = core->step(never);
      if (stop == DebuggedCore::Stop::ended) break;
      ASSERT_EQ(stop, DebuggedCore::Stop::trap) << "after " << i;
      step_model(model, core);
    }
  }
}

TEST_P(DebuggedProgram, StopsAtBreakpointsAsOftenAsItComesThere) {
  constexpr int kInstructions = 3000;
  const ElfImage image = program(GetParam());
  std::vector<std::uint32_t> visited;
  {
    InstructionSetModel model(image, kRam);
    while (visited.size() < kInstructions && !model.ended()) {
      visited.push_back(model.pc());
      if (const auto tohost = image.symbol("tohost"))
        if (const auto r = model.step({}); r.stored_bytes == 4 && r.memory_address == *tohost)
          break;
    }
  }
  std::mt19937 engine(1);
  StoppedCore core(image);
  std::set<std::uint32_t> places;
  for (int i = 0; i < 5; ++i) places.insert(visited[engine() % visited.size()]);
  for (const std::uint32_t place : places) ASSERT_TRUE(core->set_breakpoint(place));
  int stops = 0;
  for (const std::uint32_t pc : visited) {
    if (!places.contains(pc)) continue;
    if (++stops == 60) break;
    ASSERT_EQ(core->resume(never), DebuggedCore::Stop::trap) << stops;
    ASSERT_EQ(core.pc(), pc) << stops;
    ASSERT_EQ(core->resume(never), DebuggedCore::Stop::trap) << "it stays there";
    ASSERT_EQ(core.pc(), pc);
    // As debuggers do; every other time it steps with its breakpoint in place.
    if (stops % 2 == 0) core->remove_breakpoint(pc);
    ASSERT_EQ(core->step(never), DebuggedCore::Stop::trap) << stops;
    if (stops % 2 == 0) core->set_breakpoint(pc);
  }
  EXPECT_GT(stops, 0);
  for (const std::uint32_t place : places) core->remove_breakpoint(place);
  EXPECT_EQ(core->resume(never), DebuggedCore::Stop::ended);
  EXPECT_EQ(core->status(), 0U) << "the program finds nothing wrong";
}

INSTANTIATE_TEST_SUITE_P(All, DebuggedProgram,
                         testing::Values("directed_branches", "directed_compressed",
                                         "directed_fetch", "directed_integer", "directed_memory",
                                         "directed_multiply_divide", "handled_traps"));

TEST(DebuggedSimulation, HasTheMemoryAndTheRegistersThatWereWritten) {
  // add a0, a1, a2, from a half of a word on.
  StoppedCore core(code({0x0001, 0x8533, 0x00c5, 0x0001, 0x0001, 0x0001}));
  std::mt19937 engine(7);
  for (const std::uint32_t a : {0U, 1U, 0x7ffU, 0x800U, 0xfffU, 0x1000U, 0x7fff'ffffU, 0x8000'0000U,
                                0xffff'f7ffU, 0xffff'f800U, 0xffff'ffffU}) {
    const auto b = static_cast<std::uint32_t>(engine());
    ASSERT_TRUE(core->write_register(DebuggedCore::kProgramCounter, kRam.base + 2));
    ASSERT_TRUE(core->write_register(kA1, a));
    ASSERT_TRUE(core->write_register(kA2, b));
    std::array<std::uint32_t, 32> before{};
    for (unsigned x = 0; x < 32; ++x) before.at(x) = core->read_register(x);
    ASSERT_EQ(core->step(never), DebuggedCore::Stop::trap);
    before.at(kA0) = a + b;
    for (unsigned x = 0; x < 32; ++x) EXPECT_EQ(core->read_register(x), before.at(x)) << "x" << x;
    EXPECT_EQ(core.pc(), kRam.base + 6);
  }
  EXPECT_TRUE(core->write_register(0, 5));
  EXPECT_EQ(core->read_register(0), 0U);

  const std::vector<std::uint8_t> bytes{1, 2, 3, 4, 5};
  EXPECT_TRUE(core->write_memory(kRam.base + 0x1003, bytes));
  EXPECT_THAT(core->read_memory(kRam.base + 0x1003, 5), Optional(bytes));
  EXPECT_TRUE(core->write_memory(kRam.base + kRam.bytes - 5, bytes));
  EXPECT_FALSE(core->write_memory(kRam.base + kRam.bytes - 4, bytes));
  EXPECT_FALSE(core->write_memory(kRam.base - 1, bytes));
  EXPECT_EQ(core->read_memory(kRam.base - 1, 2), std::nullopt);
  EXPECT_EQ(core->read_memory(0xffff'fffe, 4), std::nullopt);
  EXPECT_FALSE(core->write_register(DebuggedCore::kProgramCounter, kRam.base + 1));
  EXPECT_FALSE(core->write_register(DebuggedCore::kProgramCounter, 0));
  EXPECT_FALSE(core->set_breakpoint(kRam.base + 1));
  EXPECT_FALSE(core->set_breakpoint(0x1000'0000));
}

TEST(DebuggedSimulation, GoesToAnyInstruction) {
  StoppedCore core(code(std::vector<std::uint16_t>(400, 0x0001)));
  std::mt19937 engine(3);
  for (unsigned x = 1; x < 32; ++x) ASSERT_TRUE(core->write_register(x, 0x1000'0001 * x));
  std::uint32_t pc = core.pc();
  for (int i = 0; i < 200; ++i) {
    const auto drawn = static_cast<std::uint32_t>(engine());
    pc = i % 2 == 0 ? kRam.base + 2 * (drawn % 390) : pc + 2 * (drawn % 9) - 8;
    if (pc < kRam.base) pc = kRam.base;
    ASSERT_TRUE(core->write_register(DebuggedCore::kProgramCounter, pc)) << i;
    ASSERT_EQ(core.pc(), pc) << i;
    ASSERT_EQ(core->step(never), DebuggedCore::Stop::trap);
    pc += 2;
    ASSERT_EQ(core.pc(), pc) << i << ": c.nop";
  }
  for (unsigned x = 1; x < 32; ++x) EXPECT_EQ(core->read_register(x), 0x1000'0001 * x);
}

TEST(DebuggedSimulation, StopsBetweenInstructionsWheneverItIsAsked) {
  // c.addi a0, 1; addi a1, a1, 1 across words; sw a1, 64(a2); c.j to the first.
  const ElfImage image = code({0x0505, 0x8593, 0x0015, 0x2023, 0x04b6, 0xbfdd});
  for (const std::optional<std::uint64_t> stalls : {std::optional<std::uint64_t>(), {9}}) {
    StoppedCore core(image, stalls);
    ASSERT_TRUE(core->write_register(kA2, kRam.base));
    std::set<std::uint32_t> places;
    std::uint32_t passed = 0;
    for (int i = 0; i < 40; ++i) {
      ASSERT_EQ(core->resume([] { return true; }), DebuggedCore::Stop::interrupted);
      const std::uint32_t a0 = core->read_register(kA0), a1 = core->read_register(kA1);
      const auto word = core->read_memory(kRam.base + 64, 4).value();
      const std::uint32_t stored =
          std::uint32_t{word[0]} | std::uint32_t{word[1]} << 8U | std::uint32_t{word[2]} << 16U;
      const std::uint32_t place = core.pc() - kRam.base;
      places.insert(place);
      EXPECT_EQ(a1, place == 2 ? a0 - 1 : a0) << "at " << place;
      EXPECT_EQ(stored, place == 6 ? a1 - 1 : a1) << "at " << place;
      EXPECT_GT(a0, passed) << "it ran";
      passed = a0;
      // So that the next stop is elsewhere.
      for (int k = 0; k < i % 4; ++k) ASSERT_EQ(core->step(never), DebuggedCore::Stop::trap);
    }
    if (stalls) {
      EXPECT_GE(places.size(), 2U);
    }
  }
}

TEST(DebuggedSimulation, TellsHowAProgramEndsAndStartsItAgain) {
  StoppedCore core(program("failing_case"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(core->resume(never), DebuggedCore::Stop::ended);
    EXPECT_EQ(core->status(), 42U);
    EXPECT_EQ(core->resume(never), DebuggedCore::Stop::ended) << "it stays so";
    EXPECT_EQ(core->step(never), DebuggedCore::Stop::ended);
    core->reset();
    EXPECT_EQ(core.pc(), program("failing_case").entry);
  }
}

TEST(DebuggedSimulation, HasNoInputForItsProgram) {
  EXPECT_EQ(StoppedCore(program("echo"))->resume(never), DebuggedCore::Stop::ended);
}

TEST(DebuggedSimulation, TellsThatNothingRetiresAnyMore) {
  EXPECT_EQ(StoppedCore(program("trap_loop"))->resume(never), DebuggedCore::Stop::lockup);
}

TEST(DebuggedSimulation, StaysInAnInstructionThatGoesNowhere) {
  StoppedCore core(code({0x0001, 0xa001}));
  ASSERT_EQ(core->step(never), DebuggedCore::Stop::trap);
  ASSERT_EQ(core->step(never), DebuggedCore::Stop::trap);
  EXPECT_EQ(core.pc(), kRam.base + 2);
  EXPECT_EQ(core->resume([] { return true; }), DebuggedCore::Stop::interrupted)
      << "the program's own jump to itself is no stop";
  EXPECT_EQ(core.pc(), kRam.base + 2);
}

}  // namespace
}  // namespace lsgd::rtl
