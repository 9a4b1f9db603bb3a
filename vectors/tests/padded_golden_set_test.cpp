// SPDX-License-Identifier: Apache-2.0
#include "cases/padded_golden_set.hpp"

#include <algorithm>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

#include "data/network_text.hpp"

namespace lsgd {
namespace {

const Network car = network_from_text("6-32-16-4", "tanh-tanh-sigmoid", "bce");

GoldenSet golden_set_of_profile(const std::string& profile) {
  return read_golden_set(std::filesystem::path(LSGD_GOLDEN_DIRECTORY) / ("level1_" + profile));
}

const GoldenCase& case_named(const GoldenSet& set, const std::string& name) {
  const auto found = std::ranges::find(set.cases, name, &GoldenCase::name);
  if (found == set.cases.end()) throw std::invalid_argument("no case " + name);
  return *found;
}

std::vector<std::uint64_t> first_codes(const TensorSet& tensors, const std::string& name,
                                       std::size_t count) {
  const std::vector<std::uint64_t>& codes = find_tensor(tensors, name)->codes;
  return {codes.begin(), codes.begin() + static_cast<std::ptrdiff_t>(count)};
}

TEST(PaddedGoldenSet, HasCasesOfThePublishedNetworksInEveryProfile) {
  for (const Profile* profile : built_in_profiles())
    for (const char* sizes : {"6-32-16-4", "6-40-32-1"}) {
      const GoldenSet padded =
          padded_golden_set(golden_set_of_profile(profile->name()),
                            network_from_text(sizes, "tanh-tanh-sigmoid", "bce"));
      EXPECT_GT(padded.cases.size(), 100u) << profile->name() << " " << sizes;
      for (const GoldenCase& golden : padded.cases)
        EXPECT_EQ(sizes_text(golden.network), sizes) << golden.name;
    }
}

TEST(PaddedGoldenSet, KeepsWeightsInTheCornerAndTheirFractionBits) {
  const GoldenSet set = golden_set_of_profile("int8_hybrid");
  const GoldenCase& golden = case_named(set, "shifts_weights_4_biases_4");
  const Layer& layer = golden.network.layers.front();
  const GoldenSet within = padded_golden_set(set, car);
  const GoldenCase& padded =
      case_named(within, golden.name + "_in_6_32_16_4_tanh_tanh_sigmoid_bce");
  EXPECT_EQ(find_tensor(padded.parameters, "W1.fraction_bits")->codes,
            find_tensor(golden.parameters, "W1.fraction_bits")->codes);
  const std::vector<std::uint64_t>& inner = find_tensor(golden.parameters, "W1")->codes;
  const std::vector<std::uint64_t>& outer = find_tensor(padded.parameters, "W1")->codes;
  ASSERT_EQ(outer.size(), 6u * 32u);
  for (std::size_t j = 0; j < 32; ++j)
    for (std::size_t i = 0; i < 6; ++i)
      EXPECT_EQ(outer[j * 6 + i],
                j < layer.outputs && i < layer.inputs ? inner[j * layer.inputs + i] : 0u)
          << j << " " << i;
}

// What the first layer computes does not depend on what is above it.
TEST(PaddedGoldenSet, FirstNeuronsGiveWhatTheCaseGives) {
  for (const char* profile : {"int8_hybrid", "int8_integer"}) {
    const GoldenSet set = golden_set_of_profile(profile);
    const GoldenSet within = padded_golden_set(set, car);
    std::size_t compared = 0;
    for (const GoldenCase& golden : set.cases) {
      const auto padded = std::ranges::find(
          within.cases, golden.name + "_in_6_32_16_4_tanh_tanh_sigmoid_bce", &GoldenCase::name);
      if (padded == within.cases.end()) continue;
      const auto expected =
          expected_tensors(*padded, *set.manifest.profile, set.manifest.arithmetic);
      const auto& inner = golden.expected.front();
      const auto& outer = expected.front();
      ASSERT_EQ(outer.name, "z1");
      for (std::size_t j = 0; j < inner.elements.size(); ++j, ++compared)
        EXPECT_EQ(outer.elements[j].bits, inner.elements[j].bits) << padded->name << " " << j;
    }
    EXPECT_GT(compared, 100u);
  }
}

TEST(PaddedGoldenSet, PassesInputsOnToTheLayersOfACaseAtTheEnd) {
  const GoldenSet set = golden_set_of_profile("float32");
  const GoldenCase& golden = case_named(set, "dense_3x2_tanh");
  const GoldenSet within = padded_golden_set(set, car);
  const GoldenCase& padded =
      case_named(within, golden.name + "_at_the_end_of_6_32_16_4_tanh_tanh_sigmoid_bce");
  EXPECT_EQ(first_codes(padded.parameters, "W3", 3), first_codes(golden.parameters, "W1", 3));
  const Tensor& below = *find_tensor(padded.parameters, "W2");
  for (std::size_t j = 0; j < 16; ++j)
    EXPECT_EQ(std::ranges::count(below.codes.begin() + static_cast<std::ptrdiff_t>(32 * j),
                                 below.codes.begin() + static_cast<std::ptrdiff_t>(32 * j + 32),
                                 0x3f800000u),
              2)
        << "neuron " << j << " gets two of 32 inputs";
}

TEST(PaddedGoldenSet, LeavesOutWhatDoesNotFit) {
  const GoldenSet set = golden_set_of_profile("float32");
  for (const GoldenCase& padded : padded_golden_set(set, car).cases) {
    EXPECT_THAT(padded.name, testing::Not(testing::HasSubstr("300")));
    EXPECT_THAT(padded.name, testing::Not(testing::HasSubstr("eight_layers")));
  }
}

}  // namespace
}  // namespace lsgd
