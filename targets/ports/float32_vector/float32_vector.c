/* SPDX-License-Identifier: Apache-2.0 */

/*
 * L-SGD in binary32 for processors with vectors, in the vector types of gcc and clang, which become
 * whatever the processor has. The weights of a wide first layer are stored by input, so that a
 * vector holds what one input contributes to many neurons and nothing is ever summed across a
 * vector: the backward pass, which would have to, does not go there. Other layers are stored by
 * neuron.
 */
#include <string.h>

#include "lsgd/arithmetics.h"
#include "lsgd/port.h"
#include "vector_activation.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensors cross the interface in little-endian bytes, and here they are copied as they are"
#endif

#define LANES 16u

typedef float vector __attribute__((vector_size(LANES * sizeof(float))));
typedef float unaligned_vector
    __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .arithmetic = LSGD_ARITHMETIC_FLOAT32,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = "float32_vector",
};

static const struct lsgd_network* network;
#define ALIGNED __attribute__((aligned(LANES * sizeof(float))))
static float parameters[LSGD_CAPACITY_PARAMETERS] ALIGNED;   /* W1, b1, W2, b2, ... */
static float activations[LSGD_CAPACITY_ACTIVATIONS] ALIGNED; /* a_1, a_2, ... */
static float deltas[2][LSGD_CAPACITY_WIDTH] ALIGNED;

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

static uint32_t weight_count(const struct lsgd_layer* layer) {
  return (uint32_t)layer->outputs * layer->inputs;
}

static int is_stored_by_input(const struct lsgd_layer* layer) {
  return layer == network->layers && layer->outputs >= LANES && layer->inputs < layer->outputs;
}

int lsgd_port_configure(const struct lsgd_network* configured) {
  if (configured->loss == LSGD_LOSS_CROSS_ENTROPY) return LSGD_UNSUPPORTED;
  network = configured;
  memset(parameters, 0, sizeof parameters);
  memset(activations, 0, sizeof activations);
  return LSGD_OK;
}

/** Where element `index` of a tensor of a layer, 1..L, is stored. */
static float* element_of(enum lsgd_tensor tensor, uint16_t number, uint32_t index) {
  const struct lsgd_layer* layer = network->layers;
  float* weights = parameters;
  float* a = activations;
  for (; number > 1; --number, ++layer) {
    weights += weight_count(layer) + layer->outputs;
    a += layer->outputs;
  }
  if (tensor == LSGD_TENSOR_ACTIVATIONS) return a + index;
  if (tensor == LSGD_TENSOR_BIASES) return weights + weight_count(layer) + index;
  if (is_stored_by_input(layer))
    return weights + index % layer->inputs * layer->outputs + index / layer->inputs;
  return weights + index;
}

int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
  for (uint32_t i = 0; i < count; i += sizeof(float))
    memcpy(element_of(tensor, layer, (offset + i) / sizeof(float)), bytes + i, sizeof(float));
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  for (uint32_t i = 0; i < count; i += sizeof(float))
    memcpy(bytes + i, element_of(tensor, layer, (offset + i) / sizeof(float)), sizeof(float));
  return LSGD_OK;
}

/* Macros and a pointer, since how a vector is passed to a function depends on the processor. */
#define LOAD(elements) (*(const unaligned_vector*)(elements))
#define STORE(elements, v) (*(unaligned_vector*)(elements) = (v))

/** Pairwise, by halves. */
static inline float sum_of(const vector* lanes) {
  vector v = *lanes;
  v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3);
  v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1);
  return v[0] + v[1];
}

/** destination += source * factor */
static inline void add_multiple(float* restrict destination, const float* restrict source,
                                float factor, uint32_t count) {
  uint32_t i = 0;
  for (; i + LANES <= count; i += LANES)
    STORE(destination + i, LOAD(destination + i) + LOAD(source + i) * factor);
  for (; i < count; ++i) destination[i] += source[i] * factor;
}

/** z from weights by neuron: the sums of four neurons side by side, since each waits for the last
 * addition to it, and each input is loaded once for all of them. */
static void multiply_by_neuron(const float* restrict row, const float* restrict biases,
                               const float* restrict x, float* restrict z, uint32_t inputs,
                               uint32_t outputs) {
  uint32_t j = 0;
  for (; j + 4 <= outputs; j += 4, row += 4 * inputs) {
    const float* const row1 = row + inputs;
    const float* const row2 = row1 + inputs;
    const float* const row3 = row2 + inputs;
    vector sum0 = {0}, sum1 = {0}, sum2 = {0}, sum3 = {0};
    uint32_t i = 0;
    for (; i + LANES <= inputs; i += LANES) {
      const vector factor = LOAD(x + i);
      sum0 += LOAD(row + i) * factor;
      sum1 += LOAD(row1 + i) * factor;
      sum2 += LOAD(row2 + i) * factor;
      sum3 += LOAD(row3 + i) * factor;
    }
    float z0 = sum_of(&sum0), z1 = sum_of(&sum1), z2 = sum_of(&sum2), z3 = sum_of(&sum3);
    for (; i < inputs; ++i) {
      z0 += row[i] * x[i];
      z1 += row1[i] * x[i];
      z2 += row2[i] * x[i];
      z3 += row3[i] * x[i];
    }
    z[j] = biases[j] + z0;
    z[j + 1] = biases[j + 1] + z1;
    z[j + 2] = biases[j + 2] + z2;
    z[j + 3] = biases[j + 3] + z3;
  }
  for (; j < outputs; ++j, row += inputs) {
    vector sum = {0};
    uint32_t i = 0;
    for (; i + LANES <= inputs; i += LANES) sum += LOAD(row + i) * LOAD(x + i);
    z[j] = biases[j] + sum_of(&sum);
    for (; i < inputs; ++i) z[j] += row[i] * x[i];
  }
}

/** z from weights by input: four sums side by side, since each waits for the last addition to it.
 */
static void multiply_by_input(const float* restrict weights, const float* restrict biases,
                              const float* restrict x, float* restrict z, uint32_t inputs,
                              uint32_t outputs) {
  uint32_t j = 0;
  for (; j + LANES <= outputs; j += LANES) {
    vector sum0 = LOAD(biases + j);
    vector sum1 = {0}, sum2 = {0}, sum3 = {0};
    const float* column = weights + j;
    uint32_t i = 0;
    for (; i + 4 <= inputs; i += 4, column += 4 * outputs) {
      sum0 += LOAD(column) * x[i];
      sum1 += LOAD(column + outputs) * x[i + 1];
      sum2 += LOAD(column + 2 * outputs) * x[i + 2];
      sum3 += LOAD(column + 3 * outputs) * x[i + 3];
    }
    for (; i < inputs; ++i, column += outputs) sum0 += LOAD(column) * x[i];
    STORE(z + j, (sum0 + sum1) + (sum2 + sum3));
  }
  for (; j < outputs; ++j) {
    z[j] = biases[j];
    for (uint32_t i = 0; i < inputs; ++i) z[j] += weights[i * outputs + j] * x[i];
  }
}

static void activate(uint8_t activation, float* values, uint32_t count) {
  switch (activation) {
    case LSGD_ACTIVATION_RELU:
      for (uint32_t i = 0; i < count; ++i) values[i] = values[i] > 0 ? values[i] : 0;
      break;
    case LSGD_ACTIVATION_LEAKY_RELU:
      for (uint32_t i = 0; i < count; ++i) values[i] *= values[i] > 0 ? 1 : 0.125f;
      break;
    case LSGD_ACTIVATION_SIGMOID:
      lsgd_vector_sigmoid(values, count);
      break;
    case LSGD_ACTIVATION_TANH:
      lsgd_vector_tanh(values, count);
      break;
    default:
      break;
  }
}

static void forward_layer(const struct lsgd_layer* layer, const float* weights, const float* x,
                          float* a) {
  const float* const biases = weights + weight_count(layer);
  if (is_stored_by_input(layer))
    multiply_by_input(weights, biases, x, a, layer->inputs, layer->outputs);
  else
    multiply_by_neuron(weights, biases, x, a, layer->inputs, layer->outputs);
  activate(layer->activation, a, layer->outputs);
}

int lsgd_port_forward(const float* input) {
  const float* weights = parameters;
  float* a = activations;
  const struct lsgd_layer* layer = network->layers;
  for (uint32_t l = network->layer_count; l != 0; --l, ++layer) {
    forward_layer(layer, weights, input, a);
    weights += weight_count(layer) + layer->outputs;
    input = a;
    a += layer->outputs;
  }
  return LSGD_OK;
}

static void multiply_by_derivative(float* restrict values, uint8_t activation,
                                   const float* restrict a, uint32_t count) {
  switch (activation) {
    case LSGD_ACTIVATION_RELU:
      for (uint32_t i = 0; i < count; ++i) values[i] = a[i] > 0 ? values[i] : 0;
      break;
    case LSGD_ACTIVATION_LEAKY_RELU:
      for (uint32_t i = 0; i < count; ++i) values[i] *= a[i] > 0 ? 1 : 0.125f;
      break;
    case LSGD_ACTIVATION_SIGMOID:
      for (uint32_t i = 0; i < count; ++i) values[i] *= a[i] * (1 - a[i]);
      break;
    case LSGD_ACTIVATION_TANH:
      for (uint32_t i = 0; i < count; ++i) values[i] *= 1 - a[i] * a[i];
      break;
    default:
      break;
  }
}

static void hidden_delta(const struct lsgd_layer* layer, const float* weights, const float* delta,
                         const float* a, float* previous) {
  memset(previous, 0, layer->inputs * sizeof *previous);
  for (uint32_t j = 0; j < layer->outputs; ++j, weights += layer->inputs)
    add_multiple(previous, weights, delta[j], layer->inputs);
  multiply_by_derivative(previous, layer[-1].activation, a, layer->inputs);
}

/** row[j][i] += factors[j] * x[i] for [rows][count], two rows for each load of x. */
static void add_outer_product(float* restrict row, const float* restrict factors,
                              const float* restrict x, uint32_t rows, uint32_t count) {
  uint32_t j = 0;
  for (; j + 2 <= rows; j += 2, row += 2 * count) {
    float* const next_row = row + count;
    uint32_t i = 0;
    for (; i + LANES <= count; i += LANES) {
      const vector source = LOAD(x + i);
      STORE(row + i, LOAD(row + i) + source * factors[j]);
      STORE(next_row + i, LOAD(next_row + i) + source * factors[j + 1]);
    }
    for (; i < count; ++i) {
      row[i] += factors[j] * x[i];
      next_row[i] += factors[j + 1] * x[i];
    }
  }
  if (j < rows) add_multiple(row, x, factors[j], count);
}

/** The deltas become what is added to the biases. */
static void update(const struct lsgd_layer* layer, float* weights, float* delta, const float* x,
                   float learning_rate) {
  for (uint32_t j = 0; j < layer->outputs; ++j) delta[j] *= -learning_rate;
  if (is_stored_by_input(layer))
    add_outer_product(weights, x, delta, layer->inputs, layer->outputs);
  else
    add_outer_product(weights, delta, x, layer->outputs, layer->inputs);
  add_multiple(weights + weight_count(layer), delta, 1, layer->outputs);
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  lsgd_port_forward(input);
  const struct lsgd_layer* layer = network->layers;
  float* weights = parameters;
  const float* a = activations;
  for (; layer != &network->layers[network->layer_count - 1]; ++layer) {
    weights += weight_count(layer) + layer->outputs;
    a += layer->outputs;
  }
  float* delta = deltas[0];
  float* previous = deltas[1];
  for (uint32_t j = 0; j < layer->outputs; ++j) delta[j] = a[j] - target[j];
  if (network->loss != LSGD_LOSS_BCE)
    multiply_by_derivative(delta, layer->activation, a, layer->outputs);
  for (; layer != network->layers; --layer) {
    a -= layer->inputs;
    hidden_delta(layer, weights, delta, a, previous);
    update(layer, weights, delta, a, learning_rate);
    weights -= weight_count(layer - 1) + layer->inputs;
    float* const freed = delta;
    delta = previous;
    previous = freed;
  }
  update(layer, weights, delta, input, learning_rate);
  return LSGD_OK;
}

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  (void)b;
  float value;
  memcpy(&value, &a, sizeof value);
  switch (operation) {
    case LSGD_OPERATION_FLOAT_SIGMOID:
      lsgd_vector_sigmoid(&value, 1);
      break;
    case LSGD_OPERATION_FLOAT_TANH:
      lsgd_vector_tanh(&value, 1);
      break;
    default:
      return LSGD_UNSUPPORTED;
  }
  memcpy(result, &value, sizeof value);
  return LSGD_OK;
}
