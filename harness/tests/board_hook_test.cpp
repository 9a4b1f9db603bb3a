// SPDX-License-Identifier: Apache-2.0
#include "device/board_hook.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device/device.hpp"
#include "device_error_of.hpp"
#include "files/text_file.hpp"
#include "simulated_line.hpp"
#include "temporary_directory.hpp"
#include "tiny_workload.hpp"

namespace lsgd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

std::string error_of_hook(const std::string& script, std::chrono::milliseconds limit = 10s) {
  return device_error_of([&] { run_board_hook("start", {"sh", "-c", script}, "/", limit); });
}

TEST(BoardHook, MaySayWhatItLikesWhereItSucceeds) {
  EXPECT_EQ(error_of_hook("echo flashed; echo done >&2"), "no error");
  EXPECT_EQ(error_of_hook("cat; head -c 1000000 /dev/zero"), "no error");
}

TEST(BoardHook, ShowsWhatItSaidWhereItFails) {
  EXPECT_EQ(error_of_hook("echo connecting; echo 'Error: no probe' >&2; exit 3"),
            "hook start: sh ended with status 3; it said: connecting|Error: no probe");
  EXPECT_EQ(error_of_hook("exit 1"), "hook start: sh ended with status 1");
  EXPECT_EQ(error_of_hook("kill -9 $$"), "hook start: sh ended with status 137");
}

TEST(BoardHook, IsEndedWhereItTakesTooLong) {
  EXPECT_THAT(error_of_hook("echo erasing; sleep 1000", 300ms),
              StartsWith("hook start: sh took longer than 0.3 s; it said: erasing"));
}

TEST(BoardHook, NamesAProgramThatIsNotThere) {
  EXPECT_THAT(
      device_error_of([] { run_board_hook("reset", {"no-such-program"}, "/", 1s); }),
      StartsWith("hook reset: no-such-program cannot be started: No such file or directory"));
}

/// A board behind a line, and which hooks were run for it.
class Hooked : public testing::Test {
 protected:
  Hooked() {
    target_.transport = &*std::ranges::find(transports(), "tcp", &Transport::key);
    target_.directory = directory_.path();
    for (const auto& [name, command] : {std::pair{"start", &target_.hooks.start},
                                        {"reset", &target_.hooks.reset},
                                        {"power_cycle", &target_.hooks.power_cycle}})
      *command = {"sh", "-c", std::string("echo ") + name + " >>log"};
  }

  std::string log() const { return read_text(directory_.path() / "log", 1000); }

  TemporaryDirectory directory_;
  Target target_ = mock_target();
  LineState line_;
  MockState board_;
};

TEST_F(Hooked, IsStartedOnceAndResetAfterAFailure) {
  Device device(target_, [&] { return std::make_unique<SimulatedLine>(line_, board_); });
  device.session();
  EXPECT_EQ(log(), "start\n");
  for (int failure = 0; failure < 2; ++failure) {
    device.give_up(std::runtime_error("as after a failed case"));
    device.session();
  }
  EXPECT_EQ(log(), "start\nreset\nreset\n");
}

TEST_F(Hooked, GetsItsPowerBackWhereAResetDoesNotHelp) {
  Device device(target_, [&] { return std::make_unique<SimulatedLine>(line_, board_); });
  line_.connections_to_fail = 1;
  device.session();
  EXPECT_EQ(log(), "start\npower_cycle\n");
}

TEST_F(Hooked, IsNotConnectedToWhereItCannotBeStarted) {
  target_.hooks.start = {"sh", "-c", "echo 'Error: no probe'; exit 1"};
  Device device(target_, [&] { return std::make_unique<SimulatedLine>(line_, board_); });
  EXPECT_EQ(device_error_of([&] { device.session(); }),
            "hook start: sh ended with status 1; it said: Error: no probe");
  EXPECT_EQ(board_.connections, 0);
}

}  // namespace
}  // namespace lsgd
