// SPDX-License-Identifier: Apache-2.0
#include "device/frame.hpp"

#include <zlib.h>

#include <lsgd/protocol.h>

#include "device/little_endian.hpp"

namespace lsgd {
namespace {

// zlib exclusive-ors its start value with 0xffffffff, as the protocol does with the nonce.
std::uint32_t checksum(std::span<const std::uint8_t> bytes, std::uint32_t nonce) {
  return static_cast<std::uint32_t>(crc32(nonce, bytes.data(), static_cast<uInt>(bytes.size())));
}

}  // namespace

std::uint32_t session_nonce(std::uint32_t hello_nonce,
                            std::span<const std::uint8_t> build_identity) {
  return checksum(build_identity, hello_nonce);
}

std::vector<std::uint8_t> encode_frame(const Frame& frame, std::uint32_t nonce) {
  std::vector<std::uint8_t> bytes{LSGD_FRAME_MAGIC_0, LSGD_FRAME_MAGIC_1};
  append_little_endian(bytes, static_cast<std::uint8_t>(frame.payload.size()));
  append_little_endian(bytes, frame.opcode);
  append_little_endian(bytes, frame.sequence);
  bytes.insert(bytes.end(), frame.payload.begin(), frame.payload.end());
  append_little_endian(bytes, checksum(std::span(bytes).subspan(2), nonce));
  return bytes;
}

DecodedFrame decode_frame(std::span<const std::uint8_t> bytes, std::uint32_t nonce) {
  using Kind = DecodedFrame::Kind;
  if ((!bytes.empty() && bytes[0] != LSGD_FRAME_MAGIC_0) ||
      (bytes.size() > 1 && bytes[1] != LSGD_FRAME_MAGIC_1))
    return {Kind::no_magic, {}, 0};
  if (bytes.size() < LSGD_FRAME_HEADER) return {Kind::incomplete, {}, 0};
  const std::size_t length = bytes[2];
  if (length > LSGD_PAYLOAD_MAXIMUM) return {Kind::bad_length, {}, 0};
  const std::size_t size = LSGD_FRAME_HEADER + length + LSGD_FRAME_CRC;
  if (bytes.size() < size) return {Kind::incomplete, {}, 0};
  const auto protected_bytes = bytes.subspan(2, LSGD_FRAME_HEADER - 2 + length);
  if (checksum(protected_bytes, nonce) !=
      little_endian<std::uint32_t>(bytes.subspan(LSGD_FRAME_HEADER + length)))
    return {Kind::bad_checksum, {}, 0};
  const auto payload = bytes.subspan(LSGD_FRAME_HEADER, length);
  return {
      Kind::whole,
      {bytes[3], little_endian<std::uint16_t>(bytes.subspan(4)), {payload.begin(), payload.end()}},
      size};
}

}  // namespace lsgd
