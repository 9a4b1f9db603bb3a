// SPDX-License-Identifier: Apache-2.0
#include "run/progress.hpp"

#include <chrono>
#include <cstdio>
#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace lsgd {
namespace {

using std::chrono::seconds;

/// A run of 200 cases, of cost 1000 together, that is told to a log; its clock is the test's.
class ProgressInALog : public testing::Test {
 protected:
  void wait(seconds time) { now_ += time; }

  /// What was written since this was asked last.
  std::string lines() {
    std::string text;
    std::fseek(log_.get(), read_, SEEK_SET);
    for (int c = std::fgetc(log_.get()); c != EOF; c = std::fgetc(log_.get()))
      text += static_cast<char>(c);
    read_ = std::ftell(log_.get());
    return text;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::chrono::steady_clock::time_point now_{seconds(1000)};
  std::unique_ptr<std::FILE, Close> log_{std::tmpfile()};
  long read_ = 0;

 protected:
  Progress progress_{log_.get(), 200, 1000, [this] { return now_; }};
};

TEST_F(ProgressInALog, SaysOnceAMinuteWhatRuns) {
  progress_.start_case("port-host-gcc", "level1/first");
  EXPECT_EQ(lines(), "");
  wait(seconds(59));
  progress_.start_case("port-host-gcc", "level1/second");
  EXPECT_EQ(lines(), "");
  wait(seconds(1));
  progress_.start_case("port-host-gcc", "level1/third");
  EXPECT_EQ(lines(), "0/200  1:00 elapsed  port-host-gcc level1/third\n");
  progress_.start_case("port-host-gcc", "level1/fourth");
  EXPECT_EQ(lines(), "");
}

// By cost and not by number: what is left takes as long as what is done, in proportion.
TEST_F(ProgressInALog, SaysWhatIsLeftOnceAHundredthIsDone) {
  progress_.start_case("port-host-gcc", "level2/car");
  wait(seconds(60));
  progress_.finish_case(9);
  EXPECT_EQ(lines(), "1/200  1:00 elapsed  port-host-gcc level2/car\n");
  wait(seconds(60));
  progress_.finish_case(1);
  EXPECT_EQ(lines(), "2/200  2:00 elapsed, 198:00 left  port-host-gcc level2/car\n");
  wait(seconds(80));
  progress_.finish_case(790);
  EXPECT_EQ(lines(), "3/200  3:20 elapsed, 0:50 left  port-host-gcc level2/car\n");
  wait(seconds(60));
  progress_.finish_case(300);  // more than was expected
  EXPECT_EQ(lines(), "4/200  4:20 elapsed, 0:00 left  port-host-gcc level2/car\n");
}

TEST_F(ProgressInALog, TellsEveryVerdictAtOnce) {
  progress_.finish_case(1);
  progress_.finish_target("port-host-gcc", "pass");
  EXPECT_EQ(lines(), "port-host-gcc: pass (1/200 cases)\n");
}

}  // namespace
}  // namespace lsgd
