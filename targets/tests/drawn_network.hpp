// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <lsgd/network/network.hpp>

#include "port_network.hpp"

namespace lsgd {

/// By the numbers that the port interface gives them.
inline constexpr std::array port_activations{Activation::identity, Activation::relu,
                                             Activation::sigmoid, Activation::tanh};

/// One to four layers, 1 to 19 inputs and neurons, all activations and losses.
inline Network drawn_network(Random& random) {
  Network network;
  auto inputs = static_cast<std::uint32_t>(random.integer(1, 19));
  for (int l = random.integer(1, 4); l > 0; --l) {
    const Activation activation =
        port_activations.at(static_cast<std::size_t>(random.integer(0, 3)));
    const auto outputs = static_cast<std::uint32_t>(random.integer(1, 19));
    network.layers.push_back({inputs, outputs, activation});
    inputs = outputs;
  }
  const bool is_bce =
      network.layers.back().activation == Activation::sigmoid && random.integer(0, 1) == 1;
  network.loss = is_bce ? Loss::bce : Loss::mse;
  return network;
}

/// The reference's network in the port's terms.
inline PortNetwork port_network(const Network& network) {
  std::vector<std::uint16_t> outputs;
  std::vector<lsgd_activation> activations;
  for (const Layer& layer : network.layers) {
    outputs.push_back(static_cast<std::uint16_t>(layer.outputs));
    activations.push_back(static_cast<lsgd_activation>(
        std::ranges::find(port_activations, layer.activation) - port_activations.begin()));
  }
  return PortNetwork(static_cast<std::uint16_t>(network.inputs()), outputs, activations,
                     network.loss == Loss::bce ? LSGD_LOSS_BCE : LSGD_LOSS_MSE);
}

}  // namespace lsgd
