/* SPDX-License-Identifier: Apache-2.0 */

/* Right shifts of negative integers are arithmetic on every compiler this is built with; the tests
   of lsgd_requantize and lsgd_align_bias would tell. */
#include "quantization.h"

#include "activation_table.h"

#define SIGN 0x80000000u
#define HIDDEN_BIT 0x00800000u
#define EXPONENT_SHIFT 23
#define EXPONENT_BIAS 127

union binary32 {
  float value;
  uint32_t bits;
};

static uint32_t bits_of(float value) {
  union binary32 pattern;
  pattern.value = value;
  return pattern.bits;
}

static float from_bits(uint32_t bits) {
  union binary32 pattern;
  pattern.bits = bits;
  return pattern.value;
}

uint32_t lsgd_magnitude_bits(float value) { return bits_of(value) & ~SIGN; }

int8_t lsgd_quantize(float value, int fraction_bits) {
  const uint32_t bits = bits_of(value);
  const int negative = (bits & SIGN) != 0;
  const int exponent = (int)(bits >> EXPONENT_SHIFT & 0xff) - EXPONENT_BIAS + fraction_bits;
  /* Half away from zero is half up of the magnitude, which one fraction bit decides. */
  if (exponent < -1) return 0;
  if (exponent > 6) return negative ? -128 : 127;
  const uint32_t significand = (bits & (HIDDEN_BIT - 1)) | HIDDEN_BIT;
  const uint32_t halves = significand >> (EXPONENT_SHIFT - 1 - exponent);
  const int32_t magnitude = (int32_t)((halves + 1) >> 1);
  if (negative) return (int8_t)-magnitude;
  return (int8_t)(magnitude > 127 ? 127 : magnitude);
}

float lsgd_dequantize(int8_t value, int fraction_bits) {
  if (value == 0) return 0;
  return from_bits(bits_of(value) - ((uint32_t)fraction_bits << EXPONENT_SHIFT));
}

int lsgd_fraction_bits(uint32_t maximum_bits) {
  int fraction_bits = LSGD_PARAMETER_FRACTION_BITS_MAXIMUM;
  /* 2^k is the largest maximum that 7 - k fraction bits serve. */
  for (uint32_t power = bits_of(1.0f); fraction_bits > 0 && maximum_bits > power;
       power += HIDDEN_BIT)
    --fraction_bits;
  return fraction_bits;
}

static int8_t saturate(int32_t value) {
  if (value > 127) return 127;
  if (value < -128) return -128;
  return (int8_t)value;
}

int8_t lsgd_requantize(int32_t accumulator, int shift) { return saturate(accumulator >> shift); }

int32_t lsgd_rounding_term(int shift) { return shift > 0 ? (int32_t)1 << (shift - 1) : 0; }

int32_t lsgd_align_bias(int8_t bias, int shift) {
  return shift >= 0 ? bias * ((int32_t)1 << shift) : bias >> -shift;
}

int8_t lsgd_activate(uint8_t activation, int8_t z) {
  switch (activation) {
    case LSGD_ACTIVATION_RELU:
      return z > 0 ? z : 0;
    case LSGD_ACTIVATION_SIGMOID:
      return lsgd_sigmoid_table[z + 128];
    case LSGD_ACTIVATION_TANH:
      return lsgd_tanh_table[z + 128];
    default:
      return z;
  }
}

/** Shifts beyond their ranges would be undefined. */
static int is_in_range(enum lsgd_operation operation, int32_t a, int32_t b) {
  switch (operation) {
    case LSGD_OPERATION_QUANTIZE:
    case LSGD_OPERATION_FLOAT_FROM_INT8:
      return b >= 0 && b <= 7;
    case LSGD_OPERATION_REQUANTIZE:
      return b >= 0 && b <= 16 && a >= -(1 << 30) && a <= 1 << 30;
    case LSGD_OPERATION_ALIGN_BIAS:
      return b >= -7 && b <= 16;
    default:
      return 1;
  }
}

int lsgd_quantization_operation(enum lsgd_operation operation, uint32_t a, uint32_t b,
                                uint32_t* result) {
  const int32_t integer = (int32_t)a;
  const int32_t shift = (int32_t)b;
  if (!is_in_range(operation, integer, shift)) return LSGD_OUT_OF_RANGE;
  switch (operation) {
    case LSGD_OPERATION_QUANTIZE:
      *result = (uint32_t)(int32_t)lsgd_quantize(from_bits(a), shift);
      return LSGD_OK;
    case LSGD_OPERATION_FRACTION_BITS:
      *result = (uint32_t)lsgd_fraction_bits(a);
      return LSGD_OK;
    case LSGD_OPERATION_REQUANTIZE:
      *result = (uint32_t)(int32_t)lsgd_requantize(integer + lsgd_rounding_term(shift), shift);
      return LSGD_OK;
    case LSGD_OPERATION_ALIGN_BIAS:
      *result = (uint32_t)lsgd_align_bias((int8_t)integer, shift);
      return LSGD_OK;
    case LSGD_OPERATION_RELU:
      *result = (uint32_t)(int32_t)lsgd_activate(LSGD_ACTIVATION_RELU, (int8_t)integer);
      return LSGD_OK;
    case LSGD_OPERATION_SIGMOID_TABLE:
      *result = (uint32_t)(int32_t)lsgd_activate(LSGD_ACTIVATION_SIGMOID, (int8_t)integer);
      return LSGD_OK;
    case LSGD_OPERATION_TANH_TABLE:
      *result = (uint32_t)(int32_t)lsgd_activate(LSGD_ACTIVATION_TANH, (int8_t)integer);
      return LSGD_OK;
    case LSGD_OPERATION_FLOAT_FROM_INT8:
      *result = bits_of(lsgd_dequantize((int8_t)integer, shift));
      return LSGD_OK;
    default:
      return LSGD_UNSUPPORTED;
  }
}
