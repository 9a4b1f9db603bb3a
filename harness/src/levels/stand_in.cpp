// SPDX-License-Identifier: Apache-2.0
#include "levels/stand_in.hpp"

#include <algorithm>
#include <fmt/format.h>

#include <lsgd/network/activation.hpp>

namespace lsgd {
namespace {

/// Hidden layers get relu in place of a function, the output layer identity: relu at the end may
/// leave nothing to train.
Network without(Activation activation, Network network) {
  for (Layer& layer : network.layers)
    if (layer.activation == activation)
      layer.activation = &layer == &network.layers.back() ? Activation::identity : Activation::relu;
  return network;
}

}  // namespace

std::vector<Network> stand_ins(const Network& network) {
  const auto is_elsewhere = [](const Layer& layer) { return !may_be_left_out(layer.activation); };
  if (!std::ranges::all_of(network.layers, is_elsewhere)) return {};
  Network with_mse = network;
  with_mse.loss = Loss::mse;
  std::vector<Network> networks;
  for (const Network& other :
       {with_mse, without(Activation::tanh, network), without(Activation::tanh, with_mse),
        without(Activation::sigmoid, without(Activation::tanh, with_mse))})
    if (other != network && std::ranges::find(networks, other) == networks.end())
      networks.push_back(other);
  return networks;
}

std::optional<std::string> with_stand_ins(std::optional<std::string> reason, std::size_t stand_ins,
                                          std::size_t selected) {
  if (stand_ins == 0) return reason;
  return fmt::format(
      "{}{}{} of {} cases with another network, since the port lacks the loss or an activation of "
      "their own",
      reason.value_or(""), reason ? "; " : "", stand_ins, selected);
}

}  // namespace lsgd
