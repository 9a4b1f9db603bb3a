// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cases/golden_set.hpp"
#include "description/project_files.hpp"
#include "explanation/explanation_json.hpp"
#include "files/text_file.hpp"
#include "levels/level1_kernels.hpp"
#include "measuring/measured_arithmetic.hpp"
#include "mock_device.hpp"
#include "run/case_selection.hpp"
#include "run/target_run.hpp"
#include "temporary_directory.hpp"
#include "tiny_workload.hpp"

// Ports as libraries of others are: what the suite says of each, and what `measure` finds.

namespace lsgd {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class ForeignPort : public testing::Test {
 protected:
  /// Level 1 of the float32 golden set, every fourth case.
  TargetResult run(Fault fault) {
    const auto set =
        std::make_shared<const GoldenSet>(read_golden_set(golden_directory() / "level1_float32"));
    std::vector<ConformanceCase> cases;
    std::size_t number = 0;
    for (ConformanceCase& each : level1_cases(set))
      if (number++ % 4 == 0) cases.push_back(std::move(each));
    MockState state{.fault = fault};
    const Target target = mock_target();
    const TargetPlan plan{target, cases, select(cases, {}), "float32", 1, "key"};
    Journal journal(directory_.path() / "journal.jsonl", false);
    Progress progress(quiet_, plan.selected_cases.size(), 1);
    return run_target(
        plan, [&state] { return std::make_unique<MockDevice>(state); }, journal, progress);
  }

  static MeasuredArithmetic measure(Fault fault) {
    MockState state{.fault = fault};
    AgentSession session(std::make_unique<MockDevice>(state), std::chrono::seconds(60), 1);
    return measure_arithmetic(mock_target(), session, 1, [](std::string_view) {});
  }

  /// The row of a port in the table of harness/README.md.
  static std::string row(std::string_view words, const TargetResult& result,
                         const MeasuredArithmetic& measured) {
    std::string explained = "no step is wrong";
    if (result.explanation && !result.explanation->hypotheses.empty()) {
      const Hypothesis& best = result.explanation->hypotheses.front();
      explained =
          fmt::format("{}: {} of {}", best.sentence, best.explained, result.explanation->failing);
    }
    return fmt::format("| {} | {} of {} | {} | {} |", words, count(result, "fail"),
                       result.cases.size(), explained,
                       measured.illegal.empty()
                           ? fmt::format("`activation_ulps = {}`", measured.model.activation_ulps)
                           : measured.illegal.front());
  }

  static bool is_in_the_readme(const std::string& row) {
    const std::filesystem::path readme = source_directory() / "harness" / "README.md";
    return read_text(readme, 1 << 20).find(row) != std::string::npos;
  }

  static std::size_t count(const TargetResult& result, std::string_view verdict) {
    return static_cast<std::size_t>(std::ranges::count_if(
        result.cases,
        [&](const FinishedCase& finished) { return finished.json.at("verdict") == verdict; }));
  }

  ~ForeignPort() override { std::fclose(quiet_); }

  TemporaryDirectory directory_;
  std::FILE* quiet_ = std::fopen("/dev/null", "w");
};

TEST_F(ForeignPort, ThatAveragesItsLossIsToldSo) {
  const TargetResult result = run(Fault::averages_the_loss);
  ASSERT_TRUE(result.explanation);
  ASSERT_THAT(result.explanation->hypotheses, testing::Not(IsEmpty()));
  const Hypothesis& best = result.explanation->hypotheses.front();
  EXPECT_EQ(best.name, "delta_averaged_over_outputs");
  EXPECT_EQ(best.contradicted, 0u);
  // The mock divides the learning rate, which rounds elsewhere: not all, but nearly.
  EXPECT_GE(10 * best.explained, 9 * result.explanation->failing);
  ASSERT_TRUE(result.explanation->stage);
  EXPECT_EQ(result.explanation->stage->stage, Stage::output_delta);
}

TEST_F(ForeignPort, WithoutTanhIsJudgedOnNetworksWithoutItAndFailsNothing) {
  const TargetResult result = run(Fault::lacks_tanh);
  EXPECT_FALSE(result.explanation);
  EXPECT_EQ(count(result, "pass"), result.cases.size());
  const auto stand_ins = std::ranges::count_if(result.cases, [](const FinishedCase& finished) {
    return finished.json.contains("stand_in");
  });
  EXPECT_GT(stand_ins, 0);
  // What sigmoid shows is declared for both.
  const MeasuredArithmetic measured = measure(Fault::lacks_tanh);
  EXPECT_THAT(measured.illegal, IsEmpty());
  EXPECT_EQ(measured.model.activation_ulps, 0.75);
}

TEST_F(ForeignPort, OfOneShapeIsToldToNameIt) {
  const TargetResult result = run(Fault::has_one_shape);
  EXPECT_GT(count(result, "pass"), 0u);
  std::size_t refused = 0;
  for (const FinishedCase& finished : result.cases)
    if (const auto& failure = finished.json.at("failure"); !failure.is_null()) {
      EXPECT_THAT(failure.at("message").get<std::string>(),
                  HasSubstr("a port of fixed shapes names them in [[network]]"));
      ++refused;
    }
  EXPECT_GT(refused, 0u);
  // No step is wrong.
  ASSERT_TRUE(!result.explanation || result.explanation->hypotheses.empty());
}

TEST_F(ForeignPort, ThatStartsFromMinusZeroIsToldSo) {
  const TargetResult result = run(Fault::starts_from_minus_zero);
  EXPECT_EQ(result.verdict, Verdict::fail);
  const auto failed = std::ranges::find_if(result.cases, [](const FinishedCase& finished) {
    return !finished.json.at("failure").is_null();
  });
  ASSERT_NE(failed, result.cases.end());
  EXPECT_THAT(failed->json.at("failure").at("message").get<std::string>(),
              HasSubstr("starts from -0.0 (bits 80000000), not from 0.0"));
  // Nothing else is said of it: its steps are right.
  ASSERT_TRUE(result.explanation);
  EXPECT_THAT(result.explanation->hypotheses, IsEmpty());
  EXPECT_EQ(result.explanation->wrong, 0u);
  EXPECT_THAT(first_hypothesis_text(explanation_json(*result.explanation), "mock"),
              HasSubstr("shows no wrong step or operation"));
}

TEST_F(ForeignPort, ShowsWhatTheReadmeSaysOfIt) {
  for (const auto& [fault, words] :
       {std::pair{Fault::averages_the_loss, "divides its loss by the number of outputs"},
        {Fault::lacks_tanh, "has no tanh"},
        {Fault::has_one_shape, "takes one shape, and does not say so"}}) {
    const std::string found = row(words, run(fault), measure(fault));
    EXPECT_TRUE(is_in_the_readme(found)) << found;
  }
}

}  // namespace
}  // namespace lsgd
