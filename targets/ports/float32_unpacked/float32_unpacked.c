/* SPDX-License-Identifier: Apache-2.0 */

/*
 * L-SGD in binary32 for processors without floating-point hardware. Chains of multiply-adds run on
 * unpacked numbers in integer registers (unpacked.h): one rounding where a chain ends, none inside.
 * The backward pass goes through a layer column by column, so that each weight is read once for
 * both its layer's update and the hidden delta of the layer below.
 */
#include "float32_state.h"
#include "float_activation.h"
#include "lsgd/arithmetics.h"
#include "unpacked.h"

static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .arithmetic = LSGD_ARITHMETIC_FLOAT32,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = "float32_unpacked",
};

static float deltas[LSGD_CAPACITY_ACTIVATIONS]; /* delta_1, delta_2, ... */

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

static float from_bits(uint32_t bits) {
  float value;
  lsgd_store_bits(&value, bits);
  return value;
}

static uint32_t activate(uint8_t activation, uint32_t z) {
  float a;
  switch (activation) {
    case LSGD_ACTIVATION_RELU:
      return z & LSGD_SIGN ? 0 : z;
    case LSGD_ACTIVATION_LEAKY_RELU:
      if (!(z & LSGD_SIGN)) return z;
      a = 0.125f * from_bits(z);
      break;
    case LSGD_ACTIVATION_SIGMOID:
      a = lsgd_float_sigmoid(from_bits(z));
      break;
    case LSGD_ACTIVATION_TANH:
      a = lsgd_float_tanh(from_bits(z));
      break;
    default:
      return z;
  }
  return lsgd_load_bits(&a);
}

/** Rare, and through a copy: the sum itself stays in registers. */
static inline struct lsgd_sum add_any_product(struct lsgd_sum sum, uint32_t x, uint32_t y) {
  struct lsgd_sum copy = sum;
  lsgd_add_any_product(&copy, x, y);
  return copy;
}

/** sum + weight x, x being normal, with its exponent and its significand shifted right by 1. */
static inline struct lsgd_sum add_weighted(struct lsgd_sum sum, uint32_t weight, uint32_t x,
                                           int32_t exponent, uint32_t shifted_significand) {
  const int32_t weight_exponent = lsgd_exponent_of(weight);
  if (LSGD_UNLIKELY(weight_exponent == 0)) return add_any_product(sum, weight, x);
  return lsgd_add_product(sum, lsgd_significand_of(weight), shifted_significand,
                          weight_exponent + exponent, lsgd_sign_mask(weight ^ x));
}

/**
 * z of two neurons: the bias plus the products of a row of weights with the input. One unpacking of
 * the input serves both rows.
 *
 * @param next  1, or 0 for a last neuron without a partner, which is then computed twice
 */
static LSGD_NOINLINE void forward_neurons(uint32_t inputs, const float* row, const float* bias,
                                          const float* input, float* z, uint32_t next) {
  struct lsgd_sum sum = lsgd_sum_from(lsgd_load_bits(bias));
  struct lsgd_sum next_sum = lsgd_sum_from(lsgd_load_bits(bias + next));
  const float* next_row = row + next * inputs;
  for (const float* const end = input + inputs; input != end; ++input, ++row, ++next_row) {
    const uint32_t x = lsgd_load_bits(input);
    const int32_t exponent = lsgd_exponent_of(x);
    if (LSGD_UNLIKELY(exponent == 0)) {
      if (x << 1 == 0) continue;
      sum = add_any_product(sum, lsgd_load_bits(row), x);
      next_sum = add_any_product(next_sum, lsgd_load_bits(next_row), x);
      continue;
    }
    const uint32_t significand = lsgd_significand_of(x) >> 1;
    sum = add_weighted(sum, lsgd_load_bits(row), x, exponent, significand);
    next_sum = add_weighted(next_sum, lsgd_load_bits(next_row), x, exponent, significand);
  }
  lsgd_store_bits(z, lsgd_round_sum(sum));
  lsgd_store_bits(z + next, lsgd_round_sum(next_sum));
}

int lsgd_port_forward(const float* input) {
  const float* row = lsgd_float32_parameters;
  float* output = lsgd_float32_activations;
  const struct lsgd_layer* layer = lsgd_float32_network->layers;
  for (uint32_t l = lsgd_float32_network->layer_count; l != 0; --l, ++layer) {
    const uint32_t inputs = layer->inputs;
    const float* bias = row + (uint32_t)layer->outputs * inputs;
    float* a = output;
    output += layer->outputs;
    while (a != output) {
      const uint32_t next = output - a > 1;
      forward_neurons(inputs, row, bias, input, a, next);
      row += (next + 1) * inputs;
      bias += next + 1;
      a += next + 1;
    }
    row = bias;
    input = a - layer->outputs;
    for (float* z = output; z != input;) {
      --z;
      lsgd_store_bits(z, activate(layer->activation, lsgd_load_bits(z)));
    }
  }
  return LSGD_OK;
}

/** learning_rate * a, what a column is updated with: its magnitude, and its sign as the highest bit
 * of `sign`. */
struct factor {
  uint32_t significand;
  int32_t exponent;
  uint32_t sign;
};

/** The fast path of an update computes changes in units of 2^-7 ulp. */
#define GUARD_BITS 7

/** *element - factor * delta, rounded once, for any finite numbers. */
static inline void update_any_weight(float* element, uint32_t weight, struct factor factor,
                                     uint32_t delta) {
  lsgd_store_bits(element, lsgd_subtract_product(weight, factor.significand, factor.exponent,
                                                 factor.sign, delta));
}

/**
 * *element - factor * delta, rounded once to nearest, ties to even; both numbers normal.
 *
 * Within a binade the bits of a number count its ulps, so it is enough to round the change, in ulps
 * of the weight. What that does not cover goes the long way: powers of two (below which ulps are
 * half as large), a change of the binade, and ties.
 *
 * @param exponents    the weight's less the delta's
 * @param significand  the delta's, shifted right by 1
 */
static inline void update_weight(float* element, uint32_t weight, struct factor factor,
                                 uint32_t delta, int32_t exponents, uint32_t significand) {
  const int32_t shift = exponents - factor.exponent + (133 - GUARD_BITS);
  if (LSGD_UNLIKELY((uint32_t)shift > 31)) {
    if (shift > 0) return;
    goto exact;
  }
  const uint32_t units = lsgd_multiply_high(factor.significand, significand) >> shift;
  const uint32_t ulps = (units + (1u << (GUARD_BITS - 1))) >> GUARD_BITS;
  const uint32_t updated =
      weight -
      (uint32_t)lsgd_apply_sign((int32_t)ulps, lsgd_sign_mask(weight ^ delta ^ factor.sign));
  if (LSGD_UNLIKELY((updated ^ weight) >> 23 != 0)) goto exact;
  if (LSGD_UNLIKELY(units << (32 - GUARD_BITS) == LSGD_SIGN)) goto exact;
  if (LSGD_UNLIKELY(ulps == 0)) {
    if (lsgd_significand_of(weight) == LSGD_SIGN) goto exact;
    return;
  }
  lsgd_store_bits(element, updated);
  return;
exact:
  update_any_weight(element, weight, factor, delta);
}

/** The hidden delta's sum + weight delta, both normal, with the sum of their exponents and the
 * delta's significand shifted right by 1. */
static inline struct lsgd_sum add_to_hidden_delta(struct lsgd_sum sum, uint32_t weight,
                                                  uint32_t delta, int32_t exponents,
                                                  uint32_t shifted_significand) {
  return lsgd_add_product(sum, lsgd_significand_of(weight), shifted_significand, exponents,
                          lsgd_sign_mask(weight ^ delta));
}

/**
 * One column of the backward pass: returns the sum of column[j] * delta[j] with the weights as they
 * are, and subtracts factor * delta[j] from each. Each weight is loaded and taken apart once for
 * both.
 *
 * @param column  first weight of the column, `stride` elements from row to row
 */
static inline struct lsgd_sum backward_column(float* column, uint32_t stride, const float* delta,
                                              uint32_t count, struct factor factor, int wants_sum) {
  struct lsgd_sum sum = {0, INT16_MIN};
  for (const float* const end = delta + count; delta != end; ++delta, column += stride) {
    const uint32_t change = lsgd_load_bits(delta);
    const uint32_t weight = lsgd_load_bits(column);
    const int32_t change_exponent = lsgd_exponent_of(change);
    const int32_t weight_exponent = lsgd_exponent_of(weight);
    if (LSGD_UNLIKELY(change_exponent == 0) || LSGD_UNLIKELY(weight_exponent == 0)) {
      if (change << 1 == 0) continue;
      if (wants_sum) sum = add_any_product(sum, weight, change);
      update_any_weight(column, weight, factor, change);
      continue;
    }
    const uint32_t significand = lsgd_significand_of(change) >> 1;
    if (wants_sum)
      sum =
          add_to_hidden_delta(sum, weight, change, weight_exponent + change_exponent, significand);
    update_weight(column, weight, factor, change, weight_exponent - change_exponent, significand);
  }
  return sum;
}

/** Without the sum: the first layer and the biases need none. */
static LSGD_NOINLINE void update_column(float* column, uint32_t stride, const float* delta,
                                        uint32_t count, struct lsgd_unpacked factor,
                                        uint32_t sign) {
  const struct factor signed_factor = {factor.significand, factor.exponent, sign};
  backward_column(column, stride, delta, count, signed_factor, 0);
}

static LSGD_NOINLINE struct lsgd_sum hidden_delta_and_update_column(float* column, uint32_t stride,
                                                                    const float* delta,
                                                                    uint32_t count,
                                                                    struct lsgd_unpacked factor,
                                                                    uint32_t sign) {
  const struct factor signed_factor = {factor.significand, factor.exponent, sign};
  return backward_column(column, stride, delta, count, signed_factor, 1);
}

/** f'(z), not negative, expressed by a = f(z). */
static struct lsgd_unpacked derivative(uint8_t activation, uint32_t a) {
  const struct lsgd_unpacked one = {LSGD_SIGN, 127};
  const struct lsgd_unpacked zero = {0, LSGD_ZERO_EXPONENT};
  const struct lsgd_unpacked eighth = {LSGD_SIGN, 124};
  if (activation == LSGD_ACTIVATION_IDENTITY) return one;
  if (activation == LSGD_ACTIVATION_RELU) return a << 1 == 0 ? zero : one;
  if (activation == LSGD_ACTIVATION_LEAKY_RELU) return a << 1 == 0 || a & LSGD_SIGN ? eighth : one;
  const struct lsgd_unpacked value = lsgd_unpack(a);
  const int is_tanh = activation == LSGD_ACTIVATION_TANH;
  const struct lsgd_unpacked taken = is_tanh ? lsgd_multiply(value, value) : value;
  if (taken.exponent >= 127) return zero;
  /* 1 - taken with 32 fraction bits, truncated: an error below 2^-31 where one of 2^-24 taken is
     legal. */
  const int32_t shift = 126 - taken.exponent;
  const uint32_t complement = 0u - (shift > 31 ? 0 : taken.significand >> shift);
  const struct lsgd_unpacked rest = complement == 0 ? one : lsgd_normalized(complement, 126);
  return is_tanh ? rest : lsgd_multiply(value, rest);
}

/** sum * f', rounded. */
static LSGD_NOINLINE uint32_t times_derivative(struct lsgd_sum sum, uint8_t activation,
                                               uint32_t a) {
  if (sum.value == 0) return 0;
  const int32_t mask = sum.value >> 31;
  const uint32_t magnitude = (uint32_t)lsgd_apply_sign(sum.value, mask);
  const struct lsgd_unpacked product = lsgd_multiply(
      lsgd_normalized(magnitude, sum.scale - LSGD_SUM_SCALE), derivative(activation, a));
  return lsgd_pack((uint32_t)mask, product.significand, product.exponent);
}

static const struct lsgd_layer* last_layer(void) {
  return &lsgd_float32_network->layers[lsgd_float32_network->layer_count - 1];
}

static LSGD_NOINLINE void output_delta(const float* target) {
  const struct lsgd_layer* const layer = last_layer();
  const float* a = lsgd_float32_activations;
  float* delta = deltas;
  for (const struct lsgd_layer* below = lsgd_float32_network->layers; below != layer; ++below) {
    a += below->outputs;
    delta += below->outputs;
  }
  for (const float* const end = delta + layer->outputs; delta != end; ++delta, ++a, ++target) {
    const uint32_t bits = lsgd_load_bits(a);
    uint32_t difference =
        lsgd_subtract_product(bits, LSGD_SIGN, 127, 0, lsgd_load_bits(target)); /* a - 1 t */
    if (lsgd_float32_network->loss != LSGD_LOSS_BCE)
      difference = times_derivative(lsgd_sum_from(difference), layer->activation, bits);
    lsgd_store_bits(delta, difference);
  }
}

static inline void store_hidden_delta(float* delta, struct lsgd_sum sum, uint8_t activation,
                                      uint32_t a) {
  lsgd_store_bits(delta, times_derivative(sum, activation, a));
}

static inline struct lsgd_unpacked update_factor(struct lsgd_unpacked rate, uint32_t a) {
  return lsgd_multiply(rate, lsgd_unpack(a));
}

/** Updates every layer, and computes the deltas of those below the last. */
static LSGD_NOINLINE int backward(const float* input, float learning_rate) {
  const struct lsgd_layer* layer = lsgd_float32_network->layers;
  float* weights = lsgd_float32_parameters;
  float* delta = deltas;
  for (; layer != last_layer(); ++layer) {
    weights += lsgd_float32_layer_parameters(layer);
    delta += layer->outputs;
  }
  const struct lsgd_unpacked rate = lsgd_unpack(lsgd_load_bits(&learning_rate));
  for (;; --layer) {
    const int is_first = delta == deltas;
    float* below = delta - (is_first ? 0 : layer->inputs);
    const float* a = is_first ? input : &lsgd_float32_activations[below - deltas];
    for (uint32_t left = layer->inputs; left != 0; --left, ++a, ++below, ++weights) {
      const uint32_t bits = lsgd_load_bits(a);
      const struct lsgd_unpacked factor = update_factor(rate, bits);
      if (!is_first) {
        const struct lsgd_sum sum = hidden_delta_and_update_column(weights, layer->inputs, delta,
                                                                   layer->outputs, factor, bits);
        store_hidden_delta(below, sum, layer[-1].activation, bits);
      } else if (factor.significand != 0) {
        update_column(weights, layer->inputs, delta, layer->outputs, factor, bits);
      }
    }
    /* The biases as a column whose input is 1. */
    update_column(weights + layer->inputs * (layer->outputs - 1u), 1, delta, layer->outputs, rate,
                  0);
    if (is_first) return LSGD_OK;
    delta -= layer->inputs;
    weights -= layer->inputs + lsgd_float32_layer_parameters(layer - 1);
  }
}

/* One after the other, and the last call takes over this function's stack. */
int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  lsgd_port_forward(input);
  output_delta(target);
  return backward(input, learning_rate);
}

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  (void)b;
  switch (operation) {
    case LSGD_OPERATION_FLOAT_SIGMOID:
      *result = activate(LSGD_ACTIVATION_SIGMOID, a);
      return LSGD_OK;
    case LSGD_OPERATION_FLOAT_TANH:
      *result = activate(LSGD_ACTIVATION_TANH, a);
      return LSGD_OK;
    default:
      return LSGD_UNSUPPORTED;
  }
}
