/* SPDX-License-Identifier: Apache-2.0 */

/*
 * L-SGD in binary32 for processors with vectors, in the vector types of gcc and clang, which become
 * whatever the processor has; what that is, is found out at run time (instruction_set.h). The
 * weights of a wide first layer are stored by input, so that a vector holds what one input
 * contributes to many neurons and nothing is ever summed across a vector: the backward pass, which
 * would have to, does not go there. Other layers are stored by neuron.
 *
 * The update of a first layer stored by neuron waits for the next pass over its weights, so that a
 * step loads and stores them once; whoever asks for them meanwhile gets them updated.
 */
#include <string.h>

#include "instruction_set.h"
#include "lsgd/arithmetics.h"
#include "lsgd/port.h"
#include "vector_activation.h"

LSGD_CONTRACT_PRODUCTS

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
/* What the weights of the first layer still have to be added: factors * input. Whole
 * vectors, for compilers that see no further than the loops over them. */
#define WHOLE_VECTORS(count) (((count) / LANES + 1) * LANES)
static float waiting_factors[WHOLE_VECTORS(LSGD_CAPACITY_WIDTH)] ALIGNED;
static float waiting_input[WHOLE_VECTORS(LSGD_CAPACITY_INPUTS)] ALIGNED;
static int is_waiting;

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
  is_waiting = 0;
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

static void finish_update(void);

int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
  finish_update();
  for (uint32_t i = 0; i < count; i += sizeof(float))
    memcpy(element_of(tensor, layer, (offset + i) / sizeof(float)), bytes + i, sizeof(float));
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  finish_update();
  for (uint32_t i = 0; i < count; i += sizeof(float))
    memcpy(bytes + i, element_of(tensor, layer, (offset + i) / sizeof(float)), sizeof(float));
  return LSGD_OK;
}

/* Macros and a pointer, since how a vector is passed to a function depends on the processor. */
#define LOAD(elements) (*(const unaligned_vector*)(elements))
#define STORE(elements, v) (*(unaligned_vector*)(elements) = (v))

/** Pairwise, by halves. */
LSGD_INLINE float sum_of(const vector* lanes) {
  vector v = *lanes;
  v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3);
  v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1);
  return v[0] + v[1];
}

/** The same for four vectors at once, by halves of which each holds lanes of all. */
LSGD_INLINE void sums_of(const vector* a, const vector* b, const vector* c, const vector* d,
                         float* sums) {
  const vector ab =
      __builtin_shufflevector(*a, *b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
      __builtin_shufflevector(*a, *b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  const vector cd =
      __builtin_shufflevector(*c, *d, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
      __builtin_shufflevector(*c, *d, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  vector v =
      __builtin_shufflevector(ab, cd, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
      __builtin_shufflevector(ab, cd, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  v += __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
  sums[0] = v[0];
  sums[1] = v[4];
  sums[2] = v[8];
  sums[3] = v[12];
}

/** destination += source * factor */
LSGD_INLINE void add_multiple(float* restrict destination, const float* restrict source,
                              float factor, uint32_t count) {
  uint32_t i = 0;
  for (; i + LANES <= count; i += LANES)
    STORE(destination + i, LOAD(destination + i) + LOAD(source + i) * factor);
  for (; i < count; ++i) destination[i] += source[i] * factor;
}

/** z from weights by neuron: the sums of four neurons side by side, since each waits for the last
 * addition to it, and each input is loaded once for all of them.
 * @param factors  those of an update that waits, with old_x; constant and NULL where none does */
LSGD_INLINE void multiply_by_neuron(float* restrict row, const float* restrict biases,
                                    const float* restrict x, float* restrict z, uint32_t inputs,
                                    uint32_t outputs, const float* restrict factors,
                                    const float* restrict old_x) {
  uint32_t j = 0;
  for (; j + 4 <= outputs; j += 4, row += 4 * inputs) {
    float* const row1 = row + inputs;
    float* const row2 = row1 + inputs;
    float* const row3 = row2 + inputs;
    vector sum0 = {0}, sum1 = {0}, sum2 = {0}, sum3 = {0};
    uint32_t i = 0;
    for (; i + LANES <= inputs; i += LANES) {
      const vector factor = LOAD(x + i);
      vector weight0 = LOAD(row + i), weight1 = LOAD(row1 + i);
      vector weight2 = LOAD(row2 + i), weight3 = LOAD(row3 + i);
      if (factors) {
        const vector old = LOAD(old_x + i);
        weight0 += old * factors[j];
        weight1 += old * factors[j + 1];
        weight2 += old * factors[j + 2];
        weight3 += old * factors[j + 3];
        STORE(row + i, weight0);
        STORE(row1 + i, weight1);
        STORE(row2 + i, weight2);
        STORE(row3 + i, weight3);
      }
      sum0 += weight0 * factor;
      sum1 += weight1 * factor;
      sum2 += weight2 * factor;
      sum3 += weight3 * factor;
    }
    float sums[4];
    sums_of(&sum0, &sum1, &sum2, &sum3, sums);
    for (; i < inputs; ++i) {
      if (factors) {
        row[i] += old_x[i] * factors[j];
        row1[i] += old_x[i] * factors[j + 1];
        row2[i] += old_x[i] * factors[j + 2];
        row3[i] += old_x[i] * factors[j + 3];
      }
      sums[0] += row[i] * x[i];
      sums[1] += row1[i] * x[i];
      sums[2] += row2[i] * x[i];
      sums[3] += row3[i] * x[i];
    }
    for (uint32_t k = 0; k < 4; ++k) z[j + k] = biases[j + k] + sums[k];
  }
  for (; j < outputs; ++j, row += inputs) {
    if (factors) add_multiple(row, old_x, factors[j], inputs);
    vector sum = {0};
    uint32_t i = 0;
    for (; i + LANES <= inputs; i += LANES) sum += LOAD(row + i) * LOAD(x + i);
    z[j] = biases[j] + sum_of(&sum);
    for (; i < inputs; ++i) z[j] += row[i] * x[i];
  }
}

/** z from weights by input: four sums side by side, since each waits for the last addition to it.
 */
LSGD_INLINE void multiply_by_input(const float* restrict weights, const float* restrict biases,
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

LSGD_INLINE void activate(uint8_t activation, float* values, uint32_t count) {
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

LSGD_INLINE void forward_layer(const struct lsgd_layer* layer, float* weights, const float* x,
                               float* a) {
  const float* const biases = weights + weight_count(layer);
  if (is_stored_by_input(layer))
    multiply_by_input(weights, biases, x, a, layer->inputs, layer->outputs);
  else if (layer == network->layers && is_waiting)
    multiply_by_neuron(weights, biases, x, a, layer->inputs, layer->outputs, waiting_factors,
                       waiting_input);
  else
    multiply_by_neuron(weights, biases, x, a, layer->inputs, layer->outputs, NULL, NULL);
  activate(layer->activation, a, layer->outputs);
}

LSGD_INLINE void forward_pass(const float* input) {
  float* weights = parameters;
  float* a = activations;
  const struct lsgd_layer* layer = network->layers;
  for (uint32_t l = network->layer_count; l != 0; --l, ++layer) {
    forward_layer(layer, weights, input, a);
    weights += weight_count(layer) + layer->outputs;
    input = a;
    a += layer->outputs;
  }
  is_waiting = 0;
}

LSGD_INLINE void multiply_by_derivative(float* restrict values, uint8_t activation,
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

/** row[j][i] += factors[j] * x[i] for [rows][count], two rows for each load of x. */
LSGD_INLINE void add_outer_product(float* restrict row, const float* restrict factors,
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

/** What a step leaves undone. */
LSGD_INLINE void add_what_waits(void) {
  add_outer_product(parameters, waiting_factors, waiting_input, network->layers->outputs,
                    network->layers->inputs);
}

/** The hidden deltas, before f', and the update of a layer stored by neuron: each weight is loaded
 * once, and each sum once for four weights. */
LSGD_INLINE void hidden_delta_and_update(const struct lsgd_layer* layer, float* restrict row,
                                         const float* restrict delta, const float* restrict factors,
                                         const float* restrict x, float* restrict previous) {
  const uint32_t inputs = layer->inputs;
  memset(previous, 0, inputs * sizeof *previous);
  uint32_t j = 0;
  for (; j + 4 <= layer->outputs; j += 4, row += 4 * inputs) {
    float* const row1 = row + inputs;
    float* const row2 = row1 + inputs;
    float* const row3 = row2 + inputs;
    uint32_t i = 0;
    for (; i + LANES <= inputs; i += LANES) {
      const vector weight0 = LOAD(row + i), weight1 = LOAD(row1 + i);
      const vector weight2 = LOAD(row2 + i), weight3 = LOAD(row3 + i);
      const vector source = LOAD(x + i);
      STORE(previous + i, (LOAD(previous + i) + weight0 * delta[j] + weight1 * delta[j + 1]) +
                              (weight2 * delta[j + 2] + weight3 * delta[j + 3]));
      STORE(row + i, weight0 + source * factors[j]);
      STORE(row1 + i, weight1 + source * factors[j + 1]);
      STORE(row2 + i, weight2 + source * factors[j + 2]);
      STORE(row3 + i, weight3 + source * factors[j + 3]);
    }
    for (; i < inputs; ++i) {
      previous[i] += (row[i] * delta[j] + row1[i] * delta[j + 1]) +
                     (row2[i] * delta[j + 2] + row3[i] * delta[j + 3]);
      row[i] += x[i] * factors[j];
      row1[i] += x[i] * factors[j + 1];
      row2[i] += x[i] * factors[j + 2];
      row3[i] += x[i] * factors[j + 3];
    }
  }
  for (; j < layer->outputs; ++j, row += inputs) {
    add_multiple(previous, row, delta[j], inputs);
    add_multiple(row, x, factors[j], inputs);
  }
}

/** What is added to the biases, and times an input to the weights. */
LSGD_INLINE void scale(float* restrict factors, const float* restrict delta, float learning_rate,
                       uint32_t count) {
  for (uint32_t j = 0; j < count; ++j) factors[j] = delta[j] * -learning_rate;
}

LSGD_INLINE void training_step(const float* input, const float* target, float learning_rate) {
  forward_pass(input);
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
    scale(waiting_factors, delta, learning_rate, layer->outputs);
    hidden_delta_and_update(layer, weights, delta, waiting_factors, a, previous);
    add_multiple(weights + weight_count(layer), waiting_factors, 1, layer->outputs);
    multiply_by_derivative(previous, layer[-1].activation, a, layer->inputs);
    weights -= weight_count(layer - 1) + layer->inputs;
    float* const freed = delta;
    delta = previous;
    previous = freed;
  }
  scale(waiting_factors, delta, learning_rate, layer->outputs);
  add_multiple(weights + weight_count(layer), waiting_factors, 1, layer->outputs);
  if (is_stored_by_input(layer)) {
    add_outer_product(weights, input, waiting_factors, layer->inputs, layer->outputs);
  } else {
    memcpy(waiting_input, input, layer->inputs * sizeof *input);
    is_waiting = 1;
  }
}

/* The functions for an instruction set. What waits is added in the same one as by the next step:
 * where products are not rounded first, the bits would tell who added it. */
#define FOR_INSTRUCTION_SET(set)                                                           \
  LSGD_TARGET_##set static void forward_##set(const float* input) { forward_pass(input); } \
  LSGD_TARGET_##set static void add_waiting_##set(void) { add_what_waits(); }              \
  LSGD_TARGET_##set static void train_##set(const float* input, const float* target,       \
                                            float learning_rate) {                         \
    training_step(input, target, learning_rate);                                           \
  }
LSGD_FOR_EACH_INSTRUCTION_SET(FOR_INSTRUCTION_SET)

static void finish_update(void) {
  if (is_waiting) LSGD_CALL_FOR_INSTRUCTION_SET(add_waiting_, ());
  is_waiting = 0;
}

int lsgd_port_forward(const float* input) {
  LSGD_CALL_FOR_INSTRUCTION_SET(forward_, (input));
  return LSGD_OK;
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  LSGD_CALL_FOR_INSTRUCTION_SET(train_, (input, target, learning_rate));
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
