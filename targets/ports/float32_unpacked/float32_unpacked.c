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

/** delta_1, delta_2, ...: binary32, and once a layer is complete, words of packed_deltas. */
static uint32_t deltas[LSGD_CAPACITY_ACTIVATIONS];

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

/* How many rows or columns are computed side by side, as registers last: 2 or 4. */
#if !defined(LSGD_WIDTH)
#if defined(__riscv) && !defined(__riscv_32e)
#define LSGD_WIDTH 4
#else
#define LSGD_WIDTH 2
#endif
#endif

/** Called so seldom that nothing is kept in registers for it. */
#if defined(__GNUC__)
#define LSGD_COLD __attribute__((noinline, cold))
#else
#define LSGD_COLD
#endif

/** For what the loops are made of: compilers would call some of it. */
#if defined(__GNUC__)
#define LSGD_ALWAYS_INLINE static inline __attribute__((always_inline))
#else
#define LSGD_ALWAYS_INLINE static inline
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

/** The largest and the smallest exponent of 1 and of the numbers that are not 0, as 256 largest +
 * smallest. Subnormal numbers have the exponent 0. */
static LSGD_NOINLINE uint32_t exponents_of(const float* number, uint32_t count) {
  uint32_t largest = LSGD_BITS_OF_1 << 1;
  uint32_t smallest = LSGD_BITS_OF_1 << 1;
  for (const float* const end = number + count; number != end; ++number) {
    const uint32_t magnitude = lsgd_load_bits(number) << 1;
    if (magnitude > largest) largest = magnitude;
    if (magnitude < smallest && magnitude != 0) smallest = magnitude;
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

/** value / 2^shift, to nearest, ties to even, at a scale larger by shift, 1 or more. */
LSGD_ALWAYS_INLINE struct chain rescaled(struct chain chain, int32_t shift) {
  struct chain result = {0, chain.scale + shift};
  if (shift <= 30)
    result.value = (chain.value + (1 << (shift - 1)) - 1 + (chain.value >> shift & 1)) >> shift;
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
LSGD_ALWAYS_INLINE struct chain with_term(struct chain chain, uint32_t weight, int32_t x,
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

/** The chain to which a product is added first, at its scale. */
LSGD_ALWAYS_INLINE struct chain chain_for(struct scales scales, uint32_t weight, int32_t exponent) {
  struct chain chain = {0, lsgd_word_exponent(weight) + exponent};
  if (chain.scale < scales.first) chain.scale = scales.first - 1;
  return chain;
}

/** The chain that starts with a bias, a weight of 1 = 2^29 * 2^(127 - 156). */
LSGD_ALWAYS_INLINE struct chain chain_from(struct scales scales, uint32_t bias) {
  struct chain chain = chain_for(scales, bias, 127);
  const int32_t shift = chain.scale - (lsgd_word_exponent(bias) + 127);
  if (shift <= 31) chain.value = (lsgd_word_significand(bias) >> 3) >> shift;
  return chain;
}

/** Keeps |value| below 2^30, so that two terms below 2^29 fit. */
LSGD_ALWAYS_INLINE struct chain within_range(struct chain chain) {
  if (LSGD_UNLIKELY((int32_t)((uint32_t)chain.value + 0x40000000u) < 0)) {
    const int32_t half = chain.value >> 1;
    chain.value = half + (chain.value & half & 1);
    ++chain.scale;
  }
  return chain;
}

/** Instead of a result that a chain does not give: computed term by term where it is found. */
#define NOT_COMPUTED 0x7fffffffu

/** Makes the highest bit of a significand that is not 0 a one; returns the exponent that it then
 * has. */
static inline int32_t normalize(uint32_t* significand, int32_t exponent) {
#if defined(__ARM_FEATURE_CLZ) || defined(__riscv_zbb)
  const int32_t zeros = lsgd_leading_zeros(*significand);
#else
  static const uint8_t zeros_of[16] = {4, 3, 2, 2, 1, 1, 1, 1};
  for (; LSGD_UNLIKELY(*significand >> 28 == 0); *significand <<= 4) exponent -= 4;
  const int32_t zeros = zeros_of[*significand >> 28];
#endif
  *significand <<= zeros;
  return exponent - zeros;
}

/** The highest 24 bits of 32, rounded to nearest, ties to even. */
static inline uint32_t rounded_significand(uint32_t significand) {
  const uint32_t kept = significand >> 8;
  return kept + (((significand & 255) + 127 + (kept & 1)) >> 8);
}

/** lsgd_pack, of a number that is not 0, and fast for normal ones. */
static inline uint32_t packed(int32_t mask, uint32_t significand, int32_t exponent) {
  exponent = normalize(&significand, exponent) - 1;
  const uint32_t sign = (uint32_t)mask & LSGD_SIGN;
  if (LSGD_UNLIKELY((uint32_t)exponent > 253)) return lsgd_pack(sign, significand, exponent + 1);
  return sign | (((uint32_t)exponent << 23) + rounded_significand(significand));
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

/** z of a layer: LSGD_WIDTH rows of weights share the unpacked input. */
static LSGD_NOINLINE void forward_layer(const struct lsgd_layer* layer, const uint32_t* weights,
                                        const float* input, float* z) {
  const uint32_t inputs = layer->inputs;
  const float* const end = input + inputs;
  const uint32_t* bias = weights + (uint32_t)layer->outputs * inputs;
  const struct scales scales = scales_for(exponents_of(input, inputs));
  for (uint32_t left = layer->outputs;;) {
    /* Where fewer rows are left, the last is computed several times. */
    const uint32_t j1 = left > 1;
    const uint32_t* row0 = weights;
    const uint32_t* row1 = row0 + j1 * inputs;
    struct chain chain0 = chain_from(scales, bias[0]);
    struct chain chain1 = chain_from(scales, bias[j1]);
#if LSGD_WIDTH == 4
    const uint32_t j2 = j1 + (left > 2);
    const uint32_t j3 = j2 + (left > 3);
    const uint32_t* row2 = row0 + j2 * inputs;
    const uint32_t* row3 = row0 + j3 * inputs;
    struct chain chain2 = chain_from(scales, bias[j2]);
    struct chain chain3 = chain_from(scales, bias[j3]);
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
    lsgd_store_bits(z, rounded(chain0, scales));
    if (left == 1) return;
    lsgd_store_bits(z + 1, rounded(chain1, scales));
#if LSGD_WIDTH == 4
    if (left == 2) return;
    lsgd_store_bits(z + 2, rounded(chain2, scales));
    if (left == 3) return;
    lsgd_store_bits(z + 3, rounded(chain3, scales));
#endif
    if (left <= LSGD_WIDTH) return;
    left -= LSGD_WIDTH;
    z += LSGD_WIDTH;
    bias += LSGD_WIDTH;
    weights += LSGD_WIDTH * inputs;
  }
}

/** z of any neuron, term by term. */
static LSGD_NOINLINE uint32_t any_neuron(const struct lsgd_layer* layer, const uint32_t* weights,
                                         const float* input, uint32_t j) {
  const uint32_t* row = weights + j * layer->inputs;
  const uint32_t bias = weights[(uint32_t)layer->outputs * layer->inputs + j];
  struct lsgd_sum sum = lsgd_sum_from(lsgd_bits_from_word(bias));
  for (const float* const end = input + layer->inputs; input != end; ++input, ++row)
    lsgd_add_any_product(&sum, lsgd_bits_from_word(*row), lsgd_load_bits(input));
  return lsgd_round_sum(sum);
}

/** Activates a layer, once all its neurons are computed. */
static LSGD_NOINLINE void activate_layer(const struct lsgd_layer* layer, const uint32_t* weights,
                                         const float* input, float* a) {
  for (uint32_t j = 0; j != layer->outputs; ++j) {
    uint32_t z = lsgd_load_bits(a + j);
    if (LSGD_UNLIKELY(z == NOT_COMPUTED)) z = any_neuron(layer, weights, input, j);
    lsgd_store_bits(a + j, activate(layer->activation, z));
  }
}

int lsgd_port_forward(const float* input) {
  const struct lsgd_layer* layer = lsgd_unpacked_network->layers;
  const uint32_t* weights = lsgd_unpacked_parameters;
  float* a = lsgd_unpacked_activations;
  for (;; ++layer) {
    forward_layer(layer, weights, input, a);
    activate_layer(layer, weights, input, a);
    if (layer == last_layer()) return LSGD_OK;
    weights += lsgd_unpacked_layer_parameters(layer);
    input = a;
    a += layer->outputs;
  }
}

/*
 * A packed delta has an exponent of 6 bits, and above it a two's complement significand, so that
 * two instructions take it apart: it stands for (word & ~63) * 2^((word & 63) + DELTA_BASE - 156),
 * and 0 for 0. Those of a layer are packed where all are 0 or from 2^-56 to 2^7, and else binary32.
 */
#define DELTA_EXPONENTS 63
#define DELTA_BASE 70

/** The packed delta of a significand of 24 bits with an exponent as that of a binary32, or
 * NOT_COMPUTED. The significand may be 2^24. */
static inline uint32_t packed_delta(int32_t mask, uint32_t significand, int32_t exponent) {
  const uint32_t packed_exponent = (uint32_t)(exponent - DELTA_BASE);
  if (LSGD_UNLIKELY(packed_exponent - 1 > DELTA_EXPONENTS - 1)) return NOT_COMPUTED;
  return (uint32_t)lsgd_apply_sign((int32_t)(significand << 6), mask) | packed_exponent;
}

static uint32_t packed_delta_of(uint32_t bits) {
  if (bits << 1 == 0) return 0;
  return packed_delta(lsgd_sign_mask(bits), lsgd_significand_of(bits) >> 8, lsgd_exponent_of(bits));
}

/** Packs the deltas of a layer, if that is possible with all. */
static LSGD_NOINLINE int pack_deltas(uint32_t* delta, uint32_t count) {
  for (uint32_t j = 0; j != count; ++j)
    if (packed_delta_of(delta[j]) == NOT_COMPUTED) return 0;
  for (uint32_t j = 0; j != count; ++j) delta[j] = packed_delta_of(delta[j]);
  return 1;
}

static inline int32_t delta_significand(uint32_t delta) {
  return (int32_t)(delta & ~(uint32_t)DELTA_EXPONENTS);
}

static inline int32_t delta_exponent(uint32_t delta) { return (int32_t)(delta & DELTA_EXPONENTS); }

/** The binary32 of a packed delta with another base. */
static inline uint32_t delta_bits(uint32_t delta, int32_t base) {
  if (delta == 0) return 0;
  const uint32_t sign = delta & LSGD_SIGN;
  const uint32_t magnitude =
      (uint32_t)lsgd_apply_sign(delta_significand(delta), lsgd_sign_mask(delta));
  return sign | (((uint32_t)(delta_exponent(delta) + base - 1) << 23) + (magnitude >> 6));
}

/** learning_rate * a, what a column is updated with: significand * 2^(exponent - 34), the
 * significand 0 or 2^30 <= |significand| < 2^31. The exponent is that of the rate and of a and the
 * base of deltas. */
struct factor {
  int32_t significand;
  int32_t exponent;
};

/** From the exponent of an unpacked number to that of a factor. */
#define FACTOR_EXPONENT 123

LSGD_ALWAYS_INLINE struct factor update_factor(struct lsgd_unpacked rate, uint32_t a) {
  const struct lsgd_unpacked product = lsgd_multiply(rate, lsgd_unpack(a));
  const struct factor factor = {
      lsgd_apply_sign((int32_t)(product.significand >> 1), lsgd_sign_mask(a)),
      product.exponent - FACTOR_EXPONENT};
  return factor;
}

/** The fast path of an update computes changes in units of 2^-8 ulp, which is the scale of words.
 */
#define GUARD_BITS 8

/** *word - factor * delta, rounded once, for any finite numbers; delta is a binary32. */
static LSGD_COLD void update_any_word(uint32_t* word, int32_t significand, int32_t exponent,
                                      uint32_t delta) {
  const uint32_t magnitude =
      (uint32_t)lsgd_apply_sign(significand, lsgd_sign_mask((uint32_t)significand));
  *word = lsgd_word_from_bits(lsgd_subtract_product(lsgd_bits_from_word(*word), magnitude << 1,
                                                    exponent + FACTOR_EXPONENT,
                                                    (uint32_t)significand, delta));
}

/** As update_word, whatever the numbers are; delta is packed. */
static LSGD_COLD void update_any(uint32_t* word, int32_t significand, int32_t exponent,
                                 uint32_t delta) {
  /* The exponent of a packed delta is 1 to 63; as a binary32 it has 64 more. */
  update_any_word(word, significand, exponent - 64, delta_bits(delta, 64));
}

/**
 * *word - factor * delta, rounded once to nearest, ties to even, where the change is less than half
 * of the word, but for what cancels more than four bits.
 *
 * @param delta  packed
 */
static LSGD_COLD void update_far(uint32_t* word, int32_t significand, int32_t exponent,
                                 uint32_t delta) {
  const int32_t word_exponent = lsgd_word_exponent(*word);
  const int32_t shift = word_exponent - exponent - delta_exponent(delta) + GUARD_BITS - 5;
  if ((uint32_t)(word_exponent - 1) <= 251 && (uint32_t)shift <= 31) {
    /* In units of 2^-6 ulp, rounded down, and whether there is more of it. */
    const int64_t product = (int64_t)significand * (2 * delta_significand(delta));
    const int32_t change = (int32_t)(product >> 32);
    const int32_t is_cut = (uint32_t)product != 0 || ((uint32_t)change << (31 - shift)) << 1 != 0;
    /* The difference rounded down, then its magnitude, with a lowest bit that says the same. */
    const int32_t difference = (lsgd_word_significand(*word) >> 1) - (change >> shift) - is_cut;
    const int32_t mask = difference >> 31;
    uint32_t magnitude = (uint32_t)lsgd_apply_sign(difference, mask) - (uint32_t)(mask & is_cut);
    magnitude = magnitude << 1 | (uint32_t)is_cut;
    if (magnitude >> 28 != 0) {
      const int32_t result_exponent = normalize(&magnitude, word_exponent);
      if (result_exponent >= 0) {
        *word =
            lsgd_word_from_bits(((uint32_t)mask & LSGD_SIGN) | (((uint32_t)result_exponent << 23) +
                                                                rounded_significand(magnitude)));
        return;
      }
    }
  }
  update_any(word, significand, exponent, delta);
}

/**
 * Whether update_word tells the words of exponent 0 and 255 from others: by changes that would be
 * far too large for the first and far too small for the others, whatever the packed delta.
 */
static inline int tells_words_apart(struct factor factor) {
  return factor.significand == 0 || (uint32_t)factor.exponent < 224 - DELTA_EXPONENTS;
}

/**
 * *element - factor * delta, rounded once to nearest, ties to even.
 *
 * Within a binade a word counts ulps in units of 2^8, so it is enough to round the change. What
 * that does not cover goes the long way: ties, a change of the binade, and positive powers of two,
 * below which ulps are half as large.
 *
 * @param significand  of the packed delta
 * @param exponent     of the packed delta
 * @param delta        packed
 */
LSGD_ALWAYS_INLINE void update_word(uint32_t* element, struct factor factor, int32_t significand,
                                    int32_t exponent, uint32_t delta) {
  const uint32_t word = *element;
  const int32_t word_exponent = lsgd_word_exponent(word);
  const int32_t shift = word_exponent - factor.exponent - exponent;
  if (LSGD_UNLIKELY((uint32_t)shift > 31)) {
    if (shift > 0 && word_exponent != 255) return;
    goto far;
  }
  const int32_t change = multiply_high(factor.significand, significand) >> shift;
  const uint32_t rounded_change = (uint32_t)change + (1u << (GUARD_BITS - 1));
  const uint32_t rest = rounded_change & ((1u << GUARD_BITS) - 1);
  if (LSGD_UNLIKELY(rest == 0)) goto far;
  const uint32_t updated = word - (rounded_change - rest);
  if (LSGD_UNLIKELY((int32_t)(updated ^ word) < 0)) goto far;
  if (LSGD_UNLIKELY(updated < 1u << GUARD_BITS)) goto far;
  *element = updated;
  return;
far:
  update_far(element, factor.significand, factor.exponent, delta);
}

/** What a layer's weights are multiplied with: the sample, or the activations of the layer below.
 */
static inline const float* inputs_of(const struct lsgd_layer* layer, const uint32_t* delta,
                                     const float* sample) {
  return delta == deltas ? sample : &lsgd_unpacked_activations[delta - layer->inputs - deltas];
}

/** The learning rate, its exponent more by the base of the deltas it is multiplied with. */
static inline struct lsgd_unpacked unpacked_rate(float learning_rate, int32_t base) {
  struct lsgd_unpacked rate = lsgd_unpack(lsgd_load_bits(&learning_rate));
  rate.exponent += base;
  return rate;
}

/** Columns of weights whose factors need it. */
static LSGD_COLD void update_any_columns(uint32_t* weights, uint32_t stride, const uint32_t* delta,
                                         const uint32_t* end, const float* a,
                                         struct lsgd_unpacked rate) {
  for (; delta != end; ++delta, weights += stride)
    for (uint32_t k = 0; k != LSGD_WIDTH; ++k) {
      const struct factor factor = update_factor(rate, lsgd_load_bits(a + k));
      update_any(weights + k, factor.significand, factor.exponent, *delta);
    }
}

/** Columns of weights: LSGD_WIDTH share the packed deltas. As many as are left over are not
 * updated. */
static LSGD_NOINLINE void update_columns(const struct lsgd_layer* layer, uint32_t* weights,
                                         const uint32_t* delta, const float* sample,
                                         float learning_rate) {
  const struct lsgd_unpacked rate = unpacked_rate(learning_rate, DELTA_BASE);
  const float* a = inputs_of(layer, delta, sample);
  const uint32_t stride = layer->inputs;
  const uint32_t* const end = delta + layer->outputs;
  for (uint32_t left = stride; left >= LSGD_WIDTH;
       left -= LSGD_WIDTH, a += LSGD_WIDTH, weights += LSGD_WIDTH) {
    const struct factor factor0 = update_factor(rate, lsgd_load_bits(a));
    const struct factor factor1 = update_factor(rate, lsgd_load_bits(a + 1));
    int is_fast = tells_words_apart(factor0) & tells_words_apart(factor1);
#if LSGD_WIDTH == 4
    const struct factor factor2 = update_factor(rate, lsgd_load_bits(a + 2));
    const struct factor factor3 = update_factor(rate, lsgd_load_bits(a + 3));
    is_fast &= tells_words_apart(factor2) & tells_words_apart(factor3);
#endif
    if (LSGD_UNLIKELY(!is_fast)) {
      update_any_columns(weights, stride, delta, end, a, rate);
      continue;
    }
    uint32_t* column = weights;
    for (const uint32_t* d = delta; d != end; ++d, column += stride) {
      const uint32_t word = *d;
      if (word == 0) continue;
      const int32_t significand = delta_significand(word);
      const int32_t exponent = delta_exponent(word);
      update_word(column, factor0, significand, exponent, word);
      update_word(column + 1, factor1, significand, exponent, word);
#if LSGD_WIDTH == 4
      update_word(column + 2, factor2, significand, exponent, word);
      update_word(column + 3, factor3, significand, exponent, word);
#endif
    }
  }
}

/** The columns that update_columns leaves over, and the biases as a column whose input is 1. */
static LSGD_NOINLINE void update_last_columns(const struct lsgd_layer* layer, uint32_t* weights,
                                              const uint32_t* delta, const float* sample,
                                              float learning_rate) {
  const struct lsgd_unpacked rate = unpacked_rate(learning_rate, DELTA_BASE);
  const float* a = inputs_of(layer, delta, sample);
  const uint32_t* const end = delta + layer->outputs;
  const uint32_t inputs = layer->inputs;
  for (uint32_t i = inputs - inputs % LSGD_WIDTH;; ++i) {
    uint32_t stride = inputs;
    uint32_t* column = weights + i;
    struct factor factor = {(int32_t)(rate.significand >> 1), rate.exponent - FACTOR_EXPONENT};
    if (i != inputs) {
      factor = update_factor(rate, lsgd_load_bits(a + i));
    } else {
      stride = 1;
      column += inputs * (layer->outputs - 1u);
    }
    if (LSGD_UNLIKELY(!tells_words_apart(factor))) {
      for (const uint32_t* d = delta; d != end; ++d, column += stride)
        update_any(column, factor.significand, factor.exponent, *d);
    } else {
      for (const uint32_t* d = delta; d != end; ++d, column += stride) {
        if (LSGD_UNLIKELY(*d == 0)) continue;
        update_word(column, factor, delta_significand(*d), delta_exponent(*d), *d);
      }
    }
    if (i == inputs) return;
  }
}

/** Weights and biases of a layer whose deltas are binary32. */
static LSGD_NOINLINE void update_any_layer(const struct lsgd_layer* layer, uint32_t* weights,
                                           const uint32_t* delta, const float* sample,
                                           float learning_rate) {
  const struct lsgd_unpacked rate = unpacked_rate(learning_rate, 0);
  const float* const a = inputs_of(layer, delta, sample);
  uint32_t* bias = weights + (uint32_t)layer->outputs * layer->inputs;
  for (const uint32_t* const end = delta + layer->outputs; delta != end; ++delta, ++bias) {
    for (uint32_t i = 0; i != layer->inputs; ++i, ++weights) {
      const struct factor factor = update_factor(rate, lsgd_load_bits(a + i));
      update_any_word(weights, factor.significand, factor.exponent, *delta);
    }
    update_any_word(bias, (int32_t)(rate.significand >> 1), rate.exponent - FACTOR_EXPONENT,
                    *delta);
  }
}

/** significand * 2^(exponent - 158), rounded once: packed or as a binary32. */
static inline uint32_t rounded_delta(int32_t mask, uint32_t significand, int32_t exponent,
                                     int packs) {
  if (!packs) return packed(mask, significand, exponent);
  exponent = normalize(&significand, exponent);
  return packed_delta(mask, rounded_significand(significand), exponent);
}

/** A chain times f'(z), which is expressed by a = f(z), rounded once: packed or as a binary32. */
static LSGD_NOINLINE uint32_t times_derivative(int32_t value, int32_t scale, uint8_t activation,
                                               uint32_t a, int packs) {
  if (value == 0) return 0;
  const int32_t mask = value >> 31;
  const uint32_t magnitude = (uint32_t)lsgd_apply_sign(value, mask) << 1;
  int32_t exponent = scale - (CHAIN_EXPONENT + 1);
  uint32_t derivative; /* with 32 fraction bits */
  if (activation == LSGD_ACTIVATION_TANH || activation == LSGD_ACTIVATION_SIGMOID) {
    const struct lsgd_unpacked number = lsgd_unpack(a);
    /* a^2 or a with 32 fraction bits, truncated: an error below 2^-31 where one of 2^-24 is legal.
     */
    const uint32_t is_tanh = activation == LSGD_ACTIVATION_TANH;
    const uint32_t taken =
        is_tanh ? lsgd_multiply_high(number.significand, number.significand) : number.significand;
    const int32_t shift = (126 - number.exponent) << is_tanh;
    if (shift < 0) return 0;
    derivative = 0u - (shift > 31 ? 0 : taken >> shift);
    if (!is_tanh) {
      if (number.significand == 0) return 0;
      exponent -= 126 - number.exponent;
      for (; derivative != 0 && !(derivative & LSGD_SIGN); derivative <<= 1) --exponent;
      derivative =
          derivative == 0 ? number.significand : lsgd_multiply_high(number.significand, derivative);
    }
  } else {
    derivative = 0;
    const int is_positive = a << 1 != 0 && !(a & LSGD_SIGN);
    if (activation == LSGD_ACTIVATION_RELU && !is_positive) return 0;
    if (activation == LSGD_ACTIVATION_LEAKY_RELU && !is_positive) exponent -= 3;
  }
  if (derivative == 0) return rounded_delta(mask, magnitude, exponent, packs); /* 1 */
  const uint64_t product = (uint64_t)magnitude * derivative;
  uint32_t high = (uint32_t)(product >> 32);
  uint32_t low = (uint32_t)product;
  for (; high >> 28 == 0; high = high << 4 | low >> 28, low <<= 4) exponent -= 4;
  return rounded_delta(mask, high, exponent, packs);
}

static LSGD_NOINLINE void output_delta(const float* target) {
  const struct lsgd_layer* const layer = last_layer();
  const float* a = lsgd_unpacked_activations;
  uint32_t* delta = deltas;
  for (const struct lsgd_layer* below = lsgd_unpacked_network->layers; below != layer; ++below) {
    a += below->outputs;
    delta += below->outputs;
  }
  for (const uint32_t* const end = delta + layer->outputs; delta != end; ++delta, ++a, ++target) {
    const uint32_t bits = lsgd_load_bits(a);
    uint32_t difference =
        lsgd_subtract_product(bits, LSGD_SIGN, 127, 0, lsgd_load_bits(target)); /* a - 1 t */
    if (lsgd_unpacked_network->loss != LSGD_LOSS_BCE) {
      const struct lsgd_sum sum = lsgd_sum_from(difference);
      difference =
          times_derivative(sum.value, sum.scale - CHAIN_TO_SUM, layer->activation, bits, 0);
    }
    *delta = difference;
  }
}

/** The hidden delta of any column, term by term, as a binary32. */
static LSGD_NOINLINE uint32_t any_hidden_delta(const uint32_t* column,
                                               const struct lsgd_layer* layer,
                                               const uint32_t* delta, int are_packed, uint32_t a) {
  struct lsgd_sum sum = {0, INT16_MIN};
  for (const uint32_t* const end = delta + layer->outputs; delta != end;
       ++delta, column += layer->inputs)
    lsgd_add_any_product(&sum, lsgd_bits_from_word(*column),
                         are_packed ? delta_bits(*delta, DELTA_BASE) : *delta);
  return times_derivative(sum.value, sum.scale - CHAIN_TO_SUM, layer[-1].activation, a, 0);
}

static inline uint32_t hidden_delta(struct chain chain, struct scales scales, uint8_t activation,
                                    const float* a) {
  return is_accurate(chain, scales) ? times_derivative(chain.value, chain.scale + DELTA_BASE,
                                                       activation, lsgd_load_bits(a), 1)
                                    : NOT_COMPUTED;
}

/** The deltas of the layer below, packed or NOT_COMPUTED: LSGD_WIDTH columns share the packed
 * deltas. */
static LSGD_NOINLINE void hidden_deltas(const struct lsgd_layer* layer, const uint32_t* weights,
                                        const uint32_t* delta) {
  uint32_t* const below = deltas + (delta - deltas) - layer->inputs;
  const float* const a = &lsgd_unpacked_activations[below - deltas];
  const uint32_t inputs = layer->inputs;
  const uint32_t* const end = delta + layer->outputs;
  /* A chain begins with the scale of its first product, which a delta of 0 does not have. */
  for (; *delta == 0 && delta + 1 != end; ++delta) weights += inputs;
  const int is_fast = inputs >= LSGD_WIDTH;
  /* The smallest exponent of a packed delta is that of 0. */
  const struct scales scales = {DELTA_EXPONENTS + 34, is_fast ? 255 - DELTA_EXPONENTS - 34 : 0};
  const uint8_t activation = layer[-1].activation;
  for (uint32_t i = 0; i < inputs; i += LSGD_WIDTH) {
    /* Where fewer columns are left, the ones before are computed again. */
    if (i != 0 && i > inputs - LSGD_WIDTH) i = inputs - LSGD_WIDTH;
    const uint32_t* row = weights + i;
    struct chain chain0 = chain_for(scales, row[0], delta_exponent(*delta));
    struct chain chain1 = chain_for(scales, row[1], delta_exponent(*delta));
#if LSGD_WIDTH == 4
    struct chain chain2 = chain_for(scales, row[2], delta_exponent(*delta));
    struct chain chain3 = chain_for(scales, row[3], delta_exponent(*delta));
#endif
    for (const uint32_t* d = delta; is_fast;) {
      uint32_t word = *d;
      if (word != 0) {
        const int32_t exponent = delta_exponent(word);
        const int32_t significand = delta_significand(word);
        chain0 = with_term(chain0, row[0], significand, exponent, 0);
        chain1 = with_term(chain1, row[1], significand, exponent, 0);
#if LSGD_WIDTH == 4
        chain2 = with_term(chain2, row[2], significand, exponent, 0);
        chain3 = with_term(chain3, row[3], significand, exponent, 0);
#endif
      }
      if (++d == end) break;
      row += inputs;
      word = *d;
      if (word != 0) {
        const int32_t exponent = delta_exponent(word);
        const int32_t significand = -delta_significand(word);
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
    below[i] = hidden_delta(chain0, scales, activation, a + i);
    if (i + 1 == inputs) return;
    below[i + 1] = hidden_delta(chain1, scales, activation, a + i + 1);
#if LSGD_WIDTH == 4
    if (i + 2 == inputs) return;
    below[i + 2] = hidden_delta(chain2, scales, activation, a + i + 2);
    if (i + 3 == inputs) return;
    below[i + 3] = hidden_delta(chain3, scales, activation, a + i + 3);
#endif
  }
}

/** Computes the hidden deltas that chains did not give, or all; returns whether they are packed. */
static LSGD_NOINLINE int complete_hidden_deltas(const struct lsgd_layer* layer,
                                                const uint32_t* weights, const uint32_t* delta,
                                                int are_packed) {
  uint32_t* const below = deltas + (delta - deltas) - layer->inputs;
  const float* const a = &lsgd_unpacked_activations[below - deltas];
  uint32_t i = 0;
  for (; are_packed && i != layer->inputs; ++i) {
    if (LSGD_UNLIKELY(below[i] == NOT_COMPUTED)) {
      below[i] =
          packed_delta_of(any_hidden_delta(weights + i, layer, delta, 1, lsgd_load_bits(a + i)));
      if (below[i] == NOT_COMPUTED) break;
    }
  }
  if (i == layer->inputs) return 1;
  for (i = 0; i != layer->inputs; ++i)
    below[i] = any_hidden_delta(weights + i, layer, delta, are_packed, lsgd_load_bits(a + i));
  return pack_deltas(below, layer->inputs);
}

/** Updates every layer, and computes the deltas of those below the last. */
static LSGD_NOINLINE int backward(const float* sample, float learning_rate) {
  const struct lsgd_layer* layer = lsgd_unpacked_network->layers;
  uint32_t* weights = lsgd_unpacked_parameters;
  uint32_t* delta = deltas;
  for (; layer != last_layer(); ++layer) {
    weights += lsgd_unpacked_layer_parameters(layer);
    delta += layer->outputs;
  }
  for (int are_packed = pack_deltas(delta, layer->outputs);; --layer) {
    int are_packed_below = 0;
    if (delta != deltas) {
      if (are_packed) hidden_deltas(layer, weights, delta);
      are_packed_below = complete_hidden_deltas(layer, weights, delta, are_packed);
    }
    if (are_packed) {
      update_columns(layer, weights, delta, sample, learning_rate);
      update_last_columns(layer, weights, delta, sample, learning_rate);
    } else {
      update_any_layer(layer, weights, delta, sample, learning_rate);
    }
    if (delta == deltas) return LSGD_OK;
    are_packed = are_packed_below;
    delta -= layer->inputs;
    weights -= lsgd_unpacked_layer_parameters(layer - 1);
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
