/* SPDX-License-Identifier: Apache-2.0 */

/*
 * L-SGD in binary32 for processors with a floating-point unit that computes one number at a time.
 * What a step needs of a number stays in registers: a column of weights gives its share of the
 * hidden deltas and is updated in one visit, eight columns side by side.
 */
#include <string.h>

#include "float32_state.h"
#include "float_activation.h"
#include "fused_product.h"
#include "lsgd/arithmetics.h"

static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .arithmetic = LSGD_ARITHMETIC_FLOAT32,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = "float32_fpu",
};

static float deltas[2][LSGD_CAPACITY_WIDTH];

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

/** z of all neurons of a layer; four at a time share the loads of the input. */
static void multiply(const struct lsgd_layer* layer, const float* weights, const float* input,
                     float* z) {
  const uint32_t inputs = layer->inputs;
  const float* const end = input + inputs;
  const float* const end_of_fours = input + (inputs & ~3u);
  const float* bias = weights + inputs * layer->outputs;
  const float* row = weights;
  float* const end_of_z = z + layer->outputs;
  while (end_of_z - z >= 4) {
    const float* row1 = row + inputs;
    const float* row2 = row1 + inputs;
    const float* row3 = row2 + inputs;
    float sum0 = bias[0], sum1 = bias[1], sum2 = bias[2], sum3 = bias[3];
    const float* x = input;
#define ADD_COLUMN(i)                              \
  do {                                             \
    sum0 = LSGD_PLUS_PRODUCT(sum0, row[i], x[i]);  \
    sum1 = LSGD_PLUS_PRODUCT(sum1, row1[i], x[i]); \
    sum2 = LSGD_PLUS_PRODUCT(sum2, row2[i], x[i]); \
    sum3 = LSGD_PLUS_PRODUCT(sum3, row3[i], x[i]); \
  } while (0)
    for (; x != end_of_fours; x += 4, row += 4, row1 += 4, row2 += 4, row3 += 4) {
      ADD_COLUMN(0);
      ADD_COLUMN(1);
      ADD_COLUMN(2);
      ADD_COLUMN(3);
    }
    for (; x != end; ++x, ++row, ++row1, ++row2, ++row3) ADD_COLUMN(0);
#undef ADD_COLUMN
    row = row3;
    z[0] = sum0, z[1] = sum1, z[2] = sum2, z[3] = sum3;
    z += 4;
    bias += 4;
  }
  for (; z != end_of_z; ++z, ++bias) {
    float sum = *bias;
    for (const float* x = input; x != end; ++x, ++row) sum = LSGD_PLUS_PRODUCT(sum, *row, *x);
    *z = sum;
  }
}

static void activate(uint8_t activation, float* z, uint32_t count) {
  float* const end = z + count;
  switch (activation) {
    case LSGD_ACTIVATION_RELU:
      for (; z != end; ++z) *z = *z > 0 ? *z : 0;
      break;
    case LSGD_ACTIVATION_LEAKY_RELU:
      for (; z != end; ++z) *z = *z > 0 ? *z : *z * 0.125f;
      break;
    case LSGD_ACTIVATION_SIGMOID:
      for (; z != end; ++z) *z = lsgd_float_sigmoid(*z);
      break;
    case LSGD_ACTIVATION_TANH:
      for (; z != end; ++z) *z = lsgd_float_tanh(*z);
      break;
    case LSGD_ACTIVATION_SOFTMAX:
      lsgd_float_softmax(z, count);
      break;
    default:
      break;
  }
}

int lsgd_port_forward(const float* input) {
  const struct lsgd_layer* layer = lsgd_float32_network->layers;
  const float* weights = lsgd_float32_parameters;
  float* output = lsgd_float32_activations;
  for (const struct lsgd_layer* const end = layer + lsgd_float32_network->layer_count; layer != end;
       ++layer) {
    multiply(layer, weights, input, output);
    activate(layer->activation, output, layer->outputs);
    weights += lsgd_float32_layer_parameters(layer);
    input = output;
    output += layer->outputs;
  }
  return LSGD_OK;
}

/** delta[i] times f'(z[i]), expressed by a[i] = f(z[i]) (SPEC 2.2). */
static void multiply_by_derivatives(uint8_t activation, const float* a, float* delta,
                                    uint32_t count) {
  float* const end = delta + count;
  switch (activation) {
    case LSGD_ACTIVATION_RELU:
      for (; delta != end; ++delta, ++a)
        if (!(*a > 0)) *delta = 0;
      break;
    case LSGD_ACTIVATION_LEAKY_RELU:
      for (; delta != end; ++delta, ++a)
        if (!(*a > 0)) *delta *= 0.125f;
      break;
    case LSGD_ACTIVATION_SIGMOID:
      for (; delta != end; ++delta, ++a) *delta *= *a * (1 - *a);
      break;
    case LSGD_ACTIVATION_TANH:
      for (; delta != end; ++delta, ++a) *delta *= 1 - *a * *a;
      break;
    default:
      break;
  }
}

static void output_delta(const struct lsgd_layer* layer, const float* a, const float* target,
                         float* delta) {
  for (uint32_t j = 0; j < layer->outputs; ++j) delta[j] = a[j] - target[j];
  if (lsgd_float32_network->loss == LSGD_LOSS_MSE)
    multiply_by_derivatives(layer->activation, a, delta, layer->outputs);
}

/** What the update of a layer works on. */
struct update {
  uint32_t inputs;
  const float* delta; /**< [outputs] */
  const float* end_of_delta;
  float learning_rate;
};

/* Columns of a layer side by side: below[i] becomes the sum over the rows of weight times delta, in
   ascending order, and the weights are updated. The first layer has none below it: NULL. */
#define START(k)           \
  const float x##k = x[k]; \
  float sum##k = 0;
#define TRAIN(k)                                       \
  {                                                    \
    const float weight = row[k];                       \
    sum##k = LSGD_PLUS_PRODUCT(sum##k, weight, delta); \
    row[k] = LSGD_MINUS_PRODUCT(weight, step, x##k);   \
  }
#define UPDATE(k) row[k] = LSGD_MINUS_PRODUCT(row[k], step, x##k);
#define STORE(k) below[k] = sum##k;
#define TRAIN_COLUMNS(name, EACH)                                                           \
  static void name(const struct update* update, float* row, const float* x, float* below) { \
    const float rate = update->learning_rate;                                               \
    const float* const end = update->end_of_delta;                                          \
    const uint32_t inputs = update->inputs;                                                 \
    EACH(START)                                                                             \
    if (below == NULL) {                                                                    \
      for (const float* d = update->delta; d != end; ++d, row += inputs) {                  \
        const float step = rate * *d;                                                       \
        EACH(UPDATE)                                                                        \
      }                                                                                     \
      return;                                                                               \
    }                                                                                       \
    for (const float* d = update->delta; d != end; ++d, row += inputs) {                    \
      const float delta = *d;                                                               \
      const float step = rate * delta;                                                      \
      EACH(TRAIN)                                                                           \
    }                                                                                       \
    EACH(STORE)                                                                             \
  }
#define ONE(M) M(0)
#define TWO(M) M(0) M(1)
#define EIGHT(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7)
TRAIN_COLUMNS(train_one_column, ONE)
TRAIN_COLUMNS(train_two_columns, TWO)
TRAIN_COLUMNS(train_eight_columns, EIGHT)

/**
 * Updates a layer.
 *
 * @param x      [inputs], what the layer was computed from
 * @param below  [inputs], receives the sums of the hidden deltas; NULL: there are none
 */
static void train_layer(const struct lsgd_layer* layer, float* weights, const float* delta,
                        float learning_rate, const float* x, float* below) {
  const uint32_t inputs = layer->inputs;
  const struct update update = {inputs, delta, delta + layer->outputs, learning_rate};
  uint32_t i = 0;
  for (; i + 8 <= inputs; i += 8)
    train_eight_columns(&update, weights + i, x + i, below != NULL ? below + i : NULL);
  for (; i + 2 <= inputs; i += 2)
    train_two_columns(&update, weights + i, x + i, below != NULL ? below + i : NULL);
  if (i < inputs) train_one_column(&update, weights + i, x + i, below != NULL ? below + i : NULL);
  float* bias = weights + inputs * layer->outputs;
  for (const float* d = delta; d != update.end_of_delta; ++d, ++bias)
    *bias = LSGD_MINUS_PRODUCT(*bias, learning_rate, *d);
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  lsgd_port_forward(input);

  const struct lsgd_layer* const first = lsgd_float32_network->layers;
  const struct lsgd_layer* const last = first + lsgd_float32_network->layer_count - 1;
  const struct lsgd_layer* layer = first;
  float* weights = lsgd_float32_parameters;
  const float* a = lsgd_float32_activations;
  for (; layer != last; ++layer) {
    weights += lsgd_float32_layer_parameters(layer);
    a += layer->outputs;
  }
  float* delta = deltas[0];
  float* below = deltas[1];
  output_delta(layer, a, target, delta);
  for (; layer != first; --layer) {
    a -= layer->inputs;
    train_layer(layer, weights, delta, learning_rate, a, below);
    multiply_by_derivatives(layer[-1].activation, a, below, layer->inputs);
    weights -= lsgd_float32_layer_parameters(layer - 1);
    float* const freed = delta;
    delta = below;
    below = freed;
  }
  train_layer(layer, weights, delta, learning_rate, input, NULL);
  return LSGD_OK;
}

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  (void)b;
  float value;
  memcpy(&value, &a, sizeof value);
  switch (operation) {
    case LSGD_OPERATION_FLOAT_SIGMOID:
      value = lsgd_float_sigmoid(value);
      break;
    case LSGD_OPERATION_FLOAT_TANH:
      value = lsgd_float_tanh(value);
      break;
    default:
      return LSGD_UNSUPPORTED;
  }
  memcpy(result, &value, sizeof value);
  return LSGD_OK;
}
