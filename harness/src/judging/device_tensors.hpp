// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/port.h>

#include "device/agent_session.hpp"
#include "judging/comparison.hpp"
#include "result/case_result.hpp"
#include "steps/tensor_set.hpp"

namespace lsgd {

/// Where an element of the tensor was compared.
TensorPlace place_of(const Tensor& tensor, std::optional<std::size_t> step = std::nullopt);

/// The number of the interface for a tensor that crosses it.
lsgd_tensor interface_kind(TensorKind kind);

/// The codes as they cross the interface: little-endian, in as many bytes as their format has.
std::vector<std::uint8_t> bytes_of(const Tensor& tensor);

/// Sends tensors to a device.
void load(AgentSession& session, const TensorSet& tensors);
/// Elements of a tensor from `first` on; the device keeps those before it.
void load_from(AgentSession& session, const Tensor& tensor, std::size_t first);
/// Sends a sample.
void load(AgentSession& session, const Sample& sample);
/// Replaces the codes of all tensors by the device's.
void store(AgentSession& session, TensorSet& tensors);

/// Why a case is skipped whose network the device does not support.
inline constexpr std::string_view network_unsupported =
    "the port lacks the loss or an activation of this network";

/// Why a case is refused whose network the device has no room for.
inline constexpr std::string_view network_too_large =
    "the network exceeds the capacities of the device";

/// Configures the device for the network; returns a result where it does not take it:
/// refused for its size, skipped for a loss or an activation that the port lacks.
/// Throws DeviceError where it refuses a network that fits the capacities it states.
std::optional<CaseResult> configure(AgentSession& session, const Network& network);

}  // namespace lsgd
