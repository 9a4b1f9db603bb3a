// SPDX-License-Identifier: Apache-2.0
#include "steps/declared_tensors.hpp"

#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <stdexcept>

#include <lsgd/arithmetic/judgement.hpp>
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

std::vector<TensorScale> kept_scales(const TensorSet& parameters, const std::string& name) {
  std::vector<TensorScale> scales;
  const Tensor* const tensor = find_tensor(parameters, name + ".scale");
  if (tensor == nullptr || tensor->codes.size() != tensor->count)
    throw std::invalid_argument("scales of " + name);
  for (const std::uint64_t code : tensor->codes)
    scales.push_back({.scale = BinaryNumber::of_double(binary32_of(code))});
  if (const Tensor* const zero_points = find_tensor(parameters, name + ".zero_point"))
    for (std::size_t k = 0; k < scales.size(); ++k)
      scales[k].zero_point = static_cast<std::int32_t>(zero_points->codes.at(k));
  return scales;
}

DeclaredTensor declared_tensor(const NumberFormat& format, const TensorSet& parameters,
                               const std::string& name, std::size_t rows, std::size_t columns,
                               std::vector<TensorScale> scales) {
  TensorScale scale{.fraction_bits = format.fraction_bits.number};
  if (format.kind == FormatKind::fixed && format.fraction_bits.source == FractionBitsSource::tensor)
    scale.fraction_bits =
        static_cast<int>(required_tensor(parameters, name + ".fraction_bits", 1).codes.front());
  const Tensor& tensor = required_tensor(parameters, name, rows * columns);
  if (scales.empty()) scales = {scale};
  return tensor_of_codes(format, tensor.codes, std::move(scales), columns);
}

/// Codes take 8, 16, 32 or 64 bits in files, as on the interface.
int coded_bits(const NumberFormat& format) { return static_cast<int>(8 * bytes_of(format)); }

/// An element that must have this code.
ExpectedElement declared_element(const std::string& name, std::optional<std::uint64_t> code,
                                 const BinaryNumber& number) {
  if (!code || !number.is_finite())
    throw std::domain_error(fmt::format("{} leaves the numbers of the arithmetic", name));
  // As the built-in profiles write numbers: the shortest text of binary32 where it is one.
  const double wide = number.to_double();
  const auto narrow = static_cast<float>(wide);
  const std::string value = narrow == wide ? to_text(narrow) : to_text(wide);
  return {*code, value, value, std::nullopt, {}};
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

void append_scales(const std::string& name, const NumberFormat& format,
                   const std::vector<TensorScale>& kept, std::vector<ExpectedTensor>& out) {
  ExpectedTensor scales{name + ".scale", 32, {}};
  ExpectedTensor zero_points{name + ".zero_point", 32, {}};
  for (const TensorScale& scale : kept) {
    const auto value = static_cast<float>(scale.scale.to_double());
    scales.elements.push_back({bits_of(value), to_text(value), to_text(value), std::nullopt, {}});
    const std::string zero_point = std::to_string(scale.zero_point);
    zero_points.elements.push_back(
        {static_cast<std::uint32_t>(scale.zero_point), zero_point, zero_point, std::nullopt, {}});
  }
  out.push_back(std::move(scales));
  if (format.zero_point) out.push_back(std::move(zero_points));
}

void append_fraction_bits(const std::string& name, const NumberFormat& format,
                          const DeclaredTensor& tensor, std::vector<ExpectedTensor>& out) {
  const TensorScale& first = tensor.scales.front();
  if (format.kind == FormatKind::fixed && format.fraction_bits.source == FractionBitsSource::tensor)
    out.push_back(number_tensor(name + ".fraction_bits", 8,
                                static_cast<std::uint8_t>(first.fraction_bits),
                                std::to_string(first.fraction_bits)));
}

void append_parameters(const std::string& name, const NumberFormat* format,
                       const DeclaredTensor& tensor, std::size_t columns,
                       std::vector<ExpectedTensor>& out) {
  if (format == nullptr || format->kind == FormatKind::exact)
    throw std::invalid_argument("weights and biases of a format with codes");
  append_fraction_bits(name, *format, tensor, out);
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
  if (keeps_scale(arithmetic, Point::input))
    append_scales("x", *arithmetic.format(Point::input), {state.input_scale}, out);
  for (std::size_t l = 0; l < state.layers.size(); ++l) {
    const auto& [weights, biases, activation_scale] = state.layers[l];
    if (keeps_scale(arithmetic, Point::weight))
      append_scales(fmt::format("W{}", l + 1), *arithmetic.format(Point::weight), weights.scales,
                    out);
    append_parameters(fmt::format("W{}", l + 1), arithmetic.format(Point::weight), weights,
                      network.layers[l].inputs, out);
    append_parameters(fmt::format("b{}", l + 1), arithmetic.format(Point::bias), biases, 1, out);
    if (keeps_scale(arithmetic, Point::activation))
      append_scales(fmt::format("a{}", l + 1), *arithmetic.format(Point::activation),
                    {activation_scale}, out);
  }
  if (arithmetic.random.generator != RandomGenerator::none &&
      arithmetic.random.generator != RandomGenerator::device)
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
    if (const std::optional<NumberCodec> codec = step.codec(point, l, after))
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
  if (keeps_scale(arithmetic, Point::input))
    state.input_scale = kept_scales(parameters, "x").front();
  const bool has_weight_scales = keeps_scale(arithmetic, Point::weight);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[l];
    const std::string name = fmt::format("W{}", l + 1);
    DeclaredLayer& own = state.layers.emplace_back();
    own.weights = declared_tensor(
        *weight, parameters, name, layer.outputs, layer.inputs,
        has_weight_scales ? kept_scales(parameters, name) : std::vector<TensorScale>{});
    own.biases = declared_tensor(*bias, parameters, fmt::format("b{}", l + 1), layer.outputs, 1,
                                 bias_scales(arithmetic, network, l, state));
    if (keeps_scale(arithmetic, Point::activation))
      own.activation_scale = kept_scales(parameters, fmt::format("a{}", l + 1)).front();
  }
  const Tensor* const random_state = find_tensor(parameters, "random_state");
  if (random_state != nullptr)
    state.random_state = static_cast<std::uint32_t>(random_state->codes.at(0));
  return state;
}

}  // namespace lsgd
