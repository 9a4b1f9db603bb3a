// SPDX-License-Identifier: Apache-2.0
#include "cases/golden_set.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <set>

#include "cases/golden_source.hpp"
#include "cases/verify_vectors.hpp"
#include "temporary_directory.hpp"
#include "vector_directory.hpp"

namespace lsgd {
namespace {

const std::filesystem::path recorded_golden = LSGD_GOLDEN_DIRECTORY;
const std::vector<std::string> set_names{
    "level0_float32", "level0_int8_hybrid", "level0_int8_integer", "level0_int32_fixed",
    "level1_float32", "level1_int8_hybrid", "level1_int8_integer", "level1_int32_fixed"};

// Run by every compiler the project is built with, this is also the proof that all generate the
// same bytes.
TEST(GoldenSet, TheCommittedFilesAreWhatTheGeneratorWrites) {
  const TemporaryDirectory directory;
  generate_golden(directory / "golden");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(recorded_golden))
    names.insert(entry.path().filename().string());
  EXPECT_EQ(names, std::set<std::string>(set_names.begin(), set_names.end()));
  for (const std::string& name : set_names) {
    const bool same = files_of(recorded_golden / name) == files_of(directory / "golden" / name);
    EXPECT_TRUE(same) << name << ": regenerate with `lsgd-conform vectors golden`";
  }
}

TEST(GoldenSet, TheCommittedFilesAreSmall) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(recorded_golden))
    if (entry.is_regular_file()) bytes += entry.file_size();
  EXPECT_LT(bytes, 9'000'000U);
}

TEST(GoldenSet, ReadingGivesBackTheCasesOfTheGenerator) {
  for (const Profile* profile : built_in_profiles()) {
    const GoldenSet set = read_golden_set(recorded_golden / ("level1_" + profile->name()));
    const auto cases = golden_case_list(*profile);
    ASSERT_EQ(set.cases.size(), cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
      EXPECT_EQ(set.cases[i].name, cases[i].name);
      EXPECT_EQ(set.cases[i].network, cases[i].network) << cases[i].name;
      EXPECT_EQ(set.cases[i].learning_rate, cases[i].learning_rate) << cases[i].name;
      EXPECT_EQ(set.cases[i].sample.inputs, cases[i].sample.inputs) << cases[i].name;
      EXPECT_EQ(set.cases[i].sample.target, cases[i].sample.target) << cases[i].name;
      EXPECT_EQ(set.cases[i].flags, cases[i].flags) << cases[i].name;
      EXPECT_EQ(set.cases[i].parameters, cases[i].parameters) << cases[i].name;
      EXPECT_TRUE(set.cases[i].expected ==
                  expected_tensors(cases[i], *profile, set.manifest.arithmetic))
          << cases[i].name;
    }
  }
}

TEST(GoldenSet, EveryFlagIsUsedAndEveryUsedFlagDescribed) {
  for (const Profile* profile : built_in_profiles()) {
    const std::string& suffix = profile->name();
    std::set<std::string> used;
    const ArithmeticSet arithmetic = read_arithmetic_set(recorded_golden / ("level0_" + suffix));
    for (const ArithmeticCase& row : arithmetic.cases)
      used.insert(row.flags.begin(), row.flags.end());
    EXPECT_EQ(used.size(), arithmetic.manifest.flags.size()) << "level 0 " << suffix;
    used.clear();
    const GoldenSet steps = read_golden_set(recorded_golden / ("level1_" + suffix));
    for (const GoldenCase& row : steps.cases) used.insert(row.flags.begin(), row.flags.end());
    for (const auto& [name, flag] : steps.manifest.flags)
      EXPECT_TRUE(used.contains(name)) << name << " in level 1 " << suffix;
  }
}

TEST(GoldenSet, CasesHaveEveryAwkwardSizeActivationAndLoss) {
  for (const Profile* profile : built_in_profiles()) {
    std::set<std::uint32_t> lengths, neurons;
    std::set<std::size_t> depths;
    std::set<Activation> hidden, outputs;
    std::set<Loss> losses;
    for (const GoldenCase& row : golden_case_list(*profile)) {
      depths.insert(row.network.layers.size());
      losses.insert(row.network.loss);
      outputs.insert(row.network.layers.back().activation);
      for (const Layer& layer : row.network.layers) {
        lengths.insert(layer.inputs);
        neurons.insert(layer.outputs);
        if (&layer != &row.network.layers.back()) hidden.insert(layer.activation);
      }
    }
    for (std::uint32_t n = 1; n <= 17; ++n) {
      EXPECT_TRUE(lengths.contains(n)) << n;
      EXPECT_TRUE(neurons.contains(n)) << n;
    }
    EXPECT_TRUE(lengths.contains(300));
    EXPECT_TRUE(neurons.contains(300));
    EXPECT_EQ(depths, (std::set<std::size_t>{1, 2, 3, 8}));
    const auto has = [&](Activation function) { return profile->declaration().has(function); };
    EXPECT_EQ(hidden.size(),
              static_cast<std::size_t>(std::ranges::count_if(neuron_activations, has)));
    EXPECT_EQ(outputs.size(),
              static_cast<std::size_t>(std::ranges::count_if(all_activations, has)));
    EXPECT_EQ(losses.size(), has(Activation::softmax) ? 3U : 2U);
  }
}

TEST(GoldenSet, BoundsAreFiniteWhereNothingOverflows) {
  for (const GoldenCase& row : read_golden_set(recorded_golden / "level1_float32").cases) {
    if (std::ranges::find(row.flags, "overflow") != row.flags.end()) continue;
    for (const ExpectedTensor& tensor : row.expected) {
      for (const ExpectedElement& element : tensor.elements) {
        ASSERT_TRUE(element.bound);
        EXPECT_TRUE(std::isfinite(*element.bound)) << row.name << tensor.name;
      }
    }
  }
}

// Steps whose new parameters have one legal value each also say what the next forward pass gives.
TEST(GoldenSet, TheNextForwardPassIsThereWhereItIsCertain) {
  std::size_t with_next = 0;
  const GoldenSet set = read_golden_set(recorded_golden / "level1_int8_hybrid");
  for (const GoldenCase& row : set.cases) {
    const bool has_next = row.expected.back().name.starts_with("next.");
    EXPECT_EQ(has_next, update_is_unambiguous(row.expected)) << row.name;
    if (has_next) ++with_next;
    const bool needs_next = std::ranges::find(row.flags, "stale_shifts") != row.flags.end() &&
                            row.network.inputs() == 2;
    EXPECT_TRUE(has_next || !needs_next) << row.name;
  }
  EXPECT_GT(with_next, set.cases.size() / 2);
}

// Erratum 1 by hand: W = 60/64, 28/64; b = 20/64; x = 0.75, 0.5. z = 0.703125 + 0.21875 + 0.3125 =
// 1.234375, which rounds to 20/16 = 1.25 = t, so nothing changes but the formats: 6 becomes 7.
// Shifts kept from n_W = 6 would give twice that, 40/16.
TEST(GoldenSet, TheZeroGradientCaseIsErratumOne) {
  for (const GoldenCase& row : read_golden_set(recorded_golden / "level1_int8_hybrid").cases) {
    if (row.name != "zero_gradient_gains_a_fraction_bit") continue;
    std::map<std::string, ExpectedTensor> expected;
    for (const ExpectedTensor& tensor : row.expected) expected[tensor.name] = tensor;
    EXPECT_EQ(expected["z1"].elements[0].bits, 20U);
    EXPECT_EQ(expected["W1.fraction_bits"].elements[0].bits, 7U);
    EXPECT_EQ(expected["W1"].elements[0].bits, 120U);
    EXPECT_EQ(expected["next.z1"].elements[0].bits, 20U);
    return;
  }
  FAIL() << "the case is missing";
}

}  // namespace
}  // namespace lsgd
