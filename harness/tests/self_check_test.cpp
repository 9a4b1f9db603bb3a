// SPDX-License-Identifier: Apache-2.0

// Programs that check a port by themselves (`vectors export --format self-check`): on this machine,
// on emulated boards, on right ports and on mutants.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <sys/wait.h>
#include <vector>

#include "description/project_files.hpp"
#include "export/export_vectors.hpp"
#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/text_file.hpp"
#include "modification_file.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

namespace fs = std::filesystem;

const fs::path targets = source_directory() / "targets";

/// A port's sources, and where their headers are.
struct PortSources {
  std::vector<std::string> files;
  std::vector<std::string> includes;
};

const PortSources& sources_of(const std::string& port) {
  static const std::map<std::string, PortSources> ports{
      {"float32_c99",
       {{"float32_c99/float32_c99.c", "float32_c99/float32_network.c",
         "float32_c99/float32_state.c", "float32_c99/float_activation.c"},
        {"float32_c99"}}},
      {"int8_integer_c99",
       {{"int8_integer_c99/int8_integer_c99.c", "int8_hybrid_c99/activation_table.c",
         "int8_hybrid_unpacked/int8_dense_layer.c"},
        {"int8_hybrid_c99", "int8_hybrid_unpacked"}}}};
  return ports.at(port);
}

/// A golden set has a line for each case behind the header.
std::size_t cases_of(const std::string& set) {
  const bool is_arithmetic = set.starts_with("level0");
  const std::string file = is_arithmetic ? "arithmetic.csv" : "cases.csv";
  const std::string lines = read_text(golden_directory() / set / file, std::size_t{1} << 28);
  return static_cast<std::size_t>(std::ranges::count(lines, '\n')) - 1;
}

std::string all_passed(const std::string& set) {
  return fmt::format("{} passed, 0 failed\n", cases_of(set));
}

class SelfCheckProgram : public testing::Test {
 protected:
  int run(const std::string& command) {
    const std::string line =
        fmt::format("cd '{}' && {{ {}\n}} >said 2>&1", path().string(), command);
    const int status = std::system(line.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string said() const { return read_text(path() / "said", 1 << 24); }
  const fs::path& path() const { return directory_.path(); }

  /// Writes a golden set as a program to the folder of its name.
  std::vector<std::string> write(const std::string& set, const SelfCheckLimits& limits = {}) {
    return export_vectors(golden_directory() / set, ExportFormat::self_check, path() / set, limits);
  }
  /// Words of a compiler for a port's sources.
  static std::string port_words(const std::string& port) {
    std::string words =
        fmt::format(" -std=c99 -ffp-contract=off -I{}", (targets / "include").string());
    for (const std::string& include : sources_of(port).includes)
      words += fmt::format(" -I{}", (targets / "ports" / include).string());
    return words;
  }
  static std::string port_files(const std::string& port) {
    std::string words;
    for (const std::string& file : sources_of(port).files)
      words += " " + (targets / "ports" / file).string();
    return words;
  }
  /// Builds a port and a part of a set for this machine and runs it.
  int check(const std::string& port, const std::string& set, const std::string& further = "") {
    const int built =
        run(fmt::format("{0} -O1{1} {2}{3} {4}/self_check.c {4}/part_1.c {4}/main.c -o "
                        "{4}/program",
                        LSGD_C_COMPILER, port_words(port), further, port_files(port), set));
    EXPECT_EQ(built, 0) << said();
    return run(set + "/program");
  }

  TemporaryDirectory directory_;
};

TEST_F(SelfCheckProgram, RightPortsPassEveryCase) {
  for (const auto& [port, set] :
       std::vector<std::array<std::string, 2>>{{"float32_c99", "level1_float32"},
                                               {"float32_c99", "level0_float32"},
                                               {"int8_integer_c99", "level1_int8_integer"}}) {
    EXPECT_TRUE(write(set).empty());
    EXPECT_EQ(check(port, set), 0);
    EXPECT_EQ(said(), all_passed(set));
  }
}

TEST_F(SelfCheckProgram, ChecksTrainingStepsOfAModel) {
  for (const auto& [port, profile] : std::vector<std::array<std::string, 2>>{
           {"float32_c99", "float32"}, {"int8_integer_c99", "int8_integer"}}) {
    ASSERT_EQ(
        run(fmt::format("{0} vectors generate --model {1}/vectors/models/car/model.json --data car "
                        "--profile {2} --steps 4 --out steps && {0} vectors export steps --format "
                        "self-check --out {2} && rm -r steps",
                        LSGD_CONFORM_PROGRAM, data_directory().string(), profile)),
        0)
        << said();
    EXPECT_EQ(check(port, profile, " @" + profile + "/part_1.flags"), 0);
    EXPECT_EQ(said(), "4 passed, 0 failed\n");
  }
}

TEST_F(SelfCheckProgram, SaysInALineWhatIsWrongAndInItsStatus) {
  write("level1_float32");
  std::string source = read_text(targets / "ports/float32_c99/float32_c99.c", 1 << 20);
  const std::string original = "    biases[j] -= step;";
  source.replace(source.find(original), original.size(), "");
  write_file(path() / "float32_c99.c", source);
  const std::string files = port_files("float32_c99");
  const std::string others = files.substr(files.find(' ', 1));
  const auto build = [&](const std::string& further) {
    return run(
        fmt::format("{} -O1{} {} -I{}/ports/float32_c99 float32_c99.c{} "
                    "level1_float32/self_check.c level1_float32/part_1.c "
                    "level1_float32/main.c -o program",
                    LSGD_C_COMPILER, port_words("float32_c99"), further, targets.string(), others));
  };
  ASSERT_EQ(build(""), 0) << said();
  EXPECT_EQ(run("./program"), 1);
  EXPECT_THAT(said(), HasSubstr("failed dense_1x2_relu: b of layer 1[0] is 0x"));
  EXPECT_THAT(said(), EndsWith(" failed\n"));
  // One line for each, and the sum of them.
  const std::string text = said();
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) - 1;
  EXPECT_THAT(text, EndsWith(fmt::format("{} passed, {} failed\n",
                                         cases_of("level1_float32") - lines, lines)));

  // Networks that do not fit are skipped, and said.
  ASSERT_EQ(build("-DLSGD_CAPACITY_LAYERS=1"), 0) << said();
  EXPECT_EQ(run("./program"), 1);
  EXPECT_THAT(said(), EndsWith(" skipped\n"));
}

TEST_F(SelfCheckProgram, CompilesWithoutAWarningInEveryCAndCpp) {
  write("level1_int8_integer");
  write("level0_float32");
  int compiled = 0;
  for (const char* compiler :
       {"gcc -std=c90", "gcc -std=c99", "gcc -x c++ -std=c++11", "clang -std=c90",
        "clang -x c++ -std=c++11",
        "arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -ffreestanding -std=c90",
        "riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32 -ffreestanding -std=c90"}) {
    const std::string text = compiler;
    if (run("command -v " + text.substr(0, text.find(' '))) != 0) continue;
    for (const char* source : {"level1_int8_integer/self_check.c", "level1_int8_integer/part_1.c",
                               "level0_float32/part_1.c"})
      EXPECT_EQ(
          run(fmt::format("{} -Wall -Wextra -Wconversion -pedantic -Werror -Os -c {} -o out.o",
                          compiler, source)),
          0)
          << compiler << said();
    ++compiled;
  }
  EXPECT_GE(compiled, 3);
}

TEST_F(SelfCheckProgram, PartsFitTheFlashAndHoldEveryCaseOnce) {
  constexpr std::uint64_t flash = 16384;
  ASSERT_TRUE(write("level1_int8_integer", {.flash = flash}).empty());
  std::size_t parts = 0, passed = 0;
  const std::string set = "level1_int8_integer";
  while (fs::exists(path() / set / fmt::format("part_{}.c", parts + 1))) {
    const std::string part = fmt::format("{}/part_{}", set, ++parts);
    // With arrays as small as the part's networks allow.
    ASSERT_EQ(
        run(fmt::format("{0} -O1{1} @{2}.flags{3} {4}/self_check.c {2}.c {4}/main.c -o program",
                        LSGD_C_COMPILER, port_words("int8_integer_c99"), part,
                        port_files("int8_integer_c99"), set)),
        0)
        << said();
    EXPECT_EQ(run("./program"), 0) << said();
    passed += std::stoul(said());
    EXPECT_THAT(said(), EndsWith(" passed, 0 failed\n"));
    // What it takes of the flash, with the runner as a small processor has it.
    const std::string compiler =
        run("command -v riscv64-unknown-elf-gcc") == 0
            ? "riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32 -ffreestanding"
            : "gcc";
    ASSERT_EQ(run(fmt::format(
                  "{0} -Os -c {1}/self_check.c -o runner.o && {0} -Os -c {2}.c -o part.o && "
                  "size runner.o part.o | awk 'NR > 1 {{ sum += $1 + $2 }} END {{ print sum }}'",
                  compiler, set, part)),
              0)
        << said();
    EXPECT_LE(std::stoul(said()), flash) << part;
  }
  EXPECT_GT(parts, 3U);
  EXPECT_EQ(passed, cases_of("level1_int8_integer"));
}

TEST_F(SelfCheckProgram, LeavesOutWhatHasNoRoomAndSaysWhich) {
  const std::vector<std::string> left_out =
      write("level1_int8_integer", {.flash = 16384, .ram = 512});
  EXPECT_FALSE(left_out.empty());
  EXPECT_LT(left_out.size(), cases_of("level1_int8_integer"));
  EXPECT_EQ(std::ranges::count(left_out, "dense_1x2_relu"), 0);
  EXPECT_THROW(write("level1_int8_integer", {.flash = 3000}), InputError);
  EXPECT_THROW(write("level1_int8_integer", {.ram = 10}), InputError);
}

// Bare metal, without a C library: start-up code that calls the runner, which writes to the UART.
class BareMetal : public SelfCheckProgram {
 protected:
  void SetUp() override {
    if (run("command -v riscv64-unknown-elf-gcc") != 0) GTEST_SKIP() << "no compiler of RISC-V";
    write(set_);
    write_file(path() / "start.S",
               ".section .text.start\n.globl _start\n_start:\n  la sp, __stack\n  call main\n"
               "  li t0, 0x5555\n  beqz a0, 1f\n  slli a0, a0, 16\n  li t0, 0x3333\n"
               "  or t0, t0, a0\n1: li t1, 0x100000\n  sw t0, 0(t1)\n2: j 2b\n");
    write_file(path() / "board.c",
               "#include \"self_check.h\"\nstatic int put(int c) { *(volatile unsigned "
               "char*)0x10000000 = (unsigned char)c; return c; }\n"
               "int main(void) { return lsgd_self_check(put); }\n");
  }
  int build(const std::string& ports) {
    const std::string bare = (targets / "platforms/bare_metal").string();
    return run(fmt::format(
        "riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32 -O1 -ffreestanding -nostdlib{} -I{} "
        "-I{} start.S board.c {}/self_check.c {}/part_1.c {} {}/memory.c -T "
        "{}/platforms/riscv32/riscv32.ld -lgcc -o image",
        port_words("int8_integer_c99"), set_, bare, set_, set_, ports, bare, targets.string()));
  }
  /// Right and wrong images, each with its outcome and status.
  void expect_right_and_wrong(const std::string& runner) {
    const std::string right = port_files("int8_integer_c99");
    ASSERT_EQ(build(right), 0) << said();
    EXPECT_EQ(run(runner), 0) << said();
    EXPECT_EQ(said(), all_passed("level1_int8_integer"));
    // Where it stands is at a known symbol.
    ASSERT_EQ(run("riscv64-unknown-elf-nm image"), 0);
    EXPECT_THAT(said(), HasSubstr(" lsgd_self_check_result\n"));

    const ModificationFile file = parse_modifications(
        read_text(targets / "ports/mutants/int8_integer_c99.toml", 1 << 20), "mutants");
    const ModifiedPort& mutant = file.modifications.front();
    ASSERT_EQ(mutant.source, "int8_integer_c99.c");
    const fs::path source = targets / "ports/int8_integer_c99" / mutant.source;
    write_file(path() / mutant.source,
               modified_source(read_text(source, 1 << 20), mutant, file.file));
    ASSERT_EQ(build(" " + mutant.source + right.substr(right.find(' ', 1))), 0) << said();
    EXPECT_EQ(run(runner), 1) << said();
    EXPECT_THAT(said(), HasSubstr("failed "));
  }

  const std::string set_ = "level1_int8_integer";
};

TEST_F(BareMetal, RunsOnAnEmulatedBoard) {
  if (run("command -v qemu-system-riscv32") != 0) GTEST_SKIP() << "no emulator of RISC-V";
  expect_right_and_wrong(
      "timeout 120 qemu-system-riscv32 -machine virt -m 4M -bios none -display none -monitor none "
      "-serial stdio -device loader,cpu-num=0,file=image </dev/null");
}

#ifdef LSGD_RTL_SIM
TEST_F(BareMetal, RunsOnTheSimulatedCore) {
  if (!fs::exists(LSGD_RTL_SIM)) GTEST_SKIP() << "the simulation is not built";
  expect_right_and_wrong("timeout 300 " LSGD_RTL_SIM " image </dev/null");
}
#endif

/// Catches of the mutants of a port, by sets of cases.
struct Catches {
  std::size_t mutants = 0;
  std::size_t caught = 0;
};

class Mutants : public SelfCheckProgram {
 protected:
  Catches catches(const std::string& port, const std::vector<std::string>& sets) {
    std::map<std::string, std::string> objects;
    for (const std::string& file : sources_of(port).files) {
      const std::string name = fs::path(file).filename().string();
      compile(port, (targets / "ports" / file).string(), name + ".o");
      objects[name] = name + ".o";
    }
    for (const std::string& set : sets) {
      write(set);
      EXPECT_EQ(
          run(fmt::format("cd {0} && for f in self_check part_1 main; do {1} -std=c99 -O1 -c $f.c "
                          "-o $f.o || exit 1; done",
                          set, LSGD_C_COMPILER)),
          0)
          << said();
    }
    Catches found;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(targets / "ports/mutants"))
      if (entry.path().extension() == ".toml") files.push_back(entry.path());
    std::ranges::sort(files);
    for (const fs::path& name : files) {
      const ModificationFile file = parse_modifications(read_text(name, 1 << 20), name.string());
      if (file.port != port) continue;
      for (const ModifiedPort& mutant : file.modifications) {
        const std::string original = *std::ranges::find_if(
            sources_of(port).files,
            [&](const std::string& source) { return source.ends_with(mutant.source); });
        const fs::path source = targets / "ports" / original;
        write_file(path() / mutant.source,
                   modified_source(read_text(source, 1 << 20), mutant, file.file));
        compile(port, mutant.source, "mutant.o",
                " -I" + source.parent_path().string() +
                    (file.include.empty() ? "" : " -include " + file.include.string()));
        ++found.mutants;
        if (is_caught(objects, mutant.source, sets)) ++found.caught;
      }
    }
    return found;
  }

 private:
  void compile(const std::string& port, const std::string& source, const std::string& object,
               const std::string& further = "") {
    EXPECT_EQ(run(fmt::format("{} -O1 -w{}{} -c {} -o {}", LSGD_C_COMPILER, port_words(port),
                              further, source, object)),
              0)
        << said();
  }
  bool is_caught(const std::map<std::string, std::string>& objects, const std::string& changed,
                 const std::vector<std::string>& sets) {
    std::string words;
    for (const auto& [source, object] : objects)
      words += " " + (source == changed ? "mutant.o" : object);
    for (const std::string& set : sets) {
      EXPECT_EQ(run(fmt::format("{0}{1} {2}/self_check.o {2}/part_1.o {2}/main.o -lm -o program",
                                LSGD_C_COMPILER, words, set)),
                0)
          << said();
      if (run("timeout 60 ./program") != 0) return true;
    }
    return false;
  }
};

// The document says which share: it is measured here.
TEST_F(Mutants, AreCaughtAsOftenAsTheDocumentSays) {
  const std::string document = read_text(source_directory() / "vectors/README.md", 1 << 20);
  for (const std::string port : {"float32_c99", "int8_integer_c99"}) {
    const std::string profile = port.substr(0, port.size() - 4);
    // Level 1 catches nearly all, and then level 0 is not linked.
    const Catches found = catches(port, {"level1_" + profile, "level0_" + profile});
    EXPECT_GT(found.mutants, 100U);
    const std::string row = fmt::format("| {} | {} % |", port, 100 * found.caught / found.mutants);
    EXPECT_THAT(document, HasSubstr(row)) << found.caught << " of " << found.mutants;
  }
}

}  // namespace
}  // namespace lsgd
