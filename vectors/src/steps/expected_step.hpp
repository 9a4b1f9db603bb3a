// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>
#include <lsgd/step/int32_fixed.hpp>
#include <lsgd/step/int8_integer_parameters.hpp>

#include "steps/tensor_set.hpp"

namespace lsgd {

/// One element of an expected tensor.
struct ExpectedElement {
  std::uint64_t bits = 0;           ///< a pattern of the tensor's element_bits in the low bits
  std::string value;                ///< what the pattern stands for, in decimal
  std::string exact;                ///< the real value, 40 significant digits or all of them
  std::optional<double> bound;      ///< on |value - exact|; nothing where bits must match
  std::vector<std::uint64_t> also;  ///< further acceptable patterns

  bool operator==(const ExpectedElement&) const = default;
};

/// An expected tensor: z1, a1, delta1, W1, b1, W1.fraction_bits ... as files name them, and
/// next.z1, next.a1 for the forward pass of the same sample after the update.
struct ExpectedTensor {
  std::string name;
  /// 64 or 32 (binary32, int32, random state), 16 (int16) or 8 (int8 and counts).
  int element_bits = 32;
  std::vector<ExpectedElement> elements;
  std::optional<int> fraction_bits = {};  ///< of int32 elements with a bound; nothing for others

  bool operator==(const ExpectedTensor&) const = default;
};

/// One training step of profile float32 (SPEC 2, 5): z1, a1, ..., deltaL, ..., delta1, then W1, b1,
/// ... after the update. Every printed digit is proven: by the reference's own error bound, or by
/// evaluation at four times the precision.
std::vector<ExpectedTensor> expected_float32_step(const Network& network,
                                                  const Parameters<float>& parameters,
                                                  const Sample& sample, float learning_rate,
                                                  const ArithmeticModel& model);

/// One training step of profile int8_hybrid (SPEC 4): z and a bit-exact, deltas as in float32, then
/// W1.fraction_bits, W1, b1.fraction_bits, b1, ... A parameter's `exact` is the real value before
/// requantization; its acceptance set is `bits` and `also`, for every acceptable number of fraction
/// bits where there are two.
std::vector<ExpectedTensor> expected_int8_hybrid_step(const Network& network,
                                                      const Int8Parameters& parameters,
                                                      const Sample& sample, float learning_rate,
                                                      const ArithmeticModel& model);

/// One training step of profile int8_integer (SPEC 11): all bits are required. z1, a1, ..., deltaL,
/// ..., delta1, then W1.fraction_bits, W1, b1, ... and random_state after the update.
std::vector<ExpectedTensor> expected_int8_integer_step(const Network& network,
                                                       const Int8IntegerParameters& parameters,
                                                       const Sample& sample, float learning_rate);

/// Parameters of profile int8_integer nearest to binary32 ones (SPEC 11.9): weights as in
/// int8_hybrid, biases with 12 fraction bits.
Int8IntegerParameters int8_integer_parameters(const Parameters<float>& parameters,
                                              std::uint32_t random_state);

/// One training step of profile int32_fixed (SPEC 13): the tensors of expected_float32_step, `bits`
/// the nearest int32.
std::vector<ExpectedTensor> expected_int32_fixed_step(const Network& network,
                                                      const Int32Parameters& parameters,
                                                      const Sample& sample, float learning_rate,
                                                      const ArithmeticModel& model);

/// The parameters after a step: the nominal patterns, nearest to the exact values.
TensorSet parameters_after(const TensorFormats& formats, const Network& network,
                           const std::vector<ExpectedTensor>& expected);

/// Parameters of profile int32_fixed nearest to binary32 ones (SPEC 13.2).
Int32Parameters int32_fixed_parameters(const Parameters<float>& parameters);

/// Parameters of profile int8_hybrid nearest to binary32 ones: fraction bits from each tensor's
/// maximum, then quantized (SPEC 4).
Int8Parameters quantized_parameters(const Parameters<float>& parameters);

/// True if every parameter and fraction-bit count after the step has only one acceptable pattern.
bool update_is_unambiguous(const std::vector<ExpectedTensor>& expected);

}  // namespace lsgd
