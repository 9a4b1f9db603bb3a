// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <lsgd/network/network.hpp>

namespace lsgd {

/// Name of an activation or a loss as files and options spell it.
std::string_view to_text(Activation activation);
std::string_view to_text(Loss loss);

/// The activation or loss of that name. Throws std::invalid_argument, whose text completes
/// "expected ...", for any other name.
Activation activation_from_text(std::string_view name);
Loss loss_from_text(std::string_view name);

/// A network from sizes d_0-...-d_L ("6-32-16-4", each 1 to 1000000), one activation per layer
/// ("tanh-tanh-sigmoid") and a loss. Throws std::invalid_argument, whose text completes
/// "expected ...", if they do not make a network.
Network network_from_text(std::string_view sizes, std::string_view activations,
                          std::string_view loss);

/// The texts network_from_text takes.
std::string sizes_text(const Network& network);
std::string activations_text(const Network& network);

/// All three, as in "6-32-16-4 tanh-tanh-sigmoid bce".
std::string network_text(const Network& network);

/// What is wrong with a network: sizes that do not chain, more than 10^8 parameters, bce without a
/// sigmoid output layer. `layer` counts from 0; `expected` is empty if nothing is wrong.
struct NetworkFault {
  std::size_t layer = 0;
  std::string member;  ///< "inputs", "outputs" or "activation"
  std::string expected;
};
NetworkFault fault_of(const Network& network);

}  // namespace lsgd
