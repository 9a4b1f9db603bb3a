// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace lsgd {

/// One request or reply of the protocol (targets/include/lsgd/protocol.h).
struct Frame {
  std::uint8_t opcode = 0;
  std::uint16_t sequence = 0;
  std::vector<std::uint8_t> payload;

  bool operator==(const Frame&) const = default;
};

/// The nonce of a session behind HELLO: the one that HELLO brought, bound to the build identity of
/// the device that answered it.
std::uint32_t session_nonce(std::uint32_t hello_nonce,
                            std::span<const std::uint8_t> build_identity);

/// The bytes of a frame in the session of `nonce`. The payload has at most LSGD_PAYLOAD_MAXIMUM
/// bytes.
std::vector<std::uint8_t> encode_frame(const Frame& frame, std::uint32_t nonce);

/// What the first bytes of a stream are: a whole frame of `size` bytes, the beginning of one, or
/// something else.
struct DecodedFrame {
  enum class Kind : std::uint8_t { incomplete, whole, no_magic, bad_length, bad_checksum };

  Kind kind = Kind::incomplete;
  Frame frame;
  std::size_t size = 0;
};

/// Decodes the frame at the start of `bytes`.
DecodedFrame decode_frame(std::span<const std::uint8_t> bytes, std::uint32_t nonce);

}  // namespace lsgd
