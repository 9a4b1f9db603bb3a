// SPDX-License-Identifier: Apache-2.0
// The simulation program as its users see it: exit status, byte stream, report, bad input.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "elf_image.hpp"

namespace lsgd::rtl {
namespace {

using testing::HasSubstr;

struct Finished {
  int status = -1;
  std::string output;
  std::string errors;
};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string program(const std::string& name) {
  return std::string(LSGD_RTL_PROGRAMS) + "/" + name + ".elf";
}

class SimulationTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "lsgd-rtl-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string file(const std::string& name) const { return directory_ + "/" + name; }

  // Runs lsgd-rtl-sim; `pause` milliseconds pass before each byte of the input.
  Finished simulate(std::vector<std::string> arguments, const std::string& input = {},
                    int pause = 0) const {
    int to_child[2];
    EXPECT_EQ(pipe2(to_child, O_CLOEXEC), 0);
    arguments.insert(arguments.begin(), LSGD_RTL_SIM);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      dup2(to_child[0], STDIN_FILENO);
      dup2(open(file("stdout").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600), STDOUT_FILENO);
      dup2(open(file("stderr").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600), STDERR_FILENO);
      execv(argv.front(), argv.data());
      _exit(127);
    }
    close(to_child[0]);
    for (const char byte : input) {
      std::this_thread::sleep_for(std::chrono::milliseconds(pause));
      EXPECT_EQ(write(to_child[1], &byte, 1), 1);
    }
    close(to_child[1]);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(file("stdout")),
            read_file(file("stderr"))};
  }

  nlohmann::json report(std::vector<std::string> arguments, const std::string& input,
                        int pause = 0) const {
    arguments.insert(arguments.end(), {"--report", file("report.json")});
    EXPECT_EQ(simulate(std::move(arguments), input, pause).status, 0);
    return nlohmann::json::parse(read_file(file("report.json")));
  }

 private:
  std::string directory_;
};

/// A program that asks for each byte before it reads it, and one that does not.
class Echo : public SimulationTest, public testing::WithParamInterface<const char*> {
 protected:
  const std::string echo_ = program(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Programs, Echo, testing::Values("echo", "echo_unasked"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(Echo, StandardInputAndOutputAreTheByteDevice) {
  const auto run = simulate({echo_}, std::string("HALGDK\0", 7));
  EXPECT_EQ(run.output, "IBMHEL");
  EXPECT_EQ(run.status, 6) << "the exit device's status is the exit status";
}

TEST_P(Echo, EndOfInputEndsAProgramThatWaitsForMore) {
  const auto run = simulate({echo_}, "abc");
  EXPECT_EQ(run.output, "bcd");
  EXPECT_EQ(run.status, 0);
}

TEST_P(Echo, CyclesDoNotDependOnWhenTheInputArrives) {
  const auto at_once = report({echo_}, "abcdef");
  const auto slowly = report({echo_}, "abcdef", 20);
  EXPECT_EQ(at_once, slowly);
  EXPECT_EQ(at_once.at("outcome"), "end_of_input");
}

TEST_P(Echo, WaitStatesChangeCyclesButNotResults) {
  const auto fast = report({echo_}, "abcdef");
  const auto slow = report({echo_, "--wait-states", "1"}, "abcdef");
  const auto other = report({echo_, "--wait-states", "2"}, "abcdef");
  EXPECT_GT(slow.at("cycles"), fast.at("cycles"));
  EXPECT_NE(slow.at("cycles"), other.at("cycles"));
  EXPECT_EQ(slow, report({echo_, "--wait-states", "1"}, "abcdef"));
  EXPECT_EQ(slow.at("written"), fast.at("written"));
}

TEST_F(SimulationTest, ReportsTheExactStackAndTheExactBytesWritten) {
  const auto image = read_elf(program("stack_depth"), RamRange{});
  const std::uint32_t marks = image.symbol("marks").value();
  for (const unsigned levels : {1U, 7U, 100U}) {
    const auto result = report({program("stack_depth")}, std::string(1, static_cast<char>(levels)));
    EXPECT_EQ(result.at("stack").at("bytes"), std::max(32 * levels, 32U));
    // One word at marks + 4 and one byte at marks + 10 follow the zeroing of all 16 bytes.
    EXPECT_THAT(result.at("written").at("ranges"),
                testing::Contains(nlohmann::json::array({marks, marks + 16})));
  }
}

TEST_F(SimulationTest, AStackOverflowTrapsInTheUnmappedAddressesBelowTheRam) {
  EXPECT_EQ(simulate({program("stack_depth")}, "\xff").status, 125)
      << "status of the trap handler in start.S";
}

TEST_F(SimulationTest, ToHostReportsTheFailingCase) {
  EXPECT_EQ(simulate({program("directed_integer")}).status, 0);
  EXPECT_EQ(simulate({program("failing_case")}).status, 42);
  EXPECT_EQ(simulate({program("p_environment")}).status, 0)
      << "as public test programs enter and leave";
}

TEST_F(SimulationTest, AnotherCoreGivesTheSameOutputInOtherCycles) {
  const auto steps = simulate({program("training_step")});
  const auto serial = std::string(LSGD_RTL_SIM) + "-rv32imc_serial";
  ASSERT_EQ(steps.status, 0);
  ASSERT_EQ(std::system((serial + " " + program("training_step") + " >" + file("serial")).c_str()),
            0);
  std::istringstream ours(steps.output), other(read_file(file("serial")));
  std::uint64_t cycles = 0, instructions = 0, checksum = 0;
  std::uint64_t other_cycles = 0, other_instructions = 0, other_checksum = 0;
  ours >> cycles >> instructions >> checksum;
  other >> other_cycles >> other_instructions >> other_checksum;
  EXPECT_EQ(checksum, other_checksum);
  EXPECT_EQ(instructions, other_instructions);
  EXPECT_GT(other_cycles, cycles);
  EXPECT_LE(static_cast<double>(cycles), 1.06 * static_cast<double>(instructions))
      << "cycles per instruction";
}

TEST_F(SimulationTest, TheRamIsAsLargeAsWanted) {
  EXPECT_EQ(simulate({program("directed_traps")}).status, 0);
  EXPECT_EQ(simulate({program("directed_traps"), "--ram", "64KiB"}).status, 71)
      << "a store to the last halfword of 1 MiB traps, and case 71 is what runs behind it";
  EXPECT_EQ(simulate({program("directed_traps"), "--ram", "2MiB"}).status, 57)
      << "what lies behind 1 MiB no longer traps";
  for (const char* size : {"3MiB", "32KiB", "32MiB", "many"})
    EXPECT_EQ(simulate({program("echo"), "--ram", size}).status, 2) << size;
}

// Cores of ours that are awkward on purpose (rtl/README.md).
TEST_F(SimulationTest, ACoreThatShowsNoRetirementsRunsAndItsInstructionsAreUnknown) {
  const std::string core = std::string(LSGD_RTL_SIM) + "-test_without_rvfi";
  ASSERT_EQ(std::system((core + " " + program("training_step") + " --report " +
                         file("report.json") + " >" + file("output"))
                            .c_str()),
            0);
  const auto report = nlohmann::json::parse(read_file(file("report.json")));
  EXPECT_TRUE(report.at("instructions").is_null());
  EXPECT_GT(report.at("cycles"), 65536) << "it ran on although nothing retired";
  EXPECT_EQ(std::system((core + " " + program("trap_loop") + " 2>" + file("output")).c_str()) >> 8,
            3);
  EXPECT_THAT(read_file(file("output")), HasSubstr("expected progress"));
  EXPECT_EQ(std::system((core + " --debugger 2>" + file("output")).c_str()) >> 8, 3);
  EXPECT_EQ(read_file(file("output")),
            "lsgd-rtl-sim: expected a core that shows what retires (rvfi) and runs from its RAM\n");
}

TEST_F(SimulationTest, ADebuggerTakesTheBytesOfTheProgramAndExcludesReports) {
  const auto run = simulate({program("echo"), "--debugger"}, "$c#63");
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.output, "+$W00#b7") << "it waits for a byte that cannot come";
  for (const char* option : {"--report", "--trace", "--instruction-trace", "--profile"})
    EXPECT_EQ(simulate({"--debugger", option, file("report")}).status, 2) << option;
  EXPECT_EQ(simulate({}).status, 2) << "a firmware, where there is no debugger";
}

TEST_F(SimulationTest, ACoreIsResetWhateverItNeedsForThat) {
  for (const char* name : {"test_gated_clock", "test_slow_reset"})
    EXPECT_EQ(
        std::system(
            (std::string(LSGD_RTL_SIM) + "-" + name + " " + program("directed_integer")).c_str()),
        0)
        << name;
}

TEST_F(SimulationTest, ACycleLimitIsADeviceFailureWithOneLine) {
  const auto run = simulate({program("training_step"), "--max-cycles", "1000"});
  EXPECT_EQ(run.status, 3);
  EXPECT_EQ(run.errors, program("training_step") + ": expected an end within 1000 cycles\n");
}

TEST_F(SimulationTest, ATrapHandlerThatTrapsIsADeviceFailure) {
  const auto run = simulate({program("trap_loop")});
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.errors, HasSubstr("expected progress, but no instruction retires after cycle"));
}

TEST_F(SimulationTest, TracesTellWhatTheProgramDid) {
  const auto run = simulate({program("directed_memory"), "--instruction-trace", file("trace.txt"),
                             "--trace", file("trace.fst")});
  EXPECT_EQ(run.status, 0);
  const auto trace = read_file(file("trace.txt"));
  EXPECT_THAT(trace, testing::StartsWith("core   0: 3 0x80000000 (0x4181) x3  0x00000000\n"));
  EXPECT_THAT(trace, HasSubstr(" 0xa1b2c3d4\n"));
  EXPECT_GT(std::filesystem::file_size(file("trace.fst")), 1000U);
}

TEST_F(SimulationTest, TracingChangesNothing) {
  for (const auto& options : std::vector<std::vector<std::string>>{{}, {"--wait-states", "9"}}) {
    std::vector<std::string> plain{program("echo")}, traced = plain;
    plain.insert(plain.end(), options.begin(), options.end());
    traced.insert(traced.end(), options.begin(), options.end());
    traced.insert(traced.end(), {"--instruction-trace", file("trace.txt")});
    EXPECT_EQ(report(plain, "abc"), report(traced, "abc"));
  }
}

TEST_F(SimulationTest, AProfileCountsEveryInstructionOfTheFunctionsCallsByChain) {
  const std::vector<std::string> run{program("call_profile"), "--profile", file("profile.json"),
                                     "--profile-function", "root"};
  ASSERT_EQ(simulate(run).status, 0);
  const auto profile = nlohmann::json::parse(read_file(file("profile.json")));
  EXPECT_EQ(profile.at("calls"), 2);
  std::map<std::vector<std::string>, int> instructions;
  for (const auto& chain : profile.at("chains")) {
    instructions[chain.at("chain")] = chain.at("instructions");
    EXPECT_GE(chain.at("cycles"), chain.at("instructions"));
  }
  const std::map<std::vector<std::string>, int> twice{
      {{"root"}, 2 * 8},
      {{"root", "leaf"}, 2 * 2},
      {{"root", "recurse"}, 2 * 8},
      {{"root", "recurse", "recurse"}, 2 * 8},
      {{"root", "recurse", "recurse", "recurse"}, 2 * 2},
      {{"last"}, 2 * 2}};
  EXPECT_EQ(instructions, twice);
}

TEST_F(SimulationTest, AProfileNamesTheFunctionsThatWereInlined) {
  const std::vector<std::string> run{program("inlined_functions"), "--profile",
                                     file("profile.json"), "--profile-function", "root"};
  ASSERT_EQ(simulate(run).status, 0);
  const auto profile = nlohmann::json::parse(read_file(file("profile.json")));
  std::map<std::vector<std::string>, int> instructions;
  for (const auto& chain : profile.at("chains"))
    instructions[chain.at("chain")] = chain.at("instructions");
  // At least a store and a load in each of a hundred passes.
  EXPECT_GE((instructions[{"root", "outer", "inner"}]), 200);
  // The call is where it was inlined, and so is what it leads to.
  EXPECT_GE((instructions[{"root", "outer", "called"}]), 300);
  EXPECT_EQ(instructions.count({"root", "called"}), 0U);
  EXPECT_EQ(instructions.count({"root", "inner"}), 0U);
}

TEST_F(SimulationTest, AProfileSurvivesDamagedDebugInformation) {
  const std::string elf = read_file(program("inlined_functions"));
  // From the section of attributes, which names the instruction set, most of the way to the
  // symbols.
  const std::size_t begin = elf.find("rv32");
  for (std::size_t i = 0; i < 40; ++i) {
    std::string damaged = elf;
    for (std::size_t at = begin + 16 + 7 * i; at < elf.size() * 3 / 4; at += 97 + i)
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << i % 7));
    std::ofstream(file("damaged.elf"), std::ios::binary) << damaged;
    const Finished finished = simulate({file("damaged.elf"), "--max-cycles", "100000", "--profile",
                                        file("profile.json"), "--profile-function", "root"});
    EXPECT_EQ(finished.status, 0) << finished.errors;
  }
}

TEST_F(SimulationTest, BadUsageAndBadFilesAreOneLineAndStatusTwo) {
  const std::string elf = read_file(program("echo"));
  const auto run_with = [&](const std::string& contents) {
    std::ofstream(file("bad.elf"), std::ios::binary) << contents;
    return simulate({file("bad.elf"), "--max-cycles", "1000"});
  };
  const auto expect_one_line = [](const Finished& run, const std::string& part) {
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.errors, HasSubstr(part));
    EXPECT_EQ(std::count(run.errors.begin(), run.errors.end(), '\n'), 1) << run.errors;
  };
  expect_one_line(simulate({file("missing.elf")}), "missing.elf: expected a readable file");
  expect_one_line(simulate({}), "firmware is required");
  expect_one_line(simulate({program("echo"), "--max-cycles", "many"}), "--max-cycles");
  expect_one_line(run_with(""), "expected an ELF file");
  expect_one_line(run_with("#!/bin/sh\n"), "expected an ELF file");
  expect_one_line(run_with(read_file(LSGD_RTL_SIM).substr(0, 4096)), "expected a 32-bit ELF file");

  const auto patched = [&](std::size_t offset, const std::string& bytes) {
    std::string copy = elf;
    return run_with(copy.replace(offset, bytes.size(), bytes));
  };
  expect_one_line(patched(5, "\x02"), "expected");  // big-endian
  expect_one_line(patched(18, std::string("\x28\x00", 2)), "expected a RISC-V ELF file");
  expect_one_line(patched(16, std::string("\x01\x00", 2)), "expected an executable");
  expect_one_line(patched(24, std::string("\x00\x00\x00\x90", 4)),
                  "expected the entry point 0x90000000");
  expect_one_line(patched(24, std::string("\x01\x40\x00\x80", 4)),
                  "expected the entry point 0x80004001");
}

TEST_F(SimulationTest, NoTruncatedFileCrashesTheReader) {
  const std::string elf = read_file(program("echo"));
  for (std::size_t size = 0; size < elf.size(); size += size < 256 ? 1 : 97) {
    std::ofstream(file("cut.elf"), std::ios::binary) << elf.substr(0, size);
    try {
      read_elf(file("cut.elf"), RamRange{});
      ADD_FAILURE() << "accepted the first " << size << " of " << elf.size() << " bytes";
    } catch (const ElfError& error) {
      EXPECT_THAT(error.what(), HasSubstr("cut.elf: expected "));
    }
  }
}

TEST_F(SimulationTest, NoFlippedByteCrashesTheReader) {
  const std::string elf = read_file(program("echo"));
  for (std::size_t at = 0; at < elf.size(); at += at < 128 ? 1 : 37) {
    std::string copy = elf;
    copy[at] = static_cast<char>(~copy[at]);
    std::ofstream(file("bad.elf"), std::ios::binary) << copy;
    try {
      read_elf(file("bad.elf"), RamRange{});
    } catch (const ElfError&) {
    }
  }
}

}  // namespace
}  // namespace lsgd::rtl
