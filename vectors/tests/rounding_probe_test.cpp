// SPDX-License-Identifier: Apache-2.0
#include "steps/rounding_probe.hpp"

#include <cmath>
#include <gmock/gmock.h>

#include "files/text_file.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

TEST(RoundingProbe, CommittedFilesAreTheGeneratedOnes) {
  const TemporaryDirectory directory;
  generate_rounding_probes(directory / "probes");
  const std::filesystem::path committed(LSGD_PROBES_DIRECTORY);
  std::size_t probes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(committed)) {
    ++probes;
    for (const char* file : {"model.json", "params.csv", "data.csv"})
      EXPECT_EQ(read_text(entry.path() / file, 1 << 20),
                read_text(directory / "probes" / entry.path().filename() / file, 1 << 20))
          << entry.path() << " " << file;
  }
  EXPECT_EQ(probes, rounding_probes(rounding_probe_seed).size());
}

bool is_tie(double exact) {
  const float nearest = static_cast<float>(exact);
  const double error = exact - double{nearest};
  const float other = std::nextafter(nearest, error > 0 ? HUGE_VALF : -HUGE_VALF);
  return error != 0 && std::abs(exact - double{other}) == std::abs(error);
}

RoundingProbe probe_named(const std::string& name, std::uint64_t seed) {
  for (RoundingProbe& probe : rounding_probes(seed))
    if (probe.name == name) return probe;
  throw std::invalid_argument(name);
}

TEST(RoundingProbe, ForwardProductsOfDenseAreTies) {
  const RoundingProbe probe = probe_named("dense", 3);
  for (std::size_t s = 0; s < probe.data.size(); ++s) {
    const Sample sample = probe.data.sample(s, 3);
    for (std::size_t k = 0; k < 64; ++k) {
      const double product =
          double{probe.model.parameters[0].weights[k]} * double{sample.inputs[k % 8]};
      EXPECT_TRUE(product == 0 || is_tie(product));
    }
  }
}

TEST(RoundingProbe, BiasAdditionsAndUpdatesOfSumAreTiesAndItsProductsExact) {
  const RoundingProbe probe = probe_named("sum", 3);
  const LayerParameters<float>& parameters = probe.model.parameters[0];
  for (std::size_t s = 0; s < probe.data.size(); ++s) {
    const Sample sample = probe.data.sample(s, 8);
    for (std::size_t j = 0; j < 8; ++j) {
      const double product = double{parameters.weights[8 * j]} * double{sample.inputs[0]};
      EXPECT_EQ(product, static_cast<float>(product));
      EXPECT_EQ(is_tie(product + double{parameters.biases[j]}), j < 4);
      EXPECT_TRUE(j < 4 || sample.target[j] != 0 || is_tie(3 * product)) << j;
    }
  }
}

/// z of neuron j in binary64, and whether it is a binary32 number.
struct ForwardSum {
  double value = 0;
  bool exact = true;
};

/// Every partial sum of products of at most 25 bits is exact in binary64.
ForwardSum forward_sum(const Layer& layer, const LayerParameters<float>& parameters,
                       const std::vector<float>& input, std::size_t j) {
  ForwardSum sum{parameters.biases[j]};
  for (std::size_t i = 0; i < layer.inputs; ++i)
    sum.value += double{parameters.weights[j * layer.inputs + i]} * double{input[i]};
  sum.exact = sum.value == static_cast<float>(sum.value);
  return sum;
}

TEST(RoundingProbe, RateHasTiesOfItsRateItsUpdateAndItsProductApart) {
  const RoundingProbe probe = probe_named("rate", 3);
  const Layer& layer = probe.model.network.layers[0];
  const LayerParameters<float>& parameters = probe.model.parameters[0];
  for (std::size_t s = 0; s < probe.data.size(); ++s) {
    const Sample sample = probe.data.sample(s, 12);
    for (std::size_t j = 0; j < 12; ++j) {
      const ForwardSum z = forward_sum(layer, parameters, sample.inputs, j);
      EXPECT_EQ(z.exact, j < 8) << j;
      EXPECT_EQ(is_tie(z.value), j >= 8) << j;
      if (j >= 8 || sample.target[j] != 0) continue;
      const double change = probe.learning_rate * z.value;
      EXPECT_EQ(is_tie(change), j < 4) << j;
      EXPECT_TRUE(is_tie(double{parameters.biases[j]} - change)) << j;
    }
  }
}

TEST(RoundingProbe, HiddenDeltasOfDeltaAreOneProductATieWhereTheTargetIsZero) {
  const RoundingProbe probe = probe_named("delta", 3);
  const LayerParameters<float>& above = probe.model.parameters[1];
  for (std::size_t s = 0; s < probe.data.size(); ++s) {
    const Sample sample = probe.data.sample(s, 4);
    for (std::size_t j = 0; j < 4; ++j) {
      const ForwardSum a = forward_sum(probe.model.network.layers[1], above, sample.inputs, j);
      EXPECT_TRUE(a.exact);
      for (std::size_t i = 0; i < 8; ++i) {
        const double product = double{above.weights[8 * j + i]} * a.value;
        EXPECT_EQ(product != 0, i % 4 == j);
        EXPECT_TRUE(product == 0 || sample.target[j] != 0 || is_tie(product)) << i;
      }
    }
  }
}

TEST(RoundingProbe, HiddenActivationsOfTheThirdChunkOfTanhHaveSixBits) {
  const RoundingProbe probe = probe_named("tanh", 3);
  const std::size_t first = probe.data.size() / probe.chunks * 2;
  for (std::size_t k = first * 8; k < probe.data.inputs_flat.size(); ++k) {
    const double scaled = std::tanh(double{probe.data.inputs_flat[k]}) * 64;
    EXPECT_LT(std::abs(scaled - std::nearbyint(scaled)), 64 * 0x1p-26);
  }
}

TEST(RoundingProbe, ActivationsOfSubnormalAreSubnormal) {
  const RoundingProbe probe = probe_named("subnormal", 3);
  double largest = 0;
  for (const float weight : probe.model.parameters[0].weights)
    largest = std::max(largest, std::abs(double{weight}));
  EXPECT_LT(largest * 8, 0x1p-126);
}

}  // namespace
}  // namespace lsgd
