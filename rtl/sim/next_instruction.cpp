// SPDX-License-Identifier: Apache-2.0
#include "next_instruction.hpp"

namespace lsgd::rtl {
namespace {

// Bits high to low of an instruction, moved to where the lowest lies at `to`.
std::uint32_t bits(std::uint32_t instruction, unsigned high, unsigned low, unsigned to) {
  return (instruction >> low & ((1U << (high - low + 1)) - 1)) << to;
}

std::uint32_t sign_extended(std::uint32_t value, unsigned sign) {
  return (value ^ (1U << sign)) - (1U << sign);
}

bool is_taken(std::uint32_t kind, std::uint32_t a, std::uint32_t b) {
  constexpr std::uint32_t kInverted = 1, kUnsigned = 2, kLess = 4;
  const std::uint32_t flip = (kind & kUnsigned) != 0 ? 0 : 1U << 31U;
  const bool condition = (kind & kLess) != 0 ? (a ^ flip) < (b ^ flip) : a == b;
  return condition != ((kind & kInverted) != 0);
}

std::uint32_t next_of_compressed(std::uint32_t pc, std::uint32_t i,
                                 const std::array<std::uint32_t, 32>& x) {
  const std::uint32_t behind = pc + 2;
  switch (i & 0xe003U) {
    case 0x2001:    // c.jal
    case 0xa001: {  // c.j
      const std::uint32_t offset = bits(i, 12, 12, 11) | bits(i, 11, 11, 4) | bits(i, 10, 9, 8) |
                                   bits(i, 8, 8, 10) | bits(i, 7, 7, 6) | bits(i, 6, 6, 7) |
                                   bits(i, 5, 3, 1) | bits(i, 2, 2, 5);
      return pc + sign_extended(offset, 11);
    }
    case 0xc001:    // c.beqz
    case 0xe001: {  // c.bnez
      const std::uint32_t offset = bits(i, 12, 12, 8) | bits(i, 11, 10, 3) | bits(i, 6, 5, 6) |
                                   bits(i, 4, 3, 1) | bits(i, 2, 2, 5);
      const bool is_zero = x.at(8 + bits(i, 9, 7, 0)) == 0;
      return is_zero == ((i & 0xe003U) == 0xc001) ? pc + sign_extended(offset, 8) : behind;
    }
    case 0x8002: {  // c.jr, c.jalr, c.mv, c.add, c.ebreak
      const std::uint32_t target = bits(i, 11, 7, 0);
      return bits(i, 6, 2, 0) == 0 && target != 0 ? x.at(target) & ~1U : behind;
    }
    default:
      return behind;
  }
}

}  // namespace

std::uint32_t next_instruction(std::uint32_t pc, std::uint32_t instruction,
                               const std::array<std::uint32_t, 32>& registers, std::uint32_t mepc) {
  constexpr std::uint32_t kMret = 0x3020'0073;
  const std::uint32_t i = instruction;
  if ((i & 3U) != 3) return next_of_compressed(pc, i & 0xffffU, registers);
  const std::uint32_t behind = pc + 4, a = registers.at(bits(i, 19, 15, 0)),
                      b = registers.at(bits(i, 24, 20, 0));
  switch (i & 0x7fU) {
    case 0x6f:  // jal
      return pc + sign_extended(bits(i, 31, 31, 20) | bits(i, 19, 12, 12) | bits(i, 20, 20, 11) |
                                    bits(i, 30, 21, 1),
                                20);
    case 0x67:  // jalr
      return (a + sign_extended(bits(i, 31, 20, 0), 11)) & ~1U;
    case 0x63:  // branches
      return is_taken(bits(i, 14, 12, 0), a, b)
                 ? pc + sign_extended(bits(i, 31, 31, 12) | bits(i, 7, 7, 11) | bits(i, 30, 25, 5) |
                                          bits(i, 11, 8, 1),
                                      12)
                 : behind;
    case 0x73:
      return i == kMret ? mepc : behind;
    default:
      return behind;
  }
}

}  // namespace lsgd::rtl
