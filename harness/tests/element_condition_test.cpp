// SPDX-License-Identifier: Apache-2.0
#include "explanation/element_condition.hpp"

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "data/network_text.hpp"

namespace lsgd {
namespace {

using Places = std::vector<ElementPlace>;

/// Weights and biases of some networks, those of which `is_where` is true apart.
std::pair<Places, Places> places(const std::function<bool(const ElementPlace&)>& is_where) {
  static const std::vector<Network> networks = [] {  // which places outlive
    std::vector<Network> all;
    for (const char* const shape : {"5-7-3", "8-16-4", "9-192-6", "7-6-5-4"}) {
      const bool is_deep = std::string(shape) == "7-6-5-4";
      all.push_back(
          network_from_text(shape, is_deep ? "relu-tanh-identity" : "tanh-sigmoid", "mse"));
    }
    return all;
  }();
  Places where, elsewhere;
  for (const Network& network : networks) {
    for (std::size_t l = 0; l < network.layers.size(); ++l)
      for (const char kind : {'W', 'b'}) {
        const Layer& layer = network.layers[l];
        const std::size_t count = kind == 'W' ? layer.weight_count() : layer.outputs;
        for (std::size_t i = 0; i < count; ++i) {
          const ElementPlace place = element_place(network, kind + std::to_string(l + 1), i);
          (is_where(place) ? where : elsewhere).push_back(place);
        }
      }
  }
  return {where, elsewhere};
}

std::string condition(const std::function<bool(const ElementPlace&)>& is_where) {
  const auto [where, elsewhere] = places(is_where);
  return condition_of(where, elsewhere);
}

TEST(ElementPlace, IsThatOfAWeightOrABias) {
  const Network network = network_from_text("5-7-3", "tanh-sigmoid", "mse");
  const ElementPlace weight = element_place(network, "W2", 7 + 4);
  EXPECT_EQ(weight.layer, 2u);
  EXPECT_EQ(weight.neuron, 1u);
  EXPECT_EQ(weight.input, 4u);
  EXPECT_TRUE(weight.is_weight);
  EXPECT_EQ(element_place(network, "b1", 6).neuron, 6u);
  EXPECT_EQ(element_place(network, "W1.fraction_bits", 0).layer, 1u);
}

TEST(ElementCondition, TellsWhatReadsOutputsOfBoundedFunctionsFromOthers) {
  const Network network = network_from_text("5-4-3-2", "tanh-relu-identity", "mse");
  Places behind, others;
  for (const char* const tensor : {"W1", "b1", "W2", "b2", "W3", "b3"}) {
    const ElementPlace place = element_place(network, tensor, 0);
    (place.layer == 2 ? behind : others).push_back(place);
  }
  EXPECT_EQ(condition_of(behind, others), "behind layers of sigmoid or tanh");
  EXPECT_EQ(condition_of(others, behind), "in layers that are not behind sigmoid or tanh");
}

TEST(ElementCondition, IsTheNetworkWhereNothingElseIsShared) {
  const auto is_first_network = [](const ElementPlace& place) {
    return place.network->layers.front().inputs == 5;
  };
  EXPECT_EQ(condition(is_first_network), "in the network 5-7-3 tanh-sigmoid");
}

TEST(ElementCondition, SaysWhatElementsShareAndOthersLack) {
  EXPECT_EQ(condition([](const ElementPlace& place) {
              return place.is_weight && place.input + 1 == place.inputs && place.inputs == 192;
            }),
            "at input 191, from 0");
  EXPECT_EQ(condition([](const ElementPlace& place) {
              return place.is_weight && place.input + 1 == place.inputs;
            }),
            "at the last input");
  EXPECT_EQ(condition([](const ElementPlace& place) { return place.neuron == 3; }),
            "at neuron 3, from 0");
  EXPECT_EQ(condition([](const ElementPlace& place) {
              return place.function == Activation::sigmoid && place.outputs == 6;
            }),
            "in layers of 192 inputs");
  const std::string two = condition([](const ElementPlace& place) {
    return place.neuron + 1 == place.outputs && place.layer == 1;
  });
  EXPECT_THAT(two, testing::HasSubstr("at the last neuron"));
  EXPECT_THAT(two, testing::HasSubstr(", "));
}

TEST(ElementCondition, IsNothingWhereElementsShareNothing) {
  std::size_t number = 0;
  EXPECT_EQ(condition([&](const ElementPlace&) { return number++ % 3 == 0; }), "");
  EXPECT_EQ(condition([](const ElementPlace&) { return true; }), "");
  EXPECT_EQ(condition([](const ElementPlace&) { return false; }), "");
}

}  // namespace
}  // namespace lsgd
