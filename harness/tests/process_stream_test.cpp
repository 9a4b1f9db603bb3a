// SPDX-License-Identifier: Apache-2.0
#include "device/process_stream.hpp"

#include <array>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device_error_of.hpp"

namespace lsgd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

ProcessStream shell(const std::string& script) { return ProcessStream({"sh", "-c", script}, "/"); }

std::string read_all(ProcessStream& stream, std::size_t size) {
  std::string text;
  std::array<std::uint8_t, 64> buffer;
  while (text.size() < size) {
    const std::size_t count = stream.read(buffer, from_now(60s));
    text.append(buffer.begin(), buffer.begin() + count);
  }
  return text;
}

/// Where the stream waits in vain a moment is enough; a busy machine takes its time to start a
/// shell.
std::string error_of_reading(const std::string& script, std::chrono::milliseconds patience = 60s) {
  ProcessStream stream = shell(script);
  std::array<std::uint8_t, 64> buffer;
  return device_error_of([&] {
    for (;;) stream.read(buffer, from_now(patience));
  });
}

std::string read_line(ProcessStream& stream) {
  std::string line;
  while (line.find('\n') == std::string::npos) line += read_all(stream, 1);
  return line;
}

bool is_running(pid_t process) { return kill(process, 0) == 0; }

/// Whether a process still runs after a while. A killed orphan may wait to be reaped by others, but
/// runs nothing any more.
bool runs_for_long(pid_t process) {
  const std::string image = "/proc/" + std::to_string(process) + "/exe";
  std::array<char, 16> name;
  for (int i = 0; i < 500; ++i) {
    if (readlink(image.c_str(), name.data(), name.size()) < 0) return false;
    usleep(10'000);
  }
  return true;
}

TEST(ProcessStream, CarriesBytesBothWays) {
  ProcessStream stream = shell("cat");
  const std::string text = "binary \x01\xff and text";
  stream.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, from_now(60s));
  EXPECT_EQ(read_all(stream, text.size()), text);
}

TEST(ProcessStream, SaysHowTheProgramEnded) {
  EXPECT_THAT(error_of_reading("exit 7"), HasSubstr("exited with status 7"));
  EXPECT_THAT(error_of_reading("kill -SEGV $$"), HasSubstr("killed by signal 11"));
}

TEST(ProcessStream, QuotesTheLastWordsOfTheProgram) {
  EXPECT_THAT(error_of_reading("echo stack smashed >&2; exit 1"), HasSubstr("stack smashed"));
}

TEST(ProcessStream, TimesOutOnSilence) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(error_of_reading("sleep 1000", 300ms), HasSubstr("timed out"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 500s);
}

TEST(ProcessStream, TimesOutWhenOnlyStandardErrorIsFlooded) {
  EXPECT_THAT(error_of_reading("yes >&2", 300ms), HasSubstr("timed out"));
}

TEST(ProcessStream, TimesOutWhenNobodyReads) {
  ProcessStream stream = shell("sleep 100");
  const std::vector<std::uint8_t> flood(1 << 20);
  EXPECT_THAT(device_error_of([&] { stream.write(flood, from_now(300ms)); }),
              HasSubstr("timed out"));
}

TEST(ProcessStream, SurvivesWritingToAProgramThatIsGone) {
  ProcessStream stream = shell("exit 3");
  const std::vector<std::uint8_t> flood(1 << 20);
  EXPECT_THAT(device_error_of([&] { stream.write(flood, from_now(60s)); }),
              HasSubstr("exited with status 3"));
}

TEST(ProcessStream, NamesAProgramThatCannotBeStarted) {
  EXPECT_THAT(device_error_of([] { ProcessStream({"./no-such-program"}, "/"); }),
              HasSubstr("no-such-program cannot be started: No such file"));
}

TEST(ProcessStream, LeavesNoProcessBehindNotEvenAGrandchild) {
  pid_t child = 0, grandchild = 0;
  {
    ProcessStream stream = shell("sleep 100 & echo $!; trap '' TERM HUP; sleep 100; sleep 100");
    child = stream.supervisor();
    grandchild = std::stoi(read_line(stream));
  }
  EXPECT_FALSE(is_running(child));
  EXPECT_FALSE(runs_for_long(grandchild));
}

// In a session of its own no signal to the device's process group reaches it.
const char* const starts_a_daemon = "setsid sleep 100 & echo $!; sleep 100; sleep 100";

TEST(ProcessStream, LeavesNoGrandchildInASessionOfItsOwn) {
  pid_t grandchild = 0;
  {
    ProcessStream stream = shell(starts_a_daemon);
    grandchild = std::stoi(read_line(stream));
    EXPECT_TRUE(is_running(grandchild));
  }
  EXPECT_FALSE(runs_for_long(grandchild));
}

TEST(ProcessStream, LeavesNoGrandchildWhenTheHostIsKilled) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t host = fork();
  if (host == 0) {
    ProcessStream stream = shell(starts_a_daemon);
    const std::string line = read_line(stream);
    if (write(ends[1], line.data(), line.size()) < 0) _exit(1);
    for (;;) pause();
  }
  std::string line;
  for (char c = 0; c != '\n' && read(ends[0], &c, 1) == 1;) line += c;
  const pid_t grandchild = std::stoi(line);
  EXPECT_TRUE(is_running(grandchild));
  kill(host, SIGKILL);
  waitpid(host, nullptr, 0);
  EXPECT_FALSE(runs_for_long(grandchild));
  close(ends[0]);
  close(ends[1]);
}

TEST(ProcessStream, ADeviceThatStopsWhoWatchesItIsKilledAllTheSame) {
  pid_t device = 0;
  {
    ProcessStream stream = shell("echo $$; kill -STOP $PPID; sleep 100");
    device = std::stoi(read_line(stream));
  }
  EXPECT_FALSE(runs_for_long(device));
}

TEST(ProcessStream, NamesAShortageOfThisMachineAsSuch) {
  const pid_t host = fork();
  if (host == 0) {
    bool named = false;
    for (rlim_t limit = 4; limit < 16; ++limit) {
      const rlimit few{limit, 16};
      setrlimit(RLIMIT_NOFILE, &few);
      try {
        shell("exit 0");
      } catch (const HostError& error) {
        named = std::string(error.what()) ==
                "sh cannot be started: Too many open files, on this machine and not on the device";
        if (!named) _exit(1);
      } catch (const DeviceError&) {
        _exit(2);
      }
    }
    _exit(named ? 0 : 3);
  }
  int status = 0;
  waitpid(host, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace lsgd
