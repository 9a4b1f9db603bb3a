// SPDX-License-Identifier: Apache-2.0
#include "levels/level3_convergence.hpp"

#include <cmath>
#include <cstdio>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <string>

#include <lsgd/statistics/equivalence.hpp>

#include "description/suite_file.hpp"
#include "device/device.hpp"
#include "judging/convergence_result.hpp"
#include "judging/int8_integer_judge.hpp"
#include "judging/profile_judge.hpp"
#include "levels/case_list.hpp"
#include "mock_device.hpp"
#include "temporary_directory.hpp"
#include "tiny_workload.hpp"
#include "training/int8_integer_training.hpp"
#include "training/training.hpp"

namespace lsgd {
namespace {

using testing::HasSubstr;

class Level3 : public testing::Test {
 protected:
  CaseResult run(const ConformanceCase& conformance_case) {
    Device device(target_, [this] { return std::make_unique<MockDevice>(state_); });
    return conformance_case.run(device.session(), target_.arithmetic);
  }

  /// All cases of a pace, in order.
  std::vector<FinishedCase> run_all(Pace pace) {
    std::vector<FinishedCase> finished;
    for (const ConformanceCase& c : tiny_convergence_cases(pace)) {
      const CaseResult result = c.judge ? c.judge(finished) : run(c);
      finished.push_back({case_json(result, c.id, c.clause, c.level, "again"), 0, 0});
    }
    return finished;
  }

  MockState state_;
  Target target_ = mock_target();
};

TEST_F(Level3, AcceptsAPerfectDevice) {
  const std::vector<FinishedCase> finished = run_all(Pace::fast);
  ASSERT_EQ(finished.size(), 6u);
  EXPECT_EQ(state_.steps, 5 * 3 * 24);
  for (const FinishedCase& c : finished) EXPECT_EQ(c.json.at("verdict"), "pass") << c.json.dump(2);
  const auto& training = finished[1].json.at("convergence");
  EXPECT_EQ(training.at("seed"), 2);
  ASSERT_EQ(training.at("epochs").size(), 3u);
  const auto& distance = training.at("epochs")[2].at("distance");
  EXPECT_EQ(distance.at("exact"), 0);
  EXPECT_GT(distance.at("value").get<double>(), 0);
  EXPECT_LT(distance.at("value").get<double>(), 1e-5) << "rounding errors and nothing else";
  EXPECT_EQ(finished[5].json.at("id"), "level3/tiny/outcome");
  EXPECT_EQ(finished[5].json.at("outcome").at("seeds"), 5);
  EXPECT_EQ(finished[5].json.at("outcome").at("test_loss").at("verdict"), "pass");
}

TEST_F(Level3, RefusesADeviceThatGoesWrongLate) {
  state_.fault = Fault::wrong_element;
  state_.healthy_steps = 40;
  const CaseResult result = run(tiny_convergence_cases(Pace::fast)[0]);
  EXPECT_EQ(result.verdict, Verdict::fail);
  ASSERT_TRUE(result.failure);
  EXPECT_THAT(result.failure->message, HasSubstr("after epoch 2"));
  EXPECT_EQ(result.failure->step, 47u);
  EXPECT_EQ(result.convergence->at("epochs")[0].at("distance").at("verdict"), "pass");
}

TEST_F(Level3, RefusesParametersThatAreNoNumbers) {
  state_.fault = Fault::not_a_number;
  state_.healthy_steps = 30;
  const CaseResult result = run(tiny_convergence_cases(Pace::fast)[0]);
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_THAT(result.failure->message, HasSubstr("no start for another epoch"));
}

TEST_F(Level3, ShortensTheTrainingOfASlowTargetAndSaysSo) {
  const std::vector<FinishedCase> finished = run_all(Pace::slow);
  ASSERT_EQ(finished.size(), 6u) << "the same cases for every pace";
  EXPECT_EQ(state_.steps, 2 * 10);
  EXPECT_EQ(finished[0].json.at("verdict"), "pass");
  for (const std::size_t i : {1u, 4u, 5u}) {
    EXPECT_EQ(finished[i].json.at("verdict"), "skipped");
    EXPECT_EQ(finished[i].json.at("reason"),
              "a target of pace slow trains from 1 of 5 initialisations, 2 of 3 epochs of 10 "
              "samples");
  }
}

TEST_F(Level3, JudgesNoOutcomeWithoutAllItsTrainings) {
  const CaseResult result = tiny_convergence_cases(Pace::fast).back().judge({});
  EXPECT_EQ(result.verdict, Verdict::skipped);
  EXPECT_THAT(*result.reason, HasSubstr("needs all 5 trainings of tiny, and 0 were finished"));
}

/// A training whose final accuracy is off the ensemble's mean by `difference`.
nlohmann::ordered_json off_by(double difference) {
  ConvergenceResult result;
  result.workload = "tiny";
  result.test_loss = {0.5, 0.5, 1e-12, 0.02};
  result.test_accuracy = {0.8 + difference, 0.8, 1e-8, 0.018};
  result.figures = result.reference_figures = LearningFigures(2);
  result.figures.add(1, 0, 0, 2);
  result.reference_figures.add(1, 0, 0, 2);
  return convergence_json(result);
}

TEST(Outcome, IsRefusedBeyondTheMarginToEitherSide) {
  for (const double sign : {-1.0, 1.0}) {
    std::vector<nlohmann::ordered_json> trainings;
    for (const double noise : {0.0, 0.001, -0.001, 0.002, 0.0})
      trainings.push_back(off_by(sign * 0.02 + noise));
    const OutcomeResult outcome = judge_outcome("tiny", trainings);
    EXPECT_FALSE(outcome.passed());
    EXPECT_TRUE(outcome.test_loss.passed());
    EXPECT_DOUBLE_EQ(outcome.test_accuracy.margin, 0.018) << "the test set's standard error";
  }
}

TEST(ReferenceTraining, KeepsOneMemberInTheEnvelopeOfTheOthers) {
  // Every member left out in turn: none may be outside at a rate of 10^-6.
  const auto workload = tiny_workload();
  const Parameters<float> start = initial_parameters(workload->model.network, 3);
  const TrainingTask task{
      workload->model.network, workload->data, workload->data, start, 0.5f, 4, 0, 3};
  for (const char* profile : {"float32", "int8_hybrid", "int32_fixed"}) {
    const ReferenceTraining reference = judge_of(profile_named(profile)).train_reference(task, {});
    ASSERT_EQ(reference.members[3].size(), reference_member_count);
    for (std::size_t left_out = 0; left_out < reference_member_count; ++left_out) {
      ReferenceTraining others = reference;
      for (auto& epoch : others.members)
        epoch.erase(epoch.begin() + static_cast<std::ptrdiff_t>(left_out));
      for (std::size_t epoch = 0; epoch < 4; ++epoch)
        for (std::size_t q = 0; q < trajectory_quantities.size(); ++q)
          EXPECT_TRUE(others.envelope(epoch, static_cast<TrajectoryQuantity>(q))
                          .contains(reference.members[epoch][left_out][q]))
              << trajectory_quantities[q] << " after epoch " << epoch + 1;
    }
  }
}

TEST(ReferenceTraining, AllowsALossToBeAsFarAwayAsAfterAnEarlierEpoch) {
  // Losses about 1 scatter by 0.1 after the first epoch and by a hundredth of that after the
  // second.
  ReferenceTraining reference;
  reference.exact.resize(2);
  for (const double scatter : {0.1, 0.001}) {
    auto& members = reference.members.emplace_back();
    for (std::size_t i = 0; i < reference_member_count; ++i) {
      const double value = 1 + (i % 2 == 0 ? scatter : -scatter);
      members.push_back({value, 0.5, value, 0.5, value});
    }
  }
  reference.longer_members.resize(2);
  const auto width = [&](std::size_t epoch, TrajectoryQuantity quantity) {
    const Interval envelope = reference.envelope(epoch, quantity);
    return envelope.high - envelope.low;
  };
  for (const auto loss : {TrajectoryQuantity::training_loss, TrajectoryQuantity::test_loss})
    EXPECT_NEAR(width(1, loss), width(0, loss), 1e-9);
  // Errors are no smaller than they were for another reason: they grow.
  EXPECT_LT(width(1, TrajectoryQuantity::distance), 0.1 * width(0, TrajectoryQuantity::distance));
}

TEST(ReferenceTraining, OfInt8IntegerIsTheTrainingOfItsProfile) {
  const auto workload = tiny_workload();
  const Network& network = workload->model.network;
  const Parameters<float> start = initial_parameters(network, 3);
  const TrainingTask task{network, workload->data, workload->data, start, 0.5f, 10, 0, 3};
  const std::vector<Int8IntegerParameters> epochs = int8_integer_trajectory(task);
  ASSERT_EQ(epochs.size(), 10u);
  const Int8IntegerParameters trained =
      train_int8_integer(network, workload->data, nullptr, {.epochs = 10, .seed = 3});
  EXPECT_EQ(epochs.back(), trained);
  const ReferenceTraining reference = int8_integer_judge().train_reference(task, {});
  ASSERT_EQ(reference.exact.size(), 10u);
  for (std::size_t epoch = 0; epoch < 10; ++epoch) {
    const double accuracy = classification_accuracy(network, epochs[epoch], workload->data);
    EXPECT_DOUBLE_EQ(reference.exact[epoch].test.accuracy(), accuracy);
    const Interval only = reference.envelope(epoch, TrajectoryQuantity::test_accuracy);
    EXPECT_EQ(only.low, only.high);
    EXPECT_EQ(reference.envelope(epoch, TrajectoryQuantity::distance).high, 0);
  }
  const auto [mean, variance] = reference.distribution_near(0, TrajectoryQuantity::test_loss);
  EXPECT_DOUBLE_EQ(mean, reference.exact[9].test.loss());
  EXPECT_EQ(variance, 0);
}

/// Outcomes of a quantity after the last epoch, [seed][member].
std::vector<std::vector<double>> outcomes(const std::vector<ReferenceTraining>& references,
                                          TrajectoryQuantity quantity) {
  std::vector<std::vector<double>> values;
  for (const ReferenceTraining& reference : references) {
    values.emplace_back();
    for (const TrajectoryPoint& member : reference.members.back())
      values.back().push_back(member[static_cast<std::size_t>(quantity)]);
  }
  return values;
}

/// How often a port is accepted whose outcome is that of a member drawn anew for each
/// initialisation, plus `shift`.
double acceptance(const std::vector<std::vector<double>>& values, double margin, double deviation,
                  double shift) {
  constexpr int replicates = 20'000;
  std::mt19937_64 engine(1);
  int accepted = 0;
  for (int i = 0; i < replicates; ++i) {
    std::vector<double> differences;
    for (const std::vector<double>& members : values) {
      const double drawn = members[engine() % members.size()];
      const double count = static_cast<double>(members.size());
      const double others = (mean_and_variance(members).mean * count - drawn) / (count - 1);
      differences.push_back(drawn + shift - others);
    }
    accepted += equivalence_test(differences, margin, deviation).passed() ? 1 : 0;
  }
  return static_cast<double>(accepted) / replicates;
}

/// The Monte Carlo study of SPEC 12.5, for the standard suite.
TEST(Outcome, AcceptsTheCorrectAndRefusesWhatIsOffByTheMargin) {
  const ConvergenceWorkload workload = read_built_in_suite("standard").convergence.front();
  const auto loaded = load_convergence(workload);
  const TrainingLength& length = workload.length(Pace::fast);
  for (const char* profile : {"float32", "int8_hybrid", "int32_fixed"}) {
    std::vector<ReferenceTraining> references;
    double loss_error = 0, accuracy_error = 0;
    for (std::uint64_t seed = 1; seed <= length.seeds; ++seed) {
      const Parameters<float> start = initial_parameters(workload.network, seed);
      const TrainingTask task{workload.network,       loaded->training, loaded->test,   start,
                              workload.learning_rate, length.epochs,    length.samples, seed};
      references.push_back(judge_of(profile_named(profile)).train_reference(task, {}));
      const LearningFigures& end = references.back().exact.back().test;
      const double count = static_cast<double>(length.seeds);
      loss_error += end.loss_standard_error() * end.loss_standard_error() / count;
      accuracy_error += end.accuracy_standard_error() * end.accuracy_standard_error() / count;
    }
    for (const auto& [quantity, error] :
         {std::pair{TrajectoryQuantity::test_loss, std::sqrt(loss_error)},
          std::pair{TrajectoryQuantity::test_accuracy, std::sqrt(accuracy_error)}}) {
      const auto values = outcomes(references, quantity);
      double variance = 0;
      for (const auto& members : values)
        variance += mean_and_variance(members).variance / static_cast<double>(length.seeds);
      const double deviation = std::sqrt(variance);
      const double margin = equivalence_margin(error, deviation, length.seeds);
      const double power = acceptance(values, margin, deviation, 0);
      const double above = acceptance(values, margin, deviation, margin);
      const double below = acceptance(values, margin, deviation, -margin);
      std::printf(
          "%s %s: E %.4f S %.6f margin %.4f, accepted: correct %.4f, +margin %.4f, "
          "-margin %.4f\n",
          profile, std::string(trajectory_quantities[static_cast<std::size_t>(quantity)]).c_str(),
          error, deviation, margin, power, above, below);
      EXPECT_GE(power, 0.9);
      EXPECT_LE(above, 0.05);
      EXPECT_LE(below, 0.05);
    }
  }
}

}  // namespace
}  // namespace lsgd
