/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * The instructions of CORE-V (XCVsimd, XCValu) that an int8 layer needs, by their encodings, since
 * few assemblers know their names. On other processors they are what they mean in C.
 */

#include <stdint.h>

/** sum + the four products of the signed bytes of a and b: cv.sdotsp.b. */
static inline int32_t core_v_dot_product(int32_t sum, uint32_t a, uint32_t b) {
#if defined(__riscv)
  __asm__(".insn r 0x7b, 1, 0x54, %0, %1, %2" : "+r"(sum) : "r"(a), "r"(b));
#else
  for (int shift = 0; shift < 32; shift += 8) sum += (int8_t)(a >> shift) * (int8_t)(b >> shift);
#endif
  return sum;
}

/** The nearest int8: cv.clip to 8 bits. */
static inline int32_t core_v_clip_int8(int32_t value) {
#if defined(__riscv)
  int32_t clipped;
  __asm__(".insn r 0x2b, 3, 0x38, %0, %1, x8" : "=r"(clipped) : "r"(value));
  return clipped;
#else
  return value > 127 ? 127 : value < -128 ? -128 : value;
#endif
}
