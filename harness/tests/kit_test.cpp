// SPDX-License-Identifier: Apache-2.0

// What builds of others begin with: `export`, `new` and `vectors export --format self-check`, used
// as by somebody who has the program and nothing else of ours, with real compilers and emulators.

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <string>
#include <sys/wait.h>
#include <vector>
#include <zlib.h>

#include <lsgd/protocol.h>

#include "description/project_files.hpp"
#include "files/json_file.hpp"
#include "files/text_file.hpp"
#include "result/packed_results.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

class Kit : public testing::Test {
 protected:
  /// Runs a command of the shell in the test's directory; its exit status, and what it said in
  /// said().
  int run(const std::string& command) {
    const std::string line =
        fmt::format("cd '{}' && {{ {}\n}} >'{}' 2>&1", directory_.path().string(), command,
                    (directory_.path() / "said").string());
    const int status = std::system(line.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  int conform(const std::string& arguments) {
    return run(std::string(LSGD_CONFORM_PROGRAM) + " " + arguments);
  }
  std::string said() const { return text("said"); }
  std::string text(const std::string& file) const {
    return read_text(directory_.path() / file, 1 << 26);
  }
  void write(const std::string& file, const std::string& bytes) const {
    std::ofstream(directory_.path() / file, std::ios::binary) << bytes;
  }
  /// Replaces what occurs once in a file.
  void edit(const std::string& file, const std::string& original,
            const std::string& replacement) const {
    std::string changed = text(file);
    const std::size_t at = changed.find(original);
    ASSERT_NE(at, std::string::npos) << original;
    changed.replace(at, original.size(), replacement);
    ASSERT_EQ(changed.find(original, at + replacement.size()), std::string::npos) << original;
    write(file, changed);
  }
  static bool has(const std::string& program) {
    return std::system(fmt::format("command -v {} >/dev/null", program).c_str()) == 0;
  }
  std::set<std::string> files_of(const std::string& folder) const {
    std::set<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path() / folder))
      if (entry.is_regular_file())
        files.insert(fs::relative(entry.path(), directory_.path() / folder).string());
    return files;
  }
  /// Has the target file judged; by some of the suite, since each runs in seconds.
  int judge(const std::string& target, const std::string& filter) {
    return conform(
        fmt::format("run --suite smoke --target {} --filter '{}' --out judged", target, filter));
  }
  std::size_t failed_cases() const {
    const nlohmann::json results =
        read_whole_results(directory_.path() / "judged/results.json").value;
    std::size_t failed = 0;
    for (const nlohmann::json& found : results.at("targets").at(0).at("cases"))
      failed += found.at("verdict") == "fail" ? 1 : 0;
    return failed;
  }

  TemporaryDirectory directory_;
};

const std::string strict = "-Wall -Wextra -Wconversion -pedantic -Werror";

/// A compiler with a language that the exported sources have to be.
struct Dialect {
  std::string compiler;
  std::string options;
};

std::vector<Dialect> dialects(const std::string& c_standard) {
  std::vector<Dialect> all;
  for (const auto& [c, cpp, options] : std::vector<std::array<std::string, 3>>{
           {"gcc", "g++", ""},
           {"clang", "clang++", ""},
           {"arm-none-eabi-gcc", "arm-none-eabi-g++", "-mcpu=cortex-m3 -mthumb -ffreestanding"},
           {"riscv64-unknown-elf-gcc", "riscv64-unknown-elf-g++",
            "-march=rv32imc -mabi=ilp32 -ffreestanding"}}) {
    all.push_back({c, options + " -std=" + c_standard});
    all.push_back({cpp, options + " -x c++ -std=c++11"});
  }
  return all;
}

TEST_F(Kit, AgentCompilesWithoutAWarningAsCAndCppByEveryCompiler) {
  ASSERT_EQ(conform("export agent --out agent"), 0) << said();
  EXPECT_THAT(files_of("agent"), testing::ElementsAre("lsgd.h", "lsgd_agent.c"));
  ASSERT_EQ(conform("export adapter --out adapter"), 0) << said();
  int compiled = 0;
  for (const Dialect& dialect : dialects("c99")) {
    if (!has(dialect.compiler)) continue;
    for (const char* source : {"agent/lsgd_agent.c", "adapter/lsgd_adapter.c"})
      EXPECT_EQ(run(fmt::format("{} {} {} -Iagent -Os -c {} -o out.o", dialect.compiler,
                                dialect.options, strict, source)),
                0)
          << said();
    ++compiled;
  }
  EXPECT_GE(compiled, 2);
  // What is written anew takes the place of the old, beside other files of somebody it does not.
  EXPECT_EQ(conform("export agent --out agent"), 0) << said();
  write("agent/mine.c", "");
  EXPECT_EQ(conform("export agent --out agent"), 2);
  EXPECT_THAT(said(), HasSubstr("expected"));
  EXPECT_EQ(text("agent/mine.c"), "");
}

TEST_F(Kit, ExportedAgentHasTheCodeOfTheProjects) {
  ASSERT_EQ(conform("export agent --out agent"), 0) << said();
  const std::string exported = text("agent/lsgd.h") + text("agent/lsgd_agent.c");
  for (const char* folder : {"targets/agent", "targets/include/lsgd"})
    for (const auto& entry : fs::directory_iterator(source_directory() / folder)) {
      std::ifstream source(entry.path());
      for (std::string line; std::getline(source, line);) {
        if (!line.starts_with("#include") && line != "#pragma once" &&
            line.find("SPDX") == std::string::npos) {
          EXPECT_THAT(exported, HasSubstr(line + "\n")) << entry.path();
        }
      }
    }
}

TEST_F(Kit, LayoutsAreThoseThatBuildSystemsLookFor) {
  using testing::ElementsAre;
  const auto layout = [&](const std::string& name) {
    EXPECT_EQ(conform(fmt::format("export agent --layout {0} --out {0}", name)), 0) << said();
    return files_of(name);
  };
  EXPECT_THAT(layout("plain"), ElementsAre("lsgd.h", "lsgd_agent.c"));
  EXPECT_THAT(layout("cmake"),
              ElementsAre("CMakeLists.txt", "lsgd.h", "lsgd_agent.c", "lsgd_agentConfig.cmake"));
  EXPECT_THAT(layout("arduino"),
              ElementsAre("examples/conformance/conformance.ino", "library.properties",
                          "src/lsgd.h", "src/lsgd_agent.c"));
  EXPECT_THAT(layout("platformio"),
              ElementsAre("include/lsgd.h", "library.json", "src/lsgd_agent.c"));
  EXPECT_THAT(layout("zephyr"),
              ElementsAre("include/lsgd.h", "src/lsgd_agent.c", "src/lsgd_uart.c",
                          "zephyr/CMakeLists.txt", "zephyr/Kconfig", "zephyr/module.yml"));
  EXPECT_THAT(layout("esp-idf"), ElementsAre("CMakeLists.txt", "idf_component.yml",
                                             "include/lsgd.h", "lsgd_agent.c", "lsgd_uart.c"));
  EXPECT_EQ(nlohmann::json::parse(text("platformio/library.json")).at("name"), "lsgd_agent");
  // The agent is the same everywhere, and finds its header where the layout puts it.
  const std::string agent = text("plain/lsgd_agent.c");
  for (const auto& [source, headers] : std::vector<std::array<std::string, 2>>{
           {"cmake/lsgd_agent.c", "cmake"},
           {"arduino/src/lsgd_agent.c", "arduino/src"},
           {"platformio/src/lsgd_agent.c", "platformio/include"},
           {"zephyr/src/lsgd_agent.c", "zephyr/include"},
           {"esp-idf/lsgd_agent.c", "esp-idf/include"}}) {
    EXPECT_EQ(text(source), agent) << source;
    EXPECT_EQ(run(fmt::format("gcc -I{} -fsyntax-only {}", headers, source)), 0) << said();
  }
  for (const char* name : {"arduino", "platformio", "zephyr", "esp-idf"})
    for (const std::string& file : files_of(name))
      EXPECT_THAT(text(std::string(name) + "/" + file), Not(HasSubstr("@VERSION@"))) << file;

  EXPECT_EQ(conform("export agent --layout acorn --out x"), 2);
  EXPECT_EQ(conform("export agent host --layout zephyr --out x"), 2);
  EXPECT_EQ(conform("export bridge --out x"), 2);
  EXPECT_FALSE(fs::exists(directory_.path() / "x"));
}

// The frameworks' own functions, as far as the platforms call them: that what is written is C, or
// C++, that calls them with what they take.
TEST_F(Kit, PlatformsOfLayoutsCompileAgainstTheFunctionsOfTheirFrameworks) {
  for (const char* name : {"arduino", "zephyr", "esp-idf"})
    ASSERT_EQ(conform(fmt::format("export agent --layout {0} --out {0}", name)), 0) << said();
  fs::create_directories(directory_.path() / "stand/zephyr/drivers");
  fs::create_directories(directory_.path() / "stand/freertos");
  fs::create_directories(directory_.path() / "stand/driver");
  write("stand/Arduino.h",
        "#include <stddef.h>\n#include <stdint.h>\nvoid yield();\n"
        "struct Stream { int available(); int read(); size_t write(const uint8_t*, size_t); void "
        "begin(unsigned long); };\nextern Stream Serial;\n");
  write("stand/zephyr/device.h",
        "struct device { int x; };\nextern const struct device the_device;\n"
        "#define DT_CHOSEN(x) x\n#define DEVICE_DT_GET(x) (&the_device)\n");
  write("stand/zephyr/drivers/uart.h",
        "int uart_poll_in(const struct device*, unsigned char*);\n"
        "void uart_poll_out(const struct device*, unsigned char);\n");
  write("stand/zephyr/kernel.h", "#define K_FOREVER 1\nvoid k_yield(void);\nint k_sleep(int);\n");
  write("stand/freertos/FreeRTOS.h", "#include <stdint.h>\n#define portMAX_DELAY 0xffffffffu\n");
  write("stand/freertos/task.h", "void vTaskDelay(uint32_t);\n");
  write("stand/driver/uart.h",
        "#include <stddef.h>\n#include <stdint.h>\n#define UART_NUM_0 0\n"
        "int uart_driver_install(int, int, int, int, void*, int);\n"
        "int uart_read_bytes(int, void*, uint32_t, uint32_t);\n"
        "int uart_write_bytes(int, const void*, size_t);\n");
  const auto compiles = [&](const std::string& source, const std::string& headers, bool is_cpp) {
    for (const Dialect& dialect : dialects("c99")) {
      const bool compiles_cpp = dialect.options.find("c++") != std::string::npos;
      if (!has(dialect.compiler) || compiles_cpp != is_cpp) continue;
      EXPECT_EQ(run(fmt::format("{} {} {} -isystem stand -I{} -c {} -o out.o", dialect.compiler,
                                dialect.options, strict, headers, source)),
                0)
          << said();
    }
  };
  compiles("arduino/examples/conformance/conformance.ino", "arduino/src", true);
  compiles("zephyr/src/lsgd_uart.c -DCONFIG_LSGD_AGENT_STACK_BYTES=4096", "zephyr/include", false);
  compiles("esp-idf/lsgd_uart.c", "esp-idf/include", false);
  // CMake reads the lists; the frameworks' functions take what they name.
  write(
      "lists.cmake",
      "function(idf_component_register)\n  cmake_parse_arguments(arg \"\" \"\" "
      "\"SRCS;INCLUDE_DIRS;REQUIRES\" ${ARGN})\n  foreach(file ${arg_SRCS} ${arg_INCLUDE_DIRS})\n "
      "   if(NOT EXISTS esp-idf/${file})\n      message(FATAL_ERROR ${file})\n    endif()\n  "
      "endforeach()\nendfunction()\nfunction(zephyr_include_directories)\nendfunction()\n"
      "function(zephyr_library_named)\nendfunction()\nfunction(zephyr_library_sources)\n  "
      "foreach(file ${ARGN})\n    if(NOT EXISTS zephyr/zephyr/${file})\n      "
      "message(FATAL_ERROR ${file})\n    endif()\n  endforeach()\nendfunction()\n"
      "set(CONFIG_LSGD_AGENT y)\ninclude(esp-idf/CMakeLists.txt)\n"
      "include(zephyr/zephyr/CMakeLists.txt)\n");
  EXPECT_EQ(run("cmake -P lists.cmake"), 0) << said();
  // ESP-IDF 5.3 took the UART's driver out of the component that had all of them.
  for (const auto& [version, component] :
       std::vector<std::array<std::string, 2>>{{"5 2", "driver"}, {"6 0", "esp_driver_uart"}}) {
    write("component.cmake",
          "function(idf_component_register)\n  message(\"${ARGN}\")\n"
          "endfunction()\ninclude(esp-idf/CMakeLists.txt)\n");
    EXPECT_EQ(run(fmt::format("cmake -DIDF_VERSION_MAJOR={} -DIDF_VERSION_MINOR={} "
                              "-P component.cmake",
                              version.front(), version.back())),
              0);
    EXPECT_THAT(said(), testing::EndsWith("REQUIRES;" + component + "\n"));
  }
}

TEST_F(Kit, NamesAreCheckedAndNothingIsOverwritten) {
  for (const char* name : {"9lives", "Mine", "my-port", "a.b", "../x", "'a b'",
                           "a_name_of_more_than_31_characters_is_too_long"}) {
    EXPECT_EQ(conform(fmt::format("new {} --kind port", name)), 2) << name;
    EXPECT_THAT(said(), HasSubstr("expected a name of lower-case letters")) << name;
  }
  EXPECT_EQ(conform("new mine --kind poem"), 2);
  write("mine", "a file");
  EXPECT_EQ(conform("new mine --kind port"), 2);
  EXPECT_EQ(said(), "mine: expected a folder that does not exist yet\n");
  EXPECT_EQ(text("mine"), "a file");
  fs::create_symlink("nowhere", directory_.path() / "link");
  EXPECT_EQ(conform("new mine --kind port --out link"), 2);
  EXPECT_EQ(conform("new mine --kind port --out mine/deeper"), 2);
  EXPECT_EQ(conform("new mine --kind port --out elsewhere"), 0) << said();
  EXPECT_TRUE(files_of("elsewhere").contains("mine.toml"));
}

TEST_F(Kit, PortBuildsOutsideWithTheUsersFlagsAndPassesSmoke) {
  ASSERT_EQ(conform("new mine --kind port"), 0) << said();
  ASSERT_EQ(run("make -C mine WARNINGS='" + strict + " -std=c99'"), 0) << said();
  EXPECT_EQ(conform("run --suite smoke --target mine/mine.toml --out judged"), 0) << said();
  EXPECT_THAT(said(), HasSubstr("1 of 1 targets passed"));
  // The agent of a newer suite, as the page says.
  ASSERT_THAT(text("mine/README.md"),
              HasSubstr("`lsgd-conform export agent --out build/agent && cp build/agent/* .`"));
  ASSERT_EQ(run(std::string("cd mine && ") + LSGD_CONFORM_PROGRAM +
                " export agent --out build/agent && cp build/agent/* ."),
            0)
      << said();
  // The same by CMake, as another build.
  ASSERT_EQ(run("rm -r mine/build && cmake -S mine -B mine/build && cmake --build mine/build"), 0)
      << said();
  EXPECT_EQ(judge("mine/mine.toml", "level1/dense_*"), 0) << said();
  // What is broken in it is found.
  edit("mine/port.c", "    biases[j] -= step;\n", "");
  ASSERT_EQ(run("make -C mine"), 0) << said();
  EXPECT_EQ(judge("mine/mine.toml", "level1/dense_*"), 1);
}

TEST_F(Kit, AgentIsADirectoryOrAPackageOfAProjectOfCMake) {
  ASSERT_EQ(conform("new mine --kind port"), 0) << said();
  ASSERT_EQ(conform("export agent --layout cmake --out mine/agent"), 0) << said();
  ASSERT_EQ(run("rm mine/lsgd.h mine/lsgd_agent.c"), 0);
  write("mine/CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.16)\nproject(mine LANGUAGES C)\nadd_subdirectory(agent)\n"
        "file(WRITE ${CMAKE_BINARY_DIR}/identity.c \"#include \\\"lsgd.h\\\"\\nconst uint8_t "
        "lsgd_build_identity[8] = {1};\\n\")\n"
        "add_executable(device port.c platform.c ${CMAKE_BINARY_DIR}/identity.c)\n"
        "file(STRINGS platform.link link)\n"
        "target_link_libraries(device PRIVATE lsgd_agent ${link})\n");
  ASSERT_EQ(run("cmake -S mine -B mine/build && cmake --build mine/build"), 0) << said();
  EXPECT_EQ(judge("mine/mine.toml", "level1/dense_*"), 0) << said();
  // From anywhere else, by its name.
  ASSERT_EQ(run("mv mine/agent elsewhere && rm -r mine/build"), 0);
  edit("mine/CMakeLists.txt", "add_subdirectory(agent)",
       "find_package(lsgd_agent REQUIRED PATHS ${CMAKE_SOURCE_DIR}/../elsewhere)");
  ASSERT_EQ(run("cmake -S mine -B mine/build && cmake --build mine/build"), 0) << said();
  EXPECT_EQ(judge("mine/mine.toml", "level4/*"), 0) << said();
}

TEST_F(Kit, AdapterLetsALibraryKeepItsObjectsAndPassesSmoke) {
  ASSERT_EQ(conform("new mine --kind adapter"), 0) << said();
  ASSERT_EQ(run("make -C mine WARNINGS='" + strict + " -std=c99'"), 0) << said();
  EXPECT_EQ(conform("run --suite smoke --target mine/mine.toml --out judged"), 0) << said();
  // A loss that is not the suite's, as the library has it, is wrong unless the adapter says so.
  edit("mine/adapter.c", "return shape->loss == LSGD_LOSS_BCE ? 1 : 2;",
       "(void)shape;\n  return 1;");
  ASSERT_EQ(run("make -C mine"), 0) << said();
  EXPECT_EQ(judge("mine/mine.toml", "level1/dense_*"), 1);
}

TEST_F(Kit, AdapterOfAFixedShapeRefusesOtherNetworks) {
  ASSERT_EQ(conform("new mine --kind adapter"), 0) << said();
  edit("mine/adapter.c", "const struct lsgd_adapter lsgd_adapter",
       "static const struct lsgd_layer the_layers[] = {{6, 32, LSGD_ACTIVATION_TANH},\n"
       "  {32, 16, LSGD_ACTIVATION_TANH}, {16, 4, LSGD_ACTIVATION_SIGMOID}};\n"
       "static const struct lsgd_network the_shape = {the_layers, 3, LSGD_LOSS_BCE};\n"
       "const struct lsgd_adapter lsgd_adapter");
  edit("mine/adapter.c", "NULL, /* any network: no fixed shape */", "&the_shape,");
  edit("mine/mine.toml",
       "# [[network]]\n# sizes = \"6-32-16-4\"\n# activations = "
       "\"tanh-tanh-sigmoid\"\n# loss = \"bce\"\n",
       "[[network]]\nsizes = \"6-32-16-4\"\nactivations = \"tanh-tanh-sigmoid\"\nloss = "
       "\"bce\"\n");
  ASSERT_EQ(run("make -C mine"), 0) << said();
  EXPECT_EQ(judge("mine/mine.toml", "level[24]/*"), 0) << said();
}

TEST_F(Kit, BoardPassesInAnEmulatorOfIt) {
  if (!has("riscv64-unknown-elf-gcc") || !has("qemu-system-riscv32"))
    GTEST_SKIP() << "no compiler or emulator of RISC-V";
  ASSERT_EQ(conform("new mine --kind board"), 0) << said();
  ASSERT_EQ(run("make -C mine board WARNINGS='" + strict + " -std=c99'"), 0) << said();
  EXPECT_EQ(judge("mine/mine-board.toml", "level[24]/*"), 0) << said();
  ASSERT_EQ(run("make -C mine"), 0) << said();
  EXPECT_EQ(judge("mine/mine.toml", "level2/*"), 0) << said();
}

TEST_F(Kit, BoardWithoutALinkIsReachedThroughItsDebugger) {
  if (!has("riscv64-unknown-elf-gcc") || !has("qemu-system-riscv32"))
    GTEST_SKIP() << "no compiler or emulator of RISC-V";
  ASSERT_EQ(conform("new mine --kind board"), 0) << said();
  ASSERT_EQ(conform("export mailbox --out mine/mailbox"), 0) << said();
  edit("mine/board.c", "int lsgd_platform_read(void) {", "#if 0\nint lsgd_platform_read(void) {");
  edit("mine/board.c", "/* 0 where the board", "#endif\n/* 0 where the board");
  edit("mine/board.mk", " board.c ", " board.c mailbox/mailbox.c ");
  ASSERT_EQ(run("make -C mine board WARNINGS='" + strict + " -std=gnu99'"), 0) << said();
  edit("mine/mine-board.toml", "command = [", "[debugger]\nelf = \"build/board.elf\"\nserver = [");
  edit("mine/mine-board.toml", "\"-serial\", \"stdio\", \"-kernel\", \"build/board.elf\"]",
       "\"-S\", \"-gdb\", \"stdio\"]");
  EXPECT_EQ(judge("mine/mine-board.toml", "level4/*"), 0) << said();
  // Another firmware than the one that runs, and one without a mailbox, are a line each.
  edit("mine/mine-board.toml", "build/board.elf", "build/other.elf");
  EXPECT_EQ(judge("mine/mine-board.toml", "level4/*"), 3);
  EXPECT_THAT(said(), HasSubstr("the firmware other.elf cannot be read"));
  ASSERT_EQ(run("riscv64-unknown-elf-strip mine/build/board.elf -o mine/build/other.elf"), 0);
  EXPECT_EQ(judge("mine/mine-board.toml", "level4/*"), 3);
  EXPECT_THAT(said(), HasSubstr("the firmware other.elf has no symbol lsgd_mailbox: stripped, or"));
}

TEST_F(Kit, CoreHasTheFilesOfItsFolderUnderItsName) {
  ASSERT_EQ(conform("new mine --kind core --out cores/mine"), 0) << said();
  std::set<std::string> files;
  for (const auto& entry : fs::directory_iterator(directory_.path() / "cores/mine")) {
    files.insert(entry.path().filename().string());
    EXPECT_THAT(read_text(entry.path(), 1 << 20), Not(HasSubstr("@NAME@")));
  }
  EXPECT_THAT(files, testing::ElementsAre("README.md", "core.f", "core.toml", "core_wrapper.sv",
                                          "mine.vlt"));
  EXPECT_THAT(text("cores/mine/core.f"), testing::StartsWith("mine.vlt\n"));
}

TEST_F(Kit, PythonDevicePassesSmokeAndAWrongOneFails) {
  if (!has("python3")) GTEST_SKIP() << "no Python";
  ASSERT_EQ(conform("new mine --kind program"), 0) << said();
  EXPECT_EQ(conform("run --suite smoke --target mine/mine.toml --out judged"), 0) << said();
  EXPECT_THAT(said(), HasSubstr("1 of 1 targets passed"));
  // Exact sums, rounded once, are legal, and not what the target file declares.
  edit("mine/device.py", "z = binary32(z + binary32(weight * value))", "z = z + weight * value");
  EXPECT_EQ(judge("mine/mine.toml", "level1/*"), 1);
  edit("mine/mine.toml", "summation_order = \"ascending\"", "summation_order = \"any\"");
  edit("mine/mine.toml", "fused_multiply_add = \"no\"", "fused_multiply_add = \"any\"");
  EXPECT_EQ(judge("mine/mine.toml", "level1/*"), 0) << said();
  edit("mine/device.py", "self.biases[l][j] - step", "self.biases[l][j]");
  EXPECT_EQ(judge("mine/mine.toml", "level1/*"), 1);
  // An error of the program is the device's failure, and Python's own words are in the report.
  edit("mine/device.py", "        self.forward(x)\n        slopes",
       "        self.forword(x)\n        slopes");
  EXPECT_EQ(judge("mine/mine.toml", "level1/dense_1x2_relu"), 3);
}

/// Requests as anybody might send them, good and bad, with what is no frame between them.
class Requests {
 public:
  explicit Requests(unsigned seed) : random_(seed) {}

  std::string stream(int count) {
    std::string bytes;
    hello(bytes);
    for (int i = 0; i < count; ++i) {
      if (draw(12) == 0) bytes += garbage() + lost_thread();
      if (draw(25) == 0) hello(bytes);
      add(bytes, opcode(), payload());
    }
    bytes += lost_thread();
    hello(bytes);
    add(bytes, 9, "");
    return bytes;
  }

  static const std::string& identity() {
    static const std::string eight = "abcdefgh";
    return eight;
  }

 private:
  /// What a host sends that has lost the thread: the agent takes what follows a bad frame for part
  /// of it.
  static std::string lost_thread() { return std::string(LSGD_FRAME_MAXIMUM, '\0'); }
  unsigned draw(unsigned below) { return static_cast<unsigned>(random_() % below); }
  std::string garbage() {
    std::string bytes;
    for (unsigned n = draw(40); n > 0; --n)
      bytes += draw(4) == 0 ? "LS" : std::string(1, static_cast<char>(draw(256)));
    return bytes;
  }
  std::string integer(std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  }
  /// Now and then of another version, which begins a session without the build's identity.
  void hello(std::string& bytes) {
    const bool is_known = draw(4) != 0;
    nonce_ = static_cast<std::uint32_t>(random_());
    frame(bytes, 1, integer(is_known ? LSGD_PROTOCOL : 2, 1) + integer(nonce_, 4), 0);
    if (is_known) nonce_ = crc(nonce_, identity());
  }
  static std::uint32_t crc(std::uint32_t nonce, const std::string& bytes) {
    return static_cast<std::uint32_t>(crc32(nonce, reinterpret_cast<const Bytef*>(bytes.data()),
                                            static_cast<uInt>(bytes.size())));
  }
  /// Mostly in order; one that is not stays without effect, and the next comes in its place.
  void add(std::string& bytes, unsigned opcode, const std::string& payload) {
    if (draw(15) == 0) {
      sequence_ += 3;
      frame(bytes, opcode, payload, nonce_);
      sequence_ -= 4;
    }
    const bool is_damaged = draw(20) == 0;
    frame(bytes, opcode, payload, is_damaged ? nonce_ ^ 1 : nonce_);
    if (is_damaged) bytes += lost_thread();
  }
  void frame(std::string& bytes, unsigned opcode, const std::string& payload, std::uint32_t nonce) {
    // A frame that is not good does not count.
    if (opcode == 1 || nonce == nonce_) ++sequence_;
    const std::string body = integer(static_cast<std::uint32_t>(payload.size()), 1) +
                             integer(opcode, 1) + integer(sequence_, 2) + payload;
    bytes += "LS" + body + integer(crc(nonce, body), 4);
  }
  unsigned opcode() {
    // Not MEASURE, since Python has no such stack; not QUIT.
    static constexpr std::array<unsigned, 10> opcodes{2, 3, 3, 3, 4, 4, 5, 7, 10, 6};
    chosen_ = opcodes[draw(opcodes.size())];
    return chosen_;
  }
  std::string payload() {
    std::string bytes;
    if (draw(12) == 0) return garbage().substr(0, 40);
    switch (chosen_) {
      case 2: {
        bytes = integer(draw(9) == 0 ? draw(4) : 0, 1) + integer(draw(5), 2);
        for (unsigned l = draw(4); l < 4; ++l)
          bytes += integer(draw(30) == 0 ? draw(400) : 1 + draw(4), 2) +
                   integer(draw(9) == 0 ? draw(7) : draw(2), 1);
        return bytes;
      }
      case 3: {
        bytes = place();
        for (unsigned n = 1 + draw(4); n > 0; --n)
          bytes += integer(0x3f800000U + (draw(8) << 20), 4);
        return bytes;
      }
      case 4:
        return place() + integer(draw(6) == 0 ? draw(256) : 4 * draw(6), 1);
      case 6:
        return integer(0x3e800000U, 4);
      case 7:
        return integer(7, 1) + integer(0, 8);
      default:
        return "";
    }
  }
  std::string place() {
    const unsigned tensor = draw(9) == 0 ? draw(20) : std::array{0U, 1U, 2U, 5U, 6U}[draw(5)];
    return integer(tensor, 1) + integer(tensor == 5 || tensor == 6 ? draw(8) / 7 : draw(5), 1) +
           integer(draw(9) == 0 ? draw(70) : 4 * draw(4), 4);
  }

  std::mt19937 random_;
  std::uint32_t nonce_ = 0;
  std::uint16_t sequence_ = 0;
  unsigned chosen_ = 0;
};

TEST_F(Kit, PythonAnswersEveryRequestAsTheAgentDoes) {
  if (!has("python3")) GTEST_SKIP() << "no Python";
  ASSERT_EQ(conform("new mine --kind port --out c"), 0) << said();
  ASSERT_EQ(conform("new mine --kind program --out python"), 0) << said();
  // Both are the same build, as far as they say.
  ASSERT_EQ(run("make -C c"), 0) << said();
  write("c/build/identity.c",
        "#include \"lsgd.h\"\nconst uint8_t lsgd_build_identity[8] = "
        "{'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'};\n");
  ASSERT_EQ(
      run("cd c && gcc -O2 -ffp-contract=off -mno-red-zone -I. port.c lsgd_agent.c platform.c "
          "build/identity.c @platform.link -lm -o device"),
      0)
      << said();
  edit("python/device.py", "serve(Network())",
       "serve(Network(), identity=b\"" + Requests::identity() + "\")");
  std::size_t answered = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    write("requests", Requests(seed).stream(300));
    ASSERT_EQ(run("c/device <requests >from_c"), 0) << seed;
    ASSERT_EQ(run("cd python && python3 device.py <../requests >../from_python"), 0)
        << seed << said();
    ASSERT_EQ(text("from_c"), text("from_python")) << seed;
    answered += text("from_c").size();
  }
  EXPECT_GT(answered, 20U * 300U * 11U / 2);
}

}  // namespace
}  // namespace lsgd
