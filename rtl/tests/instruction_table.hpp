// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lsgd::rtl {

/// What a core executes; rv32imc_simd adds cv.sdotsp.b and cv.clip of CV32E40P.
enum class InstructionSet { rv32imc, rv32imc_simd };

/// Which fields an encoding has besides its fixed bits.
enum class Format {
  r,
  accumulate,  ///< as r, and rd is read
  i,
  shift,
  load,
  store,
  branch,
  u,
  jal,
  jalr,
  csr,
  csr_immediate,
  fixed,
  cr,
  ci,
  ci_shift,
  ci_lui,
  ci_sp,
  lwsp,
  ciw,
  cl,
  cs,
  css,
  ca,
  cb_shift,
  cb_and,
  cb,
  cj,
  cjr,
  cjalr,
};

struct Encoding {
  std::string_view name;
  std::uint32_t mask;   ///< the fixed bits
  std::uint32_t match;  ///< their values
  Format format;
};

// clang-format off
/// Every instruction of RV32IMC_Zicsr_Zifencei, machine mode, then those of rv32imc_simd; where two match, the
/// first one counts.
inline constexpr std::array kEncodings{
    Encoding{"lui", 0x7f, 0x37, Format::u}, Encoding{"auipc", 0x7f, 0x17, Format::u},
    Encoding{"jal", 0x7f, 0x6f, Format::jal}, Encoding{"jalr", 0x707f, 0x67, Format::jalr},
    Encoding{"beq", 0x707f, 0x0063, Format::branch}, Encoding{"bne", 0x707f, 0x1063, Format::branch},
    Encoding{"blt", 0x707f, 0x4063, Format::branch}, Encoding{"bge", 0x707f, 0x5063, Format::branch},
    Encoding{"bltu", 0x707f, 0x6063, Format::branch}, Encoding{"bgeu", 0x707f, 0x7063, Format::branch},
    Encoding{"lb", 0x707f, 0x0003, Format::load}, Encoding{"lh", 0x707f, 0x1003, Format::load},
    Encoding{"lw", 0x707f, 0x2003, Format::load}, Encoding{"lbu", 0x707f, 0x4003, Format::load},
    Encoding{"lhu", 0x707f, 0x5003, Format::load},
    Encoding{"sb", 0x707f, 0x0023, Format::store}, Encoding{"sh", 0x707f, 0x1023, Format::store},
    Encoding{"sw", 0x707f, 0x2023, Format::store},
    Encoding{"addi", 0x707f, 0x0013, Format::i}, Encoding{"slti", 0x707f, 0x2013, Format::i},
    Encoding{"sltiu", 0x707f, 0x3013, Format::i}, Encoding{"xori", 0x707f, 0x4013, Format::i},
    Encoding{"ori", 0x707f, 0x6013, Format::i}, Encoding{"andi", 0x707f, 0x7013, Format::i},
    Encoding{"slli", 0xfe00707f, 0x1013, Format::shift}, Encoding{"srli", 0xfe00707f, 0x5013, Format::shift},
    Encoding{"srai", 0xfe00707f, 0x40005013, Format::shift},
    Encoding{"add", 0xfe00707f, 0x0033, Format::r}, Encoding{"sub", 0xfe00707f, 0x40000033, Format::r},
    Encoding{"sll", 0xfe00707f, 0x1033, Format::r}, Encoding{"slt", 0xfe00707f, 0x2033, Format::r},
    Encoding{"sltu", 0xfe00707f, 0x3033, Format::r}, Encoding{"xor", 0xfe00707f, 0x4033, Format::r},
    Encoding{"srl", 0xfe00707f, 0x5033, Format::r}, Encoding{"sra", 0xfe00707f, 0x40005033, Format::r},
    Encoding{"or", 0xfe00707f, 0x6033, Format::r}, Encoding{"and", 0xfe00707f, 0x7033, Format::r},
    Encoding{"mul", 0xfe00707f, 0x02000033, Format::r}, Encoding{"mulh", 0xfe00707f, 0x02001033, Format::r},
    Encoding{"mulhsu", 0xfe00707f, 0x02002033, Format::r}, Encoding{"mulhu", 0xfe00707f, 0x02003033, Format::r},
    Encoding{"div", 0xfe00707f, 0x02004033, Format::r}, Encoding{"divu", 0xfe00707f, 0x02005033, Format::r},
    Encoding{"rem", 0xfe00707f, 0x02006033, Format::r}, Encoding{"remu", 0xfe00707f, 0x02007033, Format::r},
    Encoding{"fence", 0x707f, 0x000f, Format::fixed}, Encoding{"fence.i", 0x707f, 0x100f, Format::fixed},
    Encoding{"ecall", 0xffffffff, 0x00000073, Format::fixed}, Encoding{"ebreak", 0xffffffff, 0x00100073, Format::fixed},
    Encoding{"wfi", 0xffffffff, 0x10500073, Format::fixed}, Encoding{"mret", 0xffffffff, 0x30200073, Format::fixed},
    Encoding{"csrrw", 0x707f, 0x1073, Format::csr}, Encoding{"csrrs", 0x707f, 0x2073, Format::csr},
    Encoding{"csrrc", 0x707f, 0x3073, Format::csr}, Encoding{"csrrwi", 0x707f, 0x5073, Format::csr_immediate},
    Encoding{"csrrsi", 0x707f, 0x6073, Format::csr_immediate}, Encoding{"csrrci", 0x707f, 0x7073, Format::csr_immediate},
    Encoding{"c.addi4spn", 0xe003, 0x0000, Format::ciw}, Encoding{"c.lw", 0xe003, 0x4000, Format::cl},
    Encoding{"c.sw", 0xe003, 0xc000, Format::cs}, Encoding{"c.addi", 0xe003, 0x0001, Format::ci},
    Encoding{"c.jal", 0xe003, 0x2001, Format::cj}, Encoding{"c.li", 0xe003, 0x4001, Format::ci},
    Encoding{"c.addi16sp", 0xef83, 0x6101, Format::ci_sp}, Encoding{"c.lui", 0xe003, 0x6001, Format::ci_lui},
    Encoding{"c.srli", 0xfc03, 0x8001, Format::cb_shift}, Encoding{"c.srai", 0xfc03, 0x8401, Format::cb_shift},
    Encoding{"c.andi", 0xec03, 0x8801, Format::cb_and}, Encoding{"c.sub", 0xfc63, 0x8c01, Format::ca},
    Encoding{"c.xor", 0xfc63, 0x8c21, Format::ca}, Encoding{"c.or", 0xfc63, 0x8c41, Format::ca},
    Encoding{"c.and", 0xfc63, 0x8c61, Format::ca}, Encoding{"c.j", 0xe003, 0xa001, Format::cj},
    Encoding{"c.beqz", 0xe003, 0xc001, Format::cb}, Encoding{"c.bnez", 0xe003, 0xe001, Format::cb},
    Encoding{"c.slli", 0xf003, 0x0002, Format::ci_shift}, Encoding{"c.lwsp", 0xe003, 0x4002, Format::lwsp},
    Encoding{"c.ebreak", 0xffff, 0x9002, Format::fixed}, Encoding{"c.jr", 0xf07f, 0x8002, Format::cjr},
    Encoding{"c.jalr", 0xf07f, 0x9002, Format::cjalr}, Encoding{"c.mv", 0xf003, 0x8002, Format::cr},
    Encoding{"c.add", 0xf003, 0x9002, Format::cr}, Encoding{"c.swsp", 0xe003, 0xc002, Format::css},
    Encoding{"cv.sdotsp.b", 0xfe00707f, 0xa800107b, Format::accumulate},
    Encoding{"cv.clip", 0xfe00707f, 0x7000302b, Format::shift},
};
// clang-format on

/// How many of kEncodings an instruction set has: the first ones.
constexpr std::size_t encoding_count(InstructionSet set) {
  constexpr std::size_t kSimdInstructions = 2;
  return kEncodings.size() - (set == InstructionSet::rv32imc_simd ? 0 : kSimdInstructions);
}

/// Position in kEncodings of an instruction (16-bit ones zero-extended); legality is not checked.
constexpr std::optional<std::size_t> encoding_of(std::uint32_t instruction) {
  for (std::size_t i = 0; i < kEncodings.size(); ++i)
    if ((instruction & kEncodings[i].mask) == kEncodings[i].match) return i;
  return std::nullopt;
}

}  // namespace lsgd::rtl
