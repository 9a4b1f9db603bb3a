// SPDX-License-Identifier: Apache-2.0

// The host's side of the protocol on a line that may carry anything (fuzz_device.hpp): text between
// frames, greetings that are repeated, the check of the line and its diagnosis, requests that are
// sent again, digests.
#include "data/network_text.hpp"
#include "device/agent_session.hpp"
#include "device/device_error.hpp"
#include "device/line_check.hpp"
#include "fuzz_device.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(line) {
  const Network network = network_from_text("3-2-1", "tanh-sigmoid", "bce");
  try {
    // Nobody waits: what is not there has timed out.
    AgentSession session(std::make_unique<FuzzDevice>(std::span(bytes, size), true),
                         std::chrono::seconds(2), hello_nonce);
    if (size % 2 == 0) check_line(session, {network});
    session.configure(network);
    std::vector<TensorBytes> tensors{
        {LSGD_TENSOR_WEIGHTS, 1, 4, std::vector<std::uint8_t>(24), true},
        {LSGD_TENSOR_BIASES, 1, 4, std::vector<std::uint8_t>(8), true}};
    session.load(tensors);
    session.train_step(0.5f);
    for (int time = 0; time < 3; ++time) session.store(tensors);
    session.load(tensors);
    require(tensors[0].bytes.size() == 24 && tensors[1].bytes.size() == 8);
  } catch (const DeviceError& error) {
    require(std::string_view(error.what()).find('\n') == std::string_view::npos);
  }
  return 0;
}
