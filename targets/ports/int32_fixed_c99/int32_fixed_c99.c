/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Profile int32_fixed (SPEC 13): training in 32-bit fixed point. A product is the high half of 64
 * bits, one instruction; the formats are such that a product of the update is in units of the
 * weight, and sums are shifted once, when they are finished. A product is cut down, by half a unit
 * in the mean; sums start with that much. Products of the update are cut too, which SPEC 13.5
 * allows.
 *
 * Nothing in the inner loops checks for overflow. Each layer has some headroom instead: how much
 * each of its weights may still grow before one of them may reach 8, or those of a neuron add up
 * to 64. Up to there neither sums nor updates can overflow. A layer without headroom, or with large
 * inputs or deltas, takes the wide functions, which give the same within the same bounds.
 *
 * Right shifts of negative integers are arithmetic on every compiler this is built with; the tests
 * would tell.
 */
#include <string.h>

#include "fixed_activation.h"
#include "fixed_kernels.h"
#include "lsgd/arithmetics.h"
#include "lsgd/port.h"

#define WEIGHT_BITS 27 /* fraction bits */
#define DELTA_BITS 28  /* also of x, t, and activations of relu and identity */
#define Z_BITS 25
#define ACTIVATION_BITS 30 /* of sigmoid and tanh */

#define HALF_RANGE ((int32_t)1 << 30)

static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .arithmetic = LSGD_ARITHMETIC_INT32_FIXED,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = "int32_fixed_c99",
};

static const struct lsgd_network* network;
static int32_t parameters[LSGD_CAPACITY_PARAMETERS]; /* W_1, b_1, W_2, ... */
static int32_t activations[LSGD_CAPACITY_ACTIVATIONS];
static int32_t quantized_input[LSGD_CAPACITY_INPUTS];
static int32_t deltas[2][LSGD_CAPACITY_WIDTH];

/** What is known of a layer. */
static struct {
  int32_t headroom;        /**< in units of the weights; 0 or less: not known */
  uint8_t may_saturate;    /**< sums may come to 64, though not to 256 */
  uint8_t has_small_input; /**< none above 1 in the last forward pass */
} known[LSGD_CAPACITY_LAYERS];

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

int lsgd_port_configure(const struct lsgd_network* configured) {
  network = configured;
  memset(parameters, 0, sizeof parameters);
  memset(activations, 0, sizeof activations);
  memset(known, 0, sizeof known);
  return LSGD_OK;
}

static uint32_t weight_count(const struct lsgd_layer* layer) {
  return (uint32_t)layer->outputs * layer->inputs;
}

/** The weights of layer l, 0..L - 1, which its biases follow. */
LSGD_RARE static int32_t* first_weight(int l) {
  int32_t* first = parameters;
  while (l-- > 0) first += weight_count(&network->layers[l]) + network->layers[l].outputs;
  return first;
}

LSGD_RARE static int32_t* first_activation(int l) {
  int32_t* first = activations;
  while (l-- > 0) first += network->layers[l].outputs;
  return first;
}

/** The bytes of a tensor; int32 are little-endian like the processor. */
LSGD_RARE static uint8_t* tensor_bytes(enum lsgd_tensor tensor, int l) {
  switch (tensor) {
    case LSGD_TENSOR_WEIGHTS:
      return (uint8_t*)first_weight(l);
    case LSGD_TENSOR_BIASES:
      return (uint8_t*)(first_weight(l) + weight_count(&network->layers[l]));
    default:
      return (uint8_t*)first_activation(l);
  }
}

int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
  memcpy(tensor_bytes(tensor, layer - 1) + offset, bytes, count);
  known[layer - 1].headroom = 0;
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  memcpy(bytes, tensor_bytes(tensor, layer - 1) + offset, count);
  return LSGD_OK;
}

static int32_t saturate(int64_t value) {
  if (value > INT32_MAX) return INT32_MAX;
  if (value < INT32_MIN) return INT32_MIN;
  return (int32_t)value;
}

static int32_t shift_left_saturated(int32_t value, int count) {
  const int32_t shifted = (int32_t)((uint32_t)value << count);
  if (shifted >> count != value) return value < 0 ? INT32_MIN : INT32_MAX;
  return shifted;
}

static int32_t subtract_saturated(int32_t a, int32_t b) {
  const int32_t difference = (int32_t)((uint32_t)a - (uint32_t)b);
  if (((a ^ b) & (a ^ difference)) < 0) return a < 0 ? INT32_MIN : INT32_MAX;
  return difference;
}

/** The magnitude of a number, less 1 where it is negative; or-ed together, at least all of them. */
static inline uint32_t magnitude_bits(int32_t value) { return (uint32_t)(value ^ value >> 31); }

/** A binary32 number's bits; not by memcpy, which is a call for a freestanding compiler. */
static uint32_t bits_of(float value) {
  union {
    float value;
    uint32_t bits;
  } binary32;
  binary32.value = value;
  return binary32.bits;
}

/** int32 of a binary32 number times 2^count, rounded half away from zero, saturated. */
static int32_t quantize(uint32_t bits, int count) {
  const int negative = bits >> 31 != 0;
  const uint32_t significand = (bits & 0x007fffffu) | 0x00800000u;
  const int shift = (int)(bits >> 23 & 0xff) - 150 + count;
  if (shift < -24) return 0;
  if (shift > 7) return negative ? INT32_MIN : INT32_MAX;
  /* Half away from zero is half up of the magnitude, which one fraction bit decides. */
  const uint32_t magnitude =
      shift >= 0 ? significand << shift : ((significand >> (-1 - shift)) + 1) >> 1;
  return negative ? -(int32_t)magnitude : (int32_t)magnitude;
}

static int is_bounded(uint8_t activation) {
  return activation == LSGD_ACTIVATION_SIGMOID || activation == LSGD_ACTIVATION_TANH;
}

/** Whether the inputs of layer l have the format of x rather than that of sigmoid and tanh. */
static int has_wide_inputs(int l) {
  return l == 0 || !is_bounded(network->layers[l - 1].activation);
}

/**
 * Whether a layer has headroom: measured, if what is known is used up. With none of the weights and
 * biases at 8 or above, it is the least that all of them may grow by before one may be, or those of
 * a neuron may add up to 64; to 256 where they have passed 48 and sums have the format for it.
 */
static int has_headroom(int l, const int32_t* weights) {
  if (known[l].headroom > 0) return 1;
  const struct lsgd_layer* layer = &network->layers[l];
  const int32_t* bias = weights + weight_count(layer);
  uint32_t largest = 0, largest_sum = 0; /* sums of magnitudes / 2^16 */
  for (uint32_t j = 0; j < layer->outputs; ++j) {
    if (magnitude_bits(bias[j]) > largest) largest = magnitude_bits(bias[j]);
    /* Each rounded up, and as much again for what sums start with. */
    uint32_t sum = (magnitude_bits(bias[j]) >> 16) + 2 * (layer->inputs + 1u);
    for (const int32_t* const end = weights + layer->inputs; weights != end; ++weights) {
      const uint32_t magnitude = magnitude_bits(*weights);
      if (magnitude > largest) largest = magnitude;
      sum += magnitude >> 16;
    }
    if (sum > largest_sum) largest_sum = sum;
  }
  known[l].may_saturate = has_wide_inputs(l) && largest_sum > (uint32_t)48 << (WEIGHT_BITS - 16);
  const uint32_t limit = (uint32_t)(known[l].may_saturate ? 256 : 64) << (WEIGHT_BITS - 16);
  if (largest_sum >= limit || largest >= (uint32_t)HALF_RANGE) return 0;
  const uint32_t of_each = (limit - largest_sum) / (layer->inputs + 1u);
  const int32_t of_largest = HALF_RANGE - (int32_t)largest - 1;
  known[l].headroom = of_each < (uint32_t)of_largest >> 16 ? (int32_t)of_each << 16 : of_largest;
  return known[l].headroom > 0;
}

/** How many numbers are not zero; *fits says whether none of those, with 28 fraction bits, is
 * above 1. */
static uint32_t count_nonzero(const int32_t* values, uint32_t count, int* fits) {
  const uint32_t one = (uint32_t)1 << DELTA_BITS;
  uint32_t nonzero = 0;
  *fits = 1;
  for (; count != 0; --count, ++values) {
    nonzero += *values != 0;
    if ((uint32_t)*values + one > 2 * one) *fits = 0;
  }
  return nonzero;
}

/** bias + row * input with 25 fraction bits, each product with 35 or 37. */
static int32_t wide_dot_product(const int32_t* row, const int32_t* input, uint32_t inputs,
                                int32_t bias, int wide) {
  int64_t sum = (int64_t)bias * (wide ? 1 << 8 : 1 << 10);
  for (uint32_t i = 0; i < inputs; ++i) sum += ((int64_t)row[i] * input[i]) >> 20;
  return saturate(wide ? (sum + (1 << 9)) >> 10 : (sum + (1 << 11)) >> 12);
}

/** Pre-activations, whatever the numbers are. */
LSGD_RARE static void wide_dense(int l, const int32_t* weights, const int32_t* input, int32_t* z) {
  const struct lsgd_layer* layer = &network->layers[l];
  const int32_t* bias = weights + weight_count(layer);
  for (uint32_t j = 0; j < layer->outputs; ++j, weights += layer->inputs)
    z[j] = wide_dot_product(weights, input, layer->inputs, bias[j], has_wide_inputs(l));
}

/** The same, quickly where the layer has headroom. Sums have 25 fraction bits, or 23 with wide
 * inputs of at most 1; none leaves its format, in whatever order. */
static void dense(int l, const int32_t* weights, const int32_t* input, int32_t* z) {
  const struct lsgd_layer* layer = &network->layers[l];
  const int wide = has_wide_inputs(l);
  uint32_t products = layer->inputs;
  int fits = 1;
  if (wide) products = count_nonzero(input, products, &fits);
  known[l].has_small_input = (uint8_t)fits;
  if (!has_headroom(l, weights) || !fits) {
    wide_dense(l, weights, input, z);
    return;
  }
  struct lsgd_fixed_sum sum;
  sum.start = (int32_t)(products + 1) / 2;
  sum.bias_shift = wide ? 4 : 2;
  sum.z_shift = wide && !known[l].may_saturate ? 2 : 0;
  lsgd_dense(weights, weights + weight_count(layer), input, layer->inputs, layer->outputs, sum, z);
  if (known[l].may_saturate)
    for (const int32_t* const end = z + layer->outputs; z != end; ++z)
      *z = shift_left_saturated(*z, 2);
}

/** Activations of relu and identity, which have three fraction bits more than z. */
static void widen(int32_t* values, uint32_t count, int is_relu) {
  for (; count != 0; --count, ++values)
    *values = is_relu && *values < 0 ? 0 : shift_left_saturated(*values, 3);
}

int lsgd_port_forward(const float* input) {
  const uint32_t input_count = network->layers[0].inputs;
  for (uint32_t i = 0; i < input_count; ++i)
    quantized_input[i] = quantize(bits_of(input[i]), DELTA_BITS);
  const int32_t* a_below = quantized_input;
  const int32_t* weights = parameters;
  int32_t* a = activations;
  for (int l = 0; l < network->layer_count; ++l) {
    const struct lsgd_layer* layer = &network->layers[l];
    dense(l, weights, a_below, a);
    if (layer->activation == LSGD_ACTIVATION_SIGMOID)
      lsgd_fixed_sigmoid(a, layer->outputs);
    else if (layer->activation == LSGD_ACTIVATION_TANH)
      lsgd_fixed_tanh(a, layer->outputs);
    else
      widen(a, layer->outputs, layer->activation == LSGD_ACTIVATION_RELU);
    weights += weight_count(layer) + layer->outputs;
    a_below = a;
    a += layer->outputs;
  }
  return LSGD_OK;
}

/** What bounds the deltas of a layer. */
struct extent {
  uint32_t nonzero; /**< how many are not zero */
  uint32_t bits; /**< below twice the largest magnitude, and at least any, less 1 where negative */
};

/** f' with 28 fraction bits, from a. */
static inline int32_t derivative(uint8_t activation, int32_t a) {
  switch (activation) {
    case LSGD_ACTIVATION_TANH:
      return (1 << 28) - lsgd_multiply_high(a, a);
    case LSGD_ACTIVATION_SIGMOID:
      return lsgd_multiply_high(a, (1 << 30) - a);
    case LSGD_ACTIVATION_RELU:
      return a > 0 ? 1 << 28 : 0;
    default:
      return 1 << 28;
  }
}

LSGD_OUT_OF_LINE static struct extent output_delta(const int32_t* a, const float* target,
                                                   int32_t* delta) {
  struct extent extent = {0, 0};
  const struct lsgd_layer* layer = &network->layers[network->layer_count - 1];
  for (uint32_t j = 0; j < layer->outputs; ++j) {
    const int32_t output = is_bounded(layer->activation) ? (a[j] + 2) >> 2 : a[j];
    delta[j] = subtract_saturated(output, quantize(bits_of(target[j]), DELTA_BITS));
    if (network->loss == LSGD_LOSS_MSE)
      delta[j] =
          (int32_t)(((int64_t)delta[j] * derivative(layer->activation, a[j]) + (1 << 27)) >> 28);
    extent.nonzero += delta[j] != 0;
    extent.bits |= magnitude_bits(delta[j]);
  }
  return extent;
}

/** Turns sums with 23 fraction bits into deltas of the layer whose activations are a. */
static inline struct extent times_derivative(uint8_t activation, const int32_t* a, int32_t* sums,
                                             uint32_t neurons) {
  struct extent extent = {0, 0};
  for (const int32_t* const end = a + neurons; a != end; ++a, ++sums) {
    const int64_t product = (int64_t)*sums * derivative(activation, *a);
    const int32_t high = (int32_t)(product >> 32);
    /* 28 fraction bits of 51; above them, the product has bits of its sign only. */
    const uint32_t delta = high >> 22 == high >> 31 ? (uint32_t)high << 9 | (uint32_t)product >> 23
                                                    : 0x7fffffffu + ((uint32_t)high >> 31);
    *sums = (int32_t)delta;
    if (activation == LSGD_ACTIVATION_RELU) extent.nonzero += delta != 0;
    extent.bits |= magnitude_bits((int32_t)delta);
  }
  if (activation != LSGD_ACTIVATION_RELU && extent.bits != 0) extent.nonzero = neurons;
  return extent;
}

uint32_t lsgd_times_derivative_of_tanh(const int32_t* a, int32_t* sums, uint32_t neurons) {
  return times_derivative(LSGD_ACTIVATION_TANH, a, sums, neurons).bits;
}

/** Deltas of layer l of which nothing is known but the sums. */
LSGD_OUT_OF_LINE static struct extent hidden_delta(int l, const int32_t* a, int32_t* sums) {
  const struct lsgd_layer* layer = &network->layers[l];
  return times_derivative(layer->activation, a, sums, layer->outputs);
}

/** Steps have 29 fraction bits, or 31 for wide inputs: a step times an input those of a weight. */
static struct lsgd_fixed_rate rate_of(float learning_rate, int wide) {
  const uint32_t bits = bits_of(learning_rate);
  const int shift = 127 - (wide ? 5 : 3) - (int)(bits >> 23);
  struct lsgd_fixed_rate rate;
  rate.significand = (int32_t)(((bits & 0x007fffffu) | 0x00800000u) << 7);
  rate.shift = shift > 31 ? 31 : shift;
  rate.half = rate.shift > 0 ? (int32_t)1 << (rate.shift - 1) : 0;
  rate.bias_shift = wide ? 4 : 2;
  return rate;
}

/** learning_rate * delta, saturated, where bits are shifted in. */
static int32_t large_step(struct lsgd_fixed_rate rate, int32_t delta) {
  const int64_t product = (int64_t)delta * rate.significand;
  int32_t high = (int32_t)(product >> 32);
  uint32_t low = (uint32_t)product;
  for (int shift = rate.shift; shift < 0; ++shift, low <<= 1) {
    if ((uint32_t)high + (uint32_t)HALF_RANGE >= 0x80000000u)
      return high < 0 ? INT32_MIN : INT32_MAX;
    high = (int32_t)((uint32_t)high << 1 | low >> 31);
  }
  return high;
}

/** The sum of a column times the deltas with 23 fraction bits, each product with 35. */
static int32_t wide_column_sum(const int32_t* column, const int32_t* delta,
                               const struct lsgd_layer* layer) {
  int64_t sum = 0;
  for (uint32_t j = 0; j < layer->outputs; ++j, column += layer->inputs)
    sum += ((int64_t)*column * delta[j]) >> 20;
  return saturate((sum + (1 << 11)) >> 12);
}

/** Sums of the layer below, where there is one, and update, whatever the numbers are. */
LSGD_RARE static void wide_backward(int l, int32_t* weights, const int32_t* input,
                                    const int32_t* delta, const struct lsgd_fixed_rate* of_step,
                                    int32_t* sums) {
  const struct lsgd_fixed_rate rate = *of_step;
  const struct lsgd_layer* layer = &network->layers[l];
  int32_t* const bias = weights + weight_count(layer);
  if (l > 0)
    for (uint32_t i = 0; i < layer->inputs; ++i)
      sums[i] = wide_column_sum(weights + i, delta, layer);
  for (uint32_t j = 0; j < layer->outputs; ++j) {
    const int32_t step =
        rate.shift > 0 ? lsgd_small_step(rate, delta[j]) : large_step(rate, delta[j]);
    bias[j] = subtract_saturated(bias[j], ((step >> (rate.bias_shift - 1)) + 1) >> 1);
    for (uint32_t i = 0; i < layer->inputs; ++i, ++weights)
      *weights = subtract_saturated(*weights, lsgd_multiply_high(step, input[i]));
  }
}

/** At least the sum of the magnitudes, in units of 2^9. */
LSGD_RARE static uint32_t sum_of_magnitudes(const int32_t* values, uint32_t count) {
  uint32_t sum = count;
  for (; count != 0; --count, ++values) sum += magnitude_bits(*values) >> 9;
  return sum;
}

/** The same, quickly where the layer has headroom, and deltas and learning rate are small; whether
 * the sums are deltas already, bounded by *extent. */
static int backward(int l, int32_t* weights, const int32_t* input, int32_t* delta,
                    struct extent* extent, float learning_rate, int32_t* sums) {
  const struct lsgd_layer* layer = &network->layers[l];
  int32_t* const biases = weights + weight_count(layer);
  const int wide = has_wide_inputs(l);
  const struct lsgd_fixed_rate rate = rate_of(learning_rate, wide);
  /* Deltas that add up to less than 31 times weights below 8 stay below 256, the format of sums. */
  const uint64_t largest = (uint64_t)31 << DELTA_BITS;
  int fits = l == 0 || ((uint64_t)extent->bits + 1) * layer->outputs < largest;
  if (!fits) fits = (uint64_t)sum_of_magnitudes(delta, layer->outputs) << 9 < largest;
  if (!fits || rate.shift <= 0 || known[l].headroom <= 0) {
    wide_backward(l, weights, input, delta, &rate, sums);
    known[l].headroom = 0;
    return 0;
  }
  /* By how much a weight may grow; wide inputs are at most 8 or 1. */
  const int input_shift = !wide ? 2 : known[l].has_small_input ? 4 : 1;
  known[l].headroom -= (lsgd_small_step(rate, (int32_t)extent->bits) >> input_shift) + 2;
  if (l == 0) {
    lsgd_update(weights, biases, input, layer->inputs, layer->outputs, delta, &rate);
    return 1;
  }
  const int is_tanh = network->layers[l - 1].activation == LSGD_ACTIVATION_TANH;
  extent->bits =
      lsgd_hidden_delta_and_update(weights, biases, input, layer->inputs, layer->outputs, delta,
                                   &rate, (int32_t)extent->nonzero / 2, is_tanh, sums);
  extent->nonzero = extent->bits != 0 ? layer->inputs : 0;
  return is_tanh;
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  lsgd_port_forward(input);
  int l = network->layer_count - 1;
  int32_t* weights = parameters;
  const int32_t* a = activations;
  for (const struct lsgd_layer* layer = network->layers; layer != &network->layers[l]; ++layer) {
    weights += weight_count(layer) + layer->outputs;
    a += layer->outputs;
  }
  int32_t* delta = deltas[0];
  int32_t* below = deltas[1];
  struct extent extent = output_delta(a, target, delta);
  for (; l > 0; --l) {
    const struct lsgd_layer* layer_below = &network->layers[l - 1];
    a -= layer_below->outputs;
    if (!backward(l, weights, a, delta, &extent, learning_rate, below))
      extent = hidden_delta(l - 1, a, below);
    weights -= weight_count(layer_below) + layer_below->outputs;
    int32_t* const free_buffer = delta;
    delta = below;
    below = free_buffer;
  }
  backward(0, weights, quantized_input, delta, &extent, learning_rate, below);
  return LSGD_OK;
}

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  int32_t value = (int32_t)a;
  switch (operation) {
    case LSGD_OPERATION_QUANTIZE_INT32:
      if (b > 30) return LSGD_OUT_OF_RANGE;
      value = quantize(a, (int)b);
      break;
    case LSGD_OPERATION_FIXED_SIGMOID:
      lsgd_fixed_sigmoid(&value, 1);
      break;
    case LSGD_OPERATION_FIXED_TANH:
      lsgd_fixed_tanh(&value, 1);
      break;
    default:
      return LSGD_UNSUPPORTED;
  }
  *result = (uint32_t)value;
  return LSGD_OK;
}
