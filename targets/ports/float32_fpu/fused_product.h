/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/** c + x y and c - x y in binary32: one instruction, rounded once, where the processor has it. */
#ifdef __FP_FAST_FMAF
#define LSGD_PLUS_PRODUCT(c, x, y) __builtin_fmaf(x, y, c)
#define LSGD_MINUS_PRODUCT(c, x, y) __builtin_fmaf(-(x), y, c)
#else
#define LSGD_PLUS_PRODUCT(c, x, y) ((c) + (x) * (y))
#define LSGD_MINUS_PRODUCT(c, x, y) ((c) - (x) * (y))
#endif
