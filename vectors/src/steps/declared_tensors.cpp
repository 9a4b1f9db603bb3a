// SPDX-License-Identifier: Apache-2.0
#include "steps/declared_tensors.hpp"

#include <fmt/format.h>
#include <stdexcept>

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

}  // namespace

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
