// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/network/network.hpp>

#include "steps/tensor_set.hpp"

namespace lsgd {

/// The state that the tensors of a network stand for in a declared arithmetic: the codes of
/// W1.fraction_bits, W1, b1, ..., random_state as parameter_tensors orders them. Throws
/// std::invalid_argument where one is missing or has another length.
DeclaredState declared_state(const Arithmetic& arithmetic, const Network& network,
                             const TensorSet& parameters);

}  // namespace lsgd
