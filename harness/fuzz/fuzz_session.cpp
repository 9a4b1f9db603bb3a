// SPDX-License-Identifier: Apache-2.0

// The host's side of the protocol against a device that sends anything (fuzz_device.hpp).
#include "data/network_text.hpp"
#include "device/agent_session.hpp"
#include "device/device_error.hpp"
#include "fuzz_device.hpp"
#include "fuzz_target.hpp"
#include "levels/capacity_cases.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(session) {
  const Network network = network_from_text("3-2-1", "tanh-sigmoid", "bce");
  try {
    AgentSession session(std::make_unique<FuzzDevice>(std::span(bytes, size)),
                         std::chrono::hours(1), hello_nonce);
    const Capacities capacities = believed(session.description().capacities);
    require(!network_of_all_activations(capacities, capacities.layers).layers.empty());
    require(!network_of_all_parameters(capacities).layers.empty());
    session.configure(network);
    session.load(LSGD_TENSOR_WEIGHTS, 1, std::vector<std::uint8_t>(300));
    session.train_step(0.5f);
    std::vector<std::uint8_t> weights(300);
    session.store(LSGD_TENSOR_WEIGHTS, 1, weights);
    session.settle();
    session.forward();
    session.measure();
    const std::vector<ArithmeticOperands> operands(40);
    const auto results = session.arithmetic(LSGD_OPERATION_QUANTIZE, operands);
    require(!results || results->size() == operands.size());
  } catch (const DeviceError& error) {
    require(std::string_view(error.what()).find('\n') == std::string_view::npos);
  }
  return 0;
}
