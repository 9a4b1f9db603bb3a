// SPDX-License-Identifier: Apache-2.0
#include "description/suite_file.hpp"

#include <array>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <utility>

#include "description/project_files.hpp"
#include "files/input_error.hpp"
#include "levels/case_list.hpp"
#include "steps/declared_profile.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using testing::HasSubstr;

const std::string smallest_suite = R"(format = "lsgd-suite/1"
name = "tiny"
description = "For this test."
seed = 1
golden = ["level0_float32"]
)";
const std::string workload = R"([[workload]]
name = "car"
model = "m.json"
data = "car"
chunks = 2
steps = 3
learning_rate = 0.25
)";

const std::string resources = R"([[resources]]
network = "car"
model = "m.json"
data = "car"
steps = 7
learning_rate = 0.5
)";

const std::string convergence = R"([[convergence]]
name = "car"
sizes = "6-32-4"
activations = "tanh-sigmoid"
loss = "bce"
data = "car"
learning_rate = 0.125
epochs = 7
seeds = 5
[[convergence.shortened]]
pace = "slow"
epochs = 2
seeds = 1
samples = 100
)";

std::string error_of_suite(const std::string& text) {
  try {
    parse_suite(text, "tiny.toml");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(SuiteFile, IsReadAsWritten) {
  const Suite suite = parse_suite(smallest_suite + workload + convergence + resources, "tiny.toml");
  EXPECT_EQ(suite.name, "tiny");
  EXPECT_FALSE(suite.conformance);
  EXPECT_EQ(suite.golden, std::vector<std::string>{"level0_float32"});
  ASSERT_EQ(suite.workloads.size(), 1u);
  EXPECT_EQ(suite.workloads[0].steps, 3u);
  EXPECT_EQ(suite.workloads[0].learning_rate, 0.25f);
  ASSERT_EQ(suite.resources.size(), 1u);
  EXPECT_EQ(suite.resources[0].name, "car");
  EXPECT_EQ(suite.resources[0].steps, 7u);
  EXPECT_EQ(suite.resources[0].learning_rate, 0.5f);
  ASSERT_EQ(suite.convergence.size(), 1u);
  EXPECT_EQ(suite.convergence[0].network.layers[0].outputs, 32u);
  EXPECT_EQ(suite.convergence[0].length(Pace::fast), (TrainingLength{5, 7, 0}));
  EXPECT_EQ(suite.convergence[0].length(Pace::moderate), (TrainingLength{5, 7, 0}));
  EXPECT_EQ(suite.convergence[0].length(Pace::slow), (TrainingLength{1, 2, 100}));
}

TEST(SuiteFile, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(error_of_suite(smallest_suite + "extra = 1\n"),
              HasSubstr("tiny.toml:6: expected no key"));
  EXPECT_THAT(error_of_suite(smallest_suite + workload + "extra = 1\n"),
              HasSubstr("tiny.toml:13:"));
  EXPECT_THAT(error_of_suite(smallest_suite + workload + workload), HasSubstr("its own name"));
  EXPECT_THAT(error_of_suite(smallest_suite + resources + resources),
              HasSubstr("every network once"));
  std::string networks = smallest_suite;
  for (std::size_t i = 0; i <= most_workloads_of_a_level; ++i) {
    networks += resources;
    networks.replace(networks.rfind("car\"\nmodel"), 3, "car" + std::to_string(i));
  }
  EXPECT_THAT(error_of_suite(networks), HasSubstr("at most 100"));
  EXPECT_THAT(error_of_suite(smallest_suite + resources + "chunks = 1\n"),
              HasSubstr("tiny.toml:12:"));
  EXPECT_THAT(error_of_suite(smallest_suite + convergence + "extra = 1\n"),
              HasSubstr("tiny.toml:20:"));
  EXPECT_THAT(error_of_suite(smallest_suite + convergence + convergence),
              HasSubstr("its own name"));
  EXPECT_THAT(error_of_suite("format = \"lsgd-suite/2\"\n"), HasSubstr("tiny.toml:1:"));
  EXPECT_THAT(error_of_suite(smallest_suite + "conformance = \"yes\"\n"),
              HasSubstr("tiny.toml:6:"));
}

TEST(SuiteFile, NeedsNoGoldenSetBesideOtherCases) {
  std::string without = smallest_suite;
  without.erase(without.find("golden = "), std::string("golden = [\"level0_float32\"]\n").size());
  EXPECT_TRUE(parse_suite(without + workload, "tiny.toml").golden.empty());
  EXPECT_TRUE(parse_suite(without + resources, "tiny.toml").golden.empty());
  EXPECT_THAT(error_of_suite(without), HasSubstr("a suite of some cases"));
}

TEST(SuiteFile, IsNamedAgainByItsPath) {
  EXPECT_EQ(read_suite("smoke").selector, "smoke");
  const std::string file = (suites_directory() / "full.toml").string();
  EXPECT_EQ(read_suite(file).selector, file);
}

TEST(SuiteFile, TakesFilesBesideItOrOnesOfTheProgram) {
  const TemporaryDirectory directory;
  const std::string suite = (directory.path() / "own.toml").string();
  const auto model = [&] {
    return parse_suite(smallest_suite + workload, suite).workloads[0].model;
  };
  EXPECT_EQ(model().file, data_directory() / "m.json");
  std::ofstream(directory.path() / "m.json") << "{}";
  EXPECT_EQ(model().file, directory.path() / "m.json");
  EXPECT_EQ(model().name, "m.json");
  const SuiteInput data = parse_suite(smallest_suite + workload, suite).workloads[0].data;
  EXPECT_TRUE(data.file.empty()) << "a built-in data set";
  EXPECT_EQ(data.location(), "car");
}

TEST(SuiteFile, ShortensAWorkloadByPace) {
  const std::string slow = "[[workload.shortened]]\npace = \"slow\"\nchunks = ";
  const Workload read =
      parse_suite(smallest_suite + workload + slow + "1\n", "tiny.toml").workloads[0];
  EXPECT_EQ(read.chunks_at(Pace::fast), 2u);
  EXPECT_EQ(read.chunks_at(Pace::moderate), 2u);
  EXPECT_EQ(read.chunks_at(Pace::slow), 1u);
  EXPECT_THAT(error_of_suite(smallest_suite + workload + slow + "3\n"), HasSubstr("from 1 to 2"));
  EXPECT_THAT(error_of_suite(smallest_suite + workload + slow + "0\n"), HasSubstr("from 1 to 2"));
  EXPECT_THAT(error_of_suite(smallest_suite + workload + slow + "1\nsteps = 1\n"),
              HasSubstr("no key"));
  const std::string fast = "[[workload.shortened]]\npace = \"fast\"\nchunks = 1\n";
  EXPECT_THAT(error_of_suite(smallest_suite + workload + fast), HasSubstr("tiny.toml:14:"));
}

TEST(SuiteFile, MayBeAFileOfOnesOwn) {
  EXPECT_EQ(read_suite("smoke").name, "smoke");
  EXPECT_EQ(read_suite((suites_directory() / "full.toml").string()).name, "full");
  EXPECT_THROW(read_suite("none.toml"), InputError);
  EXPECT_THROW(read_suite("none"), InputError);
}

TEST(SuiteFile, LeavesOutGoldenCasesOnlyWhereNoConformanceIsClaimed) {
  const std::string stride = "golden_stride = 5\n";
  EXPECT_EQ(parse_suite(smallest_suite, "tiny.toml").golden_stride, 1u);
  EXPECT_EQ(parse_suite(smallest_suite + stride, "tiny.toml").golden_stride, 5u);
  EXPECT_THAT(error_of_suite(smallest_suite + stride + "conformance = true\n"),
              HasSubstr("tiny.toml:6: expected a conformance suite to run every golden case"));
  EXPECT_THAT(error_of_suite(smallest_suite + "golden_stride = 0\n"), HasSubstr("tiny.toml:6:"));
}

TEST(BuiltInSuites, OnlySmokeIsNeverEnoughToClaimConformance) {
  EXPECT_FALSE(read_built_in_suite("smoke").conformance);
  EXPECT_TRUE(read_built_in_suite("standard").conformance);
  EXPECT_TRUE(read_built_in_suite("full").conformance);
  EXPECT_THROW(read_built_in_suite("../standard"), InputError);
}

TEST(BuiltInSuites, StandardTakesAThousandStepsOnCarAndTenOnFashionMnist) {
  const Suite suite = read_built_in_suite("standard");
  std::map<std::string, std::size_t> steps;
  for (const Workload& entry : suite.workloads) steps[entry.name] += entry.chunks * entry.steps;
  EXPECT_GE(steps["car"], 1000u);
  EXPECT_GE(steps["fashion_mnist"], 10u);
}

/// That have the same cases, run or not.
constexpr std::array paces_of_all_cases{Pace::fast, Pace::moderate, Pace::slow};

TEST(CaseList, NamesTheStepsThatATargetOfSlowerPaceDoesNotRun) {
  Suite suite = read_built_in_suite("standard");
  suite.golden.clear();
  suite.capacities = false;
  suite.convergence.clear();
  suite.resources.clear();
  const CaseList list = list_cases(suite);
  for (const Profile* profile : built_in_profiles())
    for (const Pace pace : paces_of_all_cases) {
      std::size_t run = 0, skipped = 0;
      for (const ConformanceCase& found : list.cases.at({profile->name(), pace})) {
        if (!found.id.starts_with("level2/car/")) {
          EXPECT_TRUE(found.run) << found.id;
          continue;
        }
        ++(found.run ? run : skipped);
        if (!found.run) {
          EXPECT_THAT(*found.judge({}).reason, HasSubstr("chunks of car"));
        }
      }
      EXPECT_EQ(run, suite.workloads[0].chunks_at(pace)) << name_of(pace);
      EXPECT_EQ(run + skipped, suite.workloads[0].chunks);
    }
  EXPECT_EQ(suite.workloads[0].chunks_at(Pace::fast), suite.workloads[0].chunks);
}

TEST(CaseList, OfTheFullSuiteIsAsLongForEveryPace) {
  const CaseList full = list_cases(read_built_in_suite("full"));
  const CaseList standard = list_cases(read_built_in_suite("standard"));
  for (const Profile* profile : built_in_profiles())
    for (const Pace pace : paces_of_all_cases) {
      EXPECT_TRUE(shortenings(full.cases.at({profile->name(), pace})).empty());
      EXPECT_EQ(shortenings(standard.cases.at({profile->name(), pace})).empty(),
                pace == Pace::fast);
    }
  EXPECT_EQ(shortenings(standard.cases.at({"int8_integer", Pace::slow})),
            (std::vector<std::string>{
                "level 1: one of three networks that fill the capacities",
                "level 1: all but the largest networks of the drawn cases",
                "level 1: an eighth of the codes of int8",
                "level 1: all but the long runs of the drawn cases, so that no counter of more "
                "than 8 bits was looked for",
                "level 2: 1 of 4 chunks of car",
                "level 3: car from 1 of 5 initialisations, 1 of 5 epochs of 400 samples",
                "level 3: car_mse from 1 of 5 initialisations of 50 samples"}));
  EXPECT_EQ(full.trainings.at({"car", Pace::slow}).epochs, 50u);
  EXPECT_EQ(standard.trainings.at({"car", Pace::slow}).steps_per_epoch, 400u);
}

TEST(CaseList, HasEveryLevelForEveryProfile) {
  const CaseList list = list_cases(read_built_in_suite("smoke"));
  for (const Profile* profile : built_in_profiles())
    for (const Pace pace : paces_of_all_cases)
      for (const int level : {0, 1, 2, 3, 4})
        EXPECT_TRUE(
            std::ranges::any_of(list.cases.at({profile->name(), pace}),
                                [level](const ConformanceCase& c) { return c.level == level; }))
            << profile->name() << " level " << level;
}

TEST(CaseList, WithAStrideHasEveryActivationAndEverySoManythGoldenCase) {
  Suite suite = read_built_in_suite("smoke");
  ASSERT_GT(suite.golden_stride, 1u);
  const CaseList some = list_cases(suite);
  const std::size_t stride = std::exchange(suite.golden_stride, 1);
  const CaseList all = list_cases(suite);
  for (const auto& [target, cases] : all.cases) {
    if (target.second == Pace::brief) continue;
    const auto is_level1 = [](const ConformanceCase& c) { return c.level == 1; };
    std::set<std::string> kept;
    for (const ConformanceCase& c : some.cases.at(target))
      if (is_level1(c)) kept.insert(c.id);
    std::string names;
    std::size_t number = 0;
    for (const ConformanceCase& c : cases) {
      if (!is_level1(c) || number++ % stride != 0) continue;
      EXPECT_TRUE(kept.contains(c.id)) << c.id;
      names += c.id + " ";
    }
    EXPECT_LT(kept.size(), number / 2);
    for (const char* activation : {"identity", "relu", "sigmoid", "tanh"})
      EXPECT_THAT(names, HasSubstr(activation));
  }
}

TEST(CaseList, HasAFewCasesForTargetsThatAreOnlyLookedAt) {
  for (const auto& [name, levels_of_suite] :
       {std::pair{"standard", std::set{1, 2, 3, 4}}, {"smoke", std::set{2, 3, 4}}}) {
    const Suite suite = read_built_in_suite(name);
    EXPECT_FALSE(suite.brief.empty());
    const Profile& profile = profile_of("q8_8_nearest");
    const CaseList list = list_cases(suite, {{&profile, true}});
    // Nothing else is made: it would take seconds for each of some fifty arithmetics.
    EXPECT_FALSE(list.cases.contains({profile.name(), Pace::slow}));
    std::set<int> levels;
    for (const ConformanceCase& found : list.cases.at({profile.name(), Pace::brief})) {
      EXPECT_TRUE(found.run) << found.id;
      EXPECT_FALSE(found.shortened.empty()) << found.id;
      levels.insert(found.level);
    }
    EXPECT_EQ(levels, levels_of_suite) << name;
  }
  // Where nothing is shortened they run what others run.
  Suite whole = read_built_in_suite("smoke");
  whole.whole_at_every_pace = true;
  const CaseList list = list_cases(whole);
  EXPECT_EQ(list.cases.at({"float32", Pace::brief}).size(),
            list.cases.at({"float32", Pace::fast}).size());
  EXPECT_TRUE(shortenings(list.cases.at({"float32", Pace::brief})).empty());
}

TEST(CaseList, RefusesTwoCasesOfOneIdentity) {
  Suite suite = read_built_in_suite("smoke");
  suite.golden.push_back(suite.golden.front());
  EXPECT_THROW(list_cases(suite), InputError);
}

}  // namespace
}  // namespace lsgd
