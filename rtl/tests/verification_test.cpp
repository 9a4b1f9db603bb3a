// SPDX-License-Identifier: Apache-2.0
// The core in lock-step with the instruction-set model, and its memory signatures against QEMU.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "coverage.hpp"
#include "elf_image.hpp"
#include "lockstep.hpp"
#include "qemu.hpp"
#include "random_program.hpp"

namespace lsgd::rtl {
namespace {

const RamRange kRam;

ElfImage read_program(const std::string& name) {
  return read_elf(std::string(LSGD_RTL_PROGRAMS) + "/" + name + ".elf", kRam);
}

class DirectedTest : public testing::TestWithParam<const char*> {};

TEST_P(DirectedTest, AgreesWithTheModelAndItself) {
  const auto image = read_program(std::string("directed_") + GetParam());
  Coverage coverage;
  const auto fast = run_lockstep(image, {}, coverage);
  EXPECT_EQ(fast.mismatch, "");
  EXPECT_EQ(fast.status, 0U) << "number of the failing case";
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const auto slow = run_lockstep(image, {seed}, coverage);
    EXPECT_EQ(slow.mismatch, "") << "wait states of seed " << seed;
    EXPECT_EQ(slow.status, 0U) << "number of the failing case";
  }
}

INSTANTIATE_TEST_SUITE_P(All, DirectedTest,
                         testing::Values("branches", "compressed", "csr", "external_interrupt",
                                         "fetch", "integer", "interrupts", "memory",
                                         "multiply_divide", "simd_off", "traps"),
                         [](const auto& test) { return std::string(test.param); });

constexpr BatchOptions kBatch{.seed = 1, .programs = 100, .timer_interrupts = false};

TEST(RandomProgramTest, AgreeWithQemuWhateverTheWaitStatesAndInterrupts) {
  if (!qemu_available()) GTEST_SKIP() << "needs qemu-system-riscv32";
  const auto runtime = read_program("random_runtime");
  Coverage coverage;
  for (BatchOptions options = kBatch; options.seed <= 201; options.seed += options.programs) {
    options.timer_interrupts = false;
    const auto image = make_batch(runtime, options);
    const std::string signatures = run_qemu(image, kRam);
    ASSERT_EQ(signatures.size(), options.programs * kSignatureBytes);
    const auto fast = run_lockstep(image, {}, coverage);
    EXPECT_EQ(fast.mismatch, "");
    EXPECT_TRUE(fast.output == signatures) << "seeds from " << options.seed;
    options.timer_interrupts = true;
    const auto slow = run_lockstep(make_batch(runtime, options), {options.seed}, coverage);
    EXPECT_EQ(slow.mismatch, "");
    EXPECT_TRUE(slow.output == signatures)
        << "seeds from " << options.seed << ", wait states and interrupts";
    EXPECT_GT(slow.cycles, fast.cycles);
  }
}

TEST(RandomProgramTest, SameSeedSameProgram) {
  const auto runtime = read_program("random_runtime");
  const auto bytes = [&](std::uint64_t seed) {
    return make_batch(runtime, {.seed = seed, .programs = 3}).segments.back().bytes;
  };
  EXPECT_EQ(bytes(5), bytes(5));
  EXPECT_NE(bytes(5), bytes(6));
}

TEST(CoverageTest, DirectedAndRandomProgramsReachEveryPoint) {
  Coverage coverage;
  for (const char* name : {"branches", "compressed", "csr", "fetch", "integer", "interrupts",
                           "memory", "multiply_divide", "traps"})
    run_lockstep(read_program(std::string("directed_") + name), {}, coverage);
  BatchOptions options = kBatch;
  options.timer_interrupts = true;
  run_lockstep(make_batch(read_program("random_runtime"), options), {}, coverage);
  EXPECT_THAT(coverage.missing(), testing::IsEmpty());
}

}  // namespace
}  // namespace lsgd::rtl
