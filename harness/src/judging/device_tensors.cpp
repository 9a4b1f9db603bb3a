// SPDX-License-Identifier: Apache-2.0
#include "judging/device_tensors.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <stdexcept>

#include "device/device_error.hpp"
#include "device/little_endian.hpp"
#include "device/tensor_formats.hpp"
#include "steps/expected_step.hpp"
#include "steps/step_vectors.hpp"

namespace lsgd {
namespace {

/// Binary32 or int32 numbers.
template <class Number>
std::vector<std::uint8_t> bytes_of_words(const std::vector<Number>& values) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(4 * values.size());
  for (const Number value : values)
    append_little_endian(bytes, std::bit_cast<std::uint32_t>(value));
  return bytes;
}

std::vector<std::uint8_t> bytes_of(std::span<const std::int8_t> values) {
  return {values.begin(), values.end()};
}

template <class Number>
void words_from(const DeviceTensor& tensor, std::vector<Number>& values) {
  values.resize(tensor.count);
  for (std::size_t i = 0; i < tensor.count; ++i)
    values[i] = std::bit_cast<Number>(tensor.pattern(i));
}

std::vector<std::uint8_t> bytes_of(std::span<const std::int16_t> values) {
  std::vector<std::uint8_t> bytes;
  for (const std::int16_t value : values)
    append_little_endian(bytes, static_cast<std::uint16_t>(value));
  return bytes;
}

std::vector<std::uint8_t> bytes_of(std::uint32_t value) {
  std::vector<std::uint8_t> bytes;
  append_little_endian(bytes, value);
  return bytes;
}

void values_from(const DeviceTensor& tensor, std::vector<std::int16_t>& values) {
  values.resize(tensor.count);
  for (std::size_t i = 0; i < tensor.count; ++i)
    values[i] = static_cast<std::int16_t>(tensor.pattern(i));
}

void values_from(const DeviceTensor& tensor, std::vector<std::int8_t>& values) {
  values.assign(tensor.bytes.begin(), tensor.bytes.end());
}

DeviceTensor weights_tensor(const Layer& layer, std::size_t number, std::size_t element_bytes,
                            std::vector<std::uint8_t> bytes) {
  return {fmt::format("W{}", number),
          LSGD_TENSOR_WEIGHTS,
          number,
          layer.weight_count(),
          layer.inputs,
          element_bytes,
          std::move(bytes)};
}

DeviceTensor biases_tensor(const Layer& layer, std::size_t number, std::size_t element_bytes,
                           std::vector<std::uint8_t> bytes) {
  return {fmt::format("b{}", number),
          LSGD_TENSOR_BIASES,
          number,
          layer.outputs,
          1,
          element_bytes,
          std::move(bytes)};
}

DeviceTensor fraction_bits_tensor(char letter, lsgd_tensor kind, std::size_t number,
                                  int fraction_bits) {
  return {fmt::format("{}{}.fraction_bits", letter, number), kind, number, 1, 1, 1,
          {static_cast<std::uint8_t>(fraction_bits)}};
}

template <class Number>
DeviceTensors word_tensors(const Network& network, const Parameters<Number>& parameters) {
  DeviceTensors tensors;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const auto& [weights, biases] = parameters[l];
    tensors.push_back(weights_tensor(network.layers[l], l + 1, 4, bytes_of_words(weights)));
    tensors.push_back(biases_tensor(network.layers[l], l + 1, 4, bytes_of_words(biases)));
  }
  return tensors;
}

template <class Number>
void words_from(const DeviceTensors& tensors, Parameters<Number>& parameters) {
  parameters.resize(tensors.back().layer);
  for (const DeviceTensor& tensor : tensors) {
    auto& [weights, biases] = parameters[tensor.layer - 1];
    words_from(tensor, tensor.kind == LSGD_TENSOR_WEIGHTS ? weights : biases);
  }
}

bool fits(const DeviceDescription& device, const Network& network) {
  std::uint64_t width = 0, activations = 0;
  for (const Layer& layer : network.layers) {
    width = std::max<std::uint64_t>(width, layer.outputs);
    activations += layer.outputs;
  }
  return network.layers.size() <= device.layers && network.inputs() <= device.inputs &&
         width <= device.width && activations <= device.activations &&
         parameter_count(network) <= device.parameters;
}

}  // namespace

std::uint32_t DeviceTensor::pattern(std::size_t index) const {
  const std::span<const std::uint8_t> element =
      std::span(bytes).subspan(index * element_bytes, element_bytes);
  switch (element_bytes) {
    case 4:
      return little_endian<std::uint32_t>(element);
    case 2:
      return little_endian<std::uint16_t>(element);
    case 1:
      return little_endian<std::uint8_t>(element);
  }
  throw std::logic_error("an element of one, two or four bytes");
}

TensorPlace DeviceTensor::place(std::optional<std::size_t> step) const {
  return {step, layer == 0 ? std::nullopt : std::optional(layer), name, row_length, fraction_bits};
}

DeviceTensors parameter_tensors(const Network& network, const Parameters<float>& parameters) {
  return word_tensors(network, parameters);
}

DeviceTensors parameter_tensors(const Network& network, const Int32Parameters& parameters) {
  DeviceTensors tensors = word_tensors(network, parameters);
  for (DeviceTensor& tensor : tensors) tensor.fraction_bits = fixed_parameter_bits;
  return tensors;
}

DeviceTensors parameter_tensors(const Network& network, const Int8Parameters& parameters) {
  DeviceTensors tensors;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const auto& [weights, biases] = parameters[l];
    const std::size_t number = l + 1;
    tensors.push_back(
        fraction_bits_tensor('W', LSGD_TENSOR_WEIGHT_FRACTION_BITS, number, weights.fraction_bits));
    tensors.push_back(weights_tensor(network.layers[l], number, 1, bytes_of(weights.values)));
    tensors.push_back(
        fraction_bits_tensor('b', LSGD_TENSOR_BIAS_FRACTION_BITS, number, biases.fraction_bits));
    tensors.push_back(biases_tensor(network.layers[l], number, 1, bytes_of(biases.values)));
  }
  return tensors;
}

DeviceTensors parameter_tensors(const Network& network, const Int8IntegerParameters& parameters) {
  DeviceTensors tensors{{"random_state", LSGD_TENSOR_RANDOM_STATE, 0, 1, 1, 4,
                         bytes_of(parameters.random_bits.state)}};
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const auto& [weights, biases] = parameters.layers[l];
    const std::size_t number = l + 1;
    tensors.push_back(
        fraction_bits_tensor('W', LSGD_TENSOR_WEIGHT_FRACTION_BITS, number, weights.fraction_bits));
    tensors.push_back(weights_tensor(network.layers[l], number, 1, bytes_of(weights.values)));
    tensors.push_back(biases_tensor(network.layers[l], number, 2, bytes_of(biases)));
  }
  return tensors;
}

DeviceTensors parameter_tensors(const Model& model, Profile profile) {
  switch (profile) {
    case Profile::float32:
      return parameter_tensors(model.network, model.parameters);
    case Profile::int8_hybrid:
      return parameter_tensors(model.network, quantized_parameters(model.parameters));
    case Profile::int32_fixed:
      return parameter_tensors(model.network, int32_fixed_parameters(model.parameters));
    case Profile::int8_integer:
      return parameter_tensors(model.network,
                               int8_integer_parameters(model.parameters, first_random_state));
  }
  throw std::invalid_argument("unknown profile");
}

void parameters_from(const DeviceTensors& tensors, Int8IntegerParameters& parameters) {
  parameters.layers.resize(tensors.back().layer);
  for (const DeviceTensor& tensor : tensors) {
    if (tensor.kind == LSGD_TENSOR_RANDOM_STATE) {
      parameters.random_bits.state = tensor.pattern(0);
      continue;
    }
    auto& [weights, biases] = parameters.layers[tensor.layer - 1];
    switch (tensor.kind) {
      case LSGD_TENSOR_WEIGHTS:
        values_from(tensor, weights.values);
        break;
      case LSGD_TENSOR_BIASES:
        values_from(tensor, biases);
        break;
      case LSGD_TENSOR_WEIGHT_FRACTION_BITS:
        weights.fraction_bits = tensor.bytes[0];
        break;
      case LSGD_TENSOR_BIAS_FRACTION_BITS:
      case LSGD_TENSOR_ACTIVATIONS:
      case LSGD_TENSOR_INPUT:
      case LSGD_TENSOR_TARGET:
      case LSGD_TENSOR_RANDOM_STATE:
        throw std::logic_error("a parameter of profile int8_integer");
    }
  }
}

void parameters_from(const DeviceTensors& tensors, Parameters<float>& parameters) {
  words_from(tensors, parameters);
}

void parameters_from(const DeviceTensors& tensors, Int32Parameters& parameters) {
  words_from(tensors, parameters);
}

void parameters_from(const DeviceTensors& tensors, Int8Parameters& parameters) {
  parameters.resize(tensors.back().layer);
  for (const DeviceTensor& tensor : tensors) {
    auto& [weights, biases] = parameters[tensor.layer - 1];
    switch (tensor.kind) {
      case LSGD_TENSOR_WEIGHTS:
        values_from(tensor, weights.values);
        break;
      case LSGD_TENSOR_BIASES:
        values_from(tensor, biases.values);
        break;
      case LSGD_TENSOR_WEIGHT_FRACTION_BITS:
        weights.fraction_bits = tensor.bytes[0];
        break;
      case LSGD_TENSOR_BIAS_FRACTION_BITS:
        biases.fraction_bits = tensor.bytes[0];
        break;
      case LSGD_TENSOR_ACTIVATIONS:
      case LSGD_TENSOR_INPUT:
      case LSGD_TENSOR_TARGET:
      case LSGD_TENSOR_RANDOM_STATE:
        throw std::logic_error("a parameter of profile int8_hybrid");
    }
  }
}

DeviceTensors activation_tensors(const Network& network, Profile profile) {
  DeviceTensors tensors;
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    tensors.push_back({fmt::format("a{}", l + 1),
                       LSGD_TENSOR_ACTIVATIONS,
                       l + 1,
                       network.layers[l].outputs,
                       1,
                       tensor_formats(profile).activation_bytes,
                       {}});
  if (profile == Profile::int32_fixed)
    for (DeviceTensor& tensor : tensors)
      tensor.fraction_bits = fixed_fraction_bits(network, tensor.name);
  return tensors;
}

std::vector<std::vector<float>> activations_from(const DeviceTensors& tensors) {
  std::vector<std::vector<float>> activations(tensors.size());
  for (std::size_t l = 0; l < tensors.size(); ++l) words_from(tensors[l], activations[l]);
  return activations;
}

std::vector<std::vector<std::int32_t>> fixed_activations_from(const DeviceTensors& tensors) {
  std::vector<std::vector<std::int32_t>> activations(tensors.size());
  for (std::size_t l = 0; l < tensors.size(); ++l) words_from(tensors[l], activations[l]);
  return activations;
}

void load(AgentSession& session, const DeviceTensors& parameters) {
  for (const DeviceTensor& tensor : parameters)
    session.load(tensor.kind, tensor.layer, tensor.bytes);
}

void load(AgentSession& session, const Sample& sample) {
  session.load(LSGD_TENSOR_INPUT, 0, bytes_of_words(sample.inputs));
  session.load(LSGD_TENSOR_TARGET, 0, bytes_of_words(sample.target));
}

void store(AgentSession& session, DeviceTensors& tensors) {
  for (DeviceTensor& tensor : tensors)
    tensor.bytes = session.store(tensor.kind, tensor.layer, tensor.count * tensor.element_bytes);
}

std::optional<CaseResult> configure(AgentSession& session, const Network& network) {
  switch (session.configure(network)) {
    case Configured::yes:
      return std::nullopt;
    case Configured::unsupported:
      return CaseResult::skipped("the port lacks the loss or an activation of this network");
    case Configured::capacity_exceeded:
      break;
  }
  if (fits(session.description(), network))
    throw DeviceError("the device refused a network that fits the capacities it states");
  return CaseResult::skipped("the network exceeds the capacities of the device");
}

}  // namespace lsgd
