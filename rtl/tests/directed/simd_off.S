// SPDX-License-Identifier: Apache-2.0
// On a core without the option, the CORE-V instructions are illegal as any unknown ones.
#include "test.h"
#include "traps.h"
TEST_BEGIN
  la t0, handler
  csrw mtvec, t0
  li a0, 0x7f80ff01
  li a1, 0x0102fe80
  li a2, 42
  TRAPS(1, 2, 0xa8b5167b, .insn r 0x7b, 1, 0x54, a2, a0, a1)
  TRAPS(2, 2, 0x7085362b, .insn r 0x2b, 3, 0x38, a2, a0, s0)
  EXPECT(3, a2, 42)
  TRAP_HANDLER
TEST_END
