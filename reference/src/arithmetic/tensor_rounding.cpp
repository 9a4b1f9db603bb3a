// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/tensor_rounding.hpp"

#include <algorithm>
#include <stdexcept>

namespace lsgd {

RandomGenerator decided(RandomGenerator generator) {
  return generator == RandomGenerator::device ? RandomGenerator::lcg32 : generator;
}

bool has_tensor_scale(const NumberFormat& format) {
  switch (format.kind) {
    case FormatKind::fixed:
      return format.fraction_bits.source == FractionBitsSource::tensor;
    case FormatKind::affine:
    case FormatKind::set:
      return format.scale != ScaleSharing::none;
    case FormatKind::floating:
    case FormatKind::exact:
      return false;
  }
  throw std::logic_error("a kind of format");
}

bool follows_numbers(ScaleRule rule) {
  switch (rule) {
    case ScaleRule::max_abs:
    case ScaleRule::max_abs_power_of_two:
    case ScaleRule::mean_abs:
      return true;
    case ScaleRule::given:
    case ScaleRule::widen_on_saturation:
    case ScaleRule::fixed:
      return false;
  }
  throw std::logic_error("a rule for scales");
}

std::size_t first_scaled(const std::vector<Rounding>& roundings) {
  const auto found = std::ranges::find_if(
      roundings, [](const Rounding& rounding) { return has_tensor_scale(rounding.format); });
  return static_cast<std::size_t>(found - roundings.begin());
}

Rounding decided(Rounding rounding) {
  if (rounding.direction == RoundingDirection::any)
    rounding.direction = RoundingDirection::nearest_even;
  return rounding;
}

bool round_tensor_from(std::size_t first, const std::vector<Rounding>& roundings,
                       std::size_t columns, RandomStream* random, DeclaredTensor& tensor) {
  bool overflowed = false;
  for (std::size_t k = first; k < roundings.size(); ++k) {
    const Rounding rounding = decided(roundings[k]);
    const bool is_scaled = has_tensor_scale(rounding.format);
    std::vector<NumberCodec> codecs;
    for (const TensorScale& scale : tensor.scales) {
      TensorScale own = scale;
      if (!is_scaled) own = {.fraction_bits = rounding.format.fraction_bits.number};
      codecs.emplace_back(rounding.format, own);
    }
    for (std::size_t i = 0; i < tensor.numbers.size(); ++i) {
      const std::size_t position = is_scaled ? tensor.scale_of(rounding.format, i, columns) : 0;
      tensor.numbers[i] =
          codecs.at(position).rounded(tensor.numbers[i], rounding, random, &overflowed);
    }
  }
  return overflowed;
}

void round_tensor(const std::vector<Rounding>& roundings, ScaleRule rule, std::size_t columns,
                  RandomStream* random, DeclaredTensor& tensor) {
  const std::size_t scaled = first_scaled(roundings);
  const std::vector<Rounding> before(roundings.begin(),
                                     roundings.begin() + static_cast<std::ptrdiff_t>(scaled));
  round_tensor_from(0, before, columns, random, tensor);
  if (scaled < roundings.size())
    tensor.scales = chosen_scales(roundings[scaled].format, rule, tensor.numbers, columns);
  else if (!roundings.empty())
    tensor.scales = {{.fraction_bits = roundings.back().format.fraction_bits.number}};
  round_tensor_from(scaled, roundings, columns, random, tensor);
}

}  // namespace lsgd
