/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The arithmetic q8_8_stochastic (reference/arithmetics): weights, activations and deltas in 16
 * bits with 8 fraction bits, changes rounded at random. Two bytes for a number, no floating point,
 * no division.
 *
 * Right shifts of negative integers are arithmetic on every compiler this is built with; the tests
 * would tell.
 */
#include <string.h>

#include "lsgd/arithmetics.h"
#include "lsgd/port.h"
#include "q8_8_activation.h"
#include "q8_8_kernels.h"

#define ONE 256

static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .arithmetic = LSGD_ARITHMETIC_Q8_8_STOCHASTIC,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = "q8_8_stochastic_c99",
};

static const struct lsgd_network* network;
static int16_t parameters[LSGD_CAPACITY_PARAMETERS]; /* W_1, b_1, W_2, ... */
static int16_t activations[LSGD_CAPACITY_ACTIVATIONS];
static int16_t quantized_input[LSGD_CAPACITY_INPUTS];
static int16_t deltas[2][LSGD_CAPACITY_WIDTH];
static uint32_t random_state;
/* Some weight may be 16 or more in magnitude. */
static uint8_t has_large_weight;

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

int lsgd_port_configure(const struct lsgd_network* configured) {
  if (configured->loss == LSGD_LOSS_CROSS_ENTROPY) return LSGD_UNSUPPORTED;
  network = configured;
  memset(parameters, 0, sizeof parameters);
  memset(activations, 0, sizeof activations);
  random_state = 0;
  has_large_weight = 0;
  return LSGD_OK;
}

static uint32_t weight_count(const struct lsgd_layer* layer) {
  return (uint32_t)layer->outputs * layer->inputs;
}

/** The weights of layer l, 0..L - 1, which its biases follow. */
static int16_t* first_weight(int l) {
  int16_t* first = parameters;
  while (l-- > 0) first += weight_count(&network->layers[l]) + network->layers[l].outputs;
  return first;
}

static int16_t* first_activation(int l) {
  int16_t* first = activations;
  while (l-- > 0) first += network->layers[l].outputs;
  return first;
}

/** The bytes of a tensor; integers are little-endian like the processor. */
static uint8_t* tensor_bytes(enum lsgd_tensor tensor, int l) {
  switch (tensor) {
    case LSGD_TENSOR_WEIGHTS:
      return (uint8_t*)first_weight(l);
    case LSGD_TENSOR_BIASES:
      return (uint8_t*)(first_weight(l) + weight_count(&network->layers[l]));
    case LSGD_TENSOR_ACTIVATIONS:
      return (uint8_t*)first_activation(l);
    default:
      return (uint8_t*)&random_state;
  }
}

int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
  memcpy(tensor_bytes(tensor, layer - 1) + offset, bytes, count);
  if (tensor == LSGD_TENSOR_WEIGHTS)
    for (uint32_t i = 0; i < count; i += 2)
      if (!lsgd_q8_8_is_small((int16_t)(bytes[i] | bytes[i + 1] << 8))) has_large_weight = 1;
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  memcpy(bytes, tensor_bytes(tensor, layer - 1) + offset, count);
  return LSGD_OK;
}

/** Q8.8 of a binary32 number, ties to even, saturated. */
static int16_t quantize(float number) {
  union {
    float value;
    uint32_t bits;
  } binary32;
  binary32.value = number;
  const int negative = binary32.bits >> 31 != 0;
  const int shift = 142 - (int)(binary32.bits >> 23 & 0xff); /* right, of the significand */
  if (shift > 24) return 0;                                  /* below half a unit */
  if (shift < 8) return negative ? -32768 : 32767;
  const uint32_t significand = (binary32.bits & 0x007fffffu) | 0x00800000u;
  const uint32_t kept = significand >> shift;
  const uint32_t rest = significand << (32 - shift);
  const int32_t magnitude =
      (int32_t)(kept + (rest > 0x80000000u || (rest == 0x80000000u && (kept & 1) != 0)));
  return (int16_t)lsgd_saturate_int16(negative ? -magnitude : magnitude);
}

/** Whether none of the numbers is beyond -1 and 1. */
static int are_small(const int16_t* values, uint32_t count) {
  for (; count != 0; --count, ++values)
    if ((uint32_t)(*values + ONE) > 2 * ONE) return 0;
  return 1;
}

/** The inputs of layer l, and whether they are small: sigmoid and tanh always are. */
static int has_small_input(int l, const int16_t* input) {
  if (l > 0) {
    const uint8_t activation = network->layers[l - 1].activation;
    if (activation == LSGD_ACTIVATION_SIGMOID || activation == LSGD_ACTIVATION_TANH) return 1;
  }
  return are_small(input, network->layers[l].inputs);
}

int lsgd_port_forward(const float* input) {
  const uint32_t input_count = network->layers[0].inputs;
  for (uint32_t i = 0; i < input_count; ++i) quantized_input[i] = quantize(input[i]);
  const int16_t* a_below = quantized_input;
  const int16_t* weights = parameters;
  int16_t* a = activations;
  for (int l = 0; l < network->layer_count; ++l) {
    const struct lsgd_layer* layer = &network->layers[l];
    const int16_t* const biases = weights + weight_count(layer);
    const int is_small = !has_large_weight && has_small_input(l, a_below);
    lsgd_q8_8_dense(weights, biases, a_below, layer->inputs, layer->outputs, is_small, a);
    lsgd_q8_8_activate(layer->activation, a, layer->outputs);
    weights = biases + layer->outputs;
    a_below = a;
    a += layer->outputs;
  }
  return LSGD_OK;
}

/** Errors become deltas: times f', expressed by a = f(z). It is 0 to 1, so that nothing leaves its
 * range. */
static void multiply_by_derivative(int16_t* restrict values, uint8_t activation,
                                   const int16_t* restrict a, uint32_t count) {
  const int16_t* const end = a + count;
  switch (activation) {
    case LSGD_ACTIVATION_TANH:
      for (; a != end; ++a, ++values)
        *values = (int16_t)lsgd_q8_8_product(*values, ONE - lsgd_q8_8_product(*a, *a));
      break;
    case LSGD_ACTIVATION_SIGMOID:
      for (; a != end; ++a, ++values)
        *values = (int16_t)lsgd_q8_8_product(*values, lsgd_q8_8_product(*a, ONE - *a));
      break;
    case LSGD_ACTIVATION_RELU:
      for (; a != end; ++a, ++values)
        if (*a <= 0) *values = 0;
      break;
    case LSGD_ACTIVATION_LEAKY_RELU:
      for (; a != end; ++a, ++values)
        if (*a <= 0) *values = (int16_t)lsgd_q8_8_product(*values, ONE / 8);
      break;
    default:
      break;
  }
}

static void output_delta(const int16_t* a, const float* target, int16_t* delta) {
  const struct lsgd_layer* layer = &network->layers[network->layer_count - 1];
  for (uint32_t j = 0; j < layer->outputs; ++j)
    delta[j] = (int16_t)lsgd_saturate_int16(a[j] - quantize(target[j]));
  if (network->loss == LSGD_LOSS_MSE)
    multiply_by_derivative(delta, layer->activation, a, layer->outputs);
}

/** How a random state moves on. */
struct stride {
  uint32_t multiplier;
  uint32_t increment;
};

/** By `count` draws at once, found by squaring. */
static struct stride stride_of(uint32_t count) {
  struct stride result = {1, 0};
  struct stride power = {LSGD_RANDOM_MULTIPLIER, LSGD_RANDOM_INCREMENT};
  for (; count != 0; count >>= 1) {
    if (count & 1) {
      result.increment = result.increment * power.multiplier + power.increment;
      result.multiplier *= power.multiplier;
    }
    power.increment *= power.multiplier + 1;
    power.multiplier *= power.multiplier;
  }
  return result;
}

/** A neuron whose step rounds to 0 changes nothing, and its draws are skipped at once. */
static void update(int l, int16_t* weights, const int16_t* input, const int16_t* delta,
                   int32_t rate) {
  const struct lsgd_layer* layer = &network->layers[l];
  const uint32_t inputs = layer->inputs;
  const struct stride unchanged = stride_of(inputs + 1);
  const int is_small = has_small_input(l, input);
  int16_t* bias = weights + weight_count(layer);
  uint32_t state = random_state;
  for (const int16_t* const end = delta + layer->outputs; delta != end;
       ++delta, ++bias, weights += inputs) {
    const int32_t step = lsgd_saturate_int16(lsgd_q8_8_product(rate, *delta));
    if (step == 0) {
      state = state * unchanged.multiplier + unchanged.increment;
      continue;
    }
    state = lsgd_q8_8_update_row(weights, input, inputs, step, is_small && step > -32768, state,
                                 &has_large_weight);
    /* Drawn, although the step of a bias has no more fraction bits than it. */
    state = state * LSGD_RANDOM_MULTIPLIER + LSGD_RANDOM_INCREMENT;
    *bias = (int16_t)lsgd_saturate_int16(*bias - step);
  }
  random_state = state;
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  const int32_t rate = quantize(learning_rate);
  lsgd_port_forward(input);
  int l = network->layer_count - 1;
  int16_t* weights = first_weight(l);
  const int16_t* a = first_activation(l);
  int16_t* delta = deltas[0];
  int16_t* below = deltas[1];
  output_delta(a, target, delta);
  for (; l > 0; --l) {
    const struct lsgd_layer* layer = &network->layers[l];
    const int is_small = !has_large_weight && are_small(delta, layer->outputs);
    a -= layer->inputs;
    lsgd_q8_8_hidden_errors(weights, delta, layer->inputs, layer->outputs, is_small, below);
    multiply_by_derivative(below, layer[-1].activation, a, layer->inputs);
    update(l, weights, a, delta, rate);
    weights -= weight_count(layer - 1) + layer->inputs;
    int16_t* const freed = delta;
    delta = below;
    below = freed;
  }
  update(0, weights, quantized_input, delta, rate);
  return LSGD_OK;
}

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  (void)operation;
  (void)a;
  (void)b;
  (void)result;
  return LSGD_UNSUPPORTED;
}
