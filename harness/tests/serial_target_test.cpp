// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <thread>
#include <unistd.h>

#include "description/built_in_targets.hpp"
#include "device/device.hpp"
#include "device/device_error.hpp"
#include "device_error_of.hpp"
#include "pseudo_terminal.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using namespace std::chrono_literals;

/// A board with a port's agent behind a serial line.
class Board {
 public:
  /// @param boot  how long it loses what is sent to it
  /// @param banner  what it says then
  /// @param log  what it says before each answer
  /// @param speed  the only one at which it understands anything; 0: every one
  Board(std::chrono::milliseconds boot, std::string_view banner, std::string_view log,
        speed_t speed = 0)
      : speed_(speed) {
    plug_in();
    thread_ = std::thread([=, this] { run(boot, banner, log); });
  }
  ~Board() {
    is_on_ = false;
    thread_.join();
  }
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  std::string path() const { return directory_.path() / "board"; }

  /// Unplugs it behind so many bytes to the host, and plugs it in again: the name in /dev is the
  /// same, what it stands for is not.
  void unplug_after(int bytes) { bytes_before_unplugging_ = bytes; }

 private:
  void plug_in() {
    auto terminal = std::make_unique<PseudoTerminal>();
    std::filesystem::remove(path());
    terminal_ = std::move(terminal);
    std::filesystem::create_symlink(terminal_->path(), path());
  }

  /// Whether it was unplugged in place of saying so much.
  bool is_unplugged_before(ssize_t bytes) {
    if (bytes_before_unplugging_ < 0 || (bytes_before_unplugging_ -= static_cast<int>(bytes)) >= 0)
      return false;
    plug_in();
    return true;
  }

  void run(std::chrono::milliseconds boot, std::string_view banner, std::string_view log) {
    const auto start = std::chrono::steady_clock::now();
    while (is_on_ && std::chrono::steady_clock::now() < start + boot)
      if (has_bytes(terminal_->board())) move(terminal_->board(), -1, {});
    if (!is_on_) return;
    say(terminal_->board(), banner);
    std::array<int, 2> ends{};
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data());
    const Target port = select_targets({"float32_c99-host-gcc_O2"}).front();
    const std::string program = (port.directory / port.command.front()).string();
    const pid_t agent = fork();
    if (agent == 0) {
      dup2(ends[1], STDIN_FILENO);
      dup2(ends[1], STDOUT_FILENO);
      execl(program.c_str(), program.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    while (is_on_) {
      // The speed is that of bytes which are there, not of a moment before.
      if (has_bytes(terminal_->board())) move(terminal_->board(), understands() ? ends[0] : -1, {});
      if (has_bytes(ends[0])) move(ends[0], terminal_->board(), log);
    }
    close(ends[0]);
    kill(agent, SIGKILL);
    waitpid(agent, nullptr, 0);
  }

  bool understands() const {
    termios settings{};
    return speed_ == 0 ||
           (tcgetattr(terminal_->board(), &settings) == 0 && cfgetospeed(&settings) == speed_);
  }

  static void say(int to, std::string_view text) {
    ASSERT_EQ(write(to, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  /// Whether there is something within a millisecond.
  static bool has_bytes(int from) {
    pollfd readable{from, POLLIN, 0};
    if (poll(&readable, 1, 1) <= 0) return false;
    if ((readable.revents & POLLIN) != 0) return true;
    // A terminal that nobody has open has hung up, and poll does not wait for that to change.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return false;
  }

  /// What is there, behind some words; to nobody where `to` is negative.
  void move(int from, int to, std::string_view words) {
    std::array<char, 4096> buffer;
    const ssize_t count = read(from, buffer.data(), buffer.size());
    if (count <= 0 || to < 0) return;
    if (to == terminal_->board() && is_unplugged_before(count)) return;
    say(to, words);
    say(to, {buffer.data(), static_cast<std::size_t>(count)});
  }

  TemporaryDirectory directory_;
  std::unique_ptr<PseudoTerminal> terminal_;
  std::atomic<int> bytes_before_unplugging_ = -1;
  speed_t speed_;
  std::atomic<bool> is_on_ = true;
  std::thread thread_;
};

Target target_of(const std::string& path, double timeout_seconds) {
  return parse_target(
      "format = \"lsgd-target/1\"\nname = \"board\"\nport = \"float32_c99\"\nplatform = \"board\"\n"
      "variant = \"serial\"\nprofile = \"float32\"\ntimeout_seconds = " +
          std::to_string(timeout_seconds) + "\n[serial]\ndevice = \"" + path +
          "\"\nbaud = 115200\n",
      "board.toml");
}

/// The sum of 2 and 3 by the board, which takes a few exchanges.
std::uint32_t sum_by(AgentSession& session) {
  const std::array operands{ArithmeticOperands{0x40000000, 0x40400000}};
  std::uint32_t sum = 0;
  for (int exchange = 0; exchange < 20; ++exchange) {
    const auto sums = session.arithmetic(LSGD_OPERATION_FLOAT_ADD, operands);
    sum = sums ? sums->front() : 0;
  }
  return sum;
}

TEST(SerialTarget, IsThePortBehindItsLine) {
  const Board board(0ms, "", "");
  const Target target = target_of(board.path(), 20);
  Device device(target, connect_to(target));
  EXPECT_EQ(device.session().description().port, "float32_c99");
  EXPECT_EQ(sum_by(device.session()), 0x40a00000u);
  const std::string identity = device.build_identity();
  device.give_up(std::runtime_error("as after a failed case"));
  EXPECT_EQ(device.session().description().build_identity, identity);
}

TEST(SerialTarget, MayBeBooting) {
  const Board board(2500ms, "ROM 1.2\r\nstarting LS agent\r\n", "");
  const Target target = target_of(board.path(), 20);
  Device device(target, connect_to(target));
  EXPECT_EQ(sum_by(device.session()), 0x40a00000u);
}

TEST(SerialTarget, MaySpeakBetweenFrames) {
  const Board board(0ms, "hello\n", "I (4711) wifi: beacon\r\n");
  const Target target = target_of(board.path(), 20);
  Device device(target, connect_to(target));
  EXPECT_EQ(sum_by(device.session()), 0x40a00000u);
}

TEST(SerialTarget, ComesBackAfterItWasUnplugged) {
  Board board(0ms, "", "");
  const Target target = target_of(board.path(), 60);
  Device device(target, connect_to(target));
  EXPECT_EQ(sum_by(device.session()), 0x40a00000u);
  board.unplug_after(50);
  const std::string words = device_error_of([&] {
    for (int time = 0; time < 100; ++time) sum_by(device.session());
  });
  EXPECT_EQ(words, board.path() + " vanished: unplugged, or its device hung up, during ARITHMETIC");
  device.give_up(DeviceError(words));
  EXPECT_EQ(sum_by(device.session()), 0x40a00000u);
}

std::string error_of_session(const Target& target) {
  Device device(target, connect_to(target));
  try {
    device.session();
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "no error";
}

TEST(SerialTarget, ShowsWhatWasSaidInPlaceOfAnAnswer) {
  // Who says nothing at all needs no patience.
  const Board board(600s, "", "");
  EXPECT_THAT(error_of_session(target_of(board.path(), 0.3)),
              testing::HasSubstr(" answered nothing in time"));
  const PseudoTerminal terminal;
  ASSERT_GT(write(terminal.board(), "x", 1), 0);
  // What is said before the line is opened is not heard, and a loaded machine opens it late.
  std::atomic<bool> is_on = true;
  std::thread panic([&] {
    while (is_on) {
      std::this_thread::sleep_for(200ms);
      if (write(terminal.board(), "panic: no memory\n", 17) < 0) return;
    }
  });
  EXPECT_THAT(error_of_session(target_of(terminal.path(), 1.5)),
              testing::HasSubstr("it had said what is no frame: panic: no memory|"));
  is_on = false;
  panic.join();
}

TEST(SerialTarget, IsToldAtWhichSpeedItsDeviceSpeaks) {
  const Board board(0ms, "", "", B57600);
  EXPECT_EQ(error_of_session(target_of(board.path(), 2)),
            "the device speaks at another speed: 57600 baud");
}

TEST(SerialTarget, IsToldThatItsLineEchoes) {
  const PseudoTerminal terminal;
  std::atomic<bool> is_on = true;
  std::thread echo([&] {
    std::array<char, 512> buffer;
    while (is_on) {
      pollfd readable{terminal.board(), POLLIN, 0};
      if (poll(&readable, 1, 10) <= 0 || (readable.revents & POLLIN) == 0) continue;
      const ssize_t count = read(terminal.board(), buffer.data(), buffer.size());
      if (count > 0 && write(terminal.board(), buffer.data(), static_cast<std::size_t>(count)) < 0)
        return;
    }
  });
  EXPECT_THAT(error_of_session(target_of(terminal.path(), 2)),
              testing::HasSubstr("what is sent comes back: echo is on"));
  is_on = false;
  echo.join();
}

}  // namespace
}  // namespace lsgd
