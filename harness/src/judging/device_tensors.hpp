// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/step/int32_fixed.hpp>
#include <lsgd/step/int8_integer_parameters.hpp>
#include <lsgd/step/profile.hpp>

#include "data/model_file.hpp"
#include "device/agent_session.hpp"
#include "judging/comparison.hpp"
#include "result/case_result.hpp"

namespace lsgd {

/// One tensor on a device and, once read, its little-endian bytes.
struct DeviceTensor {
  std::string name;  ///< W1, W1.fraction_bits, b1, b1.fraction_bits, a1, ..., random_state
  lsgd_tensor kind = LSGD_TENSOR_WEIGHTS;
  std::size_t layer = 1;  ///< from 1; 0 for the random state
  std::size_t count = 0;
  std::size_t row_length = 1;  ///< elements per neuron
  std::size_t element_bytes = 4;
  std::vector<std::uint8_t> bytes;
  std::optional<int> fraction_bits = {};  ///< of int32 fixed-point numbers; nothing for others

  /// Element as its pattern; an int8 or int16 in the low bits.
  std::uint32_t pattern(std::size_t index) const;
  TensorPlace place(std::optional<std::size_t> step = std::nullopt) const;
};

/// Tensors of a network, in order.
using DeviceTensors = std::vector<DeviceTensor>;

/// The parameters as device tensors, by ascending layer.
DeviceTensors parameter_tensors(const Network& network, const Parameters<float>& parameters);
DeviceTensors parameter_tensors(const Network& network, const Int8Parameters& parameters);
DeviceTensors parameter_tensors(const Network& network, const Int32Parameters& parameters);
/// The random state comes first.
DeviceTensors parameter_tensors(const Network& network, const Int8IntegerParameters& parameters);

/// The inverse of parameter_tensors.
void parameters_from(const DeviceTensors& tensors, Parameters<float>& parameters);
void parameters_from(const DeviceTensors& tensors, Int32Parameters& parameters);
void parameters_from(const DeviceTensors& tensors, Int8Parameters& parameters);
void parameters_from(const DeviceTensors& tensors, Int8IntegerParameters& parameters);

/// The parameters of a trained model in the format of a profile; a random state of 1.
DeviceTensors parameter_tensors(const Model& model, Profile profile);

/// The activations a_1..a_L of a network, without their bytes.
DeviceTensors activation_tensors(const Network& network, Profile profile);

/// The activations that a device of profile float32 showed.
std::vector<std::vector<float>> activations_from(const DeviceTensors& tensors);

/// The same for profile int32_fixed.
std::vector<std::vector<std::int32_t>> fixed_activations_from(const DeviceTensors& tensors);

/// Sends the parameters to a device.
void load(AgentSession& session, const DeviceTensors& parameters);
/// Sends a sample.
void load(AgentSession& session, const Sample& sample);
/// Replaces the bytes of all tensors by the device's.
void store(AgentSession& session, DeviceTensors& tensors);

/// Configures the device for the network; returns a skipped result where it does not take it.
/// Throws DeviceError where it refuses a network that fits the capacities it states.
std::optional<CaseResult> configure(AgentSession& session, const Network& network);

}  // namespace lsgd
