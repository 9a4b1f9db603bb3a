/* SPDX-License-Identifier: Apache-2.0 */
#include "q8_8_activation.h"

#include "lsgd/port.h"

#define ONE 256

/** -z / 8 to the nearest, ties to even, z negative. */
static int16_t eighth_of_negative(int32_t z) {
  const int32_t floor = z >> 3;
  const int32_t rest = z & 7;
  return (int16_t)(floor + (rest > 4 || (rest == 4 && (floor & 1) != 0)));
}

void lsgd_q8_8_activate(uint8_t activation, int16_t* values, uint32_t count) {
  const int16_t* const end = values + count;
  switch (activation) {
    case LSGD_ACTIVATION_RELU:
      for (; values != end; ++values)
        if (*values < 0) *values = 0;
      break;
    case LSGD_ACTIVATION_LEAKY_RELU:
      for (; values != end; ++values)
        if (*values < 0) *values = eighth_of_negative(*values);
      break;
    case LSGD_ACTIVATION_SIGMOID: /* sigmoid -z is 1 - sigmoid z, and so are their codes */
      for (; values != end; ++values) {
        const int32_t mask = *values >> 15;
        const int32_t magnitude = (*values ^ mask) - mask;
        const int32_t a =
            magnitude < LSGD_Q8_8_SIGMOID_ENTRIES ? lsgd_q8_8_sigmoid_table[magnitude] : ONE;
        *values = (int16_t)(mask != 0 ? ONE - a : a);
      }
      break;
    case LSGD_ACTIVATION_TANH:
      for (; values != end; ++values) {
        const int32_t mask = *values >> 15;
        const int32_t magnitude = (*values ^ mask) - mask;
        const int32_t a =
            magnitude < LSGD_Q8_8_TANH_ENTRIES ? lsgd_q8_8_tanh_table[magnitude] : ONE;
        *values = (int16_t)((a ^ mask) - mask);
      }
      break;
    default:
      break;
  }
}
