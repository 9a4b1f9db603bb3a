/* SPDX-License-Identifier: Apache-2.0 */

/* The forward pass of int8_hybrid_unpacked: all integers, four neurons at a time. */
#include "activation_table.h"
#include "int8_hybrid_state.h"
#include "quantization.h"

/** Rows of weights that share one reading of the input. */
#define ROWS 4

/** Not inlined: it needs most registers for itself. */
#if defined(__GNUC__)
__attribute__((noinline))
#endif
static void
multiply_rows(const int8_t* row, uint32_t inputs, const int8_t* input, int32_t sums[ROWS]) {
  int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
  const int8_t* row1 = row + inputs;
  const int8_t* row2 = row1 + inputs;
  const int8_t* row3 = row2 + inputs;
  const int8_t* const end = input + inputs;
#define ADD_COLUMN(i)         \
  sum0 += row[i] * input[i];  \
  sum1 += row1[i] * input[i]; \
  sum2 += row2[i] * input[i]; \
  sum3 += row3[i] * input[i]
  if (inputs & 1) {
    ADD_COLUMN(0);
    ++input, ++row, ++row1, ++row2, ++row3;
  }
  for (; input != end; input += 2, row += 2, row1 += 2, row2 += 2, row3 += 2) {
    ADD_COLUMN(0);
    ADD_COLUMN(1);
  }
#undef ADD_COLUMN
  sums[0] = sum0;
  sums[1] = sum1;
  sums[2] = sum2;
  sums[3] = sum3;
}

static int32_t dot_product(const int8_t* restrict row, const int8_t* restrict input,
                           uint32_t inputs) {
  int32_t sum = 0;
  for (uint32_t i = 0; i < inputs; ++i) sum += row[i] * input[i];
  return sum;
}

/** Saturates an accumulator that contains its rounding term, and looks the activation up. */
static inline int8_t activate(int32_t accumulator, int shift, uint8_t activation,
                              const int8_t* table) {
  int32_t z = accumulator >> shift;
  if (z > 127) z = 127;
  if (z < -128) z = -128;
  if (table != NULL) return table[z + 128];
  return (int8_t)(activation == LSGD_ACTIVATION_RELU && z < 0 ? 0 : z);
}

static void forward_layer(int l, const int8_t* restrict weights, const int8_t* restrict input,
                          int8_t* restrict output) {
  const struct lsgd_layer* layer = &lsgd_int8_network->layers[l];
  const struct lsgd_layer_format format = lsgd_int8_formats[l];
  const uint32_t inputs = layer->inputs;
  const uint8_t activation = layer->activation;
  const int8_t* const table = activation == LSGD_ACTIVATION_SIGMOID ? lsgd_sigmoid_table
                              : activation == LSGD_ACTIVATION_TANH  ? lsgd_tanh_table
                                                                    : NULL;
  const int shift = format.output_shift;
  const int32_t rounding = lsgd_rounding_term(shift);
  /* One of the two shifts of the bias is 0. */
  const int up = format.bias_shift > 0 ? format.bias_shift : 0;
  const int down = up - format.bias_shift;
  const int8_t* bias = weights + lsgd_int8_layer_weights(layer);
  for (uint32_t left = layer->outputs; left != 0;) {
    int32_t sums[ROWS];
    uint32_t rows = ROWS;
    if (left >= ROWS) {
      multiply_rows(weights, inputs, input, sums);
    } else {
      rows = 1;
      sums[0] = dot_product(weights, input, inputs);
    }
    for (uint32_t k = 0; k < rows; ++k) {
      const int32_t start = (*bias++ * (1 << up) >> down) + rounding;
      *output++ = activate(start + sums[k], shift, activation, table);
    }
    weights += rows * inputs;
    left -= rows;
  }
}

int lsgd_port_forward(const float* input) {
  const struct lsgd_network* network = lsgd_int8_network;
  for (uint32_t i = 0; i < network->layers[0].inputs; ++i)
    lsgd_int8_input[i] = lsgd_quantize(input[i], LSGD_INPUT_FRACTION_BITS);

  const int8_t* weights = lsgd_int8_parameters;
  const int8_t* layer_input = lsgd_int8_input;
  int8_t* output = lsgd_int8_activations;
  for (int l = 0; l < network->layer_count; ++l) {
    forward_layer(l, weights, layer_input, output);
    weights += lsgd_int8_layer_parameters(&network->layers[l]);
    layer_input = output;
    output += network->layers[l].outputs;
  }
  return LSGD_OK;
}
