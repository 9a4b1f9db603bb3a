/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Profile int8_integer (SPEC 11): training in integers. Written for small cores without SIMD: a
 * multiply-add is two loads, a multiplication and an addition, and a weight that stays as it is,
 * which most do, costs seven instructions. Sums are exact, so their order is free; weights are
 * updated in the order of the random draws.
 *
 * Right shifts of negative integers are arithmetic on every compiler this is built with; the tests
 * would tell.
 */
/* gcc 12 puts two numbers together in a register to store them at once, in more instructions. */
#if defined(__riscv) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-slp-vectorize")
#endif

#include <string.h>

#include "activation_table.h"
#include "int8_dense_layer.h"
#include "int8_halfwords.h"
#include "int8_vectors.h"
#include "lsgd/arithmetics.h"
#include "lsgd/port.h"

#define INPUT_FRACTION_BITS 7
#define TARGET_FRACTION_BITS 7
#define Z_FRACTION_BITS 4
#define BIAS_FRACTION_BITS 12
#define DELTA_FRACTION_BITS 12
#define WEIGHT_FRACTION_BITS_MAXIMUM 7
#define WEIGHT_FRACTION_BITS_FLOOR 5
#define RATE_EXPONENT_MAXIMUM 11
/* Whether registers suffice for eight columns, and for what tells from a draw that no input can
 * make it change a weight. */
#if defined(__riscv) && !defined(__riscv_32e)
#define LSGD_HAS_31_REGISTERS 1
#else
#define LSGD_HAS_31_REGISTERS 0
#endif
#if defined(__GNUC__)
#define KEEP_IN_REGISTER(constant) __asm__("" : "+r"(constant))
#define LSGD_OUT_OF_LINE __attribute__((noinline)) /* for less stack below what calls it */
#else
#define KEEP_IN_REGISTER(constant) ((void)0)
#define LSGD_OUT_OF_LINE
#endif
#define NEURONS_MAXIMUM 511 /* above the first layer: sums of deltas times weights fit 32 bits */

/* Linear congruential generator modulo 2^32; its high bits are drawn. */
#define RANDOM_MULTIPLIER 1664525u
#define RANDOM_INCREMENT 1013904223u

/* Other ports are these sources with another dense layer. */
#ifndef LSGD_PORT_NAME
#define LSGD_PORT_NAME "int8_integer_c99"
#endif

static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .arithmetic = LSGD_ARITHMETIC_INT8_INTEGER,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = LSGD_PORT_NAME,
};

static const struct lsgd_network* network;
static int8_t fraction_bits[LSGD_CAPACITY_LAYERS]; /* of the weights */
/* All biases, then all weights: one byte for each parameter and one more for each bias. */
static int16_t parameters[(LSGD_CAPACITY_PARAMETERS + LSGD_CAPACITY_ACTIVATIONS + 1) / 2];
static int8_t activations[LSGD_CAPACITY_ACTIVATIONS]; /* a_1, a_2, ... */
static int8_t quantized_input[LSGD_CAPACITY_INPUTS];  /* a_0 */
static int16_t deltas[2][LSGD_CAPACITY_WIDTH];
static uint32_t random_state;

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

static uint32_t weight_count(const struct lsgd_layer* layer) {
  return (uint32_t)layer->outputs * layer->inputs;
}

/** Where layer l, 0..L - 1, begins in activations and biases; for l = L their number. */
static uint32_t first_neuron(int l) {
  uint32_t first = 0;
  while (l-- > 0) first += network->layers[l].outputs;
  return first;
}

static int8_t* first_weight(int l) {
  int8_t* first = (int8_t*)(parameters + first_neuron(network->layer_count));
  while (l-- > 0) first += weight_count(&network->layers[l]);
  return first;
}

/** Fraction bits of the activations of layer l, 0..L - 1; -1 stands for the network's input. */
static int activation_fraction_bits(int l) {
  if (l < 0) return INPUT_FRACTION_BITS;
  const uint8_t activation = network->layers[l].activation;
  return activation == LSGD_ACTIVATION_SIGMOID || activation == LSGD_ACTIVATION_TANH
             ? 7
             : Z_FRACTION_BITS;
}

int lsgd_port_configure(const struct lsgd_network* configured) {
  for (int l = 1; l < configured->layer_count; ++l)
    if (configured->layers[l].outputs > NEURONS_MAXIMUM) return LSGD_UNSUPPORTED;
  network = configured;
  memset(fraction_bits, WEIGHT_FRACTION_BITS_MAXIMUM, sizeof fraction_bits);
  memset(parameters, 0, sizeof parameters);
  memset(activations, 0, sizeof activations);
  random_state = 0;
  return LSGD_OK;
}

/** The bytes of a tensor; int16 and uint32 are little-endian like the processor. */
static uint8_t* tensor_bytes(enum lsgd_tensor tensor, int l) {
  switch (tensor) {
    case LSGD_TENSOR_WEIGHTS:
      return (uint8_t*)first_weight(l);
    case LSGD_TENSOR_BIASES:
      return (uint8_t*)(parameters + first_neuron(l));
    case LSGD_TENSOR_ACTIVATIONS:
      return (uint8_t*)(activations + first_neuron(l));
    case LSGD_TENSOR_WEIGHT_FRACTION_BITS:
      return (uint8_t*)(fraction_bits + l);
    default:
      return (uint8_t*)&random_state;
  }
}

int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
  if (tensor == LSGD_TENSOR_WEIGHT_FRACTION_BITS && bytes[0] > WEIGHT_FRACTION_BITS_MAXIMUM)
    return LSGD_OUT_OF_RANGE;
  memcpy(tensor_bytes(tensor, layer - 1) + offset, bytes, count);
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  memcpy(bytes, tensor_bytes(tensor, layer - 1) + offset, count);
  return LSGD_OK;
}

static int8_t saturate_int8(int32_t value) {
  if (value > 127) return 127;
  if (value < -128) return -128;
  return (int8_t)value;
}

static int16_t saturate_int16(int32_t value) {
#if LSGD_HAS_HALFWORDS
  __asm__("ssat %0, #16, %0" : "+r"(value));
#elif LSGD_HAS_31_REGISTERS
  if ((int16_t)value == value) return (int16_t)value; /* without constants of two instructions */
#endif
  if (value > 32767) return 32767;
  if (value < -32768) return -32768;
  return (int16_t)value;
}

/** A binary32 number's bits; not by memcpy, which is a call for a freestanding compiler. */
static uint32_t bits_of(float value) {
  union {
    float value;
    uint32_t bits;
  } binary32;
  binary32.value = value;
  return binary32.bits;
}

/** int16 of a binary32 number times 2^count, rounded half away from zero, without float. */
static int16_t quantize(uint32_t bits, int count) {
  const int negative = bits >> 31 != 0;
  const int exponent = (int)(bits >> 23 & 0xff) - 127 + count;
  /* Half away from zero is half up of the magnitude, which one fraction bit decides. */
  if (exponent < -1) return 0;
  if (exponent > 14) return negative ? -32768 : 32767;
  const uint32_t significand = (bits & 0x007fffffu) | 0x00800000u;
  const int32_t magnitude = (int32_t)(((significand >> (22 - exponent)) + 1) >> 1);
  return saturate_int16(negative ? -magnitude : magnitude);
}

/** k of the learning rate 2^-k: the exponent of a binary32 number above 0. */
static int rate_exponent(uint32_t bits) {
  const int k = 127 - (int)(bits >> 23);
  if (k < 0) return 0;
  return k > RATE_EXPONENT_MAXIMUM ? RATE_EXPONENT_MAXIMUM : k;
}

static int32_t align_bias(int32_t bias, int shift) {
  return shift >= 0 ? bias * ((int32_t)1 << shift) : bias >> -shift;
}

static int32_t rounding_term(int shift) { return shift > 0 ? (int32_t)1 << (shift - 1) : 0; }

static int32_t relu(int32_t z) { return z > 0 ? z : 0; }

int lsgd_port_forward(const float* input) {
  const struct lsgd_layer* layer = network->layers;
  for (uint32_t i = 0; i < layer->inputs; ++i)
    quantized_input[i] = saturate_int8(quantize(bits_of(input[i]), INPUT_FRACTION_BITS));

  struct lsgd_int8_dense_layer dense;
  dense.bias_bytes = sizeof parameters[0];
  const int8_t* weights = first_weight(0);
  const int16_t* biases = parameters;
  const int8_t* layer_input = quantized_input;
  int8_t* output = activations;
  for (int l = 0; l < network->layer_count; ++l, ++layer) {
    const int product_fraction_bits = fraction_bits[l] + activation_fraction_bits(l - 1);
    dense.weights = weights;
    dense.biases = biases;
    dense.inputs = layer->inputs;
    dense.outputs = layer->outputs;
    dense.activation = layer->activation;
    dense.bias_shift = (int8_t)(product_fraction_bits - BIAS_FRACTION_BITS);
    dense.output_shift = (int8_t)(product_fraction_bits - Z_FRACTION_BITS);
    lsgd_int8_dense_layer_forward(&dense, layer_input, output);
    weights += weight_count(layer);
    biases += layer->outputs;
    layer_input = output;
    output += layer->outputs;
  }
  return LSGD_OK;
}

static int16_t times_tanh_derivative(int32_t value, int32_t a) {
  return (int16_t)((value * (16384 - a * a) + 8192) >> 14);
}

static int16_t times_sigmoid_derivative(int32_t value, int32_t a) {
  return (int16_t)((value * (a * (128 - a)) + 8192) >> 14);
}

/** Multiplies values by f' at int8 activations; |f'| <= 1, so nothing overflows. */
static void multiply_by_derivative(int16_t* restrict values, uint8_t activation,
                                   const int8_t* restrict a, uint32_t count) {
  switch (activation) {
    case LSGD_ACTIVATION_TANH:
      for (uint32_t i = 0; i < count; ++i) values[i] = times_tanh_derivative(values[i], a[i]);
      break;
    case LSGD_ACTIVATION_SIGMOID:
      for (uint32_t i = 0; i < count; ++i) values[i] = times_sigmoid_derivative(values[i], a[i]);
      break;
    case LSGD_ACTIVATION_RELU:
      for (uint32_t i = 0; i < count; ++i)
        if (a[i] <= 0) values[i] = 0;
      break;
    default:
      break;
  }
}

LSGD_OUT_OF_LINE static void output_delta(const int8_t* restrict a, const float* restrict target,
                                          int16_t* restrict delta) {
  const int l = network->layer_count - 1;
  const struct lsgd_layer* layer = &network->layers[l];
  const int a_shift = TARGET_FRACTION_BITS - activation_fraction_bits(l);
  for (uint32_t j = 0; j < layer->outputs; ++j) {
    const int32_t difference =
        a[j] * (1 << a_shift) - quantize(bits_of(target[j]), TARGET_FRACTION_BITS);
    delta[j] = saturate_int16(difference * (1 << (DELTA_FRACTION_BITS - TARGET_FRACTION_BITS)));
  }
  if (network->loss == LSGD_LOSS_MSE)
    multiply_by_derivative(delta, layer->activation, a, layer->outputs);
}

#if LSGD_HAS_31_REGISTERS
/** The deltas of hidden_delta() in groups of eight columns. */
LSGD_OUT_OF_LINE static void eights_of_hidden_delta(int l, const int8_t* restrict weights,
                                                    const int16_t* restrict delta,
                                                    const int8_t* restrict a,
                                                    int16_t* restrict previous) {
  const struct lsgd_layer* layer = &network->layers[l];
  const uint32_t inputs = layer->inputs;
  const int16_t* const last = delta + layer->outputs;
  const int8_t* const end_of_a = a + (inputs & ~7u);
  const int shift = fraction_bits[l];
  const uint8_t activation = network->layers[l - 1].activation;
  for (; a != end_of_a; a += 8, previous += 8, weights += 8) {
    int32_t sum[8] = {0};
    const int8_t* column = weights;
    for (const int16_t* d = delta; d != last; ++d, column += inputs) {
      const int32_t row_delta = *d;
#pragma GCC unroll 8
      for (int c = 0; c < 8; ++c) sum[c] += row_delta * column[c];
    }
    uint32_t bits = 0;
#pragma GCC unroll 8
    for (int c = 0; c < 8; ++c) {
      sum[c] >>= shift;
      bits |= (uint32_t)(sum[c] + 32768);
    }
    if (bits > 65535) {
#pragma GCC unroll 8
      for (int c = 0; c < 8; ++c) sum[c] = saturate_int16(sum[c]);
    }
    if (activation == LSGD_ACTIVATION_TANH) {
#pragma GCC unroll 8
      for (int c = 0; c < 8; ++c) previous[c] = times_tanh_derivative(sum[c], a[c]);
    } else {
#pragma GCC unroll 8
      for (int c = 0; c < 8; ++c) previous[c] = (int16_t)sum[c];
      multiply_by_derivative(previous, activation, a, 8);
    }
  }
}
#endif

/** delta of layer l - 1, [inputs], from that of layer l, [outputs], and its weights before the
 * update: four columns at a time, so that each delta is loaded once for four products. */
static void hidden_delta(int l, const int8_t* restrict weights, const int16_t* restrict delta,
                         const int8_t* restrict a, int16_t* restrict previous) {
  const struct lsgd_layer* layer = &network->layers[l];
  const uint32_t inputs = layer->inputs;
  const int16_t* const end = delta + layer->outputs;
  const int shift = fraction_bits[l];
  uint32_t i = 0;
#if LSGD_HAS_31_REGISTERS
  i = inputs & ~7u;
  eights_of_hidden_delta(l, weights, delta, a, previous);
#endif
  for (; i + 4 <= inputs; i += 4) {
    int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    const int8_t* column = weights + i;
#if LSGD_HAS_HALFWORDS
    for (const int16_t* d = delta; d != end; ++d, column += inputs) {
      const int32_t row_delta = *d;
      const uint32_t word = lsgd_load_word(column);
      const uint32_t even = lsgd_even_bytes(word), odd = lsgd_odd_bytes(word);
      sum0 = lsgd_add_lower_product(sum0, even, row_delta);
      sum1 = lsgd_add_lower_product(sum1, odd, row_delta);
      sum2 = lsgd_add_upper_product(sum2, even, row_delta);
      sum3 = lsgd_add_upper_product(sum3, odd, row_delta);
    }
#else
    for (const int16_t* d = delta; d != end; ++d, column += inputs) {
      const int32_t row_delta = *d;
      sum0 += row_delta * column[0];
      sum1 += row_delta * column[1];
      sum2 += row_delta * column[2];
      sum3 += row_delta * column[3];
    }
#endif
    previous[i] = saturate_int16(sum0 >> shift);
    previous[i + 1] = saturate_int16(sum1 >> shift);
    previous[i + 2] = saturate_int16(sum2 >> shift);
    previous[i + 3] = saturate_int16(sum3 >> shift);
  }
  for (; i < inputs; ++i) {
    int32_t sum = 0;
    const int8_t* column = weights + i;
    for (const int16_t* d = delta; d != end; ++d, column += inputs) sum += *d * *column;
    previous[i] = saturate_int16(sum >> shift);
  }
#if LSGD_HAS_31_REGISTERS
  i = inputs & ~7u;
  multiply_by_derivative(previous + i, network->layers[l - 1].activation, a + i, inputs - i);
#else
  multiply_by_derivative(previous, network->layers[l - 1].activation, a, inputs);
#endif
}

static uint32_t next_random(uint32_t state) { return state * RANDOM_MULTIPLIER + RANDOM_INCREMENT; }

/** `count` bits, 0..30; shifted twice because a shift by 32 is undefined. */
static int32_t high_bits(uint32_t state, int count) {
  return (int32_t)(state >> 1 >> (31 - count));
}

/** Subtracts a change from a weight; whether it had to saturate. */
static int subtract(int8_t* weight, int32_t change) {
  const int32_t updated = *weight - change;
  *weight = (int8_t)updated;
  if (*weight == updated) return 0;
  *weight = updated < 0 ? -128 : 127;
  return 1;
}

#if LSGD_HAS_31_REGISTERS
/** The inputs of a layer lie in [lowest, highest], to which 0 belongs. */
struct input_range {
  int32_t lowest, highest;
};

static struct input_range range_of(const int8_t* input, const int8_t* end) {
  struct input_range range = {0, 0};
  for (; input != end; ++input) {
    const int32_t value = *input;
    if (value > range.highest) range.highest = value;
    if (value < range.lowest) range.lowest = value;
  }
  return range;
}

/* Of the input x[i], whose draw comes next. */
#define UPDATE_COLUMN(i)                                                              \
  distance = distance * multiplier + increment_of_distance;                           \
  if (distance >= span) {                                                             \
    const int32_t change = delta * x[i] + (int32_t)((distance + down) >> state_bits); \
    if ((uint32_t)change >= one) overflow |= subtract(&weight[i], change >> shift);   \
  }
#endif

static void halve_weights(int l, int8_t* weights) {
  --fraction_bits[l];
  for (uint32_t count = weight_count(&network->layers[l]); count > 0; --count, ++weights) {
    random_state = next_random(random_state);
    *weights = (int8_t)((*weights + high_bits(random_state, 1)) >> 1);
  }
}

#if LSGD_HAS_INT8_VECTORS
/** Not for rows that are too short for vectors. */
static struct lsgd_draws vector_draws(uint32_t inputs) {
  struct lsgd_draws draws = {{0}, {0}};
  uint32_t multiplier = 1, increment = 0;
  if (inputs < LSGD_DRAWS) return draws;
  for (int i = 0; i < LSGD_DRAWS; ++i) {
    increment = next_random(increment);
    multiplier *= RANDOM_MULTIPLIER;
    draws.multiplier[i] = multiplier;
    draws.increment[i] = increment;
  }
  return draws;
}
#endif

/** By how much a change is shifted right. */
static int shift_of_change(int l, int k) {
  return DELTA_FRACTION_BITS + activation_fraction_bits(l - 1) - fraction_bits[l] + k; /* 9..30 */
}

#if LSGD_HAS_31_REGISTERS
/* The state is the fraction that a change is added to, and nearly always too far from both ends for
 * any input to matter: then the weight is not even looked at. */
static void update(int l, int8_t* restrict weights, int16_t* restrict biases,
                   const int16_t* restrict deltas_of_layer, const int8_t* restrict input, int k) {
  const struct lsgd_layer* layer = &network->layers[l];
  const uint32_t inputs = layer->inputs;
  const int shift = shift_of_change(l, k);
  const int state_bits = 32 - shift; /* of a random state that are not drawn */
  const uint32_t one = (uint32_t)1 << shift;
  const int8_t* const end = input + inputs;
  const uint32_t first_columns = ((inputs - 1) & 7) + 1;
  const int8_t* const first_end = input + first_columns;
  const uint32_t farthest = 0x7fffffffu >> state_bits;
  const struct input_range range = range_of(input, end);
  /* Constants would be made by two instructions before each use. */
  uint32_t multiplier = RANDOM_MULTIPLIER, increment = RANDOM_INCREMENT;
  KEEP_IN_REGISTER(multiplier);
  KEEP_IN_REGISTER(increment);
  uint32_t state = random_state;
  int overflow = 0;
  int8_t* row = weights;
  const int16_t* const last = deltas_of_layer + layer->outputs;
  for (; deltas_of_layer != last; ++deltas_of_layer, ++biases, row += inputs) {
    const int32_t delta = *deltas_of_layer;
    if (!delta) continue;
    const int32_t down_input = delta > 0 ? -range.lowest : -range.highest;
    const int32_t up_input = delta > 0 ? range.highest : range.lowest;
    /* How far a change moves the state at most, in units of 2^-32 of a unit of the weight. */
    uint32_t down = (uint32_t)(delta * down_input), up = (uint32_t)(delta * up_input);
    if ((down | up) > farthest) down = up = farthest + 1;
    down <<= state_bits;
    up <<= state_bits;
    const uint32_t increment_of_distance = increment + multiplier * down - down;
    const uint32_t span = 0u - (down + up);
    uint32_t distance = state - down;
    const int8_t* x = first_end;
    int8_t* weight = row + first_columns;
    /* The first pass enters in the middle, for as many columns as the others leave. */
    switch (first_columns) {
      do {
        x += 8;
        weight += 8;
        /* fall through */
        default:
          UPDATE_COLUMN(-8)
        /* fall through */
        case 7:
          UPDATE_COLUMN(-7)
        /* fall through */
        case 6:
          UPDATE_COLUMN(-6)
        /* fall through */
        case 5:
          UPDATE_COLUMN(-5)
        /* fall through */
        case 4:
          UPDATE_COLUMN(-4)
        /* fall through */
        case 3:
          UPDATE_COLUMN(-3)
        /* fall through */
        case 2:
          UPDATE_COLUMN(-2)
        /* fall through */
        case 1:
          UPDATE_COLUMN(-1)
      } while (x != end);
    }
    state = distance * multiplier + increment_of_distance + down;
    *biases = saturate_int16(*biases - ((high_bits(state, k) + delta) >> k));
  }
  random_state = state;
  if (fraction_bits[l] > WEIGHT_FRACTION_BITS_FLOOR && overflow) halve_weights(l, weights);
}
#else
static void update(int l, int8_t* restrict weights, int16_t* restrict biases,
                   const int16_t* restrict deltas_of_layer, const int8_t* restrict input, int k) {
  const struct lsgd_layer* layer = &network->layers[l];
  const uint32_t inputs = layer->inputs;
  const int shift = shift_of_change(l, k);
  const int unused_bits = 32 - shift;
  const uint32_t one = (uint32_t)1
                       << shift; /* below it and not negative, a change is shifted out */
  uint32_t state = random_state;
  int overflow = 0;
  int8_t* row = weights;
#if LSGD_HAS_INT8_VECTORS
  const struct lsgd_draws draws = vector_draws(inputs);
#endif
  for (uint32_t j = 0; j < layer->outputs; ++j, row += inputs) {
    const int32_t delta = deltas_of_layer[j];
    if (delta == 0) continue;
#if LSGD_HAS_INT8_VECTORS
    uint32_t i =
        lsgd_int8_vector_update(row, input, inputs, delta, shift, &draws, &state, &overflow);
#else
    uint32_t i = 0;
#endif
    for (; i + 4 <= inputs; i += 4) {
      state = next_random(state);
      const int32_t change0 = delta * input[i] + (int32_t)(state >> unused_bits);
      if ((uint32_t)change0 >= one) overflow |= subtract(&row[i], change0 >> shift);
      state = next_random(state);
      const int32_t change1 = delta * input[i + 1] + (int32_t)(state >> unused_bits);
      if ((uint32_t)change1 >= one) overflow |= subtract(&row[i + 1], change1 >> shift);
      state = next_random(state);
      const int32_t change2 = delta * input[i + 2] + (int32_t)(state >> unused_bits);
      if ((uint32_t)change2 >= one) overflow |= subtract(&row[i + 2], change2 >> shift);
      state = next_random(state);
      const int32_t change3 = delta * input[i + 3] + (int32_t)(state >> unused_bits);
      if ((uint32_t)change3 >= one) overflow |= subtract(&row[i + 3], change3 >> shift);
    }
    for (; i < inputs; ++i) {
      state = next_random(state);
      const int32_t change = (delta * input[i] + (int32_t)(state >> unused_bits)) >> shift;
      if (change != 0) overflow |= subtract(&row[i], change);
    }
    state = next_random(state);
    biases[j] = saturate_int16(biases[j] - ((delta + high_bits(state, k)) >> k));
  }
  random_state = state;
  if (overflow && fraction_bits[l] > WEIGHT_FRACTION_BITS_FLOOR) halve_weights(l, weights);
}
#endif

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  const int k = rate_exponent(bits_of(learning_rate));
  lsgd_port_forward(input);

  int l = network->layer_count - 1;
  int8_t* weights = first_weight(l);
  int16_t* biases = parameters + first_neuron(l);
  const int8_t* a = activations + first_neuron(l);
  int16_t* delta = deltas[0];
  int16_t* previous = deltas[1];
  output_delta(a, target, delta);
  for (; l > 0; --l) {
    const struct lsgd_layer* below = &network->layers[l - 1];
    a -= below->outputs;
    hidden_delta(l, weights, delta, a, previous);
    update(l, weights, biases, delta, a, k);
    weights -= weight_count(below);
    biases -= below->outputs;
    int16_t* const freed = delta;
    delta = previous;
    previous = freed;
  }
  update(0, weights, biases, delta, quantized_input, k);
  return LSGD_OK;
}

/** Shifts beyond their ranges would be undefined. */
static int is_in_range(enum lsgd_operation operation, int32_t a, int32_t b) {
  switch (operation) {
    case LSGD_OPERATION_QUANTIZE:
      return b >= 0 && b <= 7;
    case LSGD_OPERATION_QUANTIZE_INT16:
      return b >= 0 && b <= 12;
    case LSGD_OPERATION_REQUANTIZE:
      return b >= 0 && b <= 16 && a >= -(1 << 30) && a <= 1 << 30;
    case LSGD_OPERATION_ALIGN_INT16_BIAS:
      return b >= -8 && b <= 2;
    case LSGD_OPERATION_RANDOM_DRAW:
      return b >= 0 && b <= 30;
    default:
      return 1;
  }
}

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  const int32_t integer = (int32_t)a;
  const int32_t second = (int32_t)b;
  int32_t value;
  if (!is_in_range(operation, integer, second)) return LSGD_OUT_OF_RANGE;
  switch (operation) {
    case LSGD_OPERATION_QUANTIZE:
      value = saturate_int8(quantize(a, second));
      break;
    case LSGD_OPERATION_QUANTIZE_INT16:
      value = quantize(a, second);
      break;
    case LSGD_OPERATION_REQUANTIZE:
      value = saturate_int8((integer + rounding_term(second)) >> second);
      break;
    case LSGD_OPERATION_ALIGN_INT16_BIAS:
      value = align_bias((int16_t)integer, second);
      break;
    case LSGD_OPERATION_RELU:
      value = relu((int8_t)integer);
      break;
    case LSGD_OPERATION_SIGMOID_TABLE:
      value = lsgd_sigmoid_table[(int8_t)integer + 128];
      break;
    case LSGD_OPERATION_TANH_TABLE:
      value = lsgd_tanh_table[(int8_t)integer + 128];
      break;
    case LSGD_OPERATION_RATE_EXPONENT:
      value = rate_exponent(a);
      break;
    case LSGD_OPERATION_RANDOM_DRAW:
      value = high_bits(next_random(a), second);
      break;
    case LSGD_OPERATION_TIMES_SIGMOID_DERIVATIVE:
      value = times_sigmoid_derivative((int16_t)integer, (int8_t)second);
      break;
    case LSGD_OPERATION_TIMES_TANH_DERIVATIVE:
      value = times_tanh_derivative((int16_t)integer, (int8_t)second);
      break;
    default:
      return LSGD_UNSUPPORTED;
  }
  *result = (uint32_t)value;
  return LSGD_OK;
}
