// SPDX-License-Identifier: Apache-2.0
#include "steps/typed_parameters.hpp"

#include <stdexcept>

#include "steps/built_in_formats.hpp"

namespace lsgd {
namespace {

template <class Number>
std::vector<Number>& values_in(std::vector<Number>& values) {
  return values;
}
template <class Number>
const std::vector<Number>& values_in(const std::vector<Number>& values) {
  return values;
}
std::vector<std::int8_t>& values_in(Int8Tensor& tensor) { return tensor.values; }
const std::vector<std::int8_t>& values_in(const Int8Tensor& tensor) { return tensor.values; }

/// Calls `visit` with the values, or the number of fraction bits, that the tensor stands for.
template <class Layers, class Visit>
void visit_parameter(Layers& layers, const Tensor& tensor, const Visit& visit) {
  auto& layer = layers.at(tensor.layer - 1);
  switch (tensor.kind) {
    case TensorKind::weights:
      return visit(values_in(layer.weights));
    case TensorKind::biases:
      return visit(values_in(layer.biases));
    case TensorKind::fraction_bits_of_weights:
      if constexpr (requires { layer.weights.fraction_bits; })
        return visit(layer.weights.fraction_bits);
      break;
    case TensorKind::fraction_bits_of_biases:
      if constexpr (requires { layer.biases.fraction_bits; })
        return visit(layer.biases.fraction_bits);
      break;
    case TensorKind::input:
    case TensorKind::target:
    case TensorKind::random_state:
    case TensorKind::preactivations:
    case TensorKind::activations:
    case TensorKind::deltas:
    case TensorKind::scales_of_weights:
    case TensorKind::zero_points_of_weights:
    case TensorKind::scales_of_activations:
    case TensorKind::zero_points_of_activations:
    case TensorKind::scale_of_input:
    case TensorKind::zero_point_of_input:
      break;
  }
  throw std::logic_error(tensor.name + " is no parameter of this type");
}

template <class Number>
void write_codes(const std::vector<Number>& values, Tensor& tensor) {
  if (values.size() != tensor.count) throw std::logic_error(tensor.name + " of another length");
  tensor.codes.clear();
  tensor.codes.reserve(values.size());
  for (const Number value : values) {
    if constexpr (std::is_same_v<Number, float>)
      tensor.codes.push_back(std::bit_cast<std::uint32_t>(value));
    else
      tensor.codes.push_back(static_cast<std::make_unsigned_t<Number>>(value));
  }
}

void write_codes(int fraction_bits, Tensor& tensor) {
  tensor.codes = {static_cast<std::uint32_t>(fraction_bits)};
}

template <class Number>
void read_codes(const Tensor& tensor, std::vector<Number>& values) {
  values = numbers_of<Number>(tensor);
}

void read_codes(const Tensor& tensor, int& fraction_bits) {
  fraction_bits = static_cast<int>(tensor.codes.front());
}

template <class Layers>
void write_layers(const Layers& layers, Tensor& tensor) {
  visit_parameter(layers, tensor, [&](const auto& values) { write_codes(values, tensor); });
}

template <class Layers>
void read_layers(const Tensor& tensor, Layers& layers) {
  if (layers.size() < tensor.layer) layers.resize(tensor.layer);
  visit_parameter(layers, tensor, [&](auto& values) { read_codes(tensor, values); });
}

template <class Layers>
TensorSet tensors_of_layers(const TensorFormats& formats, const Network& network,
                            const Layers& layers) {
  TensorSet tensors = parameter_tensors(formats, network);
  for (Tensor& tensor : tensors) write_layers(layers, tensor);
  return tensors;
}

template <class Layers>
Layers layers_of(const TensorSet& tensors) {
  Layers layers;
  for (const Tensor& tensor : tensors) read_layers(tensor, layers);
  return layers;
}

}  // namespace

TensorSet tensors_of(const Network& network, const Parameters<float>& parameters) {
  return tensors_of_layers(float32_formats, network, parameters);
}

TensorSet tensors_of(const Network& network, const Int8Parameters& parameters) {
  return tensors_of_layers(int8_hybrid_formats, network, parameters);
}

TensorSet tensors_of(const Network& network, const Int32Parameters& parameters) {
  return tensors_of_layers(int32_fixed_formats, network, parameters);
}

TensorSet tensors_of(const Network& network, const Int8IntegerParameters& parameters) {
  TensorSet tensors = parameter_tensors(int8_integer_formats, network);
  for (Tensor& tensor : tensors) {
    if (tensor.kind == TensorKind::random_state)
      tensor.codes = {parameters.random_bits.state};
    else
      write_layers(parameters.layers, tensor);
  }
  return tensors;
}

template <>
Parameters<float> parameters_of(const TensorSet& tensors) {
  return layers_of<Parameters<float>>(tensors);
}

template <>
Int8Parameters parameters_of(const TensorSet& tensors) {
  return layers_of<Int8Parameters>(tensors);
}

template <>
Int32Parameters parameters_of(const TensorSet& tensors) {
  return layers_of<Int32Parameters>(tensors);
}

template <>
Int8IntegerParameters parameters_of(const TensorSet& tensors) {
  Int8IntegerParameters parameters;
  for (const Tensor& tensor : tensors) {
    if (tensor.kind == TensorKind::random_state)
      parameters.random_bits.state = static_cast<std::uint32_t>(tensor.codes.front());
    else
      read_layers(tensor, parameters.layers);
  }
  return parameters;
}

}  // namespace lsgd
