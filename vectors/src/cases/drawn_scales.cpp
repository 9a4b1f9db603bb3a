// SPDX-License-Identifier: Apache-2.0
#include "cases/drawn_scales.hpp"

#include <fmt/format.h>

#include <lsgd/numbers/binary32.hpp>

#include "cases/seeded_numbers.hpp"

namespace lsgd {
namespace {

void draw_zero_points(const NumberFormat& format, SeededNumbers& numbers, Tensor& tensor) {
  const std::uint64_t count = std::uint64_t{1} << format.bits;
  const std::uint64_t lowest = format.is_signed ? count / 2 : 0;
  for (std::uint32_t& code : tensor.codes)
    code = static_cast<std::uint32_t>(numbers.below(count) - lowest);
}

}  // namespace

void draw_scales(const Profile& profile, std::string_view name, TensorSet& parameters) {
  SeededNumbers numbers(fmt::format("scales of {}", name));
  const auto format_of = [&](Point tensor) -> const NumberFormat& {
    return *profile.declaration().format(tensor);
  };
  for (Tensor& tensor : parameters) switch (tensor.kind) {
      case TensorKind::scales_of_weights:
      case TensorKind::scales_of_activations:
      case TensorKind::scale_of_input:
        for (std::uint32_t& code : tensor.codes)
          code = bits_of(from_bits(code) * (1 + 0.5f * numbers.signed_unit()));
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
      case TensorKind::input:
      case TensorKind::target:
      case TensorKind::weights:
      case TensorKind::fraction_bits_of_weights:
      case TensorKind::biases:
      case TensorKind::fraction_bits_of_biases:
      case TensorKind::random_state:
      case TensorKind::preactivations:
      case TensorKind::activations:
      case TensorKind::deltas:
        break;
    }
}

}  // namespace lsgd
