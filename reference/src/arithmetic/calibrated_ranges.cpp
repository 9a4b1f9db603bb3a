// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/calibrated_ranges.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <lsgd/arithmetic/binary_number.hpp>
#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/network/activation.hpp>
#include <lsgd/network/correctly_rounded_activation.hpp>

#include "arithmetic/tensor_scale.hpp"

namespace lsgd {
namespace {

/// Parts of the whole range that mean_square_error tries.
constexpr int tried_parts = 32;

ScaleRange with_zero(double lowest, double highest) {
  return {std::min(lowest, 0.0), std::max(highest, 0.0)};
}

bool has_a_scale(const ScaleRange& range) {
  const double width = range.highest - range.lowest;
  return width >= 0x1p-40 && width <= 0x1p40;
}

/// The sum of the squares of what numbers lose to codes that reach the range.
BinaryNumber lost_squares(const NumberFormat& format, const ScaleRange& range,
                          const std::vector<float>& numbers) {
  const NumberCodec codec(format, scale_of_range(format, range));
  Rounding rounding;
  rounding.format = format;
  BinaryNumber sum;
  for (const float number : numbers) {
    const BinaryNumber x = BinaryNumber::of_double(number);
    const BinaryNumber lost = x - codec.rounded(x, rounding, nullptr);
    sum = sum + lost * lost;
  }
  return sum;
}

/// The best of the range's parts; of equally good ones the widest.
ScaleRange least_losing_part(const NumberFormat& format, const ScaleRange& whole,
                             const std::vector<float>& numbers) {
  ScaleRange best = whole;
  BinaryNumber least = lost_squares(format, whole, numbers);
  for (int part = tried_parts - 1; part > 0; --part) {
    const ScaleRange range{whole.lowest * part / tried_parts, whole.highest * part / tried_parts};
    if (!has_a_scale(range)) break;
    const BinaryNumber lost = lost_squares(format, range, numbers);
    if (compare(lost, least) >= 0) continue;
    least = lost;
    best = range;
  }
  return best;
}

/// a = f(z), z summed in ascending order from the bias, each operation in binary32.
std::vector<float> layer_outputs(const Layer& layer, const LayerParameters<float>& parameters,
                                 std::span<const float> inputs) {
  std::vector<float> z = parameters.biases;
  for (std::size_t j = 0; j < z.size(); ++j)
    for (std::size_t i = 0; i < inputs.size(); ++i)
      z[j] += parameters.weights[j * inputs.size() + i] * inputs[i];
  if (is_of_layer(layer.activation)) return correctly_rounded_softmax(z);
  for (float& value : z) value = correctly_rounded_activation(layer.activation, value);
  return z;
}

const ScaleDefinition* calibrated_scale(const Arithmetic& arithmetic, Point tensor) {
  const ScaleDefinition* const scale = arithmetic.scale(tensor);
  return scale == nullptr || scale->calibration == Calibration::none ? nullptr : scale;
}

}  // namespace

std::optional<ScaleRange> calibrated_range(const ScaleDefinition& scale, const NumberFormat& format,
                                           const std::vector<float>& numbers) {
  if (numbers.empty() ||
      !std::ranges::all_of(numbers, [](float number) { return std::isfinite(number); }))
    return std::nullopt;
  std::vector<float> ascending = numbers;
  std::ranges::sort(ascending);
  ScaleRange range = with_zero(ascending.front(), ascending.back());
  if (scale.calibration == Calibration::percentile) {
    const std::size_t rank =
        (static_cast<std::size_t>(scale.percent) * ascending.size() + 99) / 100;
    range = with_zero(ascending[ascending.size() - rank], ascending[rank - 1]);
  }
  if (!has_a_scale(range)) return std::nullopt;
  if (scale.calibration == Calibration::mean_square_error)
    return least_losing_part(format, range, numbers);
  return range;
}

CalibratedRanges::CalibratedRanges(const Arithmetic& arithmetic, const Network& network,
                                   const Parameters<float>& parameters,
                                   std::span<const float> inputs) {
  const std::size_t width = network.layers.front().inputs;
  if (inputs.size() % width != 0) throw std::invalid_argument("whole calibration samples");
  const auto first = [&](const ScaleDefinition& scale) {
    return inputs.first(std::min(inputs.size(), static_cast<std::size_t>(scale.samples) * width));
  };
  if (const ScaleDefinition* const scale = calibrated_scale(arithmetic, Point::input)) {
    const std::span<const float> numbers = first(*scale);
    input_ = calibrated_range(*scale, *arithmetic.format(Point::input),
                              {numbers.begin(), numbers.end()});
  }
  const ScaleDefinition* const scale = calibrated_scale(arithmetic, Point::activation);
  if (scale == nullptr) return;
  std::span<const float> rest = first(*scale);
  std::vector<std::vector<float>> numbers(network.layers.size());
  for (; !rest.empty(); rest = rest.subspan(width)) {
    std::vector<float> values(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(width));
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      values = layer_outputs(network.layers[l], parameters[l], values);
      numbers[l].insert(numbers[l].end(), values.begin(), values.end());
    }
  }
  for (const std::vector<float>& of_layer : numbers)
    activations_.push_back(
        calibrated_range(*scale, *arithmetic.format(Point::activation), of_layer));
}

std::optional<ScaleRange> CalibratedRanges::range(Point tensor, std::size_t l) const {
  if (tensor == Point::input) return input_;
  return tensor == Point::activation && l < activations_.size() ? activations_[l] : std::nullopt;
}

}  // namespace lsgd
