/* SPDX-License-Identifier: Apache-2.0 */
/* The integer kernels of vectors/kernels/README.md in C99: no floating point, no library, no memory
   of their own. Right shifts of negative numbers go down, as all compilers of this project do. */
#ifndef LSGD_INTEGER_KERNELS_H
#define LSGD_INTEGER_KERNELS_H

#include <stdint.h>

/* x is at most 0 and counts 1 / units. */
int64_t lsgd_ibert_exp(int32_t units, int32_t x);
int64_t lsgd_shift_exp(int32_t units, int32_t x);

/* y may be x: `count` numbers, 1 to 256. */
void lsgd_ibert_softmax(int32_t units, const int32_t* x, int32_t* y, int count);
void lsgd_shiftmax(int32_t units, const int32_t* x, int32_t* y, int count);

uint32_t lsgd_ibert_sqrt(uint32_t n);

/* Words of 32 / bits elements, bits 2, 4 or 8, the first in the lowest bits; w is signed. */
int32_t lsgd_dot_signed(int32_t sum, uint32_t a, uint32_t w, int bits);
int32_t lsgd_dot_unsigned(int32_t sum, uint32_t a, uint32_t w, int bits);

/* Weights -1, 0 and 1. Unpacking returns 0, and writes nothing, for a byte that holds none. */
uint8_t lsgd_ternary_pack4(const int8_t* w);
uint8_t lsgd_ternary_pack5(const int8_t* w);
int lsgd_ternary_unpack4(uint8_t byte, int8_t* w);
int lsgd_ternary_unpack5(uint8_t byte, int8_t* w);
/* Of five weights packed by lsgd_ternary_pack5. */
int16_t lsgd_ternary_dot(int16_t sum, uint8_t byte, const int8_t* x);

/* Fraction bits, 0 to 15, of int8 numbers for 1 to 8 data in units of 2^-16 below 2^30. */
int lsgd_calibrate_max(const int32_t* x, int count);
int lsgd_calibrate_percentile(const int32_t* x, int count, int percent);
int lsgd_calibrate_mse(const int32_t* x, int count);

#endif
