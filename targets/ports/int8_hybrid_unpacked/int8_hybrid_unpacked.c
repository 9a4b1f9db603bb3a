/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Profile int8_hybrid for processors without floating-point hardware. An int8 weight times a float
 * delta is an exact 32-bit product, and an updated weight is a fixed-point number, known to a unit
 * of 2^-22 quanta; only where that does not settle how it rounds is it computed like a float32
 * port's.
 */
#include "int8_hybrid_state.h"
#include "lsgd/arithmetics.h"
#include "quantization.h"
#include "unpacked.h"

/* Other ports are these sources with another dense layer. */
#ifndef LSGD_PORT_NAME
#define LSGD_PORT_NAME "int8_hybrid_unpacked"
#endif

static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .arithmetic = LSGD_ARITHMETIC_INT8_HYBRID,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = LSGD_PORT_NAME,
};

/** significand * 2^(exponent - 150): the 24 bits of a binary32 with their sign, or 0. */
struct delta {
  int32_t significand;
  int32_t exponent;
};

static struct delta deltas[LSGD_CAPACITY_ACTIVATIONS]; /* delta_1, delta_2, ... */

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

/** A magnitude with a sign, rounded to 24 bits, ties up. */
static struct delta rounded_delta(struct lsgd_unpacked magnitude, int32_t mask) {
  const uint32_t significand = (magnitude.significand >> 8) + (magnitude.significand >> 7 & 1);
  const uint32_t carry = significand >> 24;
  const struct delta delta = {lsgd_apply_sign((int32_t)(significand >> carry), mask),
                              magnitude.exponent + (int32_t)carry};
  return delta;
}

static struct lsgd_unpacked magnitude_of(struct delta delta) {
  const struct lsgd_unpacked magnitude = {
      (uint32_t)lsgd_apply_sign(delta.significand, delta.significand >> 31) << 8, delta.exponent};
  return magnitude;
}

/** f'(z) in units of 2^-14, exact, expressed by a = f(z) (SPEC 2.2). */
static uint32_t derivative_units(uint8_t activation, int8_t a) {
  switch (activation) {
    case LSGD_ACTIVATION_RELU:
      return a > 0 ? 16384 : 0;
    case LSGD_ACTIVATION_SIGMOID:
      return (uint32_t)(a * (128 - a));
    case LSGD_ACTIVATION_TANH:
      return (uint32_t)(16384 - a * a);
    default:
      return 16384;
  }
}

/** significand * 2^(exponent - 158) * f'(z), with a sign, rounded once. */
static inline struct delta times_derivative(uint32_t significand, int32_t exponent, int32_t mask,
                                            uint8_t activation, int8_t a) {
  const uint64_t product = (uint64_t)significand * derivative_units(activation, a);
  const uint32_t upper = (uint32_t)(product >> 32);
  const uint32_t lower = (uint32_t)product;
  struct lsgd_unpacked magnitude = {0, LSGD_ZERO_EXPONENT};
  if (upper != 0) { /* below 2^15, so that there is a bit below it to be moved in */
    const int32_t zeros = lsgd_leading_zeros(upper);
    magnitude.significand = upper << zeros | lower >> (32 - zeros);
    magnitude.exponent = exponent + (32 - 14) - zeros;
  } else if (lower != 0) {
    magnitude = lsgd_normalized(lower, exponent - 14);
  }
  return rounded_delta(magnitude, mask);
}

/** value * 2^-fraction_bits in binary32. */
static uint32_t bits_of(int8_t value, int fraction_bits) {
  const int32_t mask = value >> 7;
  return lsgd_pack((uint32_t)mask, (uint32_t)lsgd_apply_sign(value, mask), 158 - fraction_bits);
}

/* Not inlined, as hidden_delta(): the update, which needs the most stack, then has none of theirs
   below it. */
static LSGD_NOINLINE void output_delta(int l, const int8_t* a, const float* target,
                                       struct delta* delta) {
  const struct lsgd_layer* layer = &lsgd_int8_network->layers[l];
  const int fraction_bits = lsgd_int8_activation_fraction_bits(l);
  const int derives = lsgd_int8_network->loss != LSGD_LOSS_BCE;
  for (uint32_t j = 0; j < layer->outputs; ++j) {
    const uint32_t difference = lsgd_subtract_product(bits_of(a[j], fraction_bits), LSGD_SIGN, 127,
                                                      0, lsgd_load_bits(&target[j])); /* a - 1 t */
    const struct lsgd_unpacked magnitude = lsgd_unpack(difference);
    const int32_t mask = lsgd_sign_mask(difference);
    delta[j] = derives ? times_derivative(magnitude.significand, magnitude.exponent, mask,
                                          layer->activation, a[j])
                       : rounded_delta(magnitude, mask);
  }
}

/**
 * Sum over the rows of a column of weight * delta, without the weights' fraction bits: the weights
 * are exact, so is each product in 32 bits, and each is rounded to the quantum of the sum, which is
 * at most 2^-23 of the largest product or partial sum so far, but 2^-22 of a product by 1 or -1.
 */
static struct lsgd_unpacked column_sum(const int8_t* column, uint32_t stride,
                                       const struct delta* delta, uint32_t rows, int32_t* mask) {
  int32_t sum = 0; /* times 2^(scale - 149), below 2^30 */
  int32_t scale = LSGD_ZERO_EXPONENT;
  for (const struct delta* const end = delta + rows; delta != end; ++delta, column += stride) {
    int32_t shift = scale - delta->exponent;
    const int32_t product = *column * delta->significand;
    if (product == 0) continue;
    if (LSGD_UNLIKELY((uint32_t)shift > 31)) {
      if (shift > 0) continue;
      sum = shift < -30 ? 0 : ((sum >> (-shift - 1)) + 1) >> 1;
      scale = delta->exponent;
      shift = 0;
    }
    sum += ((product >> shift) + 1) >> 1;
    if (LSGD_UNLIKELY((int32_t)((uint32_t)sum + 0x40000000u) < 0)) {
      sum = (sum + 1) >> 1;
      ++scale;
    }
  }
  const struct lsgd_unpacked zero = {0, LSGD_ZERO_EXPONENT};
  *mask = sum >> 31;
  return sum == 0 ? zero : lsgd_normalized((uint32_t)lsgd_apply_sign(sum, *mask), scale + 9);
}

/**
 * Deltas as integers of the same unit, each cut into two limbs of so many bits, the lower not
 * negative: a sum of products with weights then fits 32 bits for each limb, and is exact.
 */
struct limbs {
  int32_t bits;     /**< of a limb; two hold a delta of the largest exponent */
  int32_t exponent; /**< of a delta in units; the others' exponents are at most this much larger */
};

/** Returns whether there are such limbs: the smallest delta but 0 is in their reach. */
static int limbs_of(const struct delta* delta, uint32_t count, struct limbs* limbs) {
  int32_t largest = LSGD_ZERO_EXPONENT;
  int32_t smallest = 32767;
  for (const struct delta* const end = delta + count; delta != end; ++delta) {
    if (delta->significand == 0) continue;
    if (delta->exponent > largest) largest = delta->exponent;
    if (delta->exponent < smallest) smallest = delta->exponent;
  }
  /* A limb times 128, `count` times, stays below 2^30. */
  limbs->bits = 23;
  while (count > 1u << (23 - limbs->bits)) --limbs->bits;
  limbs->exponent = largest - (2 * limbs->bits - 24);
  return limbs->bits >= 12 && smallest >= limbs->exponent;
}

/** The delta of a neuron from the sum high * 2^bits + low, in units of limbs and of weights. */
static struct delta hidden_delta_of(int32_t high, int32_t low, const struct limbs* limbs,
                                    uint8_t activation, int8_t a) {
  const int64_t sum = (int64_t)high * (1 << limbs->bits) + low;
  const int32_t mask = (int32_t)(sum >> 32) >> 31;
  const uint64_t magnitude = (uint64_t)((sum ^ mask) - mask);
  const uint32_t upper = (uint32_t)(magnitude >> 32);
  uint32_t significand = (uint32_t)magnitude;
  int32_t exponent = limbs->exponent + 8;
  /* By whole bytes: 25 bits are left at least, or all. */
  if (upper != 0) {
    const int32_t bytes = upper < 0x100 ? 8 : upper < 0x10000 ? 16 : 24;
    significand = significand >> bytes | upper << (32 - bytes);
    exponent += bytes;
  }
  return times_derivative(significand, exponent, mask, activation, a);
}

/** delta of layer l - 1 from that of layer l and its weights before the update: four columns at a
 * time share the limbs of a delta, which are made where they are needed and take no memory. */
static LSGD_NOINLINE void hidden_delta(int l, const int8_t* weights, const struct delta* delta,
                                       const int8_t* a, struct delta* below) {
  const struct lsgd_layer* layer = &lsgd_int8_network->layers[l];
  const uint8_t activation = layer[-1].activation;
  const int32_t weight_fraction_bits = lsgd_int8_formats[l].weight_fraction_bits;
  const uint32_t inputs = layer->inputs;
  const struct delta* const end = delta + layer->outputs;
  const struct delta* const end_of_below = below + inputs;
  struct limbs limbs;
  if (limbs_of(delta, layer->outputs, &limbs)) {
    const int32_t exponent = limbs.exponent;
    const int32_t bits = limbs.bits;
    const uint32_t low_mask = (1u << bits) - 1;
    limbs.exponent -= weight_fraction_bits; /* from here on of the sums */
    for (; end_of_below - below >= 4; weights += 4) {
      int32_t high0 = 0, high1 = 0, high2 = 0, high3 = 0;
      int32_t low0 = 0, low1 = 0, low2 = 0, low3 = 0;
      const int8_t* row = weights;
      for (const struct delta* d = delta; d != end; ++d, row += inputs) {
        const int32_t significand = d->significand;
        if (significand == 0) continue;
        const int32_t shift = d->exponent - exponent;
        const int32_t high = significand >> (bits - shift);
        const int32_t low = (int32_t)((uint32_t)significand << shift & low_mask);
        high0 += row[0] * high;
        low0 += row[0] * low;
        high1 += row[1] * high;
        low1 += row[1] * low;
        high2 += row[2] * high;
        low2 += row[2] * low;
        high3 += row[3] * high;
        low3 += row[3] * low;
      }
      below[0] = hidden_delta_of(high0, low0, &limbs, activation, a[0]);
      below[1] = hidden_delta_of(high1, low1, &limbs, activation, a[1]);
      below[2] = hidden_delta_of(high2, low2, &limbs, activation, a[2]);
      below[3] = hidden_delta_of(high3, low3, &limbs, activation, a[3]);
      below += 4;
      a += 4;
    }
  }
  for (; below != end_of_below; ++below, ++a, ++weights) {
    int32_t mask;
    const struct lsgd_unpacked sum = column_sum(weights, inputs, delta, layer->outputs, &mask);
    *below = times_derivative(sum.significand, sum.exponent - weight_fraction_bits, mask,
                              activation, *a);
  }
}

/** What a column of a tensor is updated from: an element of the network's own input in binary32, an
 * activation, or for biases 1. */
struct update_input {
  const float* exact;
  const int8_t* quantized; /**< NULL: exact */
  int fraction_bits;
};

/** One element of it: significand * 2^(exponent - 156), |significand| at most 2^30. */
struct factor {
  int32_t significand;
  int32_t exponent;
};

static uint32_t input_bits(const struct update_input* input, uint32_t i) {
  return input->quantized != NULL ? bits_of(input->quantized[i], input->fraction_bits)
                                  : lsgd_load_bits(&input->exact[i]);
}

static struct factor factor_of(const struct update_input* input, uint32_t i) {
  if (input->quantized != NULL) {
    const struct factor factor = {input->quantized[i] * (1 << 23), 133 - input->fraction_bits};
    return factor;
  }
  const uint32_t bits = input_bits(input, i);
  const struct lsgd_unpacked number = lsgd_unpack(bits);
  const struct factor factor = {
      lsgd_apply_sign((int32_t)(number.significand >> 2), lsgd_sign_mask(bits)), number.exponent};
  return factor;
}

/** A tensor during its update: weights [rows][columns], or biases with one column. */
struct tensor {
  int8_t* elements;
  uint32_t columns;
  uint32_t rows;
  int fraction_bits; /**< before the update */
  const struct update_input* input;
  const struct delta* steps; /**< learning_rate * delta by row, times 2^7 */
  int32_t largest_exponent;  /**< of the steps */
};

/**
 * Fixed point of updated values: units of 2^-22 quanta of the old fraction bits. They are the exact
 * value rounded up, since the product and its shift round down.
 */
#define UNIT_BITS 22

/** From the exponent of a step to the shift of its product with a factor to units. */
static int32_t shift_base(int fraction_bits, int32_t factor_exponent) {
  return 281 - UNIT_BITS - fraction_bits - factor_exponent;
}

/** In units; shift 0..31. */
static inline int32_t updated_units(int8_t value, int32_t step, int32_t factor, int32_t shift) {
  const int32_t product = (int32_t)(((int64_t)step * factor) >> 32);
  return value * (1 << UNIT_BITS) - (product >> shift);
}

/** The updated value in binary32, rounded once. */
static LSGD_NOINLINE uint32_t updated_bits(const struct tensor* tensor, uint32_t column,
                                           int8_t value, const struct delta* step) {
  const int32_t mask = step->significand >> 31;
  return lsgd_subtract_product(bits_of(value, tensor->fraction_bits),
                               (uint32_t)lsgd_apply_sign(step->significand, mask) << 1,
                               step->exponent, (uint32_t)mask, input_bits(tensor->input, column));
}

/** Largest magnitudes of a tensor's updated values: of those computed in units, and of the others
 * in binary32. */
struct range {
  int32_t units;
  uint32_t bits;
};

/** @param exactly  in binary32 whatever changes */
static struct range measure(const struct tensor* tensor, int exactly) {
  struct range range = {0, 0};
  for (uint32_t i = 0; i < tensor->columns; ++i) {
    const struct factor factor = factor_of(tensor->input, i);
    const int32_t base =
        exactly ? LSGD_ZERO_EXPONENT : shift_base(tensor->fraction_bits, factor.exponent);
    const int8_t* element = tensor->elements + i;
    const struct delta* const end = tensor->steps + tensor->rows;
    for (const struct delta* step = tensor->steps; step != end;
         ++step, element += tensor->columns) {
      int32_t shift = base - step->exponent;
      if (LSGD_UNLIKELY((uint32_t)shift > 31)) {
        if (shift < 0) {
          const uint32_t bits = updated_bits(tensor, i, *element, step) & ~LSGD_SIGN;
          if (bits > range.bits) range.bits = bits;
          continue;
        }
        shift = 31;
      }
      const int32_t units = updated_units(*element, step->significand, factor.significand, shift);
      if (units > range.units) range.units = units;
      if (-units > range.units) range.units = -units;
    }
  }
  return range;
}

static int fraction_bits_of(struct range range, int fraction_bits) {
  int from_units = LSGD_PARAMETER_FRACTION_BITS_MAXIMUM;
  for (uint32_t power = 1u << (UNIT_BITS + fraction_bits);
       from_units > 0 && (uint32_t)range.units > power; power <<= 1)
    --from_units;
  const int from_bits = lsgd_fraction_bits(range.bits);
  return from_units < from_bits ? from_units : from_bits;
}

#if defined(__GNUC__)
/** Four elements in a word, which are objects of another type. */
typedef uint32_t __attribute__((may_alias)) four_elements;
#endif

/** 2^6 quanta: where elements move by as much, old values settle nothing. */
#define SETTLING_BITS 6

/** An element moves by less than 2^k quanta: k, 0 at least, SETTLING_BITS at most. */
static int32_t bits_of_reach(const struct tensor* tensor) {
  /* Of activations all have the same exponent. */
  const uint32_t different = tensor->input->quantized != NULL ? 1 : tensor->columns;
  int32_t reach = 0;
  for (uint32_t i = 0; i < different; ++i) {
    /* A product of 2^29 at most, shifted by 7, is below 2^22 units. */
    const struct factor factor = factor_of(tensor->input, i);
    const int32_t bits =
        7 - shift_base(tensor->fraction_bits, factor.exponent) + tensor->largest_exponent;
    if (bits > reach) reach = bits;
  }
  return reach < SETTLING_BITS ? reach : SETTLING_BITS;
}

/**
 * Whether the old values settle that the fraction bits stay: no element can leave the range by what
 * it moves, and one beyond 64 quanta and that keeps it from shrinking.
 */
static int keeps_fraction_bits(const struct tensor* tensor) {
  const int32_t bits = bits_of_reach(tensor);
  if (bits == SETTLING_BITS) return 0;
  const int32_t reach = 1 << bits;
  const int8_t* element = tensor->elements;
  const int8_t* const end = element + tensor->rows * tensor->columns;
  if (tensor->fraction_bits != LSGD_PARAMETER_FRACTION_BITS_MAXIMUM) {
    const int32_t near = 63 + reach;
    while ((uint32_t)(*element + near) <= (uint32_t)(2 * near))
      if (++element == end) return 0;
    element = tensor->elements;
  }
#if defined(__GNUC__)
  if (reach == 1) {
    for (; ((uintptr_t)element & 3) != 0 && element != end; ++element)
      if (LSGD_UNLIKELY(*element == -128)) return 0;
    /* Taking 1 from a byte that is 0 borrows, which is seen in its highest bit, and a -128 without
       its sign is 0. */
    uint32_t borrowed = 0;
    for (; end - element >= 4; element += 4) {
      const uint32_t four = *(const four_elements*)element;
      borrowed |= ((four ^ 0x80808080u) - 0x01010101u) & four;
    }
    if (LSGD_UNLIKELY((borrowed & 0x80808080u) != 0)) return 0;
  }
#endif
  const int32_t inside = 128 - reach;
  for (; element != end; ++element)
    if (LSGD_UNLIKELY((uint32_t)(*element + inside) > (uint32_t)(2 * inside))) return 0;
  return 1;
}

/**
 * Fraction bits after the update. Units being rounded up, a negative value may be up to one farther
 * from 0 than they say: where that could decide, the range is measured again exactly.
 */
static int updated_fraction_bits(const struct tensor* tensor) {
  if (keeps_fraction_bits(tensor)) return tensor->fraction_bits;
  struct range range = measure(tensor, 0);
  const int fraction_bits = fraction_bits_of(range, tensor->fraction_bits);
  ++range.units;
  if (fraction_bits_of(range, tensor->fraction_bits) == fraction_bits) return fraction_bits;
  return fraction_bits_of(measure(tensor, 1), tensor->fraction_bits);
}

/**
 * From this shift on an element keeps its value if the fraction bits stay: of a product below 2^29
 * less than 2^20 units are left, a quarter of a quantum.
 */
#define SETTLED_SHIFT 9

/** As requantize(), from activations: their exponent is the same for a row. */
static LSGD_NOINLINE int requantize_rows(const struct tensor* tensor, int fraction_bits) {
  const int32_t settled_shift = fraction_bits == tensor->fraction_bits ? SETTLED_SHIFT : INT32_MAX;
  const int dropped = UNIT_BITS + tensor->fraction_bits - fraction_bits;
  const int32_t half = 1 << (dropped - 1);
  const uint32_t mask = (1u << dropped) - 1;
  const uint32_t columns = tensor->columns;
  const int32_t base = shift_base(tensor->fraction_bits, factor_of(tensor->input, 0).exponent);
  const struct delta* const end = tensor->steps + tensor->rows;
  int8_t* element = tensor->elements;
  for (const struct delta* step = tensor->steps; step != end; ++step) {
    const int32_t shift = base - step->exponent;
    if (shift >= settled_shift) {
      element += columns;
      continue;
    }
    const int32_t significand = step->significand >> 7;
    /* Of significand * a, which are two bits more than a product of updated_units(). */
    const int32_t product_shift = shift < 0 ? 0 : shift < 29 ? shift + 2 : 31;
    const int8_t* a = tensor->input->quantized;
    for (int8_t* const end_of_row = element + columns; element != end_of_row; ++element, ++a) {
      int32_t units = half + *element * (1 << UNIT_BITS) - (significand * *a >> product_shift);
      if (LSGD_UNLIKELY(shift < 0) || LSGD_UNLIKELY(((uint32_t)units & mask) == 0)) {
        union lsgd_binary32 updated;
        updated.bits =
            updated_bits(tensor, (uint32_t)(a - tensor->input->quantized), *element, step);
        *element = lsgd_quantize(updated.value, fraction_bits);
        continue;
      }
      units >>= dropped;
      if (LSGD_UNLIKELY(units > 127)) units = 127;
      if (LSGD_UNLIKELY(units < -128)) units = -128;
      *element = (int8_t)units;
    }
  }
  return fraction_bits;
}

/** Returns the fraction bits, as requantize_rows() does: the caller's frame is gone by then. */
static LSGD_NOINLINE int requantize(const struct tensor* tensor, int fraction_bits) {
  const int32_t settled_shift = fraction_bits == tensor->fraction_bits ? SETTLED_SHIFT : INT32_MAX;
  const int dropped = UNIT_BITS + tensor->fraction_bits - fraction_bits;
  const int32_t half = 1 << (dropped - 1);
  const uint32_t mask = (1u << dropped) - 1;
  const uint32_t columns = tensor->columns;
  const struct delta* const end = tensor->steps + tensor->rows;
  for (uint32_t i = 0; i < columns; ++i) {
    const struct factor factor = factor_of(tensor->input, i);
    const int32_t base = shift_base(tensor->fraction_bits, factor.exponent);
    if (base - tensor->largest_exponent >= settled_shift) continue;
    int8_t* element = tensor->elements + i;
    for (const struct delta* step = tensor->steps; step != end; ++step, element += columns) {
      int32_t shift = base - step->exponent;
      if (shift >= settled_shift) continue;
      int32_t units = 0;
      if (LSGD_UNLIKELY((uint32_t)shift > 31)) {
        if (shift < 0) goto exactly;
        shift = 31;
      }
      units = half + updated_units(*element, step->significand, factor.significand, shift);
      /* Just below where rounding changes, and on a tie, the units do not tell. */
      if (LSGD_UNLIKELY(((uint32_t)units & mask) == 0)) goto exactly;
      units >>= dropped;
      if (LSGD_UNLIKELY(units > 127)) units = 127;
      if (LSGD_UNLIKELY(units < -128)) units = -128;
      *element = (int8_t)units;
      continue;
    exactly:;
      union lsgd_binary32 updated;
      updated.bits = updated_bits(tensor, i, *element, step);
      *element = lsgd_quantize(updated.value, fraction_bits);
    }
  }
  return fraction_bits;
}

/** Returns the tensor's new fraction bits. */
static int update_tensor(const struct tensor* tensor) {
  const int fraction_bits = updated_fraction_bits(tensor);
  return tensor->input->quantized != NULL ? requantize_rows(tensor, fraction_bits)
                                          : requantize(tensor, fraction_bits);
}

/** Updates layer l; its deltas become steps. */
static void update(int l, int8_t* weights, struct delta* delta, const struct update_input* input,
                   struct lsgd_unpacked rate) {
  static const float one = 1;
  static const struct update_input constant = {&one, NULL, 0};
  const struct lsgd_layer* layer = &lsgd_int8_network->layers[l];
  const struct lsgd_layer_format format = lsgd_int8_formats[l];
  int32_t largest_exponent = LSGD_ZERO_EXPONENT;
  for (uint32_t j = 0; j < layer->outputs; ++j) {
    delta[j] =
        rounded_delta(lsgd_multiply(rate, magnitude_of(delta[j])), delta[j].significand >> 31);
    delta[j].significand *= 1 << 7;
    if (delta[j].exponent > largest_exponent) largest_exponent = delta[j].exponent;
  }
  struct tensor tensor = {weights, layer->inputs, layer->outputs,  format.weight_fraction_bits,
                          input,   delta,         largest_exponent};
  const int weight_fraction_bits = update_tensor(&tensor);
  tensor.elements += (uint32_t)layer->inputs * layer->outputs;
  tensor.columns = 1;
  tensor.fraction_bits = format.bias_fraction_bits;
  tensor.input = &constant;
  lsgd_int8_set_fraction_bits(l, weight_fraction_bits, update_tensor(&tensor));
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  lsgd_port_forward(input);

  const struct lsgd_layer* layers = lsgd_int8_network->layers;
  const struct lsgd_unpacked rate = lsgd_unpack(lsgd_load_bits(&learning_rate));
  int8_t* weights = lsgd_int8_parameters;
  const int8_t* a = lsgd_int8_activations;
  struct delta* delta = deltas;
  int l = 0;
  for (; l < lsgd_int8_network->layer_count - 1; ++l) {
    weights += lsgd_int8_layer_parameters(&layers[l]);
    a += layers[l].outputs;
    delta += layers[l].outputs;
  }
  output_delta(l, a, target, delta);
  for (; l > 0; --l) {
    a -= layers[l].inputs;
    struct delta* const below = delta - layers[l].inputs;
    hidden_delta(l, weights, delta, a, below);
    const struct update_input activations = {NULL, a, lsgd_int8_activation_fraction_bits(l - 1)};
    update(l, weights, delta, &activations, rate);
    weights -= lsgd_int8_layer_parameters(&layers[l - 1]);
    delta = below;
  }
  const struct update_input sample = {input, NULL, 0};
  update(0, weights, delta, &sample, rate);
  return LSGD_OK;
}

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  return lsgd_quantization_operation(operation, a, b, result);
}
