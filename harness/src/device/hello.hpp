// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/port.h>
#include <lsgd/protocol.h>

namespace lsgd {

/// What a device has room for (targets/include/lsgd/port.h).
struct Capacities {
  std::uint32_t layers = 0;
  std::uint32_t inputs = 0;
  std::uint32_t width = 0;
  std::uint32_t activations = 0;
  std::uint32_t parameters = 0;

  bool operator==(const Capacities&) const = default;
};

/// The least capacities of a device that has room for the network.
Capacities capacities_for(const Network& network);

/// Whether a device of these capacities has room for all that is needed.
bool covers(const Capacities& device, const Capacities& needed);

/// As in "2 layers, 3 inputs, 4 outputs of a layer, 6 of all layers and 26 parameters".
std::string capacities_text(const Capacities& capacities);

/// What a device says about itself when a session begins. A claim: whoever computes with its
/// numbers takes believed().
struct DeviceDescription {
  std::vector<std::uint8_t> statement;  ///< all of it, as it was received
  lsgd_arithmetic arithmetic{};
  Capacities capacities;
  std::string port;
  std::string build_identity;  ///< hexadecimal

  bool operator==(const DeviceDescription& other) const { return statement == other.statement; }
};

/// Where the reply to HELLO, from its status on, holds the build identity and then the port's name.
constexpr std::size_t hello_identity_offset =
    1 + 1 + 2 + sizeof(lsgd_arithmetic) + 3 * sizeof(std::uint16_t) + 2 * sizeof(std::uint32_t);
constexpr std::size_t hello_name_offset = hello_identity_offset + LSGD_BUILD_IDENTITY_BYTES;

/// Reads the reply to HELLO, which begins with its status. Throws StatementError for another
/// version of protocol or interface, a code that is not of 0, 1, 2 or 4 bytes, no name, more than
/// 64 layers, or no room for a network of one weight and one bias.
DeviceDescription description_from_hello(std::span<const std::uint8_t> reply);

/// Most parameters that the suite fills a device with, whatever it claims: with their bounds they
/// take the host some hundred megabytes.
constexpr std::uint32_t most_parameters_believed = 1u << 18;

/// Capacities that a network can reach: no more activations than there are parameters for, no layer
/// wider than all activations, and no more parameters than most_parameters_believed.
Capacities believed(const Capacities& stated);

}  // namespace lsgd
