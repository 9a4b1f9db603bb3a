// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/binary_number.hpp>
#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/arithmetic/legal_arithmetics.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// What stays the same from step to step, and values of functions that come again.
struct DeclaredShape {
  Arithmetic
      arithmetic;  ///< with a direction and a generator where the declaration leaves these open
  Network network;
  bool flushes_operands = false;
  /// By layer: a for each code of z met so far, where z has 16 bits or fewer and nothing is drawn.
  std::vector<std::map<std::uint64_t, BinaryNumber>> known_activations = {};
  std::vector<TensorScale> known_scales = {};  ///< by layer: of those activations
  /// By layer, of target_projection: row-major [outputs][outputs of the network].
  std::vector<std::vector<BinaryNumber>> projections = {};
  FunctionErrors function_errors = {};
  BinaryNumber loss_factor = {};  ///< of LossScale

  /// Keeps of the known activations those with the scales of a state.
  void forget_activations_of_other_scales(const DeclaredState& state);
};

DeclaredShape declared_shape(const Arithmetic& arithmetic, const Network& network,
                             const FunctionErrors& function_errors = {});

}  // namespace lsgd
