// SPDX-License-Identifier: Apache-2.0
#include "levels/level4_resources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cost/judge_budget.hpp"
#include "device/device.hpp"
#include "levels/states_of_training.hpp"
#include "mock_device.hpp"
#include "tiny_workload.hpp"

namespace lsgd {
namespace {

using testing::HasSubstr;

TEST(CostOf, IsTheLowerMedianAndTheWorst) {
  const OperationCost cost = cost_of({{40, 4, 0, 0}, {10, 1, 0, 0}, {30, 3, 0, 0}, {20, 2, 0, 0}});
  EXPECT_EQ(cost.cycles->median, 20u);
  EXPECT_EQ(cost.cycles->worst, 40u);
  EXPECT_EQ(cost.instructions->median, 2u);
  EXPECT_EQ(cost.instructions->worst, 4u);
}

TEST(CostOf, IsUnknownWhereAnyCountIsMissing) {
  const OperationCost cost = cost_of({{0, 7, 0, 0}, {5, 7, 0, 0}});
  EXPECT_FALSE(cost.cycles);
  EXPECT_TRUE(cost.instructions);
}

/// Measures the tiny workload, 4 forward passes and 4 steps from each of three states, on a mock
/// device.
class Level4 : public testing::Test {
 protected:
  CaseResult run() {
    Device device(target_, [this] { return std::make_unique<MockDevice>(state_); });
    CaseResult result = level4_case(tiny_workload(), profile_named("float32"))
                            .run(device.session(), target_.arithmetic);
    judge_budget(target_, result);
    return result;
  }

  CaseResult run_with_limit(const std::string& quantity, std::uint64_t limit) {
    target_.budgets = {{"tiny", {{quantity, limit}}}};
    return run();
  }

  /// 1000, 1010, ... 1110 cycles for the twelve steps.
  MockState state_{.forward = {300, 250, 80, 0}, .first_step = {1000, 900, 96, 0}, .growth = 10};
  Target target_ = mock_target();
};

TEST_F(Level4, RecordsMedianAndWorstOfForwardPassesAndSteps) {
  const CaseResult result = run();
  EXPECT_EQ(result.verdict, Verdict::pass);
  EXPECT_EQ(state_.steps, 12);
  EXPECT_EQ(resources_json(result.resources.value()),
            nlohmann::ordered_json::parse(R"({"network": "tiny",
    "forward": {"cycles_median": 300, "cycles_worst": 300,
                "instructions_median": 250, "instructions_worst": 250},
    "step": {"cycles_median": 1050, "cycles_worst": 1110,
             "instructions_median": 950, "instructions_worst": 1010},
    "stack_bytes": 96, "heap_bytes": 0})"));
}

TEST(StatesOfTraining, AreRandomHalfTrainedAndTrained) {
  const auto loaded = tiny_workload();
  const Network& network = loaded->model.network;
  Model trained = loaded->model;
  trained.parameters[0].weights[0] = 7;
  const auto states = states_of_training(trained, loaded->data, 0.01f);
  ASSERT_EQ(states.size(), 3u);
  EXPECT_EQ(states[0], initial_parameters(network, 1));
  EXPECT_LT(mean_loss({network, states[1]}, loaded->data),
            mean_loss({network, states[0]}, loaded->data));
  EXPECT_EQ(states[2], trained.parameters);
}

TEST(StatesOfTraining, StopAtAThousandSamples) {
  const auto loaded = tiny_workload();
  DataSet data = loaded->data;
  while (data.size() < half_trained_samples) {
    data.inputs_flat.insert(data.inputs_flat.end(), loaded->data.inputs_flat.begin(),
                            loaded->data.inputs_flat.end());
    data.labels.insert(data.labels.end(), loaded->data.labels.begin(), loaded->data.labels.end());
  }
  EXPECT_EQ(states_of_training(loaded->model, data, 0.5f),
            states_of_training(loaded->model, data.first(half_trained_samples), 0.5f));
  EXPECT_NE(states_of_training(loaded->model, data, 0.5f)[1],
            states_of_training(loaded->model, data.first(half_trained_samples - 1), 0.5f)[1]);
}

TEST(StatesOfTraining, LeaveOutOneThatIsNotFinite) {
  const auto loaded = tiny_workload();
  Model trained = loaded->model;
  trained.network.loss = Loss::mse;
  trained.network.layers[0].activation = trained.network.layers[1].activation =
      Activation::identity;
  EXPECT_EQ(states_of_training(trained, loaded->data, 1e30f).size(), 2u);
}

TEST_F(Level4, NeverCallsACountThatThePlatformLacksZero) {
  state_ = {.first_step = {0, 900, 0, 0}};
  state_.forward.stack_bytes = 0;
  const auto json = resources_json(run().resources.value());
  EXPECT_TRUE(json.at("step").at("cycles_median").is_null());
  EXPECT_EQ(json.at("step").at("instructions_median"), 900);
  EXPECT_TRUE(json.at("forward").at("instructions_worst").is_null());
  EXPECT_TRUE(json.at("stack_bytes").is_null());
}

TEST_F(Level4, SaysFromWhatOnACostIsRefused) {
  EXPECT_EQ(refused_from(target_, "tiny"),
            (std::map<std::string, std::uint64_t>{{"heap_bytes", 1}}));
  EXPECT_EQ(run_with_limit("cycles_per_step", 1110).verdict, Verdict::pass);
  EXPECT_EQ(refused_from(target_, "tiny"),
            (std::map<std::string, std::uint64_t>{{"cycles_per_step", 1111}, {"heap_bytes", 1}}));
  EXPECT_EQ(refused_from(target_, "another").size(), 1u);
}

TEST_F(Level4, RefusesACostFromWhereItSays) {
  state_.first_step.cycles = 1001;
  EXPECT_EQ(run_with_limit("cycles_per_step", 1110).verdict, Verdict::fail);
}

TEST_F(Level4, FailsADeviceWithAHeap) {
  state_.first_step.heap_bytes = 16;
  const CaseResult result = run();
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_THAT(result.failure->message, HasSubstr("16 bytes of heap"));
}

TEST_F(Level4, ShowsItsFiguresInResultsJson) {
  const auto json = case_json(run(), "level4/tiny", "SPEC 7.6", 4, "repeat");
  EXPECT_EQ(json.at("resources").at("step").at("cycles_worst"), 1110);
  EXPECT_FALSE(case_json({}, "level2/tiny/1", "SPEC 7.3", 2, "").contains("resources"));
}

TEST_F(Level4, KeepsABudgetThatIsJustEnough) {
  target_.elf.port_object = LSGD_ELF_SAMPLE;
  target_.budgets = {{"tiny",
                      {{"cycles_per_step", 1110},
                       {"instructions_per_step", 1010},
                       {"cycles_per_forward", 300},
                       {"instructions_per_forward", 250},
                       {"stack_bytes", 96},
                       {"text_bytes", 1'000'000},
                       {"static_ram_bytes", 1'000'000}}}};
  EXPECT_EQ(run().verdict, Verdict::pass);
}

TEST_F(Level4, JudgesABudgetByTheWorstAndNamesWhatOverran) {
  const CaseResult result = run_with_limit("cycles_per_step", 1109);
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_EQ(result.failure->message, "cycles per step 1110, budget 1109");
  EXPECT_EQ(result.failure->expected, "at most 1109");
  EXPECT_EQ(result.failure->got, "1110");
}

TEST_F(Level4, FailsEveryQuantityOverItsBudget) {
  target_.elf.port_object = LSGD_ELF_SAMPLE;
  for (const std::string_view quantity : budget_quantities) {
    state_.steps = 0;
    EXPECT_EQ(run_with_limit(std::string(quantity), 0).verdict, Verdict::fail) << quantity;
  }
}

TEST_F(Level4, NamesAllOverrunsAtOnce) {
  target_.budgets = {{"tiny", {{"stack_bytes", 95}, {"cycles_per_forward", 1}}}};
  EXPECT_EQ(run().failure->message, "stack bytes 96, budget 95; cycles per forward 300, budget 1");
}

TEST_F(Level4, FailsABudgetOfWhatCannotBeMeasured) {
  state_.first_step.cycles = 0;
  EXPECT_EQ(run_with_limit("cycles_per_step", 1'000'000).failure->message,
            "cycles per step unknown, budget 1000000");
  EXPECT_EQ(run_with_limit("text_bytes", 1'000'000).failure->got, "unknown");
}

TEST_F(Level4, MeasuresMemoryOfTheObjectBuiltForTheNetwork) {
  target_.elf.port_object = "missing.o";
  target_.footprints = {{"tiny", LSGD_ELF_SAMPLE}};
  EXPECT_EQ(run_with_limit("text_bytes", 1'000'000).verdict, Verdict::pass);
}

TEST_F(Level4, LeavesOtherNetworksAlone) {
  target_.budgets = {{"other", {{"stack_bytes", 0}}}};
  EXPECT_EQ(run().verdict, Verdict::pass);
}

TEST_F(Level4, HasANetworkThatIsTooLargeRefused) {
  Workload workload{"wide", {}, {}, 1, 1, 0.5f};
  const Network network{{{3, 400, Activation::tanh}, {400, 2, Activation::sigmoid}}, Loss::bce};
  const auto loaded = std::make_shared<LoadedWorkload>(
      LoadedWorkload{workload, {network, initial_parameters(network, 1)}, tiny_workload()->data});
  state_.fault = Fault::refuses_networks;
  Device device(target_, [this] { return std::make_unique<MockDevice>(state_); });
  const CaseResult result =
      level4_case(loaded, profile_named("float32")).run(device.session(), target_.arithmetic);
  EXPECT_EQ(result.verdict, Verdict::refused);
  EXPECT_THAT(*result.reason, HasSubstr("exceeds the capacities"));
}

}  // namespace
}  // namespace lsgd
