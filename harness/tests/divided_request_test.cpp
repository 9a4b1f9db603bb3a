// SPDX-License-Identifier: Apache-2.0
#include "device/divided_request.hpp"

#include <gtest/gtest.h>

#include <lsgd/protocol.h>

namespace lsgd {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(DividedRequest, MovesTheOffsetOfATensor) {
  const Bytes load{1, 2, 0x00, 0x01, 0, 0, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
  EXPECT_EQ(divisible_bytes(LSGD_OPCODE_LOAD, load), 12u);
  EXPECT_EQ(part_of_request(LSGD_OPCODE_LOAD, load, 8, 4),
            (Bytes{1, 2, 0x08, 0x01, 0, 0, 18, 19, 20, 21}));
  EXPECT_EQ(bytes_answered(LSGD_OPCODE_LOAD, 4), 0u);
  const Bytes store{1, 2, 0xf8, 0xff, 0, 0, 100};
  EXPECT_EQ(divisible_bytes(LSGD_OPCODE_STORE, store), 100u);
  EXPECT_EQ(part_of_request(LSGD_OPCODE_STORE, store, 16, 84), (Bytes{1, 2, 0x08, 0x00, 1, 0, 84}));
  EXPECT_EQ(bytes_answered(LSGD_OPCODE_STORE, 84), 84u);
}

TEST(DividedRequest, KeepsTheOperation) {
  Bytes operands{7};
  for (std::uint8_t byte = 0; byte < 24; ++byte) operands.push_back(byte);
  EXPECT_EQ(divisible_bytes(LSGD_OPCODE_ARITHMETIC, operands), 24u);
  EXPECT_EQ(part_of_request(LSGD_OPCODE_ARITHMETIC, operands, 16, 8),
            (Bytes{7, 16, 17, 18, 19, 20, 21, 22, 23}));
  EXPECT_EQ(bytes_answered(LSGD_OPCODE_ARITHMETIC, 16), 8u);
}

TEST(DividedRequest, LeavesWhatHasNoPartsWhole) {
  EXPECT_EQ(divisible_bytes(LSGD_OPCODE_TRAIN_STEP, Bytes{0, 0, 0, 0}), 0u);
  EXPECT_EQ(divisible_bytes(LSGD_OPCODE_CONFIGURE, Bytes{0, 0, 0, 0, 0, 0}), 0u);
}

}  // namespace
}  // namespace lsgd
