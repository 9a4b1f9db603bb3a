// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/step/int32_fixed.hpp>
#include <lsgd/step/int8_integer_parameters.hpp>

#include "steps/tensor_set.hpp"

namespace lsgd {

/// The codes of parameters.
TensorSet tensors_of(const Network& network, const Parameters<float>& parameters);
TensorSet tensors_of(const Network& network, const Int8Parameters& parameters);
TensorSet tensors_of(const Network& network, const Int8IntegerParameters& parameters);
TensorSet tensors_of(const Network& network, const Int32Parameters& parameters);

/// The inverse of tensors_of, for each of its types.
template <class TypedParameters>
TypedParameters parameters_of(const TensorSet& tensors);
template <>
Parameters<float> parameters_of(const TensorSet& tensors);
template <>
Int8Parameters parameters_of(const TensorSet& tensors);
template <>
Int8IntegerParameters parameters_of(const TensorSet& tensors);
template <>
Int32Parameters parameters_of(const TensorSet& tensors);

/// The codes of a tensor as the numbers that they are: binary32, or integers of their width.
template <class Number>
std::vector<Number> numbers_of(const Tensor& tensor) {
  std::vector<Number> numbers;
  numbers.reserve(tensor.codes.size());
  for (const std::uint64_t code : tensor.codes) {
    if constexpr (std::is_same_v<Number, float>)
      numbers.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(code)));
    else
      numbers.push_back(static_cast<Number>(code));
  }
  return numbers;
}

/// The numbers of every tensor, such as a_1..a_L.
template <class Number>
std::vector<std::vector<Number>> numbers_of(const TensorSet& tensors) {
  std::vector<std::vector<Number>> numbers;
  numbers.reserve(tensors.size());
  for (const Tensor& tensor : tensors) numbers.push_back(numbers_of<Number>(tensor));
  return numbers;
}

}  // namespace lsgd
