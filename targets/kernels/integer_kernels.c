/* SPDX-License-Identifier: Apache-2.0 */
#include "integer_kernels.h"

enum { most_count = 256, ibert_shifts = 30, shift_shifts = 15, most_bits = 15, most_data = 8 };

static int64_t ibert_constant(int32_t units) {
  return (int64_t)100000000 * units * units / 35815147;
}

/* Divisions are of positive numbers: C cuts towards zero, the kernel down. */
int64_t lsgd_ibert_exp(int32_t units, int32_t x) {
  const int32_t log_2 = (int32_t)(((int64_t)6931 * units + 9999) / 10000);
  const int64_t linear = (int64_t)96963238 * units / 35815147;
  int32_t down = x < -ibert_shifts * log_2 ? ibert_shifts * log_2 : -x;
  int shifts = 0;
  while (down >= log_2) {
    down -= log_2;
    ++shifts;
  }
  return ((linear - down) * -down + ibert_constant(units)) << (ibert_shifts - shifts);
}

int64_t lsgd_shift_exp(int32_t units, int32_t x) {
  int64_t down = -((int64_t)x + (x >> 1) - (x >> 4));
  int shifts = 0;
  if (down > (int64_t)shift_shifts * units) down = (int64_t)shift_shifts * units;
  while (down >= units) {
    down -= units;
    ++shifts;
  }
  return (units - ((down + 1) >> 1)) << (shift_shifts - shifts);
}

static int32_t largest_of(const int32_t* x, int count) {
  int32_t largest = x[0];
  for (int i = 1; i < count; ++i)
    if (x[i] > largest) largest = x[i];
  return largest;
}

static int bit_width(uint64_t x) {
  int bits = 0;
  for (; x != 0; x >>= 1) ++bits;
  return bits;
}

void lsgd_ibert_softmax(int32_t units, const int32_t* x, int32_t* y, int count) {
  int64_t values[most_count], sum = 0;
  const int32_t largest = largest_of(x, count);
  const int width = bit_width((uint64_t)ibert_constant(units) << ibert_shifts);
  const int cut = width > 16 ? width - 16 : 0;
  for (int i = 0; i < count; ++i) {
    values[i] = lsgd_ibert_exp(units, x[i] - largest) >> cut;
    sum += values[i];
  }
  for (int i = 0; i < count; ++i) y[i] = (int32_t)(values[i] * (((int64_t)1 << 32) / sum) >> 24);
}

void lsgd_shiftmax(int32_t units, const int32_t* x, int32_t* y, int count) {
  int64_t values[most_count], sum = 0;
  const int32_t largest = largest_of(x, count);
  for (int i = 0; i < count; ++i) {
    values[i] = lsgd_shift_exp(units, x[i] - largest);
    sum += values[i];
  }
  if (sum > INT32_MAX) sum = INT32_MAX;
  for (int i = 0; i < count; ++i) y[i] = (int32_t)(values[i] * (INT32_MAX / sum) >> 24);
}

uint32_t lsgd_ibert_sqrt(uint32_t n) {
  uint64_t root = (uint64_t)1 << ((bit_width(n) + 1) / 2);
  if (n == 0) return 0;
  for (;;) {
    const uint64_t next = (root + n / root) >> 1;
    if (next >= root) return (uint32_t)root;
    root = next;
  }
}

static int32_t element(uint32_t word, int bits, int i, int is_signed) {
  const uint32_t value = (word >> (bits * i)) & ((1u << bits) - 1u);
  const uint32_t sign = is_signed ? 1u << (bits - 1) : 0u;
  return (int32_t)(value ^ sign) - (int32_t)sign;
}

static int32_t dot(int32_t sum, uint32_t a, uint32_t w, int bits, int is_signed) {
  uint32_t total = (uint32_t)sum;
  for (int i = 0; i < 32 / bits; ++i)
    total += (uint32_t)(element(a, bits, i, is_signed) * element(w, bits, i, 1));
  return (int32_t)total;
}

int32_t lsgd_dot_signed(int32_t sum, uint32_t a, uint32_t w, int bits) {
  return dot(sum, a, w, bits, 1);
}

int32_t lsgd_dot_unsigned(int32_t sum, uint32_t a, uint32_t w, int bits) {
  return dot(sum, a, w, bits, 0);
}

uint8_t lsgd_ternary_pack4(const int8_t* w) {
  uint32_t byte = 0;
  for (int i = 0; i < 4; ++i) byte |= ((uint32_t)w[i] & 3u) << (2 * i);
  return (uint8_t)byte;
}

uint8_t lsgd_ternary_pack5(const int8_t* w) {
  int byte = 0, power = 1;
  for (int i = 0; i < 5; ++i, power *= 3) byte += (w[i] + 1) * power;
  return (uint8_t)byte;
}

int lsgd_ternary_unpack4(uint8_t byte, int8_t* w) {
  if ((byte & 0xAAu & ~(byte << 1)) != 0) return 0;
  for (int i = 0; i < 4; ++i) w[i] = (int8_t)element(byte, 2, i, 1);
  return 1;
}

int lsgd_ternary_unpack5(uint8_t byte, int8_t* w) {
  int rest = byte;
  if (byte >= 243) return 0;
  for (int i = 0; i < 5; ++i, rest /= 3) w[i] = (int8_t)(rest % 3 - 1);
  return 1;
}

int16_t lsgd_ternary_dot(int16_t sum, uint8_t byte, const int8_t* x) {
  int8_t w[5];
  uint32_t total = (uint32_t)(int32_t)sum;
  if (!lsgd_ternary_unpack5(byte, w)) return sum;
  for (int i = 0; i < 5; ++i)
    if (w[i] > 0)
      total += (uint32_t)(int32_t)x[i];
    else if (w[i] < 0)
      total -= (uint32_t)(int32_t)x[i];
  return (int16_t)(uint16_t)total;
}

static int fraction_bits(uint32_t largest) {
  int bits = most_bits;
  while (bits > 0 && largest > (uint32_t)1 << (23 - bits)) --bits;
  return bits;
}

static uint32_t magnitude(int32_t x) { return x < 0 ? 0u - (uint32_t)x : (uint32_t)x; }

int lsgd_calibrate_max(const int32_t* x, int count) {
  return lsgd_calibrate_percentile(x, count, 100);
}

int lsgd_calibrate_percentile(const int32_t* x, int count, int percent) {
  uint32_t sorted[most_data];
  int rank = (percent * count + 99) / 100;
  for (int i = 0; i < count; ++i) {
    int k = i;
    for (; k > 0 && sorted[k - 1] > magnitude(x[i]); --k) sorted[k] = sorted[k - 1];
    sorted[k] = magnitude(x[i]);
  }
  return fraction_bits(sorted[rank > 0 ? rank - 1 : 0]);
}

static int64_t lost(int32_t x, int bits) {
  const int shift = 16 - bits;
  int32_t code = x >> shift;
  const int32_t rest = x - code * ((int32_t)1 << shift), half = (int32_t)1 << (shift - 1);
  if (rest > half || (rest == half && (code & 1) != 0)) ++code;
  if (code > 127) code = 127;
  if (code < -128) code = -128;
  return (int64_t)x - (int64_t)code * ((int64_t)1 << shift);
}

int lsgd_calibrate_mse(const int32_t* x, int count) {
  uint64_t least = UINT64_MAX;
  int best = 0;
  for (int bits = 0; bits <= most_bits; ++bits) {
    uint64_t sum = 0;
    for (int i = 0; i < count; ++i) sum += (uint64_t)(lost(x[i], bits) * lost(x[i], bits));
    if (sum <= least) {
      least = sum;
      best = bits;
    }
  }
  return best;
}
