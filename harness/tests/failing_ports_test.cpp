// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "description/built_in_targets.hpp"
#include "run/run_summary.hpp"
#include "run_in_temporary_directory.hpp"

// What is said of ports that fail, from real runs of them.

namespace lsgd {
namespace {

using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::ordered_json;

Json run_of(Target target) { return run_in_temporary_directory(short_run_of(std::move(target))); }

Target built(const std::string& name) { return select_targets({name}).front(); }

/// What is said of each failing case.
std::vector<Json> failures_of(const Json& results) {
  std::vector<Json> failures;
  for (const Json& finished : results.at("targets").at(0).at("cases"))
    if (!finished.at("failure").is_null()) failures.push_back(finished.at("failure"));
  return failures;
}

TEST(FailingPorts, ThatKeepActivationsWiderAreComparedWithWhatFollowsFromThoseShown) {
  Target target = built("float32_wider_activations-host-gcc_O2");
  target.arithmetic.kept_wider = KeptWider::nothing;
  const Json results = run_of(target);
  const std::vector<Json> failures = failures_of(results);
  ASSERT_FALSE(failures.empty());
  std::size_t told = 0;
  for (const Json& failure : failures) {
    if (failure.at("tensor").is_null() || failure.at("expected").is_null()) continue;
    EXPECT_THAT(failure.at("expected").get<std::string>(),
                EndsWith(", from the activations that the device showed"));
    const auto message = failure.at("message").get<std::string>();
    if (message.find("declares kept_wider = \"activations\"") != message.npos) ++told;
  }
  EXPECT_GT(told, 0U);
  EXPECT_THAT(run_summary(results),
              HasSubstr("goes on with more digits of activations than it shows"));
  // Declared so, it passes.
  target.arithmetic.kept_wider = KeptWider::activations;
  EXPECT_TRUE(failures_of(run_of(target)).empty());
}

TEST(FailingPorts, OfAWrongForwardPassAreComparedWithTheRightOne) {
  const std::vector<Json> failures =
      failures_of(run_of(built("float32_c99.bias_of_the_first_layer-host-gcc_O2")));
  std::size_t compared = 0;
  for (const Json& failure : failures) {
    if (failure.at("expected").is_null()) continue;
    ++compared;
    // The activations are wrong: nothing follows from them that a right device would show.
    EXPECT_THAT(failure.at("tensor").get<std::string>(),
                AnyOf(StartsWith("a"), StartsWith("next.a")));
    EXPECT_THAT(failure.at("expected").get<std::string>(), Not(HasSubstr("showed")));
  }
  EXPECT_GT(compared, 0U);
}

TEST(FailingPorts, AreExplainedByWhatFailingCasesShareAndPassingOnesLack) {
  for (const char* const defect :
       {"bias_not_updated", "weights_transposed", "relu_derivative_one_at_zero"}) {
    const Json results = run_of(built("float32_c99." + std::string(defect) + "-host-gcc_O2"));
    const Json& explanation = results.at("targets").at(0).at("explanation");
    const Json& hypotheses = explanation.at("hypotheses");
    ASSERT_FALSE(hypotheses.empty()) << defect;
    const Json& first = hypotheses.at(0);
    EXPECT_EQ(first.at("contradicted"), 0) << defect;
    EXPECT_GE(10 * first.at("explained").get<int>(), 9 * explanation.at("failing").get<int>())
        << defect;
    // What passing cases contradict counts as much against a hypothesis as failing ones for it.
    const auto share = [](const Json& hypothesis) {
      return hypothesis.at("explained").get<int>() - hypothesis.at("contradicted").get<int>();
    };
    for (const Json& other : hypotheses) EXPECT_LE(share(other), share(first)) << defect;
  }
}

}  // namespace
}  // namespace lsgd
