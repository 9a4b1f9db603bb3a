// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/declared_shape.hpp"

#include <algorithm>

#include "arithmetic/tensor_rounding.hpp"

namespace lsgd {

namespace {

/// The declaration with a direction where it allows any.
Arithmetic with_decided_directions(Arithmetic arithmetic) {
  for (std::vector<Rounding>& roundings : arithmetic.points)
    for (Rounding& rounding : roundings) rounding = decided(rounding);
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

}  // namespace

DeclaredShape declared_shape(const Arithmetic& arithmetic, const Network& network) {
  DeclaredShape shape{with_decided_directions(arithmetic), network,
                      reads_subnormals_as_zeros(arithmetic)};
  shape.known_activations.resize(network.layers.size());
  return shape;
}

}  // namespace lsgd
