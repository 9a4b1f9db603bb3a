/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Four neurons at a time, so that each input is loaded once for four products, and eight columns at
 * a time, so that little is spent on pointers and the loop: 3.4 instructions for each multiply-add.
 *
 * Right shifts of negative integers are arithmetic on every compiler this is built with; the tests
 * would tell.
 */
#include "int8_dense_layer.h"

#include <stddef.h>

#include "activation_table.h"
#include "int8_halfwords.h"
#include "int8_vectors.h"
#include "lsgd/port.h"

#if defined(__GNUC__)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#else
#define UNLIKELY(condition) (condition)
#endif

/** From a sum to an activation. */
struct conversion {
  int32_t start; /**< what a sum starts from: half a unit of z, and the lowest z subtracted */
  int shift;
  int32_t lowest;      /**< z */
  uint32_t range;      /**< highest z less the lowest */
  const int8_t* table; /**< from the lowest z; NULL: the activation is z */
};

static inline struct conversion conversion_of(const struct lsgd_int8_dense_layer* layer) {
  const int shift = layer->output_shift;
  struct conversion conversion = {shift > 0 ? 1 << (shift - 1) : 0, shift, -128, 255, NULL};
  switch (layer->activation) {
    case LSGD_ACTIVATION_RELU:
      conversion.lowest = 0;
      conversion.range = 127;
      break;
    case LSGD_ACTIVATION_SIGMOID:
      conversion.table = lsgd_sigmoid_table;
      break;
    case LSGD_ACTIVATION_TANH:
      conversion.table = lsgd_tanh_table;
      break;
    default:
      break;
  }
  conversion.start -= conversion.lowest * (1 << shift);
  return conversion;
}

/** z less the lowest one, saturated. */
static inline uint32_t index_of(int32_t sum, struct conversion conversion) {
  const int32_t index = sum >> conversion.shift;
  if (UNLIKELY((uint32_t)index > conversion.range)) return index < 0 ? 0 : conversion.range;
  return (uint32_t)index;
}

static inline int8_t activate(uint32_t index, struct conversion conversion) {
  return conversion.table != NULL ? conversion.table[index]
                                  : (int8_t)((int32_t)index + conversion.lowest);
}

/** With one test for four neurons. */
static inline void activate_four(uint32_t index0, uint32_t index1, uint32_t index2, uint32_t index3,
                                 struct conversion conversion, int8_t* output) {
  if (conversion.table != NULL) {
    output[0] = conversion.table[index0];
    output[1] = conversion.table[index1];
    output[2] = conversion.table[index2];
    output[3] = conversion.table[index3];
  } else {
    output[0] = (int8_t)((int32_t)index0 + conversion.lowest);
    output[1] = (int8_t)((int32_t)index1 + conversion.lowest);
    output[2] = (int8_t)((int32_t)index2 + conversion.lowest);
    output[3] = (int8_t)((int32_t)index3 + conversion.lowest);
  }
}

static inline int32_t dot_product(const int8_t* row, const int8_t* x, uint32_t inputs) {
  int32_t sum = 0;
  uint32_t i = 0;
  for (; i + 4 <= inputs; i += 4)
    sum += row[i] * x[i] + row[i + 1] * x[i + 1] + row[i + 2] * x[i + 2] + row[i + 3] * x[i + 3];
  for (; i < inputs; ++i) sum += row[i] * x[i];
  return sum;
}

#if LSGD_HAS_HALFWORDS
/** What the sum of a neuron starts from. */
static inline int32_t start_of(const struct lsgd_int8_dense_layer* layer, uint32_t j,
                               int32_t start) {
  const int shift = layer->bias_shift;
  const int32_t bias = layer->bias_bytes == 1 ? ((const int8_t*)layer->biases)[j]
                                              : ((const int16_t*)layer->biases)[j];
  return start + (shift >= 0 ? bias * (1 << shift) : bias >> -shift);
}

/* Two neurons share the loads of the input, which is taken apart once for both. */
static void forward_by_halfwords(const struct lsgd_int8_dense_layer* layer,
                                 const int8_t* restrict input, int8_t* restrict output) {
  const struct conversion conversion = conversion_of(layer);
  const uint32_t inputs = layer->inputs;
  const uint32_t outputs = layer->outputs;
  const int8_t* row = layer->weights;
  for (uint32_t j = 0; j < outputs; j += 2) {
    const uint32_t next = j + 1 < outputs; /* a last neuron alone is computed twice */
    const int8_t* next_row = row + next * inputs;
    int32_t sum = start_of(layer, j, conversion.start);
    int32_t next_sum = start_of(layer, j + next, conversion.start);
    const int8_t* x = input;
    const int8_t* const end_of_words = input + (inputs & ~3u);
    for (; x != end_of_words; x += 4, row += 4, next_row += 4) {
      const uint32_t x_word = lsgd_load_word(x);
      const uint32_t x_even = lsgd_even_bytes(x_word), x_odd = lsgd_odd_bytes(x_word);
      const uint32_t word = lsgd_load_word(row), next_word = lsgd_load_word(next_row);
      sum = lsgd_add_both_products(sum, lsgd_even_bytes(word), x_even);
      sum = lsgd_add_both_products(sum, lsgd_odd_bytes(word), x_odd);
      next_sum = lsgd_add_both_products(next_sum, lsgd_even_bytes(next_word), x_even);
      next_sum = lsgd_add_both_products(next_sum, lsgd_odd_bytes(next_word), x_odd);
    }
    for (const int8_t* const end = input + inputs; x != end; ++x, ++row, ++next_row) {
      sum += *row * *x;
      next_sum += *next_row * *x;
    }
    row = next_row;
    output[j] = activate(index_of(sum, conversion), conversion);
    output[j + next] = activate(index_of(next_sum, conversion), conversion);
  }
}
#endif

#if LSGD_HAS_INT8_VECTORS
static void forward_by_vectors(const struct lsgd_int8_dense_layer* layer,
                               const int8_t* restrict input, int8_t* restrict output) {
  const struct conversion conversion = conversion_of(layer);
  const int shift = layer->bias_shift;
  const int8_t* row = layer->weights;
  for (uint32_t j = 0; j < layer->outputs; ++j, row += layer->inputs) {
    const int32_t bias = layer->bias_bytes == 1 ? ((const int8_t*)layer->biases)[j]
                                                : ((const int16_t*)layer->biases)[j];
    const int32_t start = shift >= 0 ? bias * (1 << shift) : bias >> -shift;
    const int32_t sum = lsgd_int8_vector_dot_product(row, input, layer->inputs);
    output[j] = activate(index_of(conversion.start + start + sum, conversion), conversion);
  }
}
#endif

void lsgd_int8_dense_layer_forward(const struct lsgd_int8_dense_layer* layer,
                                   const int8_t* restrict input, int8_t* restrict output) {
#if LSGD_HAS_HALFWORDS
  if (layer->inputs >= 12) {
    forward_by_halfwords(layer, input, output);
    return;
  }
#endif
#if LSGD_HAS_INT8_VECTORS
  if (layer->inputs >= 32) {
    forward_by_vectors(layer, input, output);
    return;
  }
#endif
  const struct conversion conversion = conversion_of(layer);
  const int bias_shift = layer->bias_shift;
  const uint32_t inputs = layer->inputs;
  const int8_t* const end = input + inputs;
  const int8_t* row = layer->weights;
  const int8_t* const end_of_fours = output + (layer->outputs & ~3u);
  const int8_t* narrow = NULL;
  const int16_t* wide = layer->biases; /* unless narrow */
  if (layer->bias_bytes == 1) narrow = layer->biases;
  const uint32_t first_columns = ((inputs - 1) & 7) + 1;
  for (; output != end_of_fours; output += 4) {
    int32_t sum0, sum1, sum2, sum3;
    if (narrow != NULL) {
      sum0 = narrow[0], sum1 = narrow[1], sum2 = narrow[2], sum3 = narrow[3];
      narrow += 4;
    } else {
      sum0 = wide[0], sum1 = wide[1], sum2 = wide[2], sum3 = wide[3];
      wide += 4;
    }
    if (bias_shift >= 0) {
      sum0 *= 1 << bias_shift;
      sum1 *= 1 << bias_shift;
      sum2 *= 1 << bias_shift;
      sum3 *= 1 << bias_shift;
    } else {
      sum0 >>= -bias_shift;
      sum1 >>= -bias_shift;
      sum2 >>= -bias_shift;
      sum3 >>= -bias_shift;
    }
    sum0 += conversion.start;
    sum1 += conversion.start;
    sum2 += conversion.start;
    sum3 += conversion.start;
    const int8_t* x = input + first_columns;
    const int8_t* row0 = row + first_columns;
    const int8_t* row1 = row0 + inputs;
    const int8_t* row2 = row1 + inputs;
    const int8_t* row3 = row2 + inputs;
#define ADD_COLUMN(i)     \
  sum0 += row0[i] * x[i]; \
  sum1 += row1[i] * x[i]; \
  sum2 += row2[i] * x[i]; \
  sum3 += row3[i] * x[i]
    /* The first pass enters in the middle, for as many columns as the others leave. The labels keep
       the compiler from loading many columns ahead, for which it would spill the sums. */
    switch (first_columns) {
      do {
        x += 8;
        row0 += 8;
        row1 += 8;
        row2 += 8;
        row3 += 8;
        /* fall through */
        default:
          ADD_COLUMN(-8);
        /* fall through */
        case 7:
          ADD_COLUMN(-7);
        /* fall through */
        case 6:
          ADD_COLUMN(-6);
        /* fall through */
        case 5:
          ADD_COLUMN(-5);
        /* fall through */
        case 4:
          ADD_COLUMN(-4);
        /* fall through */
        case 3:
          ADD_COLUMN(-3);
        /* fall through */
        case 2:
          ADD_COLUMN(-2);
        /* fall through */
        case 1:
          ADD_COLUMN(-1);
      } while (x != end);
    }
#undef ADD_COLUMN
    row = row3;
    activate_four(index_of(sum0, conversion), index_of(sum1, conversion),
                  index_of(sum2, conversion), index_of(sum3, conversion), conversion, output);
  }
  for (uint32_t left = layer->outputs & 3; left != 0; --left, ++output, row += inputs) {
    const int32_t bias = narrow != NULL ? *narrow++ : *wide++;
    const int32_t start = bias_shift >= 0 ? bias * (1 << bias_shift) : bias >> -bias_shift;
    const int32_t sum = conversion.start + start + dot_product(row, end - inputs, inputs);
    *output = activate(index_of(sum, conversion), conversion);
  }
}
