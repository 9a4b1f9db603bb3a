/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The dense layer of the int8 ports with four products in an instruction.
 *
 * Rows of weights follow each other without gaps, so they begin at any byte, and words must be
 * loaded from multiples of four. Therefore not the weights are moved but the input: behind as many
 * zero bytes as the row begins behind a word, and followed by zeros to the end of a word. The same
 * words then hold a row and the input to be multiplied with it, and what else the row's first and
 * last word hold is multiplied by zero. Rows at a distance of 1, 2 or 4 rows begin at the same byte
 * of a word and share that copy of the input. Nothing is copied where rows are whole words.
 */
#include <stddef.h>

#include "activation_table.h"
#include "core_v.h"
#include "int8_dense_layer.h"
#include "lsgd/port.h"

#if LSGD_CAPACITY_INPUTS > LSGD_CAPACITY_WIDTH
#define LONGEST_INPUT LSGD_CAPACITY_INPUTS
#else
#define LONGEST_INPUT LSGD_CAPACITY_WIDTH
#endif

/** Four weights or inputs, which are objects of another type. */
typedef uint32_t __attribute__((may_alias)) word;

/* At most three bytes before and after it. */
static uint32_t placed_input[(LONGEST_INPUT + 6) / 4 + 1];

static uint32_t bytes_behind_word(const int8_t* bytes) { return (uintptr_t)bytes & 3; }

/** Words that hold the input as they hold a row that begins `offset` bytes behind a word. */
static const word* place(const int8_t* input, uint32_t inputs, uint32_t offset) {
  if (offset == 0 && inputs % 4 == 0 && bytes_behind_word(input) == 0) return (const word*)input;
  placed_input[0] = 0;
  placed_input[(offset + inputs - 1) / 4] = 0;
  int8_t* const bytes = (int8_t*)placed_input + offset;
  for (uint32_t i = 0; i < inputs; ++i) bytes[i] = input[i];
  return placed_input;
}

/** From a sum to an activation. */
struct conversion {
  int shift;
  int32_t lowest;      /**< activation, where there is no table */
  const int8_t* table; /**< by z, from its middle; NULL: the activation is z */
};

static inline int8_t activate(int32_t z, struct conversion conversion) {
  if (conversion.table != NULL) return conversion.table[z];
  return (int8_t)(z > conversion.lowest ? z : conversion.lowest);
}

static inline int32_t z_of(int32_t sum, struct conversion conversion) {
  return core_v_clip_int8(sum >> conversion.shift);
}

static struct conversion conversion_of(const struct lsgd_int8_dense_layer* layer) {
  struct conversion conversion = {layer->output_shift, -128, NULL};
  switch (layer->activation) {
    case LSGD_ACTIVATION_RELU:
      conversion.lowest = 0;
      break;
    case LSGD_ACTIVATION_SIGMOID:
      conversion.table = lsgd_sigmoid_table + 128;
      break;
    case LSGD_ACTIVATION_TANH:
      conversion.table = lsgd_tanh_table + 128;
      break;
    default:
      break;
  }
  return conversion;
}

/** What the sum of neuron j starts from: its bias and half a unit of z. */
static inline int32_t start_of(const struct lsgd_int8_dense_layer* layer, uint32_t j) {
  const int32_t half = layer->output_shift > 0 ? 1 << (layer->output_shift - 1) : 0;
  const int32_t bias = layer->bias_bytes == 1 ? ((const int8_t*)layer->biases)[j]
                                              : ((const int16_t*)layer->biases)[j];
  return half +
         (layer->bias_shift >= 0 ? bias * (1 << layer->bias_shift) : bias >> -layer->bias_shift);
}

void lsgd_int8_dense_layer_forward(const struct lsgd_int8_dense_layer* layer, const int8_t* input,
                                   int8_t* output) {
  const struct conversion conversion = conversion_of(layer);
  const uint32_t inputs = layer->inputs;
  const uint32_t outputs = layer->outputs;
  const uint32_t period = inputs % 4 == 0 ? 1 : inputs % 2 == 0 ? 2 : 4;
  for (uint32_t first = 0; first < period && first < outputs; ++first) {
    const int8_t* row = layer->weights + first * inputs;
    const uint32_t offset = bytes_behind_word(row);
    const word* const placed = place(input, inputs, offset);
    const word* const end = placed + (offset + inputs + 3) / 4;
    row -= offset;
    /* Two neurons at a time, which share the loading of the input; a last one alone twice. */
    for (uint32_t j = first; j < outputs; j += 2 * period) {
      const uint32_t other = j + period < outputs ? period : 0;
      const word* a = (const word*)row;
      const word* b = (const word*)(row + other * inputs);
      row += 2 * period * inputs;
      int32_t sum_a = start_of(layer, j);
      int32_t sum_b = start_of(layer, j + other);
      const word* x = placed;
      if ((end - x) & 1) {
        const uint32_t x0 = *x++;
        sum_a = core_v_dot_product(sum_a, *a++, x0);
        sum_b = core_v_dot_product(sum_b, *b++, x0);
      }
      for (; x != end; x += 2, a += 2, b += 2) {
        const uint32_t x0 = x[0], x1 = x[1];
        const uint32_t a0 = a[0], a1 = a[1], b0 = b[0], b1 = b[1];
        sum_a = core_v_dot_product(core_v_dot_product(sum_a, a0, x0), a1, x1);
        sum_b = core_v_dot_product(core_v_dot_product(sum_b, b0, x0), b1, x1);
      }
      output[j] = activate(z_of(sum_a, conversion), conversion);
      output[j + other] = activate(z_of(sum_b, conversion), conversion);
    }
  }
}
