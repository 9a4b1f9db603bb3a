// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <utility>
#include <vector>

#include <lsgd/arithmetic/changed_arithmetics.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "cases/distinguishing_steps.hpp"
#include "description/project_files.hpp"
#include "description/suite_file.hpp"
#include "device/device.hpp"
#include "files/json_file.hpp"
#include "files/text_file.hpp"
#include "number_from_environment.hpp"
#include "run/conformance_run.hpp"
#include "run/declared_target.hpp"
#include "steps/declared_profile.hpp"
#include "temporary_directory.hpp"
#include "tiny_workload.hpp"

namespace lsgd {
namespace {

using testing::HasSubstr;

std::string declaration(const char* name) {
  return (source_directory() / "reference/tests/arithmetics" / name).string();
}

/// An arithmetic of a user's own, from its file to the verdict on a port: nothing of it is compiled
/// into the program.
class DeclaredArithmetic : public testing::Test {
 protected:
  int conform(const std::string& arguments) {
    const std::string command = std::string(LSGD_CONFORM_PROGRAM) + " " + arguments + " >" +
                                path("stdout") + " 2>" + path("stderr");
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }
  std::string text(const std::string& name) const { return read_text(path(name), 1 << 26); }

  /// Cases of the standard suite on a target, until something fails.
  nlohmann::ordered_json judged(const Target& target,
                                const char* filter = "level1/declaration_*") const {
    RunRequest request;
    request.suite = read_built_in_suite("standard");
    request.targets = {target};
    request.selection.filter = filter;
    request.stop_at_first_failure = true;
    request.is_explained = false;
    request.jobs = 1;
    request.out = directory_.path() / "out";
    return run_suite(request).at("targets").at(0);
  }

  TemporaryDirectory directory_;
};

TEST_F(DeclaredArithmetic, GoesFromItsFileThroughTheWholeStandardSuite) {
  const std::string file = declaration("q6_10_wrapping.toml");
  ASSERT_EQ(conform("run --profile " + file + " --out " + path("out")), 0) << text("stderr");
  const nlohmann::json results = read_json(path("out/results.json"), "results");
  EXPECT_EQ(results.at("suite").at("conformance"), true);
  const nlohmann::json& target = results.at("targets").at(0);
  EXPECT_EQ(target.at("profile"), "q6_10_wrapping");
  for (const nlohmann::json& level : target.at("levels"))
    EXPECT_EQ(level.at("verdict"), "pass") << level;
  ASSERT_EQ(conform("report " + path("out/results.json")), 0) << text("stderr");

  // Whoever exchanges the declaration afterwards is found out.
  std::string forged = text("out/results.json");
  forged.replace(forged.find("nearest_away"), 12, "nearest_even");
  std::ofstream(path("forged.json")) << forged;
  EXPECT_EQ(conform("report " + path("forged.json") + " --out " + path("again")), 2);
  EXPECT_THAT(text("stderr"), HasSubstr("expected sha256 to be"));
}

TEST_F(DeclaredArithmetic, IsNamedByATargetFileBesideIt) {
  const Profile& profile = profile_of(declaration("q6_10_wrapping.toml"));
  const Target built = build_declared_target(profile, directory_.path() / "device");
  EXPECT_EQ(built.profile, &profile);
  EXPECT_EQ(judged(built).at("verdict"), "pass");
}

TEST_F(DeclaredArithmetic, RefusesADeviceThatStatesAnother) {
  const Profile& profile = profile_of(declaration("q6_10_wrapping.toml"));
  Target device = build_declared_target(profile, directory_.path() / "device");
  device.profile = &profile_named("float32");
  EXPECT_EQ(judged(device, "level1/calls_in_turn*").at("verdict"), "device_failure");
}

/// A bias counts in units of a product, whose factors have scales of their own.
TEST_F(DeclaredArithmetic, IsGivenTheScalesThatABiasCountsIn) {
  for (const char* const name : {"int8_affine_wide", "int8_affine_calibrated", "int4_weights"}) {
    const Target port = build_declared_target(profile_of(name), directory_.path() / name);
    EXPECT_EQ(judged(port, "level1/every_call").at("verdict"), "pass") << name;
  }
}

/// Every tenth change of a declaration; `selftest --profile` takes all.
TEST_F(DeclaredArithmetic, CatchesPortsThatGetOneThingOfItWrong) {
  const Profile& profile = profile_of(declaration("q6_10_wrapping.toml"));
  std::size_t number = 0, caught = 0;
  for (const DistinguishingSteps& steps : distinguishing_steps(profile).cases)
    for (const ChangedArithmetic& change : steps.told) {
      if (number++ % 10 != 0 || no_declared_mutant(change)) continue;
      const Target mutant = build_declared_mutant(profile, change, directory_.path() / "mutants");
      EXPECT_EQ(judged(mutant).at("verdict"), "fail") << change.description;
      ++caught;
    }
  EXPECT_GE(caught, 8u);
}

/// Beside the four profiles, which have ports of their own.
std::vector<std::string> shipped_arithmetics() {
  std::vector<std::string> names = built_in_arithmetics();
  std::erase_if(names, [](const std::string& name) { return find_profile(name) != nullptr; });
  return names;
}

class ShippedArithmetic : public DeclaredArithmetic,
                          public testing::WithParamInterface<std::string> {};

TEST_P(ShippedArithmetic, IsComputedInEveryBitByItsPort) {
  const Target port = build_declared_target(profile_of(GetParam()), directory_.path() / "device");
  const nlohmann::ordered_json result = judged(port);
  EXPECT_EQ(result.at("verdict"), "pass");
  EXPECT_GE(result.at("cases").size(), 3u);
}

INSTANTIATE_TEST_SUITE_P(Harness, ShippedArithmetic, testing::ValuesIn(shipped_arithmetics()),
                         [](const auto& name) { return name.param; });

/// The three requantizations of int8_affine, which differ in half a percent of sums.
TEST_F(DeclaredArithmetic, TellsNamedRequantizationsFromEachOther) {
  for (const std::string declared : {"double", "single", "float"}) {
    const Profile& profile = profile_of("int8_affine_" + declared);
    std::size_t told = 0;
    for (const DistinguishingSteps& steps : distinguishing_steps(profile).cases)
      for (const ChangedArithmetic& change : steps.told) {
        if (change.name.find("requantization") == std::string::npos) continue;
        ++told;
        const Target mutant =
            build_declared_mutant(profile, change, directory_.path() / declared / "mutants");
        const nlohmann::ordered_json result = judged(mutant);
        EXPECT_EQ(result.at("verdict"), "fail") << change.description;
        // Beside it may stand another one that is the same in every step of the case.
        EXPECT_THAT(result.dump(), HasSubstr("the device computes as where "));
        EXPECT_THAT(result.dump(), HasSubstr("where " + change.description));
      }
    // Of a float product to the nearest, ties away, that is exact there may be no difference.
    EXPECT_GE(told, 2u) << declared;
  }
}

/// What nobody knows is told by statistics (SPEC 15.8): ports of bfloat16_storage_device whose new
/// weights are drawn as bits of their own decide.
TEST_F(DeclaredArithmetic, TellsBiasedDrawsOfUnknownBitsFromOthers) {
  const Profile& profile = profile_of("bfloat16_storage_device");
  const auto verdict_of = [&](const std::string& name, const auto& draw) {
    ChangedArithmetic port{name, name, profile.declaration()};
    draw(port.arithmetic.points[static_cast<std::size_t>(Point::weight)].front());
    const nlohmann::ordered_json result =
        judged(build_declared_mutant(profile, port, directory_.path() / "ports"), "level1/draws");
    EXPECT_EQ(result.at("cases").size(), 1u) << name;
    return std::pair(result.at("verdict").get<std::string>(), result.dump());
  };
  for (const int bits : {4, 8, 16}) {
    const auto [verdict, text] = verdict_of(fmt::format("cut_to_{}_bits", bits),
                                            [=](Rounding& draw) { draw.random_bits = bits; });
    EXPECT_EQ(verdict, bits == 16 ? "pass" : "fail") << bits;
    if (bits < 16) {
      EXPECT_THAT(text,
                  HasSubstr("units of the last digit over the whole case: something rounds down"));
    }
  }
  const auto [verdict, text] = verdict_of("to_the_nearest", [](Rounding& draw) {
    draw.direction = RoundingDirection::nearest_even;
    draw.random_bits = 0;
  });
  EXPECT_EQ(verdict, "fail");
  EXPECT_THAT(text, HasSubstr("bits come again"));
}

/// Whether a change is one of the register that sums are kept in.
bool is_of_register(const ChangedArithmetic& change) {
  const auto has = [&](const char* part) { return change.name.find(part) != std::string::npos; };
  return has("_sums_in_") || has("_products_in_") || has("_accumulator_") || has("saturate_") ||
         has("sum_overflow_") || has("product_overflow_");
}

/// Accumulators of another width or overflow, in one pass or one operation. By default a few of
/// one arithmetic; LSGD_REGISTER_STRIDE=1 takes all mistakes of every shipped accumulator.
TEST_F(DeclaredArithmetic, CatchesOtherRegistersForItsSums) {
  const std::uint64_t stride = number_from_environment("LSGD_REGISTER_STRIDE", 12);
  std::size_t number = 0, told = 0;
  for (const std::string& name : shipped_arithmetics()) {
    if (!name.starts_with("accumulator") || (stride > 1 && name != "accumulator16_wrap")) continue;
    const Profile& profile = profile_of(name);
    for (const DistinguishingSteps& steps : distinguishing_steps(profile).cases)
      for (const ChangedArithmetic& change : steps.told) {
        if (!is_of_register(change) || no_declared_mutant(change)) continue;
        ++told;
        if (number++ % stride != 0) continue;
        const Target mutant =
            build_declared_mutant(profile, change, directory_.path() / name / "mutants");
        EXPECT_EQ(judged(mutant).at("verdict"), "fail") << name << ": " << change.description;
      }
    RecordProperty(name, static_cast<int>(told));
    EXPECT_GE(told, 18u) << name;
    told = 0;
  }
}

/// Sums that wrap are the same in any order and in wider registers; LSGD_REGISTER_STRIDE=1 takes
/// every other way of every shipped accumulator.
TEST_F(DeclaredArithmetic, AcceptsOtherWaysToTheSameSums) {
  const std::uint64_t stride = number_from_environment("LSGD_REGISTER_STRIDE", 5);
  std::size_t number = 0, accepted = 0;
  for (const std::string& name : shipped_arithmetics()) {
    if (!name.starts_with("accumulator") || (stride > 1 && name != "accumulator16_wrap")) continue;
    const Profile& profile = profile_of(name);
    for (const ChangedArithmetic& other : equal_arithmetics(profile.declaration())) {
      if (number++ % stride != 0) continue;
      const Target variant = build_declared_variant(profile, other, directory_.path() / name);
      EXPECT_EQ(judged(variant).at("verdict"), "pass") << name << ": " << other.description;
      ++accepted;
    }
  }
  EXPECT_GE(accepted, 2u);
}

/// bfloat16_storage with the orders left to the port: judged by bounds, and at level 3 by legal
/// trainings.
class FreeOrder : public DeclaredArithmetic {
 protected:
  FreeOrder() {
    std::string text = read_text(
        (source_directory() / "reference/arithmetics/bfloat16_storage.toml").string(), 1 << 20);
    for (const auto& [declared, free] :
         {std::pair{"\"bfloat16_storage\"", "\"free_order\""},
          std::pair{"\"ascending\"", "\"any\""}, std::pair{"\"first\"", "\"any\""},
          std::pair{"\"learning_rate_times_delta\"\nderivative", "\"any\"\nderivative"}}) {
      const std::size_t place = text.find(declared);
      EXPECT_NE(place, std::string::npos) << declared;
      text.replace(place, std::string_view(declared).size(), free);
    }
    std::ofstream(path("free_order.toml")) << text;
    profile_ = &profile_of(path("free_order.toml"));
  }

  /// A training on a port that sums ascending from the bias, but for a change.
  CaseResult trained(const std::string& name, const std::function<void(Arithmetic&)>& change) {
    ChangedArithmetic computed{name, name, profile_->declaration()};
    computed.arithmetic.order.sum = SumOrder::ascending;
    computed.arithmetic.order.bias = BiasPosition::first;
    computed.arithmetic.order.update = UpdateProduct::learning_rate_times_delta;
    change(computed.arithmetic);
    const Target target = build_declared_mutant(*profile_, computed, directory_.path() / "ports");
    Device device(target, connect_to(target));
    return tiny_convergence_cases(Pace::fast, *profile_)[0].run(device.session(),
                                                                target.arithmetic);
  }

  const Profile* profile_ = nullptr;
};

TEST_F(FreeOrder, IsTrainedInAnyOrder) {
  for (const auto& [sum, width] :
       {std::pair{SumOrder::ascending, 0}, std::pair{SumOrder::descending, 0},
        std::pair{SumOrder::lanes, 5}, std::pair{SumOrder::tree, 3}})
    for (const BiasPosition bias : {BiasPosition::first, BiasPosition::last}) {
      const std::string name = std::string(name_of(sum)) + "_bias_" + std::string(name_of(bias));
      const CaseResult result = trained(name, [&](Arithmetic& port) {
        port.order.sum = sum;
        port.order.width = width;
        port.order.bias = bias;
        if (bias == BiasPosition::last) port.order.update = UpdateProduct::delta_times_activation;
      });
      EXPECT_EQ(result.verdict, Verdict::pass) << name << case_json(result, "", "", 3, "").dump(2);
      ASSERT_TRUE(result.convergence);
    }
}

TEST_F(FreeOrder, IsNotTrainedByCuttingWeights) {
  const CaseResult result = trained("weights_cut", [](Arithmetic& port) {
    port.points[static_cast<std::size_t>(Point::weight)].front().direction =
        RoundingDirection::zero;
  });
  EXPECT_EQ(result.verdict, Verdict::fail);
  EXPECT_THAT(result.failure->message, HasSubstr("outside the envelope of legal trainings"));
}

TEST_F(FreeOrder, IsNotTrainedWithDeltasOfEightBits) {
  const CaseResult result = trained("deltas_of_8_bits", [](Arithmetic& port) {
    port.points[static_cast<std::size_t>(Point::delta)] =
        read_arithmetic("fp8_nearest").at(Point::delta);
  });
  EXPECT_EQ(result.verdict, Verdict::fail);
}

TEST_F(DeclaredArithmetic, WhoseNameIsTakenIsRefused) {
  std::string text = read_text(declaration("q6_10_wrapping.toml"), 1 << 20);
  text.replace(text.find("q6_10_wrapping"), 14, "float32");
  std::ofstream(path("mine.toml")) << text;
  EXPECT_EQ(conform("run --profile " + path("mine.toml") + " --out " + path("out")), 2);
  EXPECT_THAT(this->text("stderr"),
              HasSubstr("mine.toml: expected a name that no built-in profile has"));
}

TEST_F(DeclaredArithmetic, IsJudgedOnceInARun) {
  const std::string twice = " --profile " + declaration("q6_10_wrapping.toml");
  EXPECT_EQ(conform("run --suite smoke" + twice + twice + " --out " + path("out")), 2);
  EXPECT_THAT(text("stderr"), HasSubstr("--profile: expected every arithmetic once"));
}

TEST_F(DeclaredArithmetic, ThatNoPortFollowsFromCostsOneLine) {
  EXPECT_EQ(conform("run --profile no_such.toml --out " + path("out")), 2);
  EXPECT_THAT(text("stderr"), HasSubstr("no_such.toml: expected"));
  EXPECT_EQ(conform("selftest --profile " + declaration("bfloat16_weights.toml") + " --out " +
                    path("out")),
            2);
  EXPECT_THAT(text("stderr"), HasSubstr("expected an arithmetic whose every bit is known"));
}

}  // namespace
}  // namespace lsgd
