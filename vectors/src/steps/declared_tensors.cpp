// SPDX-License-Identifier: Apache-2.0
#include "steps/declared_tensors.hpp"

#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <stdexcept>

#include <lsgd/numbers/binary32.hpp>

#include "files/number_text.hpp"

namespace lsgd {
namespace {

const Tensor& required_tensor(const TensorSet& parameters, const std::string& name,
                              std::size_t count) {
  const Tensor* const tensor = find_tensor(parameters, name);
  if (tensor == nullptr || tensor->codes.size() != count)
    throw std::invalid_argument(fmt::format("{} codes of {}", count, name));
  return *tensor;
}

DeclaredTensor declared_tensor(const NumberFormat& format, const TensorSet& parameters,
                               const std::string& name, std::size_t rows, std::size_t columns) {
  TensorScale scale{.fraction_bits = format.fraction_bits.number};
  if (format.kind == FormatKind::fixed && format.fraction_bits.source == FractionBitsSource::tensor)
    scale.fraction_bits =
        static_cast<int>(required_tensor(parameters, name + ".fraction_bits", 1).codes.front());
  const Tensor& tensor = required_tensor(parameters, name, rows * columns);
  return tensor_of_codes(format, {tensor.codes.begin(), tensor.codes.end()}, {scale}, columns);
}

/// Codes take 8, 16 or 32 bits in files.
int coded_bits(const NumberFormat& format) {
  if (format.bits > 32)
    throw std::invalid_argument(fmt::format("tensors of at most 32 bits, not {}", format.bits));
  if (format.bits > 16) return 32;
  return format.bits > 8 ? 16 : 8;
}

/// An element that must have this code.
ExpectedElement declared_element(const std::string& name, std::optional<std::uint64_t> code,
                                 const BinaryNumber& number) {
  if (!code || !number.is_finite())
    throw std::domain_error(fmt::format("{} leaves the numbers of the arithmetic", name));
  // As the built-in profiles write numbers: the shortest text of binary32 where it is one.
  const double wide = number.to_double();
  const auto narrow = static_cast<float>(wide);
  const std::string value = narrow == wide ? to_text(narrow) : to_text(wide);
  return {static_cast<std::uint32_t>(*code), value, value, std::nullopt, {}};
}

ExpectedTensor number_tensor(const std::string& name, int bits, std::uint32_t code,
                             const std::string& value) {
  return {name, bits, {{code, value, value, std::nullopt, {}}}};
}

void append_tensor(const std::string& name, const NumberCodec& codec,
                   const std::vector<BinaryNumber>& numbers, std::vector<ExpectedTensor>& out) {
  ExpectedTensor tensor{name, coded_bits(codec.format()), {}};
  for (const BinaryNumber& number : numbers)
    tensor.elements.push_back(declared_element(name, codec.code_of(number), number));
  out.push_back(std::move(tensor));
}

/// Fraction bits, scales and zero points where a format keeps them with the tensor.
void append_scales(const std::string& name, const NumberFormat& format,
                   const DeclaredTensor& tensor, std::vector<ExpectedTensor>& out) {
  const TensorScale& first = tensor.scales.front();
  if (format.kind == FormatKind::fixed && format.fraction_bits.source == FractionBitsSource::tensor)
    out.push_back(number_tensor(name + ".fraction_bits", 8,
                                static_cast<std::uint8_t>(first.fraction_bits),
                                std::to_string(first.fraction_bits)));
  if (format.scale == ScaleSharing::none) return;
  ExpectedTensor scales{name + ".scale", 32, {}};
  ExpectedTensor zero_points{name + ".zero_point", 32, {}};
  for (const TensorScale& scale : tensor.scales) {
    const auto value = static_cast<float>(scale.scale.to_double());
    scales.elements.push_back({bits_of(value), to_text(value), to_text(value), std::nullopt, {}});
    const std::string zero_point = std::to_string(scale.zero_point);
    zero_points.elements.push_back(
        {static_cast<std::uint32_t>(scale.zero_point), zero_point, zero_point, std::nullopt, {}});
  }
  out.push_back(std::move(scales));
  if (format.zero_point) out.push_back(std::move(zero_points));
}

void append_parameters(const std::string& name, const NumberFormat* format,
                       const DeclaredTensor& tensor, std::size_t columns,
                       std::vector<ExpectedTensor>& out) {
  if (format == nullptr || format->kind == FormatKind::exact)
    throw std::invalid_argument("weights and biases of a format with codes");
  append_scales(name, *format, tensor, out);
  const auto codes = codes_of(*format, tensor, columns);
  ExpectedTensor result{name, coded_bits(*format), {}};
  for (std::size_t i = 0; i < codes.size(); ++i)
    result.elements.push_back(declared_element(name, codes[i], tensor.numbers[i]));
  out.push_back(std::move(result));
}

}  // namespace

std::vector<ExpectedTensor> expected_parameters(const Arithmetic& arithmetic,
                                                const Network& network,
                                                const DeclaredState& state) {
  std::vector<ExpectedTensor> out;
  for (std::size_t l = 0; l < state.layers.size(); ++l) {
    const auto& [weights, biases] = state.layers[l];
    append_parameters(fmt::format("W{}", l + 1), arithmetic.format(Point::weight), weights,
                      network.layers[l].inputs, out);
    append_parameters(fmt::format("b{}", l + 1), arithmetic.format(Point::bias), biases, 1, out);
  }
  if (arithmetic.random.generator != RandomGenerator::none)
    out.push_back(
        number_tensor("random_state", 32, state.random_state, std::to_string(state.random_state)));
  return out;
}

std::vector<ExpectedTensor> expected_declared_step(const Arithmetic& arithmetic,
                                                   const Network& network, const DeclaredStep& step,
                                                   const StepNumbers<BinaryNumber>& numbers,
                                                   const DeclaredState& after) {
  std::vector<ExpectedTensor> out;
  const std::size_t layers = numbers.layers.size();
  const auto append = [&](std::string_view name, Point point, std::size_t l,
                          const std::vector<BinaryNumber>& values) {
    if (const std::optional<NumberCodec> codec = step.codec(point, l))
      append_tensor(fmt::format("{}{}", name, l + 1), *codec, values, out);
  };
  for (std::size_t l = 0; l < layers; ++l) {
    append("z", Point::pre_activation, l, numbers.layers[l].z);
    append("a", Point::activation, l, numbers.layers[l].a);
  }
  for (std::size_t l = layers; l-- > 0;) append("delta", Point::delta, l, numbers.layers[l].delta);
  const std::vector<ExpectedTensor> parameters = expected_parameters(arithmetic, network, after);
  out.insert(out.end(), parameters.begin(), parameters.end());
  return out;
}

DeclaredState declared_state(const Arithmetic& arithmetic, const Network& network,
                             const TensorSet& parameters) {
  const NumberFormat* const weight = arithmetic.format(Point::weight);
  const NumberFormat* const bias = arithmetic.format(Point::bias);
  if (weight == nullptr || bias == nullptr)
    throw std::invalid_argument("weights and biases of a format");
  DeclaredState state;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[l];
    state.layers.push_back(
        {declared_tensor(*weight, parameters, fmt::format("W{}", l + 1), layer.outputs,
                         layer.inputs),
         declared_tensor(*bias, parameters, fmt::format("b{}", l + 1), layer.outputs, 1)});
  }
  const Tensor* const random_state = find_tensor(parameters, "random_state");
  if (random_state != nullptr) state.random_state = random_state->codes.at(0);
  return state;
}

}  // namespace lsgd
