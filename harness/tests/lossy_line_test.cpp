// SPDX-License-Identifier: Apache-2.0

// Whole cases over a line that damages one byte in a hundred, to a board that is reset and
// unplugged.
#include <algorithm>
#include <cstdio>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "data/network_text.hpp"
#include "device_error_of.hpp"
#include "number_from_environment.hpp"
#include "run/target_run.hpp"
#include "simulated_line.hpp"
#include "temporary_directory.hpp"
#include "tiny_workload.hpp"

namespace lsgd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Target target_on_a_line() {
  Target target = mock_target();
  target.transport = &*std::ranges::find(transports(), "tcp", &Transport::key);
  target.timeout_seconds = 60;
  return target;
}

/// Runs the same cases again and again.
class LossyLine : public testing::Test {
 protected:
  LossyLine() {
    const auto training = tiny_convergence_cases(Pace::slow);
    cases_.insert(cases_.end(), training.begin(), training.end());
  }
  ~LossyLine() override { std::fclose(quiet_); }

  TargetResult run(const Connect& connect) {
    TargetPlan plan{target_, cases_, {}, "tiny", 77, "key"};
    for (const ConformanceCase& c : cases_) plan.selected_cases.push_back(&c);
    plan.is_journaled = plan.is_explained = false;
    Journal journal(directory_.path() / "journal.jsonl", false);
    Progress progress(quiet_, cases_.size(), 1);
    return run_target(plan, connect, journal, progress);
  }

  TargetResult run_on(LineState& line, MockState& board) {
    return run([&] { return std::make_unique<SimulatedLine>(line, board); });
  }

  static std::string judged(const TargetResult& result) {
    std::string text;
    for (const FinishedCase& finished : result.cases) text += finished.json.dump() + "\n";
    return text;
  }

  std::string judged_without_a_line(MockState board) {
    return judged(run([&] { return std::make_unique<MockDevice>(board); }));
  }

  TemporaryDirectory directory_;
  Target target_ = target_on_a_line();
  std::vector<ConformanceCase> cases_ = tiny_cases();
  std::FILE* quiet_ = std::fopen("/dev/null", "w");
};

TEST_F(LossyLine, ChangesNoVerdictAndRepeatsACaseForEachFaultAtMost) {
  const std::uint64_t wanted = number_from_environment("LSGD_LINE_EXCHANGES", 4000);
  std::uint64_t exchanges = 0, repeated = 0, repeated_cases = 0, faults = 0, bytes = 0, damaged = 0;
  unsigned runs = 0;
  MockState wrong;  // in an order that it does not declare: an ulp here and there
  wrong.model.summation_order = SummationOrder::descending;
  ASSERT_NE(judged_without_a_line({}), judged_without_a_line(wrong));
  for (const MockState& state : {MockState(), wrong}) {
    const std::string right = judged_without_a_line(state);
    for (std::uint64_t done = 0; 2 * done < wanted; ++runs) {
      LineState line{
          .damaged_bytes = 0.01, .resets = 5e-4, .unplugs = 1e-4, .engine = std::mt19937(runs)};
      MockState board = state;
      board.knows_digests = runs % 2 == 0;
      const TargetResult result = run_on(line, board);
      ASSERT_TRUE(judged(result) == right) << runs;
      ASSERT_TRUE(result.line);
      EXPECT_LE(result.line->repeated_cases, line.times_reset + line.times_unplugged) << runs;
      done += result.line->exchanges;
      exchanges += result.line->exchanges;
      repeated += result.line->repeated_requests;
      repeated_cases += result.line->repeated_cases;
      faults += line.times_reset + line.times_unplugged;
      bytes += line.bytes;
      damaged += line.damaged;
    }
  }
  std::printf(
      "%llu exchanges in %u runs: %llu of %llu bytes damaged, %llu requests repeated, %llu resets "
      "and unpluggings, %llu cases repeated, no verdict changed\n",
      static_cast<unsigned long long>(exchanges), runs, static_cast<unsigned long long>(damaged),
      static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(repeated),
      static_cast<unsigned long long>(faults), static_cast<unsigned long long>(repeated_cases));
  EXPECT_GT(repeated, exchanges / 10);
}

TEST_F(LossyLine, TrainsNoStepTwice) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    LineState line{.damaged_bytes = 0.02, .engine = std::mt19937(seed)};
    MockState board;
    AgentSession session(std::make_unique<SimulatedLine>(line, board), 60s, seed);
    ASSERT_EQ(session.configure(network_from_text("3-2-1", "tanh-sigmoid", "bce")),
              Configured::yes);
    for (int step = 0; step < 200; ++step) session.train_step(0.5f);
    EXPECT_EQ(board.steps, 200) << seed;
    EXPECT_GT(session.repeated(), 20u);
  }
}

TEST_F(LossyLine, KnowsNotWhatBecameOfAStepWhereAnOldAgentDoesNotTell) {
  LineState line{.damaged_bytes = 0.02};
  MockState board{.tells_repeats = false};
  AgentSession session(std::make_unique<SimulatedLine>(line, board), 60s, 7);
  session.configure(network_from_text("3-2-1", "tanh-sigmoid", "bce"));
  EXPECT_THAT(device_error_of([&] {
                for (int step = 0; step < 200; ++step) session.train_step(0.5f);
              }),
              HasSubstr("its agent is from before those that repeat it, during TRAIN_STEP"));
}

TEST_F(LossyLine, IsToldOfAResetSoonerThanAfterTheTimeOut) {
  LineState line;
  MockState board;
  AgentSession session(std::make_unique<SimulatedLine>(line, board), 60s, 7);
  session.measure();
  line.resets = 1;
  EXPECT_THAT(device_error_of([&] { session.measure(); }), HasSubstr("the device was reset"));
}

TEST_F(LossyLine, EndsWithADeviceFailureWhereTheBoardDoesNotComeBack) {
  target_.timeout_seconds = 1;
  LineState line{.unplugs = 1, .unplugged_for = 1'000'000};
  MockState board;
  const TargetResult result = run_on(line, board);
  EXPECT_EQ(result.verdict, Verdict::device_failure);
  ASSERT_FALSE(result.cases.empty());
  EXPECT_THAT(result.cases.front().json.at("failure").at("message").get<std::string>(),
              HasSubstr("the line "));
}

TEST_F(LossyLine, BlamesADeviceThatFailsAtTheSameRequestThreeTimes) {
  target_.timeout_seconds = 1;
  LineState line;
  MockState board{.fault = Fault::crash, .healthy_steps = 3};
  const TargetResult result = run_on(line, board);
  EXPECT_EQ(result.verdict, Verdict::device_failure);
  EXPECT_LE(result.line->repeated_cases, 3 * result.cases.size());
}

}  // namespace
}  // namespace lsgd
