// SPDX-License-Identifier: Apache-2.0
#include "device/divided_request.hpp"

#include <lsgd/protocol.h>

#include "device/little_endian.hpp"

namespace lsgd {
namespace {

// Of LOAD and STORE: tensor, layer, and then the offset, of four bytes.
constexpr std::size_t offset_position = 2;
constexpr std::size_t tensor_head = 6;

// Of ARITHMETIC: the operation; behind it operands of eight bytes, each with a result of four.
constexpr std::size_t operation_head = 1;

}  // namespace

std::size_t divisible_bytes(std::uint8_t opcode, std::span<const std::uint8_t> payload) {
  if (opcode == LSGD_OPCODE_LOAD) return payload.size() - tensor_head;
  if (opcode == LSGD_OPCODE_STORE) return payload[tensor_head];
  if (opcode == LSGD_OPCODE_ARITHMETIC) return payload.size() - operation_head;
  return 0;
}

std::vector<std::uint8_t> part_of_request(std::uint8_t opcode,
                                          std::span<const std::uint8_t> payload, std::size_t begin,
                                          std::size_t size) {
  const bool is_arithmetic = opcode == LSGD_OPCODE_ARITHMETIC;
  const std::size_t head = is_arithmetic ? operation_head : offset_position;
  std::vector<std::uint8_t> part(payload.begin(),
                                 payload.begin() + static_cast<std::ptrdiff_t>(head));
  if (!is_arithmetic)
    append_little_endian(
        part, static_cast<std::uint32_t>(
                  little_endian<std::uint32_t>(payload.subspan(offset_position)) + begin));
  if (opcode == LSGD_OPCODE_STORE) {
    part.push_back(static_cast<std::uint8_t>(size));
    return part;
  }
  const auto data = payload.subspan(is_arithmetic ? operation_head : tensor_head);
  part.insert(part.end(), data.begin() + static_cast<std::ptrdiff_t>(begin),
              data.begin() + static_cast<std::ptrdiff_t>(begin + size));
  return part;
}

std::size_t bytes_answered(std::uint8_t opcode, std::size_t size) {
  if (opcode == LSGD_OPCODE_STORE) return size;
  return opcode == LSGD_OPCODE_ARITHMETIC ? size / 2 : 0;
}

}  // namespace lsgd
