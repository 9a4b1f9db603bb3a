// SPDX-License-Identifier: Apache-2.0
#include "device/hello.hpp"

#include <algorithm>
#include <bit>
#include <concepts>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>

#include "data/model_file.hpp"
#include "device/device_error.hpp"
#include "device/little_endian.hpp"

namespace lsgd {
namespace {

/// Takes integers from the front of a reply that is long enough.
class HelloReader {
 public:
  explicit HelloReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  template <std::unsigned_integral Integer>
  Integer take() {
    return little_endian<Integer>(take(sizeof(Integer)));
  }

  std::span<const std::uint8_t> take(std::size_t count) {
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  std::span<const std::uint8_t> rest() const { return rest_; }

 private:
  std::span<const std::uint8_t> rest_;
};

lsgd_arithmetic take_arithmetic(HelloReader& reader) {
  lsgd_arithmetic arithmetic;
  std::ranges::copy(reader.take(LSGD_DIGEST_BYTES), arithmetic.digest);
  for (lsgd_codes& codes : arithmetic.tensors) {
    codes.bytes = reader.take<std::uint8_t>();
    codes.extent = reader.take<std::uint8_t>();
    constexpr std::uint8_t most_bytes = 8;
    if (codes.bytes > most_bytes || (codes.bytes != 0 && !std::has_single_bit(codes.bytes)))
      throw StatementError(
          fmt::format("the device states codes of {} bytes, not of 1, 2, 4 or 8", codes.bytes));
  }
  return arithmetic;
}

Capacities take_capacities(HelloReader& reader) {
  Capacities capacities;
  capacities.layers = reader.take<std::uint16_t>();
  capacities.inputs = reader.take<std::uint16_t>();
  capacities.width = reader.take<std::uint16_t>();
  capacities.activations = reader.take<std::uint32_t>();
  capacities.parameters = reader.take<std::uint32_t>();

  constexpr std::uint32_t most_layers = 64;
  constexpr std::uint32_t parameters_of_the_smallest_network = 2;
  if (capacities.layers == 0 || capacities.layers > most_layers)
    throw StatementError(fmt::format("the device states room for {} layers, not for 1 to {}",
                                     capacities.layers, most_layers));
  if (capacities.inputs == 0 || capacities.width == 0 || capacities.activations == 0 ||
      capacities.parameters < parameters_of_the_smallest_network)
    throw StatementError(fmt::format(
        "the device states room for {} inputs, layers of {} outputs, {} "
        "activations and {} parameters: that holds no network",
        capacities.inputs, capacities.width, capacities.activations, capacities.parameters));
  return capacities;
}

}  // namespace

Capacities capacities_for(const Network& network) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  const auto narrowed = [=](std::uint64_t count) {
    return static_cast<std::uint32_t>(std::min(count, most));
  };
  std::uint64_t width = 0, activations = 0;
  for (const Layer& layer : network.layers) {
    width = std::max<std::uint64_t>(width, layer.outputs);
    activations += layer.outputs;
  }
  return {narrowed(network.layers.size()), narrowed(network.inputs()), narrowed(width),
          narrowed(activations), narrowed(parameter_count(network))};
}

bool covers(const Capacities& device, const Capacities& needed) {
  return needed.layers <= device.layers && needed.inputs <= device.inputs &&
         needed.width <= device.width && needed.activations <= device.activations &&
         needed.parameters <= device.parameters;
}

std::string capacities_text(const Capacities& capacities) {
  return fmt::format(
      "{} layers, {} inputs, {} outputs of a layer, {} of all layers and {} parameters",
      capacities.layers, capacities.inputs, capacities.width, capacities.activations,
      capacities.parameters);
}

DeviceDescription description_from_hello(std::span<const std::uint8_t> reply) {
  // Versions come first: another one may have another length.
  constexpr std::size_t versions_end = 1 + 1 + 2;
  const StatementError too_short("the device's answer to HELLO is too short");
  if (reply.size() < versions_end) throw too_short;
  HelloReader reader(reply.subspan(1));
  if (const auto protocol = reader.take<std::uint8_t>(); protocol != LSGD_PROTOCOL)
    throw StatementError(
        fmt::format("the device speaks protocol version {}, not {}", protocol, LSGD_PROTOCOL));
  if (const auto version = reader.take<std::uint16_t>(); version != LSGD_PORT_INTERFACE)
    throw StatementError(
        fmt::format("the port has interface version {}, not {}", version, LSGD_PORT_INTERFACE));
  if (reply.size() <= hello_name_offset) throw too_short;

  DeviceDescription description;
  description.statement.assign(reply.begin(), reply.end());
  description.arithmetic = take_arithmetic(reader);
  description.capacities = take_capacities(reader);
  description.build_identity =
      fmt::format("{:02x}", fmt::join(reader.take(LSGD_BUILD_IDENTITY_BYTES), ""));
  for (const std::uint8_t c : reader.rest())
    description.port += c > 0x20 && c < 0x7f ? static_cast<char>(c) : '?';
  return description;
}

Capacities believed(const Capacities& stated) {
  Capacities capacities = stated;
  capacities.parameters = std::min(stated.parameters, most_parameters_believed);
  // Each activation has a bias and at least one weight.
  capacities.activations = std::min(stated.activations, capacities.parameters / 2);
  capacities.width = std::min(stated.width, capacities.activations);
  capacities.layers = std::min(stated.layers, capacities.activations);
  capacities.inputs = std::min(stated.inputs, capacities.parameters - 1);
  return capacities;
}

}  // namespace lsgd
