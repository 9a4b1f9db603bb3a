// SPDX-License-Identifier: Apache-2.0
#include "cases/drawn_scales.hpp"

#include <algorithm>
#include <fmt/format.h>

#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/numbers/binary32.hpp>

#include "cases/seeded_numbers.hpp"

namespace lsgd {
namespace {

void draw_zero_points(const NumberFormat& format, SeededNumbers& numbers, Tensor& tensor) {
  const std::uint64_t count = std::uint64_t{1} << format.bits;
  const std::uint64_t lowest = format.is_signed ? count / 2 : 0;
  for (std::uint64_t& code : tensor.codes)
    code = static_cast<std::uint32_t>(numbers.below(count) - lowest);
}

/// Whether a tensor's numbers have more digits and a wider range than binary32.
bool is_wide_float(const ElementFormat& format) {
  constexpr int binary32_bits = 32;
  return format.meaning == ElementFormat::Meaning::declared &&
         format.number->kind == FormatKind::floating && format.number->bits > binary32_bits;
}

/// How far a tensor moves, as a power of two: nearly to the smallest or the largest numbers, or not
/// at all. Products with numbers around 1 reach beyond either.
int drawn_shift(const NumberFormat& format, SeededNumbers& numbers) {
  constexpr int margin = 160, reach = 220;
  const int far = format.bias - margin + static_cast<int>(numbers.below(reach));
  const std::uint64_t direction = numbers.below(4);
  if (format.bias <= margin || direction < 2) return 0;
  return direction == 2 ? -far : std::min(far, format.bias - 1);
}

void draw_wide_numbers(bool moves, SeededNumbers& numbers, Tensor& tensor) {
  const NumberFormat& format = *tensor.format.number;
  constexpr int binary32_precision = 24;
  const int new_digits = std::max(0, format.precision - binary32_precision);
  const NumberCodec codec(format);
  Rounding rounding;
  rounding.format = format;
  const int shift = moves ? drawn_shift(format, numbers) : 0;
  for (std::uint64_t& code : tensor.codes) {
    const std::uint64_t digits = numbers.below(std::uint64_t{1} << new_digits);
    BinaryNumber number = codec.number_of(code);
    if (number.is_zero() || !number.is_finite()) continue;
    number = codec.number_of(code | digits);
    number.exponent += shift;
    code = codec.code_of(codec.rounded(number, rounding, nullptr)).value();
  }
}

}  // namespace

void draw_scales(const Profile& profile, std::string_view name, TensorSet& parameters) {
  SeededNumbers numbers(fmt::format("scales of {}", name));
  const auto format_of = [&](Point tensor) -> const NumberFormat& {
    return *profile.declaration().format(tensor);
  };
  const bool has_wide_floats = std::ranges::any_of(
      parameters, [](const Tensor& tensor) { return is_wide_float(tensor.format); });
  const bool moves = has_wide_floats && numbers.below(2) == 0;
  for (Tensor& tensor : parameters) switch (tensor.kind) {
      case TensorKind::scales_of_weights:
      case TensorKind::scales_of_activations:
      case TensorKind::scale_of_input:
        for (std::uint64_t& code : tensor.codes)
          code = bits_of(binary32_of(code) * (1 + 0.5f * numbers.signed_unit()));
        break;
      case TensorKind::zero_points_of_weights:
        draw_zero_points(format_of(Point::weight), numbers, tensor);
        break;
      case TensorKind::zero_points_of_activations:
        draw_zero_points(format_of(Point::activation), numbers, tensor);
        break;
      case TensorKind::zero_point_of_input:
        draw_zero_points(format_of(Point::input), numbers, tensor);
        break;
      case TensorKind::weights:
      case TensorKind::biases:
        if (is_wide_float(tensor.format)) draw_wide_numbers(moves, numbers, tensor);
        break;
      case TensorKind::input:
      case TensorKind::target:
      case TensorKind::fraction_bits_of_weights:
      case TensorKind::fraction_bits_of_biases:
      case TensorKind::random_state:
      case TensorKind::preactivations:
      case TensorKind::activations:
      case TensorKind::deltas:
        break;
    }
}

}  // namespace lsgd
