// SPDX-License-Identifier: Apache-2.0

// One program behind a pipe, a serial line and a socket: whole runs whose results are the same
// bytes.
#include <csignal>
#include <cstdlib>
#include <gtest/gtest.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "cases_without_name.hpp"
#include "description/built_in_targets.hpp"
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

// LSGD_TRANSPORT_SUITE=standard takes a minute for each port.
class Transports : public testing::TestWithParam<const char*> {};

TEST_P(Transports, GiveTheSameResults) {
  const std::string name = GetParam();
  Target direct = select_targets({name + "-host-gcc_O2"}).front();
  const std::string program = (direct.directory / direct.command.front()).string();
  TcpServer server;
  server.serve([program](int connection) { run_with_connection(program, connection); });
  const ProgramOnALine line(program);

  std::vector<Target> targets{direct, direct, direct};
  const auto reached_by = [&](Target& target, const std::string& key, const std::string& table) {
    const Target described =
        parse_target("format = \"lsgd-target/1\"\nname = \"" + key + "\"\nport = \"" + name +
                         "\"\nplatform = \"host\"\nvariant = \"" + key + "\"\nprofile = \"" +
                         direct.profile->name() + "\"\n[" + key + "]\n" + table,
                     key + ".toml");
    target.name = "behind_" + key;
    target.transport = described.transport;
    target.command = described.command;
    target.timeout_seconds = 100;
  };
  targets[0].pace = targets[1].pace = targets[2].pace = Pace::slow;
  reached_by(targets[1], "tcp", "host = \"127.0.0.1\"\nport = " + server.port() + "\n");
  reached_by(targets[2], "serial", "device = \"" + line.path() + "\"\nbaud = 115200\n");

  const char* const suite = std::getenv("LSGD_TRANSPORT_SUITE");
  const TemporaryDirectory directory;
  RunRequest request;
  request.suite = read_built_in_suite(suite != nullptr ? suite : "smoke");
  request.targets = targets;
  request.out = directory.path();
  request.jobs = 2;
  const nlohmann::json results = run_suite(request).at("targets");
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].at("verdict"), "pass");
  for (const std::size_t other : {1, 2})
    EXPECT_TRUE(cases_without_name(results[0]) == cases_without_name(results[other]))
        << results[other].at("name");
}

INSTANTIATE_TEST_SUITE_P(EveryProfile, Transports,
                         testing::Values("float32_c99", "int8_integer_c99"));

}  // namespace
}  // namespace lsgd
