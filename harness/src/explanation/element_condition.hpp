// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <lsgd/network/network.hpp>

namespace lsgd {

/// Where an element of a step lies: of a weight, a bias, or an activation, whose column is 0.
struct ElementPlace {
  Activation function = Activation::identity;  ///< of its layer
  Loss loss = Loss::mse;
  std::size_t layers = 1;  ///< of the network
  std::size_t layer = 1;   ///< from 1
  std::size_t inputs = 1;  ///< of the layer
  std::size_t outputs = 1;
  std::size_t neuron = 0;  ///< from 0
  std::size_t input = 0;   ///< likewise
  bool is_weight = false;
  bool reads_bounded = false;  ///< outputs of sigmoid or tanh, which are no larger than 1
  const Network* network = nullptr;
};

/// The place of an element of W3, b3 or a3 of a network, which outlives it.
ElementPlace element_place(const Network& network, const std::string& tensor, std::size_t index);

/// What elements share and others lack, such as "in layers of 192 inputs, at the last input": up to
/// three properties of all of `where` that leave at most one in a hundred of `elsewhere`. Empty
/// where there are none.
std::string condition_of(const std::vector<ElementPlace>& where,
                         const std::vector<ElementPlace>& elsewhere);

}  // namespace lsgd
