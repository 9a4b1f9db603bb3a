// SPDX-License-Identifier: Apache-2.0
#include "device/line_check.hpp"

#include <algorithm>
#include <array>

#include "device/device_error.hpp"
#include "device/hello.hpp"

namespace lsgd {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::array<std::size_t, 6> checked_lengths{1, 2, 61, 128, 235, LSGD_PAYLOAD_MAXIMUM};

void fail_where_the_line_is_to_blame(AgentSession& session) {
  if (const auto words = session.diagnose()) throw DeviceError(*words);
}

/// Payloads of all lengths, with every value in two of them or more. A line that damages bytes by
/// chance hardly lets the long ones pass: then they are no test of it.
void send_all_values(AgentSession& session) {
  std::uint8_t next = 0;
  for (const std::size_t length : checked_lengths) try {
      Bytes payload(length);
      for (std::uint8_t& byte : payload) byte = next++;
      session.probe(payload);
    } catch (const DeviceError&) {
      fail_where_the_line_is_to_blame(session);
      session.renew();
      return;
    }
}

// Numbers between 8 and 32 in absolute value: an agent may hold the sample as floats and keep no
// NaN as it is.
constexpr std::uint8_t upper_byte = 0x41;
constexpr std::size_t element_bytes = 4;

/// As many elements as there are, with the values from `next` on.
Bytes elements(std::size_t count, std::uint8_t& next) {
  Bytes bytes(count * element_bytes, upper_byte);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (i % element_bytes != element_bytes - 1) bytes[i] = next++;
  return bytes;
}

Network smallest_network(const Capacities& capacities) {
  // One sample holds all values, where the device has room for it.
  constexpr std::uint32_t most_inputs = 86;
  const std::uint32_t inputs =
      std::min({most_inputs, capacities.inputs, capacities.parameters - 1});
  return {{{inputs, 1, Activation::tanh}}, Loss::mse};
}

/// The sample is the agent's own memory, whatever the port.
void fetch_all_values(AgentSession& session, const Network& network) {
  if (session.configure(network) != Configured::yes) return;
  std::uint8_t next = 0;
  for (std::size_t shown = 0; shown < 256;) {
    const Bytes sent = elements(network.inputs(), next);
    shown += sent.size() / element_bytes * (element_bytes - 1);
    session.load(LSGD_TENSOR_INPUT, 0, sent);
    Bytes received(sent.size());
    session.store(LSGD_TENSOR_INPUT, 0, received);
    session.settle();
    if (received != sent)
      throw DeviceError("the device gives back another sample than it was given");
  }
}

}  // namespace

void check_line(AgentSession& session, const std::vector<Network>& networks) {
  send_all_values(session);
  try {
    fetch_all_values(session, networks.empty() ? smallest_network(session.description().capacities)
                                               : networks.front());
  } catch (const DeviceError&) {
    fail_where_the_line_is_to_blame(session);
    throw;
  }
}

}  // namespace lsgd
