// SPDX-License-Identifier: Apache-2.0
// cv.sdotsp.b and cv.clip: lanes, signs, extremes, every way to forward their operands, and that nothing near
// their encodings is legal.
#include "../directed/test.h"
#include "../directed/traps.h"

#define DOT_PRODUCT(rd, rs1, rs2) .insn r 0x7b, 1, 0x54, rd, rs1, rs2
#define CLIP(rd, rs1, bits) .insn r 0x2b, 3, 0x38, rd, rs1, x##bits

// The accumulator from the preceding instruction or the one before it, computed or loaded.
#define DOT_PRODUCTS(number, result, accumulator, a, b) \
  li a0, a;                                             \
  li a1, b;                                             \
  li a2, accumulator;                                   \
  DOT_PRODUCT(a2, a0, a1);                              \
  EXPECT(number, a2, result);                           \
  li a2, accumulator;                                   \
  nop;                                                  \
  DOT_PRODUCT(a2, a0, a1);                              \
  EXPECT(number, a2, result);                           \
  li a2, accumulator;                                   \
  sw a2, 0(s0);                                         \
  li a2, 0;                                             \
  nop;                                                  \
  lw a2, 0(s0);                                         \
  DOT_PRODUCT(a2, a1, a0);                              \
  EXPECT(number, a2, result);                           \
  lw a2, 0(s0);                                         \
  nop;                                                  \
  DOT_PRODUCT(a2, a1, a0);                              \
  EXPECT(number, a2, result)

#define CLIPS(number, result, value, bits) \
  li a0, value;                            \
  CLIP(a1, a0, bits);                      \
  EXPECT(number, a1, result);              \
  CLIP(a0, a0, bits);                      \
  EXPECT(number, a0, result)

TEST_BEGIN
  la s0, word
  la t0, handler
  csrw mtvec, t0
  DOT_PRODUCTS(1, 0x00000046, 0x0, 0x01020304, 0x05060708)
  DOT_PRODUCTS(2, 0x00004000, 0x0, 0x00000080, 0x00000080)
  DOT_PRODUCTS(3, 0xffffc080, 0x0, 0x0000007f, 0x00000080)
  DOT_PRODUCTS(4, 0xffffff81, 0x0, 0x000000ff, 0x0000007f)
  DOT_PRODUCTS(5, 0x00004000, 0x0, 0x00008000, 0x00008000)
  DOT_PRODUCTS(6, 0xffffc080, 0x0, 0x00007f00, 0x00008000)
  DOT_PRODUCTS(7, 0xffffff81, 0x0, 0x0000ff00, 0x00007f00)
  DOT_PRODUCTS(8, 0x00004000, 0x0, 0x00800000, 0x00800000)
  DOT_PRODUCTS(9, 0xffffc080, 0x0, 0x007f0000, 0x00800000)
  DOT_PRODUCTS(10, 0xffffff81, 0x0, 0x00ff0000, 0x007f0000)
  DOT_PRODUCTS(11, 0x00004000, 0x0, 0x80000000, 0x80000000)
  DOT_PRODUCTS(12, 0xffffc080, 0x0, 0x7f000000, 0x80000000)
  DOT_PRODUCTS(13, 0xffffff81, 0x0, 0xff000000, 0x7f000000)
  DOT_PRODUCTS(14, 0x00010000, 0x0, 0x80808080, 0x80808080)
  DOT_PRODUCTS(15, 0xffff0200, 0x0, 0x80808080, 0x7f7f7f7f)
  DOT_PRODUCTS(16, 0x80000000, 0x7fffffff, 0x00000001, 0x00000001)
  DOT_PRODUCTS(17, 0x7fffffff, 0x80000000, 0x00000001, 0x000000ff)
  DOT_PRODUCTS(18, 0x00000000, 0xffffffff, 0x000000ff, 0x000000ff)
  DOT_PRODUCTS(19, 0x00000000, 0xffff0000, 0x80808080, 0x80808080)
  DOT_PRODUCTS(20, 0x3c6d8837, 0x3c6da5d7, 0x4da4f9fc, 0x1a6916c7)
  DOT_PRODUCTS(21, 0xb8a19812, 0xb8a1abcd, 0x656412a9, 0x7a97c643)
  DOT_PRODUCTS(22, 0x27ac4eb2, 0x27ac435a, 0x1710cf53, 0x11072231)
  DOT_PRODUCTS(23, 0x0512d858, 0x512bd13, 0x66ceab36, 0x8ca59966)
  DOT_PRODUCTS(24, 0xeafed376, 0xeaff1a09, 0x4a14876a, 0xccea71ff)
  DOT_PRODUCTS(25, 0xfd724a41, 0xfd724452, 0xc3e1b258, 0x0f1099c6)
  // The destination among the sources, a sum of sums, and x0.
  li a0, 0x817ff00d
  li a1, 0x4342f1fe
  DOT_PRODUCT(a0, a0, a1)
  EXPECT(40, a0, 0x817ff064)
  li a0, 0x817ff00d
  DOT_PRODUCT(a1, a0, a1)
  EXPECT(41, a1, 0x4342f255)
  DOT_PRODUCT(a0, a0, a0)
  EXPECT(42, a0, 0x81806fb8)
  li a0, 0x817ff00d
  li a1, 0x4342f1fe
  li a2, 5
  DOT_PRODUCT(a2, a0, a1)
  DOT_PRODUCT(a2, a1, a0)
  DOT_PRODUCT(a2, a0, a0)
  EXPECT(43, a2, 0x805e)
  DOT_PRODUCT(zero, a0, a1)
  EXPECT(44, zero, 0)
  li a2, 7
  DOT_PRODUCT(a2, a0, zero)
  EXPECT(45, a2, 7)

  CLIPS(60, 0x00000000, 0x00000000, 8)
  CLIPS(61, 0x0000007f, 0x0000007f, 8)
  CLIPS(62, 0x0000007f, 0x00000080, 8)
  CLIPS(63, 0x0000007f, 0x7fffffff, 8)
  CLIPS(64, 0xffffff80, 0xffffff80, 8)
  CLIPS(65, 0xffffff80, 0xffffff7f, 8)
  CLIPS(66, 0xffffff80, 0x80000000, 8)
  CLIPS(67, 0x00000000, 0x00000000, 0)
  CLIPS(68, 0x00000000, 0x00000001, 0)
  CLIPS(69, 0xffffffff, 0xffffffff, 0)
  CLIPS(70, 0xffffffff, 0xfffffffe, 0)
  CLIPS(71, 0x00000000, 0x00000000, 1)
  CLIPS(72, 0x00000000, 0x00000001, 1)
  CLIPS(73, 0xffffffff, 0xffffffff, 1)
  CLIPS(74, 0xffffffff, 0xfffffffe, 1)
  CLIPS(75, 0x00000001, 0x00000001, 2)
  CLIPS(76, 0x00000001, 0x00000002, 2)
  CLIPS(77, 0xfffffffe, 0xfffffffe, 2)
  CLIPS(78, 0xfffffffe, 0xfffffffd, 2)
  CLIPS(79, 0x000000ff, 0x000000ff, 9)
  CLIPS(80, 0x000000ff, 0x00000100, 9)
  CLIPS(81, 0xffffff00, 0xffffff00, 9)
  CLIPS(82, 0xffffff00, 0xfffffeff, 9)
  CLIPS(83, 0x00007fff, 0x00007fff, 16)
  CLIPS(84, 0x00007fff, 0x00008000, 16)
  CLIPS(85, 0xffff8000, 0xffff8000, 16)
  CLIPS(86, 0xffff8000, 0xffff7fff, 16)
  CLIPS(87, 0x3fffffff, 0x3fffffff, 31)
  CLIPS(88, 0x3fffffff, 0x40000000, 31)
  CLIPS(89, 0xc0000000, 0xc0000000, 31)
  CLIPS(90, 0xc0000000, 0xbfffffff, 31)

  // One bit beside the two encodings: other CORE-V instructions, which this core does not have.
  li a2, 42
  TRAPS(100, 2, 0xa8b5067b, .word 0xa8b5067b)
  TRAPS(101, 2, 0xa8b5367b, .word 0xa8b5367b)
  TRAPS(102, 2, 0xa8b5567b, .word 0xa8b5567b)
  TRAPS(103, 2, 0xaab5167b, .word 0xaab5167b)
  TRAPS(104, 2, 0xacb5167b, .word 0xacb5167b)
  TRAPS(105, 2, 0xa0b5167b, .word 0xa0b5167b)
  TRAPS(106, 2, 0xb8b5167b, .word 0xb8b5167b)
  TRAPS(107, 2, 0x88b5167b, .word 0x88b5167b)
  TRAPS(108, 2, 0xe8b5167b, .word 0xe8b5167b)
  TRAPS(109, 2, 0x28b5167b, .word 0x28b5167b)
  TRAPS(110, 2, 0x7085262b, .word 0x7085262b)
  TRAPS(111, 2, 0x7085162b, .word 0x7085162b)
  TRAPS(112, 2, 0x7085762b, .word 0x7085762b)
  TRAPS(113, 2, 0x7285362b, .word 0x7285362b)
  TRAPS(114, 2, 0x7485362b, .word 0x7485362b)
  TRAPS(115, 2, 0x7885362b, .word 0x7885362b)
  TRAPS(116, 2, 0x6085362b, .word 0x6085362b)
  TRAPS(117, 2, 0x5085362b, .word 0x5085362b)
  TRAPS(118, 2, 0x3085362b, .word 0x3085362b)
  TRAPS(119, 2, 0xf085362b, .word 0xf085362b)
  EXPECT(120, a2, 42)
  TRAP_HANDLER
TEST_END
  .data
word: .word 0
