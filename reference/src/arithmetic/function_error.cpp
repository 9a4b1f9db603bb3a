// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/function_error.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <lsgd/network/activation.hpp>

namespace lsgd {
namespace {

/// Distance of neighbours in a format near a value.
double spacing_at(const NumberFormat& format, double value) {
  switch (format.kind) {
    case FormatKind::floating:
      return std::ldexp(
          1.0, std::max(value == 0 ? 1 - format.bias : std::ilogb(value), 1 - format.bias) + 1 -
                   format.precision);
    case FormatKind::fixed:
      return format.fraction_bits.source == FractionBitsSource::number
                 ? std::ldexp(1.0, -format.fraction_bits.number)
                 : 0;
    case FormatKind::affine:
    case FormatKind::set:
    case FormatKind::exact:
      return 0;
  }
  throw std::invalid_argument("unknown kind of format");
}

/// Uniform in [-1, 1), the same for the same argument.
double uniform(double z, std::uint64_t seed) {
  std::uint64_t hash = (std::bit_cast<std::uint64_t>(z) ^ seed) * 0x9E3779B97F4A7C15;
  hash = (hash ^ hash >> 32) * 0xD6E8FEB86659FD93;
  return static_cast<double>(static_cast<std::int64_t>(hash ^ hash >> 32)) * 0x1p-63;
}

}  // namespace

std::optional<double> moved_value(const DeclaredShape& shape, std::size_t l, double z,
                                  double value) {
  const FunctionErrors& errors = shape.function_errors;
  if (errors.share == 0 || !std::isfinite(value)) return std::nullopt;
  const Activation function = shape.network.layers[l].activation;
  const ActivationDefinition& definition = shape.arithmetic.activation(function);
  const std::vector<Rounding>& roundings = shape.arithmetic.at(Point::activation);
  const bool draws = std::ranges::any_of(roundings, [](const Rounding& rounding) {
    return rounding.direction == RoundingDirection::stochastic;
  });
  if (definition.rule != ActivationRule::within || draws) return std::nullopt;
  const double own_spacing = spacing_at(roundings.back().format, value);
  if (own_spacing == 0) return std::nullopt;
  const double ulp =
      definition.ulp_exponent ? std::ldexp(1.0, *definition.ulp_exponent) : own_spacing;
  // The value was rounded, and will be: that is one unit of its format.
  const double left = definition.ulps * ulp + definition.absolute_error - own_spacing;
  if (left <= 0) return std::nullopt;
  const double lowest = with_activation(function, [](auto of) -> double {
    if constexpr (requires { of.lowest; })
      return of.lowest;
    else
      return -HUGE_VAL;
  });
  return std::clamp(value + errors.share * uniform(z, errors.seed) * left, lowest, 1.0);
}

}  // namespace lsgd
