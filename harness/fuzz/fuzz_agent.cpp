// SPDX-License-Identifier: Apache-2.0

// The agent with a port behind it against a host that sends anything. A first byte that is odd: the
// rest is the stream. Even: requests, each as one byte for the opcode, one for the size, and the
// payload, which are framed with the sequence that is due and a good CRC.
#include <vector>

#include <lsgd/platform.h>
#include <lsgd/protocol.h>

#include "device/frame.hpp"
#include "fuzz_target.hpp"

extern "C" {
#include "agent.h"
#include "build_identity.h"
}

namespace {

std::span<const std::uint8_t> to_device;
std::vector<std::uint8_t> from_device;

}  // namespace

extern "C" {

const std::uint8_t lsgd_build_identity[LSGD_BUILD_IDENTITY_BYTES] = {};

int lsgd_platform_read(void) {
  if (to_device.empty()) return -1;
  const int byte = to_device.front();
  to_device = to_device.subspan(1);
  return byte;
}

void lsgd_platform_write(const std::uint8_t* bytes, std::size_t count) {
  from_device.insert(from_device.end(), bytes, bytes + count);
}

std::uint64_t lsgd_platform_cycles(void) { return 0; }
std::uint64_t lsgd_platform_instructions(void) { return 0; }

// The highest address leaves no stack to paint.
std::uint8_t* lsgd_platform_stack_limit(void) {
  return reinterpret_cast<std::uint8_t*>(~std::uintptr_t{0});
}

std::uint32_t lsgd_platform_heap_bytes(void) { return 0; }

void lsgd_platform_exit(int) { std::abort(); }

}  // extern "C"

using namespace lsgd;

namespace {

/// Of the session that begins with nonce 0.
const std::uint32_t nonce = session_nonce(0, lsgd_build_identity);

class Requests {
 public:
  void append(std::uint8_t opcode, std::span<const std::uint8_t> payload) {
    const Frame frame{opcode, sequence_++, {payload.begin(), payload.end()}};
    const auto encoded = encode_frame(frame, opcode == LSGD_OPCODE_HELLO ? 0 : nonce);
    bytes_.insert(bytes_.end(), encoded.begin(), encoded.end());
  }

  void append_raw(std::span<const std::uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }

  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  std::uint16_t sequence_ = 0;
  std::vector<std::uint8_t> bytes_;
};

// The agent keeps its state from one run to the next: a session with nonce 0 and a refused network
// bring it back to the same.
Requests fresh_session() {
  const std::uint8_t hello[] = {LSGD_PROTOCOL, 0, 0, 0, 0};
  Requests requests;
  requests.append(LSGD_OPCODE_HELLO, hello);
  requests.append(LSGD_OPCODE_CONFIGURE, {});
  return requests;
}

/// Every byte that the agent sends belongs to a whole reply.
void require_whole_replies(bool checksums_are_known) {
  std::span<const std::uint8_t> rest = from_device;
  while (!rest.empty()) {
    // The reply to HELLO comes first and has HELLO's nonce.
    const DecodedFrame decoded = decode_frame(rest, rest.data() == from_device.data() ? 0 : nonce);
    if (decoded.kind == DecodedFrame::Kind::bad_checksum && !checksums_are_known) return;
    require(decoded.kind == DecodedFrame::Kind::whole);
    require((decoded.frame.opcode & LSGD_OPCODE_REPLY) != 0 && !decoded.frame.payload.empty());
    rest = rest.subspan(decoded.size);
  }
}

}  // namespace

LSGD_FUZZ_TARGET(agent) {
  if (size == 0) return 0;
  const bool is_stream = bytes[0] % 2 == 1;
  std::span<const std::uint8_t> rest = std::span(bytes, size).subspan(1);
  Requests requests = fresh_session();
  bool changes_nonce = is_stream;
  if (is_stream) requests.append_raw(rest);
  while (!is_stream && rest.size() >= 2) {
    const std::uint8_t opcode = rest[0];
    const std::size_t length =
        std::min<std::size_t>({rest[1], std::size_t{LSGD_PAYLOAD_MAXIMUM}, rest.size() - 2});
    changes_nonce = changes_nonce || opcode == LSGD_OPCODE_HELLO;
    requests.append(opcode, rest.subspan(2, length));
    rest = rest.subspan(2 + length);
  }
  to_device = requests.bytes();
  from_device.clear();
  while (!to_device.empty()) lsgd_agent_run();
  require_whole_replies(!changes_nonce);
  return 0;
}
