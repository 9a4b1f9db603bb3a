// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/declared_shape.hpp"

#include <algorithm>
#include <cstdint>

#include "arithmetic/loss_factor.hpp"
#include "arithmetic/tensor_rounding.hpp"

namespace lsgd {

namespace {

/// The declaration with a direction where it allows any, and a generator where it knows none.
Arithmetic with_decided_roundings(Arithmetic arithmetic) {
  for (std::vector<Rounding>& roundings : arithmetic.points)
    for (Rounding& rounding : roundings) rounding = decided(rounding);
  arithmetic.random.generator = decided(arithmetic.random.generator);
  return arithmetic;
}

bool reads_subnormals_as_zeros(const Arithmetic& arithmetic) {
  return std::ranges::any_of(arithmetic.points, [](const std::vector<Rounding>& roundings) {
    return std::ranges::any_of(roundings, [](const Rounding& rounding) {
      return rounding.format.kind == FormatKind::floating &&
             (rounding.format.subnormals == Subnormals::flush_operands ||
              rounding.format.subnormals == Subnormals::flush_both);
    });
  });
}

/// Matrices B_l of the layers below the last, drawn row by row from the seed: 16 bits each, in
/// [-1, 1).
std::vector<std::vector<BinaryNumber>> drawn_projections(const TrainingRules& training,
                                                         const Network& network) {
  RandomStream random(training.projection_generator, training.projection_seed);
  std::vector<std::vector<BinaryNumber>> projections;
  for (std::size_t l = 0; l + 1 < network.layers.size(); ++l) {
    auto& matrix = projections.emplace_back();
    for (std::size_t i = 0; i < std::size_t{network.layers[l].outputs} * network.outputs(); ++i)
      matrix.push_back(BinaryNumber::of(static_cast<std::int16_t>(random.draw(16)), -15));
  }
  return projections;
}

}  // namespace

void DeclaredShape::forget_activations_of_other_scales(const DeclaredState& state) {
  known_scales.resize(state.layers.size());
  for (std::size_t l = 0; l < state.layers.size(); ++l) {
    const TensorScale& scale = state.layers[l].activation_scale;
    TensorScale& known = known_scales[l];
    if (same_number(known.scale, scale.scale) && known.zero_point == scale.zero_point) continue;
    known = scale;
    known_activations[l].clear();
  }
}

DeclaredShape declared_shape(const Arithmetic& arithmetic, const Network& network,
                             const FunctionErrors& function_errors) {
  DeclaredShape shape{with_decided_roundings(arithmetic), network,
                      reads_subnormals_as_zeros(arithmetic)};
  shape.known_activations.resize(network.layers.size());
  shape.function_errors = function_errors;
  shape.loss_factor = rounded_loss_factor(arithmetic.training.loss_scale, network);
  if (arithmetic.training.algorithm == TrainingAlgorithm::target_projection)
    shape.projections = drawn_projections(arithmetic.training, network);
  return shape;
}

}  // namespace lsgd
