// SPDX-License-Identifier: Apache-2.0
#include "instruction_set_model.hpp"

#include <algorithm>

namespace lsgd::rtl {
namespace {

constexpr std::uint32_t kMie = 1U << 3U, kMpie = 1U << 7U, kMpp = 3U << 11U;
constexpr std::uint32_t kInterrupts = 1U << 3U | 1U << 7U | 1U << 11U;

std::uint32_t bits(std::uint32_t value, unsigned high, unsigned low) {
  return value << (31 - high) >> (31 - high + low);
}

std::uint32_t sign_extend(std::uint32_t value, unsigned width) {
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(value << (32 - width)) >>
                                    (32 - width));
}

std::int32_t as_signed(std::uint32_t value) { return static_cast<std::int32_t>(value); }

std::uint32_t high_half(std::int64_t product) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(product) >> 32U);
}

std::uint32_t arithmetic(unsigned funct3, bool alternative, std::uint32_t a, std::uint32_t b) {
  switch (funct3) {
    case 0:
      return alternative ? a - b : a + b;
    case 1:
      return a << (b & 31U);
    case 2:
      return as_signed(a) < as_signed(b) ? 1 : 0;
    case 3:
      return a < b ? 1 : 0;
    case 4:
      return a ^ b;
    case 5:
      return alternative ? static_cast<std::uint32_t>(as_signed(a) >> (b & 31U)) : a >> (b & 31U);
    case 6:
      return a | b;
    default:
      return a & b;
  }
}

std::uint32_t multiply_divide(unsigned funct3, std::uint32_t a, std::uint32_t b) {
  const std::int64_t signed_a = as_signed(a), signed_b = as_signed(b);
  const std::int64_t unsigned_b = b;
  switch (funct3) {
    case 0:
      return a * b;
    case 1:
      return high_half(signed_a * signed_b);
    case 2:
      return high_half(signed_a * unsigned_b);
    case 3:
      return static_cast<std::uint32_t>(std::uint64_t{a} * b >> 32U);
    case 4:
      return b == 0 ? ~0U : static_cast<std::uint32_t>(signed_a / signed_b);
    case 5:
      return b == 0 ? ~0U : a / b;
    case 6:
      return b == 0 ? a : static_cast<std::uint32_t>(signed_a % signed_b);
    default:
      return b == 0 ? a : a % b;
  }
}

bool is_device(std::uint32_t address, bool write) {
  const std::uint32_t word = address & ~3U;
  switch (word) {
    case 0x0010'0000:
      return write;
    case 0x0200'0000:
    case 0x0200'0004:
    case 0x0200'4000:
    case 0x0200'4004:
    case 0x0200'bff8:
    case 0x0200'bffc:
    case 0x1000'0000:
    case 0x1000'0004:
      return true;
    default:
      return false;
  }
}

}  // namespace

InstructionSetModel::InstructionSetModel(const ElfImage& image, const RamRange& ram,
                                         InstructionSet instruction_set)
    : ram_(ram), instruction_set_(instruction_set), memory_(ram.bytes), pc_(image.entry) {
  for (const auto& segment : image.segments) {
    std::copy(segment.bytes.begin(), segment.bytes.end(),
              memory_.begin() + (segment.address - ram.base));
  }
}

bool InstructionSetModel::interrupt(unsigned code) {
  if ((mstatus_ & kMie) == 0 || (mie_ >> code & 1U) == 0) return false;
  next_pc_ = pc_;
  enter_trap(1U << 31U | code, 0);
  pc_ = next_pc_;
  return true;
}

InstructionSetModel::Retirement InstructionSetModel::step(const Environment& environment) {
  environment_ = environment;
  retirement_ = {};
  retirement_.pc = pc_;
  minstret_written_ = false;
  try {
    const std::uint32_t low = fetch_half(pc_);
    if ((low & 3U) == 3U) {
      retirement_.instruction = fetch_half(pc_ + 2) << 16U | low;
      next_pc_ = pc_ + 4;
      execute(retirement_.instruction);
    } else {
      retirement_.instruction = low;
      next_pc_ = pc_ + 2;
      execute_compressed(low);
    }
    if (!minstret_written_) ++minstret_;
  } catch (const Trap& trap) {
    retirement_.trap = true;
    retirement_.cause = trap.cause;
    retirement_.rd = 0;
    retirement_.loaded_bytes = retirement_.stored_bytes = 0;
    enter_trap(trap.cause, trap.value);
  }
  retirement_.next_pc = next_pc_;
  pc_ = next_pc_;
  return retirement_;
}

void InstructionSetModel::enter_trap(std::uint32_t cause, std::uint32_t value) {
  mepc_ = pc_;
  mcause_ = cause;
  mtval_ = value;
  mstatus_ = kMpp | ((mstatus_ & kMie) != 0 ? kMpie : 0);
  next_pc_ = mtvec_;
}

void InstructionSetModel::illegal() const { throw Trap{2, retirement_.instruction}; }

void InstructionSetModel::write(unsigned rd, std::uint32_t value) {
  if (rd == 0) return;
  x_.at(rd) = value;
  retirement_.rd = rd;
  retirement_.rd_value = value;
}

std::uint32_t InstructionSetModel::fetch_half(std::uint32_t address) {
  if (!ram_.contains(address)) throw Trap{1, address};
  const std::uint32_t offset = address - ram_.base;
  return memory_[offset] | std::uint32_t{memory_[offset + 1]} << 8U;
}

std::uint32_t InstructionSetModel::load(std::uint32_t address, unsigned bytes, bool sign) {
  if (address % bytes != 0) throw Trap{4, address};
  std::uint32_t value = 0;
  if (ram_.contains(address))
    for (unsigned i = 0; i < bytes; ++i)
      value |= std::uint32_t{memory_[address - ram_.base + i]} << (8 * i);
  else if (is_device(address, false))
    value = bits(environment_.device_data >> (8 * (address % 4)), 8 * bytes - 1, 0);
  else
    throw Trap{5, address};
  retirement_.memory_address = address;
  retirement_.loaded_bytes = bytes;
  return sign ? sign_extend(value, 8 * bytes) : value;
}

void InstructionSetModel::store(std::uint32_t address, unsigned bytes, std::uint32_t value) {
  if (address % bytes != 0) throw Trap{6, address};
  if (ram_.contains(address))
    for (unsigned i = 0; i < bytes; ++i)
      memory_[address - ram_.base + i] = static_cast<std::uint8_t>(value >> (8 * i));
  else if (!is_device(address, true))
    throw Trap{7, address};
  if (address == 0x1000'0000) transmitted_.push_back(static_cast<char>(value));
  if (address == 0x0010'0000) ended_ = true;
  retirement_.memory_address = address;
  retirement_.stored_bytes = bytes;
  retirement_.stored_value = bits(value, 8 * bytes - 1, 0);
}

void InstructionSetModel::execute(std::uint32_t instruction) {
  const unsigned rd = bits(instruction, 11, 7);
  const unsigned funct3 = bits(instruction, 14, 12);
  const unsigned funct7 = bits(instruction, 31, 25);
  const std::uint32_t a = x_.at(bits(instruction, 19, 15));
  const std::uint32_t b = x_.at(bits(instruction, 24, 20));
  const std::uint32_t immediate = sign_extend(bits(instruction, 31, 20), 12);
  switch (bits(instruction, 6, 0)) {
    case 0x37:
      return write(rd, instruction & ~0xfffU);
    case 0x17:
      return write(rd, pc_ + (instruction & ~0xfffU));
    case 0x6f: {
      const std::uint32_t offset =
          bits(instruction, 31, 31) << 20U | bits(instruction, 19, 12) << 12U |
          bits(instruction, 20, 20) << 11U | bits(instruction, 30, 21) << 1U;
      const std::uint32_t link = next_pc_;
      jump(pc_ + sign_extend(offset, 21));
      return write(rd, link);
    }
    case 0x67: {
      if (funct3 != 0) illegal();
      const std::uint32_t link = next_pc_;
      jump(a + immediate);
      return write(rd, link);
    }
    case 0x63: {
      const std::uint32_t offset = bits(instruction, 31, 31) << 12U |
                                   bits(instruction, 7, 7) << 11U |
                                   bits(instruction, 30, 25) << 5U | bits(instruction, 11, 8) << 1U;
      bool taken = false;
      switch (funct3) {
        case 0:
          taken = a == b;
          break;
        case 1:
          taken = a != b;
          break;
        case 4:
          taken = as_signed(a) < as_signed(b);
          break;
        case 5:
          taken = as_signed(a) >= as_signed(b);
          break;
        case 6:
          taken = a < b;
          break;
        case 7:
          taken = a >= b;
          break;
        default:
          illegal();
      }
      if (taken) jump(pc_ + sign_extend(offset, 13));
      return;
    }
    case 0x03:
      if (funct3 == 3 || funct3 > 5) illegal();
      return write(rd, load(a + immediate, 1U << (funct3 & 3U), funct3 < 4));
    case 0x23:
      if (funct3 > 2) illegal();
      return store(a + sign_extend(funct7 << 5U | rd, 12), 1U << funct3, b);
    case 0x13: {
      const bool shift = funct3 == 1 || funct3 == 5;
      const bool right_arithmetic = funct3 == 5 && funct7 == 0x20;
      if (shift && funct7 != 0 && !right_arithmetic) illegal();
      return write(rd,
                   arithmetic(funct3, right_arithmetic, a, shift ? immediate & 31U : immediate));
    }
    case 0x33:
      if (funct7 == 1) return write(rd, multiply_divide(funct3, a, b));
      if (funct7 != 0 && (funct7 != 0x20 || (funct3 != 0 && funct3 != 5))) illegal();
      return write(rd, arithmetic(funct3, funct7 == 0x20, a, b));
    case 0x0f:
      if (funct3 > 1) illegal();
      return;
    case 0x73:
      return execute_system(instruction);
    case 0x2b:
    case 0x7b:
      return execute_simd(instruction);
    default:
      illegal();
  }
}

void InstructionSetModel::execute_compressed(std::uint32_t c) {
  const unsigned rd = bits(c, 11, 7), rs2 = bits(c, 6, 2);
  const unsigned short_a = 8 + bits(c, 9, 7), short_b = 8 + bits(c, 4, 2);
  const std::uint32_t immediate = sign_extend(bits(c, 12, 12) << 5U | bits(c, 6, 2), 6);
  const std::uint32_t word_offset =
      bits(c, 5, 5) << 6U | bits(c, 12, 10) << 3U | bits(c, 6, 6) << 2U;
  const std::uint32_t jump_offset = sign_extend(
      bits(c, 12, 12) << 11U | bits(c, 11, 11) << 4U | bits(c, 10, 9) << 8U | bits(c, 8, 8) << 10U |
          bits(c, 7, 7) << 6U | bits(c, 6, 6) << 7U | bits(c, 5, 3) << 1U | bits(c, 2, 2) << 5U,
      12);
  const std::uint32_t branch_offset =
      sign_extend(bits(c, 12, 12) << 8U | bits(c, 11, 10) << 3U | bits(c, 6, 5) << 6U |
                      bits(c, 4, 3) << 1U | bits(c, 2, 2) << 5U,
                  9);
  const bool bit12 = bits(c, 12, 12) != 0;
  const std::uint32_t link = next_pc_;
  switch (bits(c, 1, 0) << 3U | bits(c, 15, 13)) {
    case 000: {
      const std::uint32_t offset =
          bits(c, 12, 11) << 4U | bits(c, 10, 7) << 6U | bits(c, 6, 6) << 2U | bits(c, 5, 5) << 3U;
      if (offset == 0) illegal();
      return write(short_b, x_[2] + offset);
    }
    case 002:
      return write(short_b, load(x_.at(short_a) + word_offset, 4, false));
    case 006:
      return store(x_.at(short_a) + word_offset, 4, x_.at(short_b));
    case 010:
      return write(rd, x_.at(rd) + immediate);
    case 011:
      jump(pc_ + jump_offset);
      return write(1, link);
    case 012:
      return write(rd, immediate);
    case 013:
      if (bits(c, 12, 12) == 0 && rs2 == 0) illegal();
      if (rd == 2) {
        const std::uint32_t offset = bits(c, 12, 12) << 9U | bits(c, 6, 6) << 4U |
                                     bits(c, 5, 5) << 6U | bits(c, 4, 3) << 7U |
                                     bits(c, 2, 2) << 5U;
        return write(2, x_[2] + sign_extend(offset, 10));
      }
      return write(rd, immediate << 12U);
    case 014:
      switch (bits(c, 11, 10)) {
        case 0:
        case 1:
          if (bit12) illegal();
          return write(short_a, arithmetic(5, bits(c, 10, 10) != 0, x_.at(short_a), rs2));
        case 2:
          return write(short_a, x_.at(short_a) & immediate);
        default: {
          if (bit12) illegal();
          constexpr std::array<unsigned, 4> kFunct3{0, 4, 6, 7};
          const unsigned operation = bits(c, 6, 5);
          return write(short_a, arithmetic(kFunct3.at(operation), operation == 0, x_.at(short_a),
                                           x_.at(short_b)));
        }
      }
    case 015:
      return jump(pc_ + jump_offset);
    case 016:
      if (x_.at(short_a) == 0) jump(pc_ + branch_offset);
      return;
    case 017:
      if (x_.at(short_a) != 0) jump(pc_ + branch_offset);
      return;
    case 020:
      if (bit12) illegal();
      return write(rd, x_.at(rd) << rs2);
    case 022:
      if (rd == 0) illegal();
      return write(
          rd, load(x_[2] + (bits(c, 12, 12) << 5U | bits(c, 6, 4) << 2U | bits(c, 3, 2) << 6U), 4,
                   false));
    case 024:
      if (rs2 != 0) return write(rd, (bit12 ? x_.at(rd) : 0) + x_.at(rs2));
      if (rd != 0) {
        jump(x_.at(rd));
        return bit12 ? write(1, link) : void();
      }
      if (bit12) throw Trap{3, pc_};
      illegal();
    case 026:
      return store(x_[2] + (bits(c, 12, 9) << 2U | bits(c, 8, 7) << 6U), 4, x_.at(rs2));
    default:
      illegal();
  }
}

void InstructionSetModel::execute_system(std::uint32_t instruction) {
  const unsigned funct3 = bits(instruction, 14, 12);
  if (funct3 == 0) {
    switch (instruction) {
      case 0x0000'0073:
        throw Trap{11, 0};
      case 0x0010'0073:
        throw Trap{3, pc_};
      case 0x1050'0073:
        return;
      case 0x3020'0073:
        mstatus_ = kMpp | kMpie | ((mstatus_ & kMpie) != 0 ? kMie : 0);
        return jump(mepc_);
      default:
        illegal();
    }
  }
  if (funct3 == 4) illegal();
  const unsigned number = bits(instruction, 31, 20);
  const unsigned rs1 = bits(instruction, 19, 15);
  const std::uint32_t operand = funct3 > 4 ? rs1 : x_.at(rs1);
  const bool writes = funct3 % 4 == 1 || rs1 != 0;
  if (writes && number >> 10U == 3) illegal();
  const std::uint32_t old = read_csr(number);
  if (writes) {
    const unsigned operation = funct3 % 4;
    write_csr(number, operation == 1 ? operand : operation == 2 ? old | operand : old & ~operand);
  }
  write(bits(instruction, 11, 7), old);
}

// By the arithmetic of the CV32E40P user manual, "CORE-V Instruction Set Extensions".
void InstructionSetModel::execute_simd(std::uint32_t instruction) {
  if (instruction_set_ != InstructionSet::rv32imc_simd) illegal();
  const unsigned rd = bits(instruction, 11, 7);
  const std::uint32_t a = x_.at(bits(instruction, 19, 15));
  const unsigned field = bits(instruction, 24, 20);
  switch (instruction & 0xfe00'707f) {
    case 0xa800'107b: {
      std::uint32_t sum = x_.at(rd);
      for (unsigned low = 0; low < 32; low += 8)
        sum += sign_extend(bits(a, low + 7, low), 8) *
               sign_extend(bits(x_.at(field), low + 7, low), 8);
      return write(rd, sum);
    }
    case 0x7000'302b: {
      const std::int64_t limit = field == 0 ? 1 : std::int64_t{1} << (field - 1);
      const std::int64_t value = as_signed(a);
      return write(rd, static_cast<std::uint32_t>(std::clamp(value, -limit, limit - 1)));
    }
    default:
      illegal();
  }
}

std::uint32_t InstructionSetModel::read_csr(unsigned number) {
  // mhpmevent, mhpmcounter and its upper half, 3 to 31: none counts anything.
  for (const unsigned first : {0x323U, 0xb03U, 0xb83U})
    if (number >= first && number < first + 29) return 0;
  switch (number) {
    case 0x300:
      return mstatus_;
    case 0x301:
      return 0x4000'1104;
    case 0x304:
      return mie_;
    case 0x305:
      return mtvec_;
    case 0x340:
      return mscratch_;
    case 0x341:
      return mepc_;
    case 0x342:
      return mcause_;
    case 0x343:
      return mtval_;
    case 0x344:
      return environment_.csr_value & kInterrupts;
    case 0xb00:
    case 0xb80:
    case 0xc00:
    case 0xc80:
    case 0xc01:
    case 0xc81:
      return environment_.csr_value;
    case 0xb02:
    case 0xc02:
      return static_cast<std::uint32_t>(minstret_);
    case 0xb82:
    case 0xc82:
      return static_cast<std::uint32_t>(minstret_ >> 32U);
    case 0x310:
    case 0x320:
    case 0xf11:
    case 0xf12:
    case 0xf13:
    case 0xf14:
    case 0xf15:
      return 0;
    default:
      illegal();
  }
}

void InstructionSetModel::write_csr(unsigned number, std::uint32_t value) {
  switch (number) {
    case 0x300:
      mstatus_ = kMpp | (value & (kMie | kMpie));
      break;
    case 0x304:
      mie_ = value & kInterrupts;
      break;
    case 0x305:
      mtvec_ = value & ~3U;
      break;
    case 0x340:
      mscratch_ = value;
      break;
    case 0x341:
      mepc_ = value & ~1U;
      break;
    case 0x342:
      mcause_ = value & 0x8000'000fU;
      break;
    case 0x343:
      mtval_ = value;
      break;
    case 0xb02:
      minstret_ = (minstret_ >> 32U << 32U) | value;
      minstret_written_ = true;
      break;
    case 0xb82:
      minstret_ = (minstret_ & 0xffff'ffffU) | std::uint64_t{value} << 32U;
      minstret_written_ = true;
      break;
    default:
      break;
  }
}

}  // namespace lsgd::rtl
