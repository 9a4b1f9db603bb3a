// SPDX-License-Identifier: Apache-2.0
// The benchmark of the ports: where cycles go, what they cannot go below, and what counts as worse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <lsgd/benchmark.hpp>

namespace lsgd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

nlohmann::json recorded() {
  return {{"compiler", "gcc 12"},
          {"rows",
           {{{"port", "p"},
             {"core", "c"},
             {"network", "n"},
             {"forward", {{"cycles", 1000}, {"instructions", 900}}},
             {"step", {{"cycles", 20000}, {"instructions", 19000}}},
             {"stack_bytes", 200},
             {"static_ram_bytes", 1300},
             {"text_bytes", 5000}}}}};
}

std::vector<std::string> regressions_after(const char* place, int value) {
  nlohmann::json now = recorded();
  now.at("rows").at(0).at(nlohmann::json::json_pointer(place)) = value;
  return regressions(recorded(), now);
}

TEST(Baselines, OnePercentMoreCyclesAreAllowed) {
  EXPECT_THAT(regressions_after("/step/cycles", 20200), IsEmpty());
  EXPECT_THAT(
      regressions_after("/step/cycles", 20201),
      ElementsAre("p/c/n: 20201 cycles of a step, recorded 20000, at most 1 % more allowed"));
  EXPECT_THAT(regressions_after("/forward/cycles", 1010), IsEmpty());
  EXPECT_THAT(
      regressions_after("/forward/cycles", 1011),
      ElementsAre("p/c/n: 1011 cycles of a forward pass, recorded 1000, at most 1 % more allowed"));
}

TEST(Baselines, NoByteMoreIsAllowed) {
  EXPECT_THAT(
      regressions_after("/static_ram_bytes", 1301),
      ElementsAre("p/c/n: 1301 bytes of static RAM, recorded 1300, at most 0 % more allowed"));
  EXPECT_THAT(regressions_after("/stack_bytes", 201),
              ElementsAre("p/c/n: 201 bytes of stack, recorded 200, at most 0 % more allowed"));
  EXPECT_THAT(regressions_after("/stack_bytes", 100), IsEmpty());
  EXPECT_THAT(regressions_after("/text_bytes", 9000), IsEmpty());
}

TEST(Baselines, OfAnotherCompilerOrOfNoOtherRowAreNotCompared) {
  nlohmann::json now = recorded();
  now.at("rows").at(0).at("stack_bytes") = 999;
  now.at("compiler") = "gcc 13";
  EXPECT_THAT(regressions(recorded(), now), IsEmpty());
  now = recorded();
  now.at("rows").at(0).at("network") = "m";
  EXPECT_THAT(regressions(recorded(), now), IsEmpty());
  EXPECT_THAT(unmeasured(recorded(), now), ElementsAre("p/c/n"));
  EXPECT_THAT(unmeasured(recorded(), recorded()), IsEmpty());
}

TEST(LowerBounds, CountTheMultiplyAddsOfEachPhase) {
  // 6 32 + 32 16 + 16 4 = 768 weights, 576 of them above the first layer; 52 neurons.
  EXPECT_EQ(lower_bounds({6, 32, 16, 4}, false),
            (nlohmann::ordered_json{
                {"forward", 1536}, {"activation", 52}, {"delta", 1152}, {"update", 1536}}));
  EXPECT_EQ(lower_bounds({6, 32, 16, 4}, true).at("forward"), 192);
}

TEST(Phase, IsThatOfTheInnermostFunctionWhoseNameTells) {
  const std::string step = "lsgd_port_train_step";
  EXPECT_EQ(phase_of({step, "lsgd_port_forward", "__mulsf3"}), "forward");
  EXPECT_EQ(phase_of({step, "lsgd_port_forward", "lsgd_float_tanh", "__addsf3"}), "activation");
  EXPECT_EQ(phase_of({step, "lsgd_float32_hidden_delta", "__mulsf3"}), "delta");
  EXPECT_EQ(phase_of({step, "update.isra.0", "lsgd_quantize"}), "update");
  EXPECT_EQ(phase_of({step, "backward", "hidden_delta_and_update_column"}), "backward");
  EXPECT_EQ(phase_of({step, "__mulsf3"}), "backward");
}

TEST(Benchmark, AttributesEveryCycleOfAStepToAFunctionAndAPhase) {
  const auto benchmark = run_benchmark({.filter = "int8_integer_c99/rtl_rv32imc/car", .jobs = 1});
  ASSERT_EQ(benchmark.at("rows").size(), 1U);
  const auto& row = benchmark.at("rows").at(0);
  const auto& profile = row.at("profile");
  const int cycles = profile.at("cycles");
  int of_functions = 0, instructions = 0, of_phases = 0;
  for (const auto& function : profile.at("functions")) {
    of_functions += function.at("cycles").get<int>();
    instructions += function.at("instructions").get<int>();
  }
  for (const auto& phase : profile.at("phases")) of_phases += phase.get<int>();
  EXPECT_EQ(of_functions, cycles);
  EXPECT_EQ(of_phases, cycles);
  EXPECT_LT(instructions, cycles);
  // The device's own counter also sees the call and its own reading.
  const int counted = profile.at("counted_cycles");
  EXPECT_GT(counted, cycles);
  EXPECT_LT(counted, cycles + 100);
  for (const char* phase : {"forward", "update"})
    EXPECT_GT(profile.at("phases").at(phase), profile.at("bounds").at(phase)) << phase;
}

TEST(Benchmark, GivesTheSameFiguresAgain) {
  const BenchmarkRequest request{.filter = "int8_integer_c99/rtl_rv32imc*/car", .jobs = 2};
  EXPECT_EQ(run_benchmark(request), run_benchmark(request));
}

}  // namespace
}  // namespace lsgd
