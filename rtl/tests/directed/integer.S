// SPDX-License-Identifier: Apache-2.0
// Every register and immediate operation of RV32I, lui and auipc.
#include "test.h"
TEST_BEGIN
  .option norvc
  REGISTERS(1, add, 0x80000000, 0x7fffffff, 1)
  REGISTERS(2, add, 0, 0xffffffff, 1)
  REGISTERS(3, sub, 0x7fffffff, 0x80000000, 1)
  REGISTERS(4, sub, 0xffffffff, 0, 1)
  REGISTERS(5, sll, 0x80000000, 1, 31)
  REGISTERS(6, sll, 0x42424242, 0x21212121, 0xffffffe1)
  REGISTERS(7, slt, 1, 0x80000000, 0x7fffffff)
  REGISTERS(8, slt, 0, 0x7fffffff, 0x80000000)
  REGISTERS(9, slt, 0, 5, 5)
  REGISTERS(10, sltu, 0, 0x80000000, 0x7fffffff)
  REGISTERS(11, sltu, 1, 0x7fffffff, 0x80000000)
  REGISTERS(12, sltu, 0, 0xffffffff, 0xffffffff)
  REGISTERS(13, xor, 0xf00ff00f, 0xff00ff00, 0x0f0f0f0f)
  REGISTERS(14, srl, 0x1, 0x80000000, 31)
  REGISTERS(15, srl, 0x80000000, 0x80000000, 32)
  REGISTERS(16, sra, 0xffffffff, 0x80000000, 31)
  REGISTERS(17, sra, 0x00ffffff, 0x7fffffff, 7)
  REGISTERS(18, or, 0xff0fff0f, 0xff00ff00, 0x0f0f0f0f)
  REGISTERS(19, and, 0x0f000f00, 0xff00ff00, 0x0f0f0f0f)
  IMMEDIATE(20, addi, 0x7fffffff, 0x80000000, -1)
  IMMEDIATE(21, addi, 0x7ff, 0, 0x7ff)
  IMMEDIATE(22, slti, 1, 0x80000000, -2048)
  IMMEDIATE(23, slti, 0, 2047, -1)
  IMMEDIATE(24, sltiu, 1, 0x80000000, -2048)
  IMMEDIATE(25, sltiu, 0, 0, 0)
  IMMEDIATE(26, xori, 0xff00f00f ^ 0xffffffff, 0xff00f00f, -1)
  IMMEDIATE(27, ori, 0xffffff0f, 0xff00ff00, -241)
  IMMEDIATE(28, andi, 0x00000700, 0xff00ff00, 0x70f)
  IMMEDIATE(29, slli, 0x90909080, 0x21212121, 7)
  IMMEDIATE(30, srli, 0x01ffffff, 0xffffffff, 7)
  IMMEDIATE(31, srai, 0xff000000, 0x80000000, 7)

  lui a0, 0xfffff
  EXPECT(32, a0, 0xfffff000)
  lui a0, 0x80000
  srai a0, a0, 31
  EXPECT(33, a0, -1)
1:auipc a0, 0x12345
  la a1, 1b
  sub a0, a0, a1
  EXPECT(34, a0, 0x12345000)
  // x0 stays zero, also when it would be forwarded.
  li a0, 7
  addi zero, a0, 1
  add a1, zero, zero
  EXPECT(35, a1, 0)
  fence
TEST_END
