// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lsgd/network/network.hpp>

#include "cases/golden_set.hpp"

namespace lsgd {

/// The cases of a level 1 set within one network, for ports that take no other (SPEC 7.9): the
/// parameters of a case stand in the first neurons of the lowest layers and, as another case, of
/// the highest ones, padded with zeros. Every other layer passes on what it gets, with weights of
/// 1. Sample, as far as the network has inputs and outputs, and learning rate are the case's; what
/// is expected is left to expected_tensors. Cases that do not fit into the network are left out.
GoldenSet padded_golden_set(const GoldenSet& set, const Network& network);

/// Parameters of a network in which every neuron gets an input and every input reaches a neuron,
/// with a weight of 1; all else is zero.
Parameters<float> passing_on(const Network& network);

/// The network in the name of a case: 6_32_16_4_tanh_tanh_sigmoid_bce.
std::string name_part(const Network& network);

}  // namespace lsgd
