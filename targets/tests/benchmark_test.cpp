// SPDX-License-Identifier: Apache-2.0
// The benchmark of the ports: where cycles go, what they cannot go below, and what counts as worse.
#include "cost/benchmark.hpp"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <string>

#include "description/target_file.hpp"
#include "files/json_file.hpp"
#include "temporary_directory.hpp"

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
             {"forward", {{"cycles", 1000}, {"cycles_worst", 1100}, {"instructions", 900}}},
             {"step", {{"cycles", 20000}, {"cycles_worst", 30000}, {"instructions", 19000}}},
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
  EXPECT_THAT(
      regressions_after("/step/cycles_worst", 30301),
      ElementsAre(
          "p/c/n: 30301 cycles of the worst step, recorded 30000, at most 1 % more allowed"));
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

TEST(LowerBounds, CountTheWeightsAndNeuronsOfEachPhase) {
  // 6 32 + 32 16 + 16 4 = 768 weights, 576 of them above the first layer; 52 neurons.
  EXPECT_EQ(lower_bounds({6, 32, 16, 4}, "float32", false),
            (nlohmann::ordered_json{{"forward", 12 * 768},
                                    {"activation", 29 * 52},
                                    {"delta", 9 * 576},
                                    {"update", 13 * 768}}));
  EXPECT_EQ(lower_bounds({6, 32, 16, 4}, "int8_integer", false).at("update"), 3 * 768);
  // Two loads and products for eight of 768 weights; for one weight more another pair.
  EXPECT_EQ(lower_bounds({6, 32, 16, 4}, "int8_integer", true).at("forward"), 2 * 192);
  EXPECT_EQ(lower_bounds({1, 1}, "int8_integer", true).at("forward"), 2);
}

TEST(Phase, IsThatOfTheInnermostFunctionWhoseNameTells) {
  const std::string step = "lsgd_port_train_step";
  EXPECT_EQ(phase_of({step, "lsgd_port_forward", "__mulsf3"}), "forward");
  EXPECT_EQ(phase_of({step, "lsgd_port_forward", "lsgd_float_tanh", "__addsf3"}), "activation");
  EXPECT_EQ(phase_of({step, "lsgd_float32_hidden_delta", "__mulsf3"}), "delta");
  EXPECT_EQ(phase_of({step, "update.isra.0", "lsgd_quantize"}), "update");
  const std::string fused = "hidden_delta_and_update_column";
  EXPECT_EQ(phase_of({step, fused, "lsgd_load_bits"}), "shared");
  EXPECT_EQ(phase_of({step, "propagate_and_update"}), "shared");
  EXPECT_EQ(phase_of({step, fused, "add_to_hidden_delta", "lsgd_add_product"}), "delta");
  EXPECT_EQ(phase_of({step, fused, "update_weight"}), "update");
  EXPECT_EQ(phase_of({step, "__mulsf3"}), "shared");
}

TEST(Benchmark, AttributesEveryCycleOfAStepToAFunctionAndAPhase) {
  const auto benchmark = run_benchmark({.targets = every_port_on_every_core(),
                                        .filter = "float32_unpacked/rtl_rv32imc/car",
                                        .most_samples = 2});
  ASSERT_EQ(benchmark.at("rows").size(), 1U);
  const auto& row = benchmark.at("rows").at(0);
  EXPECT_EQ(row.at("samples"), 6);
  EXPECT_GT(row.at("step").at("cycles_worst"), row.at("step").at("cycles"));
  EXPECT_GT(row.at("linked_text_bytes"), row.at("text_bytes"));
  const auto& profile = row.at("profile");
  const int cycles = profile.at("cycles");
  int of_functions = 0, instructions = 0, of_phases = 0;
  for (const auto& function : profile.at("functions")) {
    of_functions += function.at("cycles").get<int>();
    instructions += function.at("instructions").get<int>();
  }
  for (const auto& phase : profile.at("phases")) {
    EXPECT_GT(phase, 0);
    of_phases += phase.get<int>();
  }
  EXPECT_EQ(of_functions, cycles);
  EXPECT_EQ(of_phases, cycles);
  EXPECT_LT(instructions, cycles);
  // The device's own counter also sees the call and its own reading.
  const int counted = profile.at("counted_cycles");
  EXPECT_GT(counted, cycles);
  EXPECT_LT(counted, cycles + 100);
  for (const char* phase : {"forward", "activation", "delta", "update"})
    EXPECT_GT(profile.at("phases").at(phase), profile.at("bounds").at(phase)) << phase;
}

/// A port on a core of ours that is awkward on purpose, by the target file of the core's folder.
Target on_test_core(const std::string& core) {
  return read_target_file(std::string(LSGD_RTL_DIRECTORY) + "/test_" + core + ".toml");
}

TEST(Benchmark, LeavesOpenWhatACoreDoesNotCount) {
  const auto benchmark =
      run_benchmark({.targets = {on_test_core("zero_counters")}, .filter = {}, .most_samples = 1});
  ASSERT_EQ(benchmark.at("rows").size(), 2U);
  const auto& row = benchmark.at("rows").at(0);
  for (const char* operation : {"forward", "step"})
    for (const char* count : {"cycles", "instructions"})
      EXPECT_TRUE(row.at(operation).at(count).is_null()) << operation << ' ' << count;
  EXPECT_GT(row.at("stack_bytes"), 0);
  // The profile is from what retires, which the core does show.
  EXPECT_GT(row.at("profile").at("cycles"), 0);
  EXPECT_TRUE(row.at("profile").at("counted_cycles").is_null());
  EXPECT_THAT(benchmark_table(benchmark), testing::HasSubstr("     -"));
  EXPECT_THAT(regressions(benchmark, benchmark), IsEmpty());
}

TEST(Benchmark, HasNoProfileOfACoreThatShowsNoRetirements) {
  const auto benchmark =
      run_benchmark({.targets = {on_test_core("without_rvfi")}, .filter = {}, .most_samples = 1});
  ASSERT_EQ(benchmark.at("rows").size(), 2U);
  EXPECT_GT(benchmark.at("rows").at(0).at("step").at("cycles"), 0);
  EXPECT_FALSE(benchmark.at("rows").at(0).contains("profile"));
}

TEST(Benchmark, LeavesOutATargetThatFailsAndSaysSo) {
  Target broken = on_test_core("zero_counters");
  broken.platform = "broken";
  broken.command = {"/bin/false", "image"};
  std::vector<std::string> lines;
  std::mutex mutex;
  const auto benchmark = run_benchmark({.targets = {broken, on_test_core("without_rvfi")},
                                        .filter = {},
                                        .jobs = 2,
                                        .most_samples = 1,
                                        .not_measured = [&](const std::string& line) {
                                          const std::lock_guard lock(mutex);
                                          lines.push_back(line);
                                        }});
  EXPECT_EQ(benchmark.at("rows").size(), 2U);
  EXPECT_THAT(lines, testing::Each(testing::StartsWith("int8_integer_c99/broken/c")));
  EXPECT_EQ(lines.size(), 2U);
  EXPECT_THROW(run_benchmark({.targets = {broken}, .filter = {}}), std::exception);
}

TEST(Benchmark, LeavesTheCoreWithSimdToPortsThatUseIt) {
  EXPECT_THROW(run_benchmark({.targets = every_port_on_every_core(),
                              .filter = "float32_c99/rtl_rv32imc_simd/car"}),
               std::exception);
}

TEST(Benchmark, GivesTheSameFiguresAgain) {
  const BenchmarkRequest request{.targets = every_port_on_every_core(),
                                 .filter = "int8_integer_c99/rtl_rv32imc*/c*",
                                 .jobs = 2,
                                 .most_samples = 8};
  EXPECT_EQ(run_benchmark(request), run_benchmark(request));
}

TEST(Run, ShowsWhereTheCyclesOfItsPortsGo) {
  const TemporaryDirectory directory;
  const auto run = [&](const std::string& arguments) {
    const std::string command = LSGD_CONFORM_PROGRAM " run --suite smoke --out " +
                                directory.path().string() + " " + arguments + " >/dev/null 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return read_json(directory.path() / "results.json", "results");
  };
  const auto results =
      run("--target int8_integer_c99-rtl_rv32imc-gcc_O2 --target int8_integer_c99-host-gcc_O2");
  const BenchmarkRequest same{.targets = every_port_on_every_core(),
                              .filter = "int8_integer_c99/rtl_rv32imc/*",
                              .most_samples = 1};
  EXPECT_EQ(results.at("benchmark"), nlohmann::json(run_benchmark(same)));
  // A part of the cases, and a run without a simulated core, measure none.
  EXPECT_FALSE(run("--target int8_integer_c99-rtl_rv32imc-gcc_O2 --filter 'level0/*'")
                   .contains("benchmark"));
  EXPECT_FALSE(run("--target int8_integer_c99-host-gcc_O2").contains("benchmark"));
}

}  // namespace
}  // namespace lsgd
