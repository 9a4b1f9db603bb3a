// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>

#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/arithmetic/judgement.hpp>

#include "arithmetic/tensor_rounding.hpp"
#include "arithmetic/tensor_scale.hpp"

namespace lsgd {

namespace {

std::size_t scale_count(const NumberFormat& format, std::size_t elements, std::size_t columns) {
  return elements == 0 ? 1 : scale_position(format, elements - 1, columns) + 1;
}

/// ceil(log2 |x|) of a finite number other than zero.
std::int64_t ceil_log2(const BinaryNumber& x) {
  const auto highest = static_cast<std::int64_t>(msb(x.magnitude));
  const bool is_power = lsb(x.magnitude) == msb(x.magnitude);
  return highest + x.exponent + (is_power ? 0 : 1);
}

}  // namespace

TensorScale chosen_scale(const NumberFormat& format, ScaleRule rule, const BinaryNumber& largest,
                         const BinaryNumber& sum, std::size_t count) {
  TensorScale scale;
  if (format.kind == FormatKind::fixed) {
    const FractionBits& bits = format.fraction_bits;
    scale.fraction_bits = bits.source == FractionBitsSource::tensor ? bits.maximum : bits.number;
    if (bits.source != FractionBitsSource::tensor || largest.is_zero()) return scale;
    const int integer_bits = format.bits - (format.is_signed ? 1 : 0);
    scale.fraction_bits = static_cast<int>(
        std::clamp<std::int64_t>(integer_bits - ceil_log2(largest), bits.minimum, bits.maximum));
    return scale;
  }
  if (largest.is_zero() || !largest.is_finite() || !sum.is_finite()) return scale;
  switch (rule) {
    case ScaleRule::mean_abs:
      scale.scale = rounded_scale(sum, BinaryNumber::of(count), format.scale_format);
      return scale;
    case ScaleRule::max_abs_power_of_two:
    case ScaleRule::given:
    case ScaleRule::max_abs:
    case ScaleRule::widen_on_saturation:
    case ScaleRule::fixed:
      break;
  }
  const ScaleFormat scale_format =
      rule == ScaleRule::max_abs_power_of_two ? ScaleFormat::e8m0 : format.scale_format;
  const NumberCodec unscaled(format);
  const BinaryNumber low = magnitude_of(unscaled.smallest());
  const BinaryNumber high = magnitude_of(unscaled.largest());
  const bool symmetric = format.kind == FormatKind::affine || compare(low, high) < 0;
  scale.scale = rounded_scale(largest, symmetric ? high : low, scale_format);
  return scale;
}

std::size_t scale_position(const NumberFormat& format, std::size_t index, std::size_t columns) {
  switch (format.scale) {
    case ScaleSharing::none:
    case ScaleSharing::tensor:
      return 0;
    case ScaleSharing::row:
    case ScaleSharing::operands:
      return index / columns;
    case ScaleSharing::block: {
      const auto block = static_cast<std::size_t>(format.block);
      const std::size_t blocks = (columns + block - 1) / block;
      return index / columns * blocks + index % columns / block;
    }
  }
  throw std::logic_error("a sharing of scales");
}

std::size_t DeclaredTensor::scale_of(const NumberFormat& format, std::size_t index,
                                     std::size_t columns) const {
  return scales.size() == 1 ? 0 : scale_position(format, index, columns);
}

std::vector<TensorScale> chosen_scales(const NumberFormat& format, ScaleRule rule,
                                       const std::vector<BinaryNumber>& numbers,
                                       std::size_t columns) {
  const std::size_t count = scale_count(format, numbers.size(), columns);
  std::vector<BinaryNumber> largest(count), sums(count);
  std::vector<std::size_t> members(count);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t k = scale_position(format, i, columns);
    ++members[k];
    // What has overflowed has no say.
    if (!numbers[i].is_finite()) continue;
    const BinaryNumber magnitude = magnitude_of(numbers[i]);
    if (compare(magnitude, largest[k]) > 0) largest[k] = magnitude;
    sums[k] = sums[k] + magnitude;
  }
  std::vector<TensorScale> scales;
  for (std::size_t k = 0; k < count; ++k)
    scales.push_back(chosen_scale(format, rule, largest[k], sums[k], members[k]));
  return scales;
}

DeclaredState initial_state(const Arithmetic& arithmetic, const Network& network,
                            const Parameters<float>& parameters, std::uint32_t random_state,
                            std::span<const float> calibration_inputs) {
  if (parameters.size() != network.layers.size())
    throw std::invalid_argument("one set of parameters per layer");
  DeclaredState state;
  state.random_state = random_state;
  std::optional<RandomStream> random;
  if (arithmetic.random.generator != RandomGenerator::none)
    random.emplace(decided(arithmetic.random.generator), random_state);
  const auto fits_layer = [&](std::size_t l) {
    return parameters[l].weights.size() == network.layers[l].weight_count() &&
           parameters[l].biases.size() == network.layers[l].outputs;
  };
  for (std::size_t l = 0; l < parameters.size(); ++l)
    if (!fits_layer(l)) throw std::invalid_argument("parameters fit their layer");
  const CalibratedRanges calibrated(arithmetic, network, parameters, calibration_inputs);
  const auto start_of = [&](Point tensor, std::size_t l) -> TensorScale {
    const std::optional<ScaleRange> found = calibrated.range(tensor, l);
    if (found) return scale_of_range(*arithmetic.format(tensor), *found);
    const auto& range = arithmetic.scale(tensor)->ranges.value().at(
        static_cast<std::size_t>(network.layers[l].activation));
    return scale_of_range(*arithmetic.format(tensor), range.value());
  };
  if (keeps_scale(arithmetic, Point::input)) state.input_scale = start_of(Point::input, 0);
  const auto rounded = [&](Point point, Point tensor, const std::vector<float>& values,
                           std::size_t columns, std::vector<TensorScale> known_scales) {
    DeclaredTensor result;
    for (const float value : values) result.numbers.push_back(BinaryNumber::of_double(value));
    const ScaleDefinition* scale = arithmetic.scale(tensor);
    std::vector<Rounding> roundings = arithmetic.at(point);
    // As the last rounding of every update, where a start has none of its own.
    if (roundings.empty() && !arithmetic.at(tensor).empty())
      roundings = {arithmetic.at(tensor).back()};
    if (!known_scales.empty()) {
      result.scales = std::move(known_scales);
      round_tensor_from(0, roundings, columns, random ? &*random : nullptr, result);
      return result;
    }
    round_tensor(roundings, scale == nullptr ? ScaleRule::given : scale->rule, columns,
                 random ? &*random : nullptr, result);
    return result;
  };
  const auto weight_scales = [&](std::size_t l) {
    std::vector<TensorScale> scales;
    const ScaleDefinition* const scale = arithmetic.scale(Point::weight);
    if (scale == nullptr || !scale->ranges) return scales;
    const Layer& layer = network.layers[l];
    scales.assign(
        scale_count(*arithmetic.format(Point::weight), layer.weight_count(), layer.inputs),
        start_of(Point::weight, l));
    return scales;
  };
  for (std::size_t l = 0; l < parameters.size(); ++l) {
    const Layer& layer = network.layers[l];
    DeclaredLayer& own = state.layers.emplace_back();
    if (keeps_scale(arithmetic, Point::activation))
      own.activation_scale = start_of(Point::activation, l);
    own.weights = rounded(Point::initial_weight, Point::weight, parameters[l].weights, layer.inputs,
                          weight_scales(l));
    own.biases = rounded(Point::initial_bias, Point::bias, parameters[l].biases, 1,
                         bias_scales(arithmetic, network, l, state));
  }
  if (random) state.random_state = random->state();
  return state;
}

std::vector<TensorScale> bias_scales(const Arithmetic& arithmetic, const Network& network,
                                     std::size_t l, const DeclaredState& state) {
  if (arithmetic.format(Point::bias)->scale != ScaleSharing::operands) return {};
  return forward_operand_scales(arithmetic, network, l, state);
}

std::vector<std::optional<std::uint64_t>> codes_of(const NumberFormat& format,
                                                   const DeclaredTensor& tensor,
                                                   std::size_t columns) {
  std::vector<NumberCodec> codecs;
  for (const TensorScale& scale : tensor.scales) codecs.emplace_back(format, scale);
  std::vector<std::optional<std::uint64_t>> codes;
  for (std::size_t i = 0; i < tensor.numbers.size(); ++i)
    codes.push_back(codecs.at(tensor.scale_of(format, i, columns)).code_of(tensor.numbers[i]));
  return codes;
}

DeclaredTensor tensor_of_codes(const NumberFormat& format, const std::vector<std::uint64_t>& codes,
                               std::vector<TensorScale> scales, std::size_t columns) {
  DeclaredTensor tensor;
  tensor.scales = std::move(scales);
  std::vector<NumberCodec> codecs;
  for (const TensorScale& scale : tensor.scales) codecs.emplace_back(format, scale);
  for (std::size_t i = 0; i < codes.size(); ++i)
    tensor.numbers.push_back(codecs.at(tensor.scale_of(format, i, columns)).number_of(codes[i]));
  return tensor;
}

}  // namespace lsgd
