// SPDX-License-Identifier: Apache-2.0
// The M extension: signs, extremes, division by zero and overflow.
#include "test.h"
TEST_BEGIN
  .option norvc
  REGISTERS(1, mul, 0x00001200, 0x00007e00, 0xb6db6db7)
  REGISTERS(2, mul, 1, -1, -1)
  REGISTERS(3, mulh, 0x40000000, 0x80000000, 0x80000000)
  REGISTERS(4, mulh, 0xffffffff, -1, 1)
  REGISTERS(5, mulh, 0x3fffffff, 0x7fffffff, 0x7fffffff)
  REGISTERS(6, mulhsu, 0xffffffff, -1, -1)
  REGISTERS(7, mulhsu, 0xc0000000, 0x80000000, 0x80000000)
  REGISTERS(8, mulhsu, 0x7ffffffe, 0x7fffffff, -1)
  REGISTERS(9, mulhu, 0xfffffffe, -1, -1)
  REGISTERS(10, mulhu, 0x40000000, 0x80000000, 0x80000000)
  REGISTERS(11, mulhu, 0, 1, -1)
  REGISTERS(12, div, 3, 20, 6)
  REGISTERS(13, div, -3, -20, 6)
  REGISTERS(14, div, -3, 20, -6)
  REGISTERS(15, div, 3, -20, -6)
  REGISTERS(16, div, -1, 7, 0)
  REGISTERS(17, div, -1, -7, 0)
  REGISTERS(18, div, 0x80000000, 0x80000000, -1)
  REGISTERS(19, div, 0x80000000, 0x80000000, 1)
  REGISTERS(20, div, 0, 5, 0x80000000)
  REGISTERS(21, divu, 0x55555555, -1, 3)
  REGISTERS(22, divu, 0, 0x80000000, 0xffffffff)
  REGISTERS(23, divu, 0xffffffff, 0x12345678, 0)
  REGISTERS(24, divu, 0xffff, 0xffff0000, 0x10000)
  REGISTERS(25, divu, 0x10000, 0xffff0000, 0xffff)
  REGISTERS(26, divu, 0xffff, 0xfffeffff, 0xffff)
  REGISTERS(27, rem, 2, 20, 6)
  REGISTERS(28, rem, -2, -20, 6)
  REGISTERS(29, rem, 2, 20, -6)
  REGISTERS(30, rem, -2, -20, -6)
  REGISTERS(31, rem, -7, -7, 0)
  REGISTERS(32, rem, 0, 0x80000000, -1)
  REGISTERS(33, remu, 1, 0x80000000, 0x7fffffff)
  REGISTERS(34, remu, 0x12345678, 0x12345678, 0)
  REGISTERS(35, remu, 0xfffd, 0xfffeffff - 1, 0xffff)
  REGISTERS(36, remu, 0x80000000, 0x80000000, 0xffffffff)
  // Results used at once, by another operation that takes several cycles.
  li a0, 1000
  li a1, 7
  div a2, a0, a1
  rem a3, a2, a1
  mul a2, a2, a3
  EXPECT(37, a2, 284)
TEST_END
