// SPDX-License-Identifier: Apache-2.0
#include "device/stated_arithmetic.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdexcept>
#include <string>
#include <string_view>

#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "device/device_error.hpp"

namespace lsgd {
namespace {

constexpr std::array<std::string_view, LSGD_TENSORS> tensor_names{"weights",
                                                                  "biases",
                                                                  "activations",
                                                                  "fraction bits of weights",
                                                                  "fraction bits of biases",
                                                                  "input",
                                                                  "target",
                                                                  "random state",
                                                                  "scales of weights",
                                                                  "zero points of weights",
                                                                  "scales of activations",
                                                                  "zero points of activations",
                                                                  "scale of inputs",
                                                                  "zero point of inputs"};

bool same_digest(const lsgd_arithmetic& a, const lsgd_arithmetic& b) {
  return std::ranges::equal(a.digest, b.digest);
}

/// `int8_hybrid`, or what its digest is.
std::string name_of(const lsgd_arithmetic& arithmetic) {
  for (const Profile* profile : built_in_profiles())
    if (same_digest(stated_arithmetic(profile->declaration()), arithmetic)) return profile->name();
  return fmt::format("an arithmetic that this program does not know (digest {:02x})",
                     fmt::join(arithmetic.digest, ""));
}

lsgd_codes codes_of(const NumberFormat& format, lsgd_extent extent) {
  return {static_cast<std::uint8_t>(bytes_of(format)), static_cast<std::uint8_t>(extent)};
}

/// The codes of a scale; `whole` is the extent where all numbers of a layer share it.
lsgd_codes scale_codes(const NumberFormat& format, lsgd_extent whole) {
  constexpr std::array<std::uint8_t, 2> bytes{4, 1};  // binary32, e8m0
  const auto scale_format = static_cast<std::size_t>(format.scale_format);
  if (format.scale == ScaleSharing::block || scale_format >= bytes.size())
    throw std::invalid_argument(
        fmt::format("format {}: its scale does not cross the interface", format.name));
  return {bytes.at(scale_format),
          static_cast<std::uint8_t>(format.scale == ScaleSharing::row ? LSGD_PER_NEURON : whole)};
}

/// Scales and zero points of a tensor, where its format has them of its own.
void add_scales(const Arithmetic& arithmetic, Point tensor, lsgd_extent whole, lsgd_codes& scales,
                lsgd_codes& zero_points) {
  if (!keeps_scale(arithmetic, tensor)) return;
  const NumberFormat& format = *arithmetic.format(tensor);
  scales = scale_codes(format, whole);
  if (format.zero_point) zero_points = {4, scales.extent};
}

bool has_own_fraction_bits(const NumberFormat& format) {
  return format.kind == FormatKind::fixed &&
         format.fraction_bits.source == FractionBitsSource::tensor;
}

}  // namespace

lsgd_arithmetic stated_arithmetic(const Arithmetic& arithmetic) {
  lsgd_arithmetic stated{};
  const std::string digest = digest_of(arithmetic);
  for (std::size_t i = 0; i < LSGD_DIGEST_BYTES; ++i) {
    const char* const byte = digest.data() + 2 * i;
    std::from_chars(byte, byte + 2, stated.digest[i], 16);
  }
  auto& tensors = stated.tensors;
  const NumberFormat& weights = *arithmetic.format(Point::weight);
  const NumberFormat& biases = *arithmetic.format(Point::bias);
  const NumberFormat& activations = *arithmetic.format(Point::activation);
  tensors[LSGD_TENSOR_WEIGHTS] = codes_of(weights, LSGD_PER_WEIGHT);
  tensors[LSGD_TENSOR_BIASES] = codes_of(biases, LSGD_PER_NEURON);
  tensors[LSGD_TENSOR_ACTIVATIONS] = codes_of(activations, LSGD_PER_NEURON);
  if (has_own_fraction_bits(weights))
    tensors[LSGD_TENSOR_WEIGHT_FRACTION_BITS] = {1, LSGD_PER_LAYER};
  if (has_own_fraction_bits(biases)) tensors[LSGD_TENSOR_BIAS_FRACTION_BITS] = {1, LSGD_PER_LAYER};
  if (arithmetic.random.generator != RandomGenerator::none &&
      arithmetic.random.generator != RandomGenerator::device)
    tensors[LSGD_TENSOR_RANDOM_STATE] = {4, LSGD_PER_NETWORK};
  add_scales(arithmetic, Point::weight, LSGD_PER_LAYER, tensors[LSGD_TENSOR_WEIGHT_SCALES],
             tensors[LSGD_TENSOR_WEIGHT_ZERO_POINTS]);
  add_scales(arithmetic, Point::activation, LSGD_PER_LAYER, tensors[LSGD_TENSOR_ACTIVATION_SCALES],
             tensors[LSGD_TENSOR_ACTIVATION_ZERO_POINTS]);
  add_scales(arithmetic, Point::input, LSGD_PER_NETWORK, tensors[LSGD_TENSOR_INPUT_SCALE],
             tensors[LSGD_TENSOR_INPUT_ZERO_POINT]);
  return stated;
}

void require_arithmetic(const lsgd_arithmetic& stated, const Profile& declared) {
  const lsgd_arithmetic expected = stated_arithmetic(declared.declaration());
  if (!same_digest(stated, expected))
    throw StatementError(fmt::format("the device computes in {}, the target file says {}",
                                     name_of(stated), declared.name()));
  for (std::size_t tensor = 0; tensor < LSGD_TENSORS; ++tensor) {
    const lsgd_codes& is = stated.tensors[tensor];
    const lsgd_codes& should_be = expected.tensors[tensor];
    if (is.bytes != should_be.bytes || is.extent != should_be.extent)
      throw StatementError(fmt::format(
          "the device states codes of {} bytes and extent {} for its {}, and {} has {} and {}",
          is.bytes, is.extent, tensor_names[tensor], declared.name(), should_be.bytes,
          should_be.extent));
  }
}

}  // namespace lsgd
