/* SPDX-License-Identifier: Apache-2.0 */

/*
 * L-SGD in binary32 for processors without floating-point hardware. Chains of multiply-adds run on
 * two's complement significands in integer registers, several side by side that share one factor:
 * one rounding where a chain ends, none inside. Whatever these fast loops do not cover (subnormal
 * numbers, infinities, exponents at the ends of the range) is computed term by term with
 * unpacked.h.
 */
#include "float_activation.h"
#include "lsgd/arithmetics.h"
#include "stored_parameters.h"
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

static const struct lsgd_layer* last_layer(void) {
  return &lsgd_unpacked_network->layers[lsgd_unpacked_network->layer_count - 1];
}

/*
 * How many rows or columns are computed side by side, as registers last.
 */
#if defined(__riscv) && !defined(__riscv_32e)
#define LSGD_WIDTH 4
#else
#define LSGD_WIDTH 2
#endif

/** value * 2^(scale - 281): a chain of multiply-adds. */
struct chain {
  int32_t value;
  int32_t scale;
};

/** From the scale of a chain to that of struct lsgd_sum. */
#define CHAIN_TO_SUM 1

/** What multiplies a parameter: s * 2^(exponent - 156), 2^29 <= |s| < 2^30. */
static inline int32_t signed_significand(uint32_t bits) {
  return lsgd_apply_sign((int32_t)(lsgd_significand_of(bits) >> 2), lsgd_sign_mask(bits));
}

static inline int32_t multiply_high(int32_t a, int32_t b) {
  return (int32_t)(((int64_t)a * b) >> 32);
}

/** The largest and the smallest exponent of the numbers that are not 0, as 256 largest + smallest.
 * Subnormal numbers have the exponent 0; without any number it is 255. */
static LSGD_NOINLINE uint32_t exponents_of(const float* number, uint32_t count) {
  uint32_t largest = 0;
  uint32_t smallest = UINT32_MAX;
  for (const float* const end = number + count; number != end; ++number) {
    const uint32_t magnitude = lsgd_load_bits(number) << 1;
    if (magnitude == 0) continue;
    if (magnitude > largest) largest = magnitude;
    if (magnitude < smallest) smallest = magnitude;
  }
  return largest >> 24 << 8 | smallest >> 24;
}

/**
 * The scales with which a chain is as accurate as declared. It starts with the scale below them. So
 * weights of exponent 0, whose significand is another, are too small for it to be changed by them.
 * Weights of exponent 255 take it beyond the last.
 */
struct scales {
  int32_t first;
  uint32_t count;
};

static inline struct scales scales_for(uint32_t exponents) {
  struct scales scales = {(int32_t)(exponents >> 8) + 34, 0};
  const int32_t smallest = (int32_t)(exponents & 255);
  const int32_t end = smallest + 255;
  if (smallest != 0 && end > scales.first) scales.count = (uint32_t)(end - scales.first);
  return scales;
}

static inline int is_accurate(struct chain chain, struct scales scales) {
  return (uint32_t)(chain.scale - scales.first) < scales.count;
}

/** The chain that starts with a bias; beyond all scales where that is no normal number. */
static inline struct chain chain_from(uint32_t bias, struct scales scales) {
  const int32_t exponent = lsgd_word_exponent(bias);
  struct chain chain = {0, scales.first - 1};
  if (bias == 0) return chain;
  if (LSGD_UNLIKELY((uint32_t)(exponent - 1) > 253)) {
    chain.scale = INT16_MAX;
    return chain;
  }
  chain.value = lsgd_word_significand(bias) >> 2;
  const int32_t shift = chain.scale - (exponent + 126);
  if (shift > 0)
    chain.value = lsgd_shift_right_rounding(chain.value, shift);
  else
    chain.scale -= shift;
  return chain;
}

/** value / 2^shift at a scale larger by shift. */
static inline struct chain rescaled(struct chain chain, int32_t shift) {
  const struct chain result = {lsgd_shift_right_rounding(chain.value, shift), chain.scale + shift};
  return result;
}

/**
 * chain + weight x, or chain - weight x: terms are rounded down, so what is subtracted is rounded
 * up. Taking turns, the two have no bias.
 *
 * The quantum of a chain is at most 2^-27 of the largest product or partial sum.
 *
 * @param x         significand of the other factor, see signed_significand
 * @param exponent  its exponent
 */
static inline struct chain with_term(struct chain chain, uint32_t weight, int32_t x,
                                     int32_t exponent, int subtracts) {
  const int32_t exponents = lsgd_word_exponent(weight) + exponent;
  int32_t shift = chain.scale - exponents;
  if (LSGD_UNLIKELY((uint32_t)shift > 31)) {
    if (shift > 0) return chain;
    chain = rescaled(chain, -shift);
    shift = 0;
  }
  const int32_t term = multiply_high(lsgd_word_significand(weight), x) >> shift;
  if (subtracts)
    chain.value -= term;
  else
    chain.value += term;
  return chain;
}

/** Keeps |value| below 2^30, so that two terms below 2^29 fit. */
static inline struct chain within_range(struct chain chain) {
  if (LSGD_UNLIKELY((int32_t)((uint32_t)chain.value + 0x40000000u) < 0)) return rescaled(chain, 1);
  return chain;
}

/** Instead of a result that a chain does not give: computed term by term where it is found. */
#define NOT_COMPUTED 0x7fffffffu

/** Zeros above the highest bit of a number that is not 0, fast where there are at most four. */
static inline int32_t few_leading_zeros(uint32_t value) {
#if defined(__ARM_FEATURE_CLZ) || defined(__riscv_zbb)
  return lsgd_leading_zeros(value);
#else
  static const uint8_t zeros[16] = {4, 3, 2, 2, 1, 1, 1, 1};
  const uint32_t highest = value >> 28;
  return LSGD_UNLIKELY(highest == 0) ? lsgd_leading_zeros(value) : zeros[highest];
#endif
}

/** lsgd_pack, of a number that is not 0, and fast for normal ones. */
static inline uint32_t packed(int32_t mask, uint32_t significand, int32_t exponent) {
  const int32_t zeros = few_leading_zeros(significand);
  significand <<= zeros;
  exponent -= zeros + 1;
  const uint32_t sign = (uint32_t)mask & LSGD_SIGN;
  if (LSGD_UNLIKELY((uint32_t)exponent > 253)) return lsgd_pack(sign, significand, exponent + 1);
  const uint32_t kept = significand >> 8;
  const uint32_t up = ((significand & 255) + 127 + (kept & 1)) >> 8;
  return sign | (((uint32_t)exponent << 23) + kept + up);
}

/** From the scale of a chain to the exponent of its value as a significand. */
#define CHAIN_EXPONENT 123

/** A chain rounded to the nearest binary32, ties to even. */
static LSGD_NOINLINE uint32_t round_chain(int32_t value, int32_t scale) {
  if (value == 0) return 0;
  const int32_t mask = value >> 31;
  return packed(mask, (uint32_t)lsgd_apply_sign(value, mask) << 1, scale - (CHAIN_EXPONENT + 1));
}

static inline uint32_t rounded(struct chain chain, struct scales scales) {
  return is_accurate(chain, scales) ? round_chain(chain.value, chain.scale) : NOT_COMPUTED;
}

/** Adds the sum of weight[k stride] * other[k], whatever these numbers are. */
static LSGD_NOINLINE void add_any_products(struct lsgd_sum* sum, const uint32_t* weight,
                                           uint32_t stride, const float* other, uint32_t count) {
  for (; count != 0; --count, weight += stride, ++other)
    lsgd_add_any_product(sum, lsgd_bits_from_word(*weight), lsgd_load_bits(other));
}

/** z of a layer: LSGD_WIDTH rows of weights share the unpacked input. */
static LSGD_NOINLINE void forward_layer(const struct lsgd_layer* layer, const uint32_t* weights,
                                        const float* input, float* z) {
  const uint32_t inputs = layer->inputs;
  const uint32_t last = layer->outputs - 1u;
  const float* const end = input + inputs;
  const uint32_t* const biases = weights + (last + 1) * inputs;
  const struct scales scales = scales_for(exponents_of(input, inputs));
  for (uint32_t j0 = 0; j0 <= last; j0 += LSGD_WIDTH) {
    /* Where fewer rows are left, the last is computed several times. */
    const uint32_t j1 = j0 + (j0 < last);
    const uint32_t* row0 = weights + j0 * inputs;
    const uint32_t* row1 = weights + j1 * inputs;
    struct chain chain0 = chain_from(biases[j0], scales);
    struct chain chain1 = chain_from(biases[j1], scales);
#if LSGD_WIDTH == 4
    const uint32_t j2 = j1 + (j1 < last);
    const uint32_t j3 = j2 + (j2 < last);
    const uint32_t* row2 = weights + j2 * inputs;
    const uint32_t* row3 = weights + j3 * inputs;
    struct chain chain2 = chain_from(biases[j2], scales);
    struct chain chain3 = chain_from(biases[j3], scales);
#endif
    for (const float* x = input;;) {
      uint32_t bits = lsgd_load_bits(x);
      int32_t exponent = lsgd_exponent_of(bits);
      if (exponent != 0) {
        const int32_t significand = signed_significand(bits);
        chain0 = with_term(chain0, row0[0], significand, exponent, 0);
        chain1 = with_term(chain1, row1[0], significand, exponent, 0);
#if LSGD_WIDTH == 4
        chain2 = with_term(chain2, row2[0], significand, exponent, 0);
        chain3 = with_term(chain3, row3[0], significand, exponent, 0);
#endif
      }
      if (++x == end) break;
      bits = lsgd_load_bits(x);
      exponent = lsgd_exponent_of(bits);
      if (exponent != 0) {
        const int32_t significand = -signed_significand(bits);
        chain0 = with_term(chain0, row0[1], significand, exponent, 1);
        chain1 = with_term(chain1, row1[1], significand, exponent, 1);
#if LSGD_WIDTH == 4
        chain2 = with_term(chain2, row2[1], significand, exponent, 1);
        chain3 = with_term(chain3, row3[1], significand, exponent, 1);
#endif
      }
      if (++x == end) break;
      chain0 = within_range(chain0);
      chain1 = within_range(chain1);
#if LSGD_WIDTH == 4
      chain2 = within_range(chain2);
      chain3 = within_range(chain3);
#endif
      row0 += 2;
      row1 += 2;
#if LSGD_WIDTH == 4
      row2 += 2;
      row3 += 2;
#endif
    }
    lsgd_store_bits(z + j0, rounded(chain0, scales));
    lsgd_store_bits(z + j1, rounded(chain1, scales));
#if LSGD_WIDTH == 4
    lsgd_store_bits(z + j2, rounded(chain2, scales));
    lsgd_store_bits(z + j3, rounded(chain3, scales));
#endif
  }
}

/** z of any neuron. */
static LSGD_NOINLINE uint32_t any_neuron(const struct lsgd_layer* layer, const uint32_t* weights,
                                         const float* input, uint32_t j) {
  const uint32_t* const row = weights + j * layer->inputs;
  const uint32_t bias = weights[(uint32_t)layer->outputs * layer->inputs + j];
  struct lsgd_sum sum = lsgd_sum_from(lsgd_bits_from_word(bias));
  add_any_products(&sum, row, 1, input, layer->inputs);
  return lsgd_round_sum(sum);
}

int lsgd_port_forward(const float* input) {
  const uint32_t* weights = lsgd_unpacked_parameters;
  float* a = lsgd_unpacked_activations;
  const struct lsgd_layer* layer = lsgd_unpacked_network->layers;
  for (;; ++layer) {
    forward_layer(layer, weights, input, a);
    for (uint32_t j = 0; j != layer->outputs; ++j) {
      uint32_t z = lsgd_load_bits(a + j);
      if (LSGD_UNLIKELY(z == NOT_COMPUTED)) z = any_neuron(layer, weights, input, j);
      lsgd_store_bits(a + j, activate(layer->activation, z));
    }
    if (layer == last_layer()) return LSGD_OK;
    weights += lsgd_unpacked_layer_parameters(layer);
    input = a;
    a += layer->outputs;
  }
}

/** learning_rate * a, what a column is updated with: significand * 2^(exponent - 157), the
 * significand 0 or 2^30 <= |significand| < 2^31. */
struct factor {
  int32_t significand;
  int32_t exponent;
};

static inline struct factor update_factor(struct lsgd_unpacked rate, uint32_t a) {
  const struct lsgd_unpacked product = lsgd_multiply(rate, lsgd_unpack(a));
  const struct factor factor = {
      lsgd_apply_sign((int32_t)(product.significand >> 1), lsgd_sign_mask(a)), product.exponent};
  return factor;
}

/** The fast path of an update computes changes in units of 2^-8 ulp, which is the scale of words.
 */
#define GUARD_BITS 8

/** *word - factor * delta, rounded once, for any finite numbers. */
static LSGD_NOINLINE void update_any_word(uint32_t* word, int32_t significand, int32_t exponent,
                                          uint32_t delta) {
  const uint32_t magnitude =
      (uint32_t)lsgd_apply_sign(significand, lsgd_sign_mask((uint32_t)significand));
  *word = lsgd_word_from_bits(lsgd_subtract_product(lsgd_bits_from_word(*word), magnitude << 1,
                                                    exponent, (uint32_t)significand, delta));
}

/**
 * *word - factor * delta, rounded once, where the change is less than half of the word, but for
 * what is too near to a tie or cancels more than four bits.
 */
static LSGD_NOINLINE void update_far(uint32_t* word, int32_t significand, int32_t exponent,
                                     uint32_t delta) {
  const int32_t word_exponent = lsgd_word_exponent(*word);
  const int32_t delta_exponent = lsgd_exponent_of(delta);
  const int32_t shift = word_exponent - exponent - delta_exponent + (131 - 5);
  if ((uint32_t)(word_exponent - 1) > 251 || delta_exponent == 0 || (uint32_t)shift > 31) goto any;
  /* In units of 2^-6 ulp. The change is rounded down, so the exact result is up to one unit below.
   */
  const int32_t change = multiply_high(significand, 2 * signed_significand(delta)) >> shift;
  const int32_t difference = (lsgd_word_significand(*word) >> 1) - change;
  const int32_t mask = (difference - 1) >> 31;
  /* The magnitude rounded down. */
  uint32_t magnitude = (uint32_t)lsgd_apply_sign(difference - 1, mask) + (uint32_t)mask;
  if (magnitude >> 27 == 0) goto any;
  const int32_t zeros = few_leading_zeros(magnitude);
  magnitude <<= zeros;
  const uint32_t rest = magnitude & 255;
  if (rest <= 128 && rest + (1u << zeros) >= 128) goto any;
  const int32_t result_exponent = word_exponent + 1 - zeros;
  if (result_exponent < 0) goto any;
  *word = lsgd_word_from_bits(((uint32_t)mask & LSGD_SIGN) |
                              (((uint32_t)result_exponent << 23) + (magnitude >> 8) + (rest >> 7)));
  return;
any:
  update_any_word(word, significand, exponent, delta);
}

/**
 * Whether update_word tells the words of exponent 0 and 255 from others: by changes that would be
 * far too large for the first and far too small for the others.
 *
 * @param exponents  of the deltas, see exponents_of
 */
static inline int tells_words_apart(struct factor factor, uint32_t exponents) {
  const int32_t largest = (int32_t)(exponents >> 8);
  const int32_t smallest = (int32_t)(exponents & 255);
  return factor.significand == 0 ||
         (smallest != 0 && factor.exponent + smallest > 123 && factor.exponent + largest < 347);
}

/**
 * *element - factor * delta, rounded once to nearest, ties to even.
 *
 * Within a binade a word counts ulps in units of 2^8, so it is enough to round the change. What
 * that does not cover goes the long way: ties, a change of the binade, and positive powers of two,
 * below which ulps are half as large.
 *
 * @param delta     its significand, see signed_significand
 * @param exponent  its exponent
 * @param bits      its bits
 */
static inline void update_word(uint32_t* element, struct factor factor, int32_t delta,
                               int32_t exponent, uint32_t bits) {
  const uint32_t word = *element;
  const int32_t word_exponent = lsgd_word_exponent(word);
  const int32_t shift = word_exponent - factor.exponent - exponent + (131 - GUARD_BITS);
  if (LSGD_UNLIKELY((uint32_t)shift > 31)) {
    if (shift > 0 && word_exponent != 255) return;
    goto any;
  }
  const int32_t change = multiply_high(factor.significand, delta) >> shift;
  const uint32_t rounded = (uint32_t)change + (1u << (GUARD_BITS - 1));
  const uint32_t rest = rounded & ((1u << GUARD_BITS) - 1);
  if (LSGD_UNLIKELY(rest == 0)) goto any;
  const uint32_t updated = word - (rounded - rest);
  if (LSGD_UNLIKELY((int32_t)(updated ^ word) < 0)) goto any;
  if (LSGD_UNLIKELY(updated < 1u << GUARD_BITS)) goto any;
  *element = updated;
  return;
any:
  update_far(element, factor.significand, factor.exponent, bits);
}

/** One column, `stride` elements from row to row. */
static LSGD_NOINLINE void update_column(uint32_t* column, uint32_t stride, const float* delta,
                                        const float* end, struct factor factor,
                                        uint32_t exponents) {
  if (factor.significand == 0) return;
  const int any = !tells_words_apart(factor, exponents);
  for (; delta != end; ++delta, column += stride) {
    const uint32_t bits = lsgd_load_bits(delta);
    const int32_t exponent = lsgd_exponent_of(bits);
    if (LSGD_UNLIKELY(any))
      update_any_word(column, factor.significand, factor.exponent, bits);
    else if (exponent != 0)
      update_word(column, factor, signed_significand(bits), exponent, bits);
  }
}

/** Weights and biases of a layer: LSGD_WIDTH columns of weights share the unpacked deltas. */
static LSGD_NOINLINE void update_layer(const struct lsgd_layer* layer, uint32_t* weights,
                                       const float* delta, const float* a, float learning_rate) {
  const uint32_t inputs = layer->inputs;
  const float* const end = delta + layer->outputs;
  const uint32_t exponents = exponents_of(delta, layer->outputs);
  const struct lsgd_unpacked rate = lsgd_unpack(lsgd_load_bits(&learning_rate));
  const float* const end_of_a = a + inputs;
  while (a != end_of_a) {
    const struct factor factor0 = update_factor(rate, lsgd_load_bits(a));
    if (end_of_a - a >= LSGD_WIDTH) {
      const struct factor factor1 = update_factor(rate, lsgd_load_bits(a + 1));
      int is_fast = tells_words_apart(factor0, exponents) && tells_words_apart(factor1, exponents);
#if LSGD_WIDTH == 4
      const struct factor factor2 = update_factor(rate, lsgd_load_bits(a + 2));
      const struct factor factor3 = update_factor(rate, lsgd_load_bits(a + 3));
      is_fast =
          is_fast && tells_words_apart(factor2, exponents) && tells_words_apart(factor3, exponents);
#endif
      if (is_fast) {
        uint32_t* column = weights;
        for (const float* d = delta; d != end; ++d, column += inputs) {
          const uint32_t bits = lsgd_load_bits(d);
          const int32_t exponent = lsgd_exponent_of(bits);
          if (exponent == 0) continue;
          const int32_t significand = signed_significand(bits);
          update_word(column, factor0, significand, exponent, bits);
          update_word(column + 1, factor1, significand, exponent, bits);
#if LSGD_WIDTH == 4
          update_word(column + 2, factor2, significand, exponent, bits);
          update_word(column + 3, factor3, significand, exponent, bits);
#endif
        }
        a += LSGD_WIDTH;
        weights += LSGD_WIDTH;
        continue;
      }
    }
    update_column(weights, inputs, delta, end, factor0, exponents);
    ++a;
    ++weights;
  }
  /* The biases as a column whose input is 1. */
  const struct factor factor = {(int32_t)(rate.significand >> 1), rate.exponent};
  update_column(weights + inputs * (layer->outputs - 1u), 1, delta, end, factor, exponents);
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

static LSGD_NOINLINE void output_delta(const float* target) {
  const struct lsgd_layer* const layer = last_layer();
  const float* a = lsgd_unpacked_activations;
  float* delta = deltas;
  for (const struct lsgd_layer* below = lsgd_unpacked_network->layers; below != layer; ++below) {
    a += below->outputs;
    delta += below->outputs;
  }
  for (const float* const end = delta + layer->outputs; delta != end; ++delta, ++a, ++target) {
    const uint32_t bits = lsgd_load_bits(a);
    uint32_t difference =
        lsgd_subtract_product(bits, LSGD_SIGN, 127, 0, lsgd_load_bits(target)); /* a - 1 t */
    if (lsgd_unpacked_network->loss != LSGD_LOSS_BCE)
      difference = times_derivative(lsgd_sum_from(difference), layer->activation, bits);
    lsgd_store_bits(delta, difference);
  }
}

/** The delta of the layer below whose weights are a column, whatever these numbers are. */
static LSGD_NOINLINE uint32_t any_hidden_delta(const uint32_t* column,
                                               const struct lsgd_layer* layer, const float* delta,
                                               uint32_t a) {
  struct lsgd_sum sum = {0, INT16_MIN};
  add_any_products(&sum, column, layer->inputs, delta, layer->outputs);
  return times_derivative(sum, layer[-1].activation, a);
}

/** A chain times f', rounded. */
static LSGD_NOINLINE uint32_t chain_times_derivative(int32_t value, int32_t scale,
                                                     uint8_t activation, uint32_t a) {
  if (activation != LSGD_ACTIVATION_TANH) {
    const struct lsgd_sum sum = {value, scale + CHAIN_TO_SUM};
    return times_derivative(sum, activation, a);
  }
  if (value == 0) return 0;
  const int32_t mask = value >> 31;
  const uint32_t magnitude = (uint32_t)lsgd_apply_sign(value, mask) << 1;
  scale -= CHAIN_EXPONENT + 1;
  /* a^2 with 32 fraction bits, truncated: an error below 2^-31 where one of 2^-24 a^2 is legal. */
  const int32_t shift = 2 * (126 - lsgd_exponent_of(a));
  if (shift > 31) return packed(mask, magnitude, scale);
  if (shift < 0) return (uint32_t)mask & LSGD_SIGN;
  const uint32_t significand = lsgd_significand_of(a);
  const uint64_t product =
      (uint64_t)magnitude * (0u - (lsgd_multiply_high(significand, significand) >> shift));
  const uint32_t high = (uint32_t)(product >> 32);
  if (high >> 28 != 0) return packed(mask, high, scale);
  const int32_t zeros = lsgd_leading_zeros(high);
  if (high == 0) return lsgd_pack((uint32_t)mask, (uint32_t)product, scale - 32);
  return packed(mask, high << zeros | (uint32_t)product >> (32 - zeros), scale - zeros);
}

static inline uint32_t hidden_delta(struct chain chain, struct scales scales, uint8_t activation,
                                    const float* a) {
  return is_accurate(chain, scales)
             ? chain_times_derivative(chain.value, chain.scale, activation, lsgd_load_bits(a))
             : NOT_COMPUTED;
}

/** The deltas of the layer below: LSGD_WIDTH columns of weights share the unpacked deltas. */
static LSGD_NOINLINE void hidden_deltas(const struct lsgd_layer* layer, const uint32_t* weights,
                                        const float* delta, float* below, const float* a) {
  const uint32_t inputs = layer->inputs;
  const float* const end = delta + layer->outputs;
  struct scales scales = scales_for(exponents_of(delta, layer->outputs));
  if (inputs < LSGD_WIDTH) scales.count = 0;
  const struct chain zero = {0, scales.first - 1};
  for (uint32_t i = 0; i < inputs; i += LSGD_WIDTH) {
    /* Where fewer columns are left, the ones before are computed again. */
    if (i != 0 && i > inputs - LSGD_WIDTH) i = inputs - LSGD_WIDTH;
    const uint32_t* row = weights + i;
    struct chain chain0 = zero;
    struct chain chain1 = zero;
#if LSGD_WIDTH == 4
    struct chain chain2 = zero;
    struct chain chain3 = zero;
#endif
    for (const float* d = delta; scales.count != 0;) {
      uint32_t bits = lsgd_load_bits(d);
      int32_t exponent = lsgd_exponent_of(bits);
      if (exponent != 0) {
        const int32_t significand = signed_significand(bits);
        chain0 = with_term(chain0, row[0], significand, exponent, 0);
        chain1 = with_term(chain1, row[1], significand, exponent, 0);
#if LSGD_WIDTH == 4
        chain2 = with_term(chain2, row[2], significand, exponent, 0);
        chain3 = with_term(chain3, row[3], significand, exponent, 0);
#endif
      }
      if (++d == end) break;
      row += inputs;
      bits = lsgd_load_bits(d);
      exponent = lsgd_exponent_of(bits);
      if (exponent != 0) {
        const int32_t significand = -signed_significand(bits);
        chain0 = with_term(chain0, row[0], significand, exponent, 1);
        chain1 = with_term(chain1, row[1], significand, exponent, 1);
#if LSGD_WIDTH == 4
        chain2 = with_term(chain2, row[2], significand, exponent, 1);
        chain3 = with_term(chain3, row[3], significand, exponent, 1);
#endif
      }
      if (++d == end) break;
      row += inputs;
      chain0 = within_range(chain0);
      chain1 = within_range(chain1);
#if LSGD_WIDTH == 4
      chain2 = within_range(chain2);
      chain3 = within_range(chain3);
#endif
    }
    const uint8_t activation = layer[-1].activation;
    lsgd_store_bits(below + i, hidden_delta(chain0, scales, activation, a + i));
    if (i + 1 == inputs) return;
    lsgd_store_bits(below + i + 1, hidden_delta(chain1, scales, activation, a + i + 1));
#if LSGD_WIDTH == 4
    if (i + 2 == inputs) return;
    lsgd_store_bits(below + i + 2, hidden_delta(chain2, scales, activation, a + i + 2));
    if (i + 3 == inputs) return;
    lsgd_store_bits(below + i + 3, hidden_delta(chain3, scales, activation, a + i + 3));
#endif
  }
}

/** Updates every layer, and computes the deltas of those below the last. */
static LSGD_NOINLINE int backward(const float* input, float learning_rate) {
  const struct lsgd_layer* layer = lsgd_unpacked_network->layers;
  uint32_t* weights = lsgd_unpacked_parameters;
  float* delta = deltas;
  for (; layer != last_layer(); ++layer) {
    weights += lsgd_unpacked_layer_parameters(layer);
    delta += layer->outputs;
  }
  for (; delta != deltas; --layer) {
    float* const below = delta - layer->inputs;
    const float* const a = &lsgd_unpacked_activations[below - deltas];
    hidden_deltas(layer, weights, delta, below, a);
    for (uint32_t i = 0; i != layer->inputs; ++i)
      if (LSGD_UNLIKELY(lsgd_load_bits(below + i) == NOT_COMPUTED))
        lsgd_store_bits(below + i,
                        any_hidden_delta(weights + i, layer, delta, lsgd_load_bits(a + i)));
    update_layer(layer, weights, delta, a, learning_rate);
    delta = below;
    weights -= lsgd_unpacked_layer_parameters(layer - 1);
  }
  update_layer(layer, weights, delta, input, learning_rate);
  return LSGD_OK;
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
