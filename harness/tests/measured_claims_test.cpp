// SPDX-License-Identifier: Apache-2.0
#include "run/measured_claims.hpp"

#include <gmock/gmock.h>
#include <set>

#include "files/input_error.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

Json cost(unsigned cycles) {
  return {{"cycles_median", cycles},
          {"cycles_worst", cycles + 7},
          {"instructions_median", cycles - 1},
          {"instructions_worst", cycles}};
}

/// A target on the simulated core: one case of level 4, and the port built for its network.
Json target(const std::string& port, const std::string& profile, const std::string& network,
            unsigned step_cycles, unsigned state_bytes) {
  return {{"name", port + "-rtl"},
          {"port", port},
          {"platform", "rtl_rv32imc"},
          {"profile", profile},
          {"cases",
           {{{"id", "level0/add"}},
            {{"id", "level4/" + network},
             {"resources",
              {{"network", network},
               {"forward", cost(step_cycles / 10)},
               {"step", cost(step_cycles)},
               {"stack_bytes", 100},
               {"heap_bytes", 8}}}}}},
          {"resources",
           {{"footprints",
             {{{"network", network}, {"text", 999}, {"data", 8}, {"bss", state_bytes - 8}}}}}}};
}

Json claims_of(const std::vector<Json>& targets, const std::vector<LearnedAccuracy>& learned = {}) {
  return claims_json({{"targets", targets}}, learned);
}

Json claim(const Json& claims, const std::string& id) {
  for (const Json& found : claims)
    if (found.at("id") == id) return found;
  return nullptr;
}

/// Car has 768 weights and 52 biases, in 6 tensors.
const std::vector<Json> measured{target("float32_c99", "float32", "car", 400'000, 4'000),
                                 target("int8_hybrid_c99", "int8_hybrid", "car", 500'000, 1'000),
                                 target("sgd_classic", "float32", "car", 600'000, 8'000)};

TEST(MeasuredClaims, CompareMemoryByEveryDefinition) {
  const Json claims = claims_of(measured);
  const Json parameters = claim(claims, "int8_memory_parameters");
  EXPECT_EQ(parameters.at("baseline").at("value"), 4 * 820);
  EXPECT_EQ(parameters.at("subject").at("value"), 820 + 6);
  EXPECT_EQ(claim(claims, "int8_memory_training_state").at("ours"), 4.0);
  EXPECT_EQ(claim(claims, "int8_memory_peak").at("baseline").at("value"), 4'108);
  EXPECT_EQ(claim(claims, "int8_memory_peak").at("subject").at("value"), 1'108);
  EXPECT_EQ(claim(claims, "lsgd_memory_car").at("ours"), 50.0);
  EXPECT_EQ(claim(claims, "lsgd_memory_extra_car").at("baseline").at("value"), 8'000 - 4 * 820);
}

TEST(MeasuredClaims, CompareMedianCycles) {
  const Json claims = claims_of(measured);
  EXPECT_EQ(claim(claims, "int8_speed_step").at("ours"), 0.8);
  EXPECT_EQ(claim(claims, "int8_speed_forward").at("baseline").at("value"), 40'000);
  EXPECT_EQ(claim(claims, "lsgd_speed_car").at("ours"), 1.5);
  EXPECT_EQ(claim(claims, "lsgd_speed_car").at("published"), 4.2);
}

TEST(MeasuredClaims, CompareMeanAccuracies) {
  const Json claims =
      claims_of({}, {{"float32_c99", "f", "car", ClaimQuantity::random_accuracy, {80, 90}},
                     {"int8_hybrid_c99", "i", "car", ClaimQuantity::random_accuracy, {70, 75}},
                     {"int8_hybrid_c99", "i", "car", ClaimQuantity::trained_accuracy, {60}}});
  const Json random = claim(claims, "int8_accuracy_random");
  EXPECT_EQ(random.at("ours"), -12.5);
  EXPECT_EQ(claim(claims, "int8_accuracy_random_784").at("ours"), nullptr) << "of another network";
  EXPECT_EQ(random.at("baseline").at("samples"), Json({80.0, 90.0}));
  EXPECT_EQ(claim(claims, "int8_accuracy_trained").at("ours"), nullptr);
}

TEST(MeasuredClaims, LeaveOutWhatWasNotMeasured) {
  for (const Json& unknown : claims_of({})) {
    EXPECT_EQ(unknown.at("ours"), nullptr);
    EXPECT_EQ(unknown.at("baseline"), nullptr);
  }
  Json emulated = measured[0];
  emulated["platform"] = "qemu_riscv32";
  EXPECT_EQ(claim(claims_of({emulated, measured[1]}), "int8_speed_step").at("ours"), nullptr);
  Json uncounted = measured[0];
  uncounted["cases"][1]["resources"]["step"]["cycles_median"] = nullptr;
  EXPECT_EQ(claim(claims_of({uncounted, measured[1]}), "int8_speed_step").at("ours"), nullptr);
}

/// A conformance run of the ports that the claims compare, on the simulated core.
RunRequest run_of_claims() {
  RunRequest request;
  request.suite.conformance = true;
  for (const char* port : {"float32_c99", "float32_unpacked", "int8_hybrid_c99",
                           "int8_hybrid_unpacked", "int8_integer_c99", "sgd_classic"}) {
    Target& target = request.targets.emplace_back();
    target.port = port;
    target.platform = "rtl_rv32imc";
    target.variant = "gcc_O2";
  }
  return request;
}

TEST(MeasuredClaims, BelongToARunThatMeasuresAllOfThem) {
  EXPECT_TRUE(measures_what_is_claimed(run_of_claims()));
  RunRequest filtered = run_of_claims();
  filtered.selection.filter = "level4/*";
  EXPECT_FALSE(measures_what_is_claimed(filtered));
  RunRequest smoke = run_of_claims();
  smoke.suite.conformance = false;
  EXPECT_FALSE(measures_what_is_claimed(smoke));
  RunRequest elsewhere = run_of_claims();
  elsewhere.targets[3].platform = "host";
  EXPECT_FALSE(measures_what_is_claimed(elsewhere));
}

TEST(ClaimList, IsCompleteAndFitsTheReport) {
  std::set<std::string_view> identities;
  for (const Claim& entry : claim_list()) {
    EXPECT_TRUE(identities.insert(entry.id).second) << entry.id;
    EXPECT_NE(entry.baseline, entry.subject);
    // The report shortens what is longer.
    for (const std::string_view text : {entry.statement, entry.definition, entry.explanation}) {
      EXPECT_FALSE(text.empty()) << entry.id;
      EXPECT_LE(text.size(), 240u) << entry.id << ": " << text;
    }
  }
}

TEST(ClaimList, WhatIsWrongWithItsFileNamesTheLine) {
  const auto error_of = [](const std::string& quantity, const std::string& more) {
    try {
      parse_claims(
          "format = \"lsgd-claims/1\"\n[[claim]]\nid = \"a\"\nstatement = \"s\"\n"
          "definition = \"d\"\nquantity = \"" +
              quantity +
              "\"\n"
              "comparison = \"times\"\nnetwork = \"car\"\nbaseline = \"p\"\n"
              "subject = \"q\"\nexplanation = \"e\"\n" +
              more,
          "c.toml");
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(error_of("step_cycles", ""), "");
  EXPECT_THAT(
      error_of("cycles", ""),
      testing::StartsWith("c.toml:6: expected \"quantity\" to be one of parameter_bytes, "));
  EXPECT_EQ(error_of("step_cycles", "publisehd = 4\n"),
            "c.toml:12: expected no key \"publisehd\": it is unknown here");
}

TEST(ClaimList, ComparesInItsUnits) {
  EXPECT_EQ(compared(ClaimComparison::times, 6, 2), 3);
  EXPECT_EQ(compared(ClaimComparison::share, 8, 2), 25);
  EXPECT_EQ(compared(ClaimComparison::points, 80, 77.5), -2.5);
  EXPECT_EQ(compared(ClaimComparison::times, 6, 0), std::nullopt);
}

}  // namespace
}  // namespace lsgd
