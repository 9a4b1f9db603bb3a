// SPDX-License-Identifier: Apache-2.0
#include "run/exploration.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "data/built_in_data_set.hpp"
#include "data/network_text.hpp"
#include "files/input_error.hpp"
#include "reports/render_exploration.hpp"
#include "training/declared_training.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

ExplorationRequest short_exploration(std::vector<std::string> arithmetics) {
  ExplorationRequest request;
  request.data = "car";
  request.network = network_from_text("6-8-4", "tanh-sigmoid", "bce");
  request.training = load_built_in_data_set("car", DataSetPart::training, 150);
  request.test = load_built_in_data_set("car", DataSetPart::test, 60);
  request.arithmetics = std::move(arithmetics);
  request.epochs = 2;
  request.learning_rate = 0.05f;
  request.first_seed = 3;
  request.seeds = 2;
  return request;
}

Exploration explored(const ExplorationRequest& request) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> nowhere(std::fopen("/dev/null", "w"),
                                                                std::fclose);
  return explore(request, nowhere.get());
}

const Json& named(const Exploration& exploration, const std::string& name) {
  for (const Json& arithmetic : exploration.results.at("arithmetics"))
    if (arithmetic.at("name") == name) return arithmetic;
  throw std::out_of_range(name);
}

TEST(Exploration, HasTheFiguresOfEachTraining) {
  ExplorationRequest request = short_exploration({"bfloat16_storage", "float32"});
  request.training = load_built_in_data_set("car");
  request.epochs = 4;
  request.learning_rate = 0.1f;
  request.seeds = 4;
  const Exploration exploration = explored(request);
  const Json& bfloat16 = named(exploration, "bfloat16_storage");
  const Arithmetic arithmetic = read_arithmetic("bfloat16_storage");
  std::vector<std::vector<EpochReport>> reports(request.seeds);
  double sum = 0, sum_of_squares = 0;
  for (std::size_t s = 0; s < request.seeds; ++s) {
    train_declared(arithmetic, request.network, request.training, &request.test,
                   {.epochs = 4, .learning_rate = 0.1f, .seed = 3 + s},
                   [&](const EpochReport& report) { reports[s].push_back(report); });
    const double accuracy = reports[s].back().test_accuracy.value();
    EXPECT_EQ(bfloat16.at("seeds").at(s).at("seed"), 3 + s);
    EXPECT_EQ(bfloat16.at("seeds").at(s).at("accuracy"), accuracy);
    sum += accuracy;
    sum_of_squares += accuracy * accuracy;
  }
  for (std::size_t epoch = 0; epoch < 4; ++epoch) {
    double loss = 0;
    for (const auto& of_seed : reports) loss += of_seed[epoch].mean_loss / 4;
    EXPECT_DOUBLE_EQ(bfloat16.at("loss").at(epoch).get<double>(), loss);
  }
  // From a table: 97.5 % of Student's distribution with three degrees of freedom.
  constexpr double student = 3.182446305;
  const double mean = sum / 4;
  const double half_width = student * std::sqrt((sum_of_squares / 4 - mean * mean) / 3);
  EXPECT_GT(half_width, 0);
  const Json& accuracy = bfloat16.at("accuracy");
  EXPECT_NEAR(accuracy.at("mean").get<double>(), mean, 1e-12);
  EXPECT_NEAR(accuracy.at("low").get<double>(), mean - half_width, 1e-9);
  EXPECT_NEAR(accuracy.at("high").get<double>(), mean + half_width, 1e-9);
  EXPECT_EQ(bfloat16.at("state_bytes"), training_state_bytes(arithmetic, request.network).total());
  EXPECT_EQ(named(exploration, "float32").at("difference").at("mean"), 0.0);
}

TEST(Exploration, IsTheSameWhateverRunsAtTheSameTime) {
  ExplorationRequest request = short_exploration({"q8_8_nearest", "fp8_stochastic", "float32"});
  const Exploration first = explored(request);
  request.jobs = 3;
  const Exploration second = explored(request);
  EXPECT_EQ(first.results.dump(), second.results.dump());
  EXPECT_EQ(exploration_page(first.results), exploration_page(second.results));
}

TEST(Exploration, TrainsFloat32BesideAndMarksTheFewestBytesAmongTheClose) {
  ExplorationRequest request = short_exploration({"q8_8_nearest", "q8_8_cut", "bfloat16_storage"});
  request.training = load_built_in_data_set("car");
  request.test = load_built_in_data_set("car", DataSetPart::test);
  request.epochs = 6;
  request.learning_rate = 0.1f;
  request.seeds = 4;
  const Exploration exploration = explored(request);
  const Json& arithmetics = exploration.results.at("arithmetics");
  EXPECT_EQ(arithmetics.size(), 4U);
  EXPECT_NE(named(exploration, "q8_8_cut").at("outcome"), "learns");
  EXPECT_EQ(named(exploration, "float32").at("outcome"), "learns");
  std::uint64_t fewest = UINT64_MAX, marked = 0;
  int marks = 0;
  for (const Json& arithmetic : arithmetics) {
    const bool is_close = arithmetic.at("difference").at("mean").get<double>() >= -0.01;
    EXPECT_EQ(arithmetic.at("is_close"), is_close);
    if (is_close && arithmetic.at("outcome") == "learns")
      fewest = std::min(fewest, arithmetic.at("state_bytes").get<std::uint64_t>());
    if (!arithmetic.at("is_cheapest").get<bool>()) continue;
    ++marks;
    marked = arithmetic.at("state_bytes");
  }
  EXPECT_EQ(marks, 1);
  EXPECT_EQ(marked, fewest);
  EXPECT_TRUE(exploration.results.at("benchmark").is_null());
}

TEST(Exploration, ShowsRecordedCyclesOfTheNetworkOfThatShape) {
  ExplorationRequest request = short_exploration({"float32", "bfloat16_storage"});
  request.network = network_from_text("6-32-16-4", "tanh-tanh-sigmoid", "bce");
  request.training = load_built_in_data_set("car", DataSetPart::training, 20);
  const Exploration exploration = explored(request);
  EXPECT_EQ(exploration.results.at("benchmark").at("network"), "car");
  EXPECT_TRUE(named(exploration, "bfloat16_storage").at("cycles").empty());
}

TEST(Exploration, SaysWhyAnArithmeticIsNotTrained) {
  ExplorationRequest request = short_exploration({"float32", "int8_affine_double", "q8_8_cut"});
  request.only_quick = true;
  const Exploration exploration = explored(request);
  EXPECT_EQ(named(exploration, "int8_affine_double").at("outcome"), "not_trained");
  EXPECT_THAT(named(exploration, "int8_affine_double").at("why").get<std::string>(),
              ::testing::HasSubstr("--profile"));
  EXPECT_EQ(named(exploration, "q8_8_cut").at("loss").size(), 2U);
  EXPECT_THROW(explored(short_exploration({"no_such_profile"})), InputError);
}

TEST(Exploration, TrainsAffineNumbersWhoseScalesArePowersOfTwoQuickly) {
  ExplorationRequest request = short_exploration({"int8_affine_wide"});
  request.only_quick = true;
  const Exploration exploration = explored(request);
  EXPECT_NE(named(exploration, "int8_affine_wide").at("outcome"), "not_trained");
}

TEST(Exploration, WritesItsFiguresAsATable) {
  ExplorationRequest request = short_exploration({"q8_8_cut", "int8_affine_double"});
  request.only_quick = true;
  const Exploration exploration = explored(request);
  const std::string table = exploration_markdown(exploration.results);
  const Json& cut = named(exploration, "q8_8_cut");
  const std::string row =
      fmt::format("| q8_8_cut | {:.1f} (", 100 * cut.at("accuracy").at("mean").get<double>());
  EXPECT_THAT(table, ::testing::HasSubstr(row));
  EXPECT_THAT(table, ::testing::HasSubstr("car 6-8-4, 150 and 60 samples"));
  EXPECT_THAT(table, ::testing::HasSubstr("seeds 3 to 4"));
  EXPECT_THAT(table, ::testing::HasSubstr("| float32 | "));
  EXPECT_THAT(table, ::testing::Not(::testing::HasSubstr("int8_affine_double")));
}

TEST(Exploration, CountsATrainingThatDivergesAsLost) {
  ExplorationRequest request = short_exploration({"float32"});
  request.network = network_from_text("6-8-4", "relu-identity", "mse");
  request.learning_rate = 1e20f;
  const Exploration exploration = explored(request);
  const Json& float32 = named(exploration, "float32");
  EXPECT_EQ(float32.at("outcome"), "does_not_learn");
  EXPECT_EQ(float32.at("seeds").at(0).at("diverged_in"), 1);
  EXPECT_EQ(float32.at("why"), "numbers left the format from 2 seeds");
  EXPECT_TRUE(float32.at("loss").empty());
}

/// The first epoch has the whole rate, the second half of it.
TEST(Exploration, LowersTheLearningRateWhereAskedTo) {
  ExplorationRequest request = short_exploration({"float32", "q8_8_nearest"});
  const Exploration constant = explored(request);
  request.schedule = RateSchedule::linear;
  const Exploration falling = explored(request);
  EXPECT_EQ(constant.results.at("task").at("rate_schedule"), "constant");
  EXPECT_EQ(falling.results.at("task").at("rate_schedule"), "linear/1");
  for (const std::string name : {"float32", "q8_8_nearest"}) {
    const Json &before = named(constant, name).at("loss"), &after = named(falling, name).at("loss");
    EXPECT_EQ(after.at(0), before.at(0));
    EXPECT_NE(after.at(1), before.at(1));
  }
}

}  // namespace
}  // namespace lsgd
