// SPDX-License-Identifier: Apache-2.0
#include "levels/capacity_cases.hpp"

#include <gtest/gtest.h>

#include "data/model_file.hpp"

namespace lsgd {
namespace {

std::uint32_t activation_count(const Network& network) {
  std::uint32_t count = 0;
  for (const Layer& layer : network.layers) count += layer.outputs;
  return count;
}

bool fits(const Capacities& device, const Network& network) {
  for (const Layer& layer : network.layers)
    if (layer.outputs == 0 || layer.outputs > device.width) return false;
  return network.layers.size() <= device.layers && network.inputs() <= device.inputs &&
         activation_count(network) <= device.activations &&
         parameter_count(network) <= device.parameters;
}

const Capacities built_in{8, 784, 320, 1280, 98304};

TEST(CapacityCases, NetworksFillTheBuiltInPortsExactly) {
  const Network activations = network_of_all_activations(built_in, 7);
  EXPECT_EQ(activations.layers.size(), 7u);
  EXPECT_EQ(activation_count(activations), 1280u);
  EXPECT_EQ(activations.outputs(), 320u - 3);
  EXPECT_TRUE(fits(built_in, activations));
  const Network parameters = network_of_all_parameters(built_in);
  EXPECT_EQ(parameters.layers.size(), 2u);
  EXPECT_EQ(parameter_count(parameters), 98304u);
  EXPECT_TRUE(fits(built_in, parameters));
}

TEST(CapacityCases, NetworksFitEveryDevice) {
  for (const std::uint32_t layers : {1u, 2u, 3u, 8u, 64u})
    for (const std::uint32_t inputs : {1u, 6u, 65535u})
      for (const std::uint32_t width : {1u, 2u, 3u, 32u, 65535u})
        for (const std::uint32_t activations : {1u, 2u, 16u, 52u, 1000u, 0xffffffffu})
          for (const std::uint32_t parameters : {2u, 3u, 64u, 820u, 5000u, 0xffffffffu}) {
            const Capacities stated{layers, inputs, width, activations, parameters};
            const Capacities device = believed(stated);
            for (const Network& network : {network_of_all_activations(device, device.layers),
                                           network_of_all_parameters(device)}) {
              EXPECT_FALSE(network.layers.empty());
              EXPECT_TRUE(fits(stated, network));
              EXPECT_LE(parameter_count(network), most_parameters_believed);
            }
          }
}

TEST(CapacityCases, APortOfOneLayerGetsOneLayer) {
  const Network network = network_of_all_parameters({1, 6, 4, 4, 28});
  ASSERT_EQ(network.layers.size(), 1u);
  EXPECT_EQ(parameter_count(network), 28u);
}

TEST(CapacityCases, SlowTargetsAreFilledToo) {
  for (const ConformanceCase& filling : capacity_cases(profile_named("float32"), Pace::slow)) {
    if (filling.id == "level1/all_parameters") {
      EXPECT_TRUE(filling.run) << filling.id;
      continue;
    }
    ASSERT_TRUE(filling.judge);
    EXPECT_EQ(filling.judge({}).verdict, Verdict::skipped);
  }
}

}  // namespace
}  // namespace lsgd
