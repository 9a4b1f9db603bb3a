// SPDX-License-Identifier: Apache-2.0

// One program behind a pipe, a serial line and a socket, and one board behind a pipe and a
// terminal: whole runs whose results are the same bytes.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "cases_without_name.hpp"
#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "description/suite_file.hpp"
#include "pseudo_terminal.hpp"
#include "run/conformance_run.hpp"
#include "tcp_server.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

/// A program at the board's end of a terminal, for as long as this lives.
class ProgramOnALine {
 public:
  explicit ProgramOnALine(const std::string& program) : child_(fork()) {
    if (child_ != 0) return;
    dup2(terminal_.board(), STDIN_FILENO);
    dup2(terminal_.board(), STDOUT_FILENO);
    execl(program.c_str(), program.c_str(), nullptr);
    _exit(127);
  }
  ~ProgramOnALine() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  ProgramOnALine(const ProgramOnALine&) = delete;
  ProgramOnALine& operator=(const ProgramOnALine&) = delete;

  const std::string& path() const { return terminal_.path(); }

 private:
  PseudoTerminal terminal_;
  pid_t child_;
};

/// An emulated board whose UART is a terminal of its own, for as long as this lives.
class BoardOnATerminal {
 public:
  /// @param board  whose command has its UART on the standard streams
  explicit BoardOnATerminal(const Target& board) {
    std::vector<std::string> command = board.command;
    *std::ranges::find(command, "stdio") = "pty";
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    std::array<int, 2> said{};
    if (pipe2(said.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    child_ = fork();
    if (child_ == 0) {
      dup2(said[1], STDOUT_FILENO);
      dup2(said[1], STDERR_FILENO);
      if (chdir(board.directory.c_str()) == 0) execvp(arguments[0], arguments.data());
      _exit(127);
    }
    close(said[1]);
    said_ = said[0];
    // "char device redirected to /dev/pts/7 (label serial0)"
    std::string text;
    while (path_.empty()) {
      std::array<char, 512> buffer;
      const ssize_t count = read(said_, buffer.data(), buffer.size());
      if (count <= 0) throw std::runtime_error("no terminal of the emulator: " + text);
      text.append(buffer.data(), static_cast<std::size_t>(count));
      const auto begin = text.find("/dev/pts/"), end = text.find(' ', begin);
      if (begin != std::string::npos && end != std::string::npos)
        path_ = text.substr(begin, end - begin);
    }
  }
  ~BoardOnATerminal() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    close(said_);
  }
  BoardOnATerminal(const BoardOnATerminal&) = delete;
  BoardOnATerminal& operator=(const BoardOnATerminal&) = delete;

  const std::string& path() const { return path_; }

 private:
  pid_t child_ = 0;
  int said_ = -1;
  std::string path_;
};

/// The target reached by a table of a target file instead.
Target reached_by(Target target, const std::string& key, const std::string& table) {
  const Target described =
      parse_target("format = \"lsgd-target/1\"\nname = \"" + key + "\"\nport = \"" + target.port +
                       "\"\nplatform = \"host\"\nvariant = \"" + key + "\"\nprofile = \"" +
                       target.profile->name() + "\"\n[" + key + "]\n" + table,
                   key + ".toml");
  target.name = "behind_" + key;
  target.transport = described.transport;
  target.command = described.command;
  target.timeout_seconds = 100;
  return target;
}

std::string serial_table(const std::string& path) {
  return "device = \"" + path + "\"\nbaud = 115200\n";
}

nlohmann::json results_of(std::vector<Target> targets, const std::string& suite,
                          std::optional<std::string> filter) {
  const TemporaryDirectory directory;
  RunRequest request;
  request.suite = read_built_in_suite(suite);
  request.targets = std::move(targets);
  request.selection.filter = std::move(filter);
  request.out = directory.path();
  request.jobs = 2;
  return run_suite(request).at("targets");
}

// LSGD_TRANSPORT_SUITE=standard takes a minute for each port.
class Transports : public testing::TestWithParam<const char*> {};

TEST_P(Transports, GiveTheSameResults) {
  const std::string name = GetParam();
  Target direct = select_targets({name + "-host-gcc_O2"}).front();
  const std::string program = (direct.directory / direct.command.front()).string();
  TcpServer server;
  server.serve([program](int connection) { run_with_connection(program, connection); });
  const ProgramOnALine line(program);

  direct.pace = Pace::slow;
  const char* const suite = std::getenv("LSGD_TRANSPORT_SUITE");
  const nlohmann::json results = results_of(
      {direct, reached_by(direct, "tcp", "host = \"127.0.0.1\"\nport = " + server.port() + "\n"),
       reached_by(direct, "serial", serial_table(line.path()))},
      suite != nullptr ? suite : "smoke", std::nullopt);
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].at("verdict"), "pass");
  for (const std::size_t other : {1, 2})
    EXPECT_TRUE(cases_without_name(results[0]) == cases_without_name(results[other]))
        << results[other].at("name");
}

// With LSGD_TRANSPORT_SUITE=standard four minutes, and all cases.
TEST(TransportsOfABoard, GiveTheSameResultsOnItsUart) {
  const std::string name = "int8_integer_c99-qemu_cortex_m3_uart-gcc_O2";
  if (!std::filesystem::exists(built_in_targets_directory() / (name + ".toml")))
    GTEST_SKIP() << "no " << name;
  const Target board = select_targets({name}).front();
  const BoardOnATerminal terminal(board);
  const char* const suite = std::getenv("LSGD_TRANSPORT_SUITE");
  const nlohmann::json results =
      results_of({board, reached_by(board, "serial", serial_table(terminal.path()))},
                 suite != nullptr ? suite : "smoke",
                 suite != nullptr ? std::nullopt : std::optional<std::string>("level1/dense_1*"));
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].at("verdict"), "pass");
  EXPECT_EQ(cases_without_name(results[0]), cases_without_name(results[1]));
}

INSTANTIATE_TEST_SUITE_P(EveryProfile, Transports,
                         testing::Values("float32_c99", "int8_integer_c99"));

}  // namespace
}  // namespace lsgd
