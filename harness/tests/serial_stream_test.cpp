// SPDX-License-Identifier: Apache-2.0
#include "device/serial_stream.hpp"

#include <array>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>
#include <string>
#include <termios.h>
#include <thread>
#include <vector>

#include "description/target_file.hpp"
#include "device_error_of.hpp"
#include "files/input_error.hpp"
#include "pseudo_terminal.hpp"

namespace lsgd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

SerialLine line_to(const std::string& device) {
  SerialLine line;
  line.device = device;
  line.baud = 115200;
  return line;
}

TEST(SerialStream, CarriesEveryByteBothWays) {
  const PseudoTerminal terminal;
  SerialStream stream(line_to(terminal.path()));
  std::thread board([&] {
    std::array<std::uint8_t, 100> buffer;
    for (std::size_t all = 0; all < 1024;) {
      const ssize_t count = read(terminal.board(), buffer.data(), buffer.size());
      ASSERT_EQ(write(terminal.board(), buffer.data(), static_cast<std::size_t>(count)), count);
      all += static_cast<std::size_t>(count);
    }
  });
  std::vector<std::uint8_t> sent(1024);
  std::iota(sent.begin(), sent.end(), std::uint8_t{0});
  stream.write(sent, from_now(60s));
  std::vector<std::uint8_t> received;
  while (received.size() < sent.size()) {
    std::array<std::uint8_t, 64> buffer;
    const std::size_t count = stream.read(buffer, from_now(60s));
    received.insert(received.end(), buffer.begin(),
                    buffer.begin() + static_cast<std::ptrdiff_t>(count));
  }
  board.join();
  EXPECT_EQ(received, sent);
}

TEST(SerialStream, SetsRateAndParity) {
  const PseudoTerminal terminal;
  SerialLine line = line_to(terminal.path());
  for (const std::uint32_t baud : baud_rates()) {
    line.baud = baud;
    const SerialStream stream(line);
    termios settings{};
    tcgetattr(terminal.board(), &settings);
    EXPECT_EQ(settings.c_cflag & CSIZE, static_cast<tcflag_t>(CS8));
    const speed_t speed = cfgetospeed(&settings);
    EXPECT_TRUE(baud != 9600 || speed == B9600);
    EXPECT_TRUE(baud != 115200 || speed == B115200);
    EXPECT_TRUE(baud != 4000000 || speed == B4000000);
  }
}

TEST(SerialStream, DropsWhatCameBefore) {
  const PseudoTerminal terminal;
  { const SerialStream first(line_to(terminal.path())); }
  ASSERT_EQ(write(terminal.board(), "stale", 5), 5);
  SerialStream stream(line_to(terminal.path()));
  ASSERT_EQ(write(terminal.board(), "new", 3), 3);
  std::array<std::uint8_t, 64> buffer;
  const std::size_t count = stream.read(buffer, from_now(60s));
  EXPECT_EQ(std::string(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count)),
            "new");
}

TEST(SerialStream, IsUsedByOneAtATime) {
  const PseudoTerminal terminal;
  EXPECT_EQ(device_error_of([&] {
              const SerialStream first(line_to(terminal.path()));
              const SerialStream second(line_to(terminal.path()));
            }),
            terminal.path() + " is used by another program");
  EXPECT_EQ(device_error_of([&] { const SerialStream next(line_to(terminal.path())); }),
            "no error");
}

TEST(SerialStream, SaysWhatIsWrongWithTheLine) {
  EXPECT_EQ(device_error_of([] { SerialStream(line_to("/dev/serial/no-such-board")); }),
            "/dev/serial/no-such-board is not there: unplugged, or under another name");
  EXPECT_EQ(device_error_of([] { SerialStream(line_to("/dev/null")); }),
            "/dev/null is no serial line");
  const PseudoTerminal terminal;
  SerialLine line = line_to(terminal.path());
  line.data_terminal_ready = false;  // which no pseudo-terminal has
  EXPECT_THAT(device_error_of([&] { const SerialStream stream(line); }),
              HasSubstr(" has no data_terminal_ready that could be set: "));
}

TEST(SerialStream, SaysThatTheDeviceVanished) {
  PseudoTerminal terminal;
  SerialStream stream(line_to(terminal.path()));
  std::thread unplugging([&] {
    std::this_thread::sleep_for(100ms);
    terminal.unplug();
  });
  std::array<std::uint8_t, 64> buffer;
  EXPECT_EQ(device_error_of([&] { stream.read(buffer, from_now(30s)); }),
            terminal.path() + " vanished: unplugged, or its device hung up");
  unplugging.join();
  EXPECT_EQ(device_error_of([&] { stream.write(buffer, from_now(30s)); }),
            terminal.path() + " vanished: unplugged, or its device hung up");
}

TEST(SerialStream, TellsADeviceThatEndedFromOneThatNeverAnswered) {
  const PseudoTerminal terminal;
  SerialStream stream(line_to(terminal.path()));
  std::array<std::uint8_t, 64> buffer;
  EXPECT_THAT(device_error_of([&] { stream.read(buffer, from_now(100ms)); }),
              HasSubstr(" answered nothing in time: no power, no agent, another rate"));
  ASSERT_EQ(write(terminal.board(), "x", 1), 1);
  stream.read(buffer, from_now(60s));
  EXPECT_EQ(device_error_of([&] { stream.read(buffer, from_now(100ms)); }),
            terminal.path() + " timed out");
}

std::string error_of_table(const std::string& table) {
  try {
    parse_target(
        "format = \"lsgd-target/1\"\nname = \"board\"\nport = \"float32_c99\"\n"
        "platform = \"board\"\nvariant = \"serial\"\nprofile = \"float32\"\n[serial]\n" +
            table,
        "board.toml");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(SerialTarget, IsReadStrictly) {
  EXPECT_EQ(error_of_table("device = \"/dev/ttyACM0\"\nbaud = 115200\n"), "no error");
  EXPECT_EQ(error_of_table("device = \"/dev/ttyACM0\"\nbaud = 9600\nparity = \"even\"\n"
                           "flow_control = \"hardware\"\ndata_terminal_ready = \"off\"\n"
                           "request_to_send = \"on\"\n"),
            "no error");
  EXPECT_THAT(error_of_table("device = \"\"\nbaud = 115200\n"),
              HasSubstr("board.toml:8: expected \"device\" to be the path of a serial line"));
  EXPECT_THAT(error_of_table("device = \"/dev/ttyACM0\"\nbaud = 115201\n"),
              HasSubstr("board.toml:9: expected \"baud\" to be one of 1200, 2400, "));
  EXPECT_THAT(error_of_table("device = \"/dev/ttyACM0\"\n"), HasSubstr("\"baud\""));
  EXPECT_THAT(
      error_of_table("device = \"/dev/ttyACM0\"\nbaud = 9600\nflow_control = \"software\"\n"),
      HasSubstr(
          "board.toml:10: expected \"flow_control\" other than software, which takes bytes 11 "
          "and 13 out of frames"));
  EXPECT_THAT(
      error_of_table("device = \"/dev/ttyACM0\"\nbaud = 9600\nparity = \"mark\"\n"),
      HasSubstr("board.toml:10: expected \"parity\" to be \"none\" or \"even\" or \"odd\""));
  EXPECT_THAT(error_of_table("device = \"/dev/ttyACM0\"\nbaud = 9600\nspeed = 1\n"),
              HasSubstr("board.toml:10: "));
}

}  // namespace
}  // namespace lsgd
