// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lsgd {

/// Bytes of data that a request carries or asks for, where several requests do the same as one: of
/// the tensor of LOAD and STORE, of the operands of ARITHMETIC. 0 for every other request.
/// @param payload  well-formed
std::size_t divisible_bytes(std::uint8_t opcode, std::span<const std::uint8_t> payload);

/// Payload of the request for a part of that data.
/// @param begin,size  of the part within the data, both multiples of 8 but for the last size
std::vector<std::uint8_t> part_of_request(std::uint8_t opcode,
                                          std::span<const std::uint8_t> payload, std::size_t begin,
                                          std::size_t size);

/// Bytes that the reply to such a part has behind its status.
std::size_t bytes_answered(std::uint8_t opcode, std::size_t size);

}  // namespace lsgd
