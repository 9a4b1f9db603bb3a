// SPDX-License-Identifier: Apache-2.0
#include "device/frame.hpp"

#include <gtest/gtest.h>
#include <span>

#include <lsgd/protocol.h>

namespace lsgd {
namespace {

using Kind = DecodedFrame::Kind;

const Frame frame{LSGD_OPCODE_LOAD, 0x1234, {1, 2, 3, 0xff, 0}};
constexpr std::uint32_t nonce = 0xdeadbeef;

TEST(Frame, LooksAsTheProtocolSays) {
  const std::vector<std::uint8_t> bytes = encode_frame({0x32, 0x3433, {}}, 0);
  // The last four are the CRC-32 of 00 32 33 34 by Python's zlib.crc32.
  const std::vector<std::uint8_t> expected{0x4c, 0x53, 0x00, 0x32, 0x33,
                                           0x34, 0x67, 0x7f, 0x74, 0xd3};
  EXPECT_EQ(bytes, expected);
}

TEST(Frame, ComesBackAsItWasSent) {
  const auto bytes = encode_frame(frame, nonce);
  const DecodedFrame decoded = decode_frame(bytes, nonce);
  EXPECT_EQ(decoded.kind, Kind::whole);
  EXPECT_EQ(decoded.frame, frame);
  EXPECT_EQ(decoded.size, bytes.size());
}

TEST(Frame, OfAnotherSessionIsRefused) {
  EXPECT_EQ(decode_frame(encode_frame(frame, nonce), nonce + 1).kind, Kind::bad_checksum);
}

TEST(Frame, WithAnyBitFlippedIsNeverTaken) {
  const auto bytes = encode_frame(frame, nonce);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto damaged = bytes;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    EXPECT_NE(decode_frame(damaged, nonce).kind, Kind::whole) << "bit " << bit;
  }
}

TEST(Frame, CutOffAnywhereIsIncomplete) {
  const auto bytes = encode_frame(frame, nonce);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(decode_frame(std::span(bytes).first(size), nonce).kind, Kind::incomplete);
}

TEST(Frame, OfImpossibleLengthIsRefusedAtOnce) {
  const std::vector<std::uint8_t> header{LSGD_FRAME_MAGIC_0, LSGD_FRAME_MAGIC_1, 255, 0, 0, 0};
  EXPECT_EQ(decode_frame(header, nonce).kind, Kind::bad_length);
}

}  // namespace
}  // namespace lsgd
