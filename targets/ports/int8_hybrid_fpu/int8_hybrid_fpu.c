/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Profile int8_hybrid for processors with a binary32 unit. Deltas are floats and are kept, so there
 * is one backward pass. An updated weight is one multiplication and one subtraction from a number
 * whose unit in the last place is a quantum: the unit rounds it to an integer by the way.
 */
#include "fused_product.h"
#include "int8_hybrid_state.h"
#include "lsgd/arithmetics.h"
#include "quantization.h"

static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .arithmetic = LSGD_ARITHMETIC_INT8_HYBRID,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = "int8_hybrid_fpu",
};

static float deltas[LSGD_CAPACITY_ACTIVATIONS]; /* delta_1, delta_2, ... */
static float activations[LSGD_CAPACITY_WIDTH];  /* of the layer below the one that is updated */

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

#if defined(__GNUC__)
/** Keeps a constant in a register that the compiler would make anew wherever it is needed. */
#define KEEP_IN_REGISTER(constant) __asm__("" : "+r"(constant))
/** Four elements, which begin at any byte and are objects of another type. */
typedef uint32_t __attribute__((may_alias, aligned(1))) four_elements;
#else
#define KEEP_IN_REGISTER(constant) (void)(constant)
#endif

union binary32 {
  float value;
  uint32_t bits;
};

#define SIGN 0x80000000u

static inline float from_bits(uint32_t bits) {
  union binary32 pattern;
  pattern.bits = bits;
  return pattern.value;
}

static inline uint32_t bits_of(float value) {
  union binary32 pattern;
  pattern.value = value;
  return pattern.bits;
}

static inline uint32_t magnitude_bits(float value) { return bits_of(value) & ~SIGN; }

/** 2^exponent, exponent -126..127. */
static inline float power_of_two(int exponent) {
  return from_bits((uint32_t)(127 + exponent) << 23);
}

/** values[i] = codes[i] * unit. */
static void dequantize_all(const int8_t* codes, uint32_t count, float unit, float* values) {
  for (uint32_t i = 0; i < count; ++i) values[i] = (float)codes[i] * unit;
}

static inline float times_derivative(float value, uint8_t activation, float a) {
  switch (activation) {
    case LSGD_ACTIVATION_RELU:
      return a > 0 ? value : 0;
    case LSGD_ACTIVATION_SIGMOID:
      return value * (a * (1 - a));
    case LSGD_ACTIVATION_TANH:
      return value * (1 - a * a);
    default:
      return value;
  }
}

static void output_delta(int l, const int8_t* a, const float* target, float* delta) {
  const struct lsgd_layer* layer = &lsgd_int8_network->layers[l];
  const float unit = power_of_two(-lsgd_int8_activation_fraction_bits(l));
  const int derives = lsgd_int8_network->loss != LSGD_LOSS_BCE;
  for (uint32_t j = 0; j < layer->outputs; ++j) {
    const float value = (float)a[j] * unit;
    const float difference = value - target[j];
    delta[j] = derives ? times_derivative(difference, layer->activation, value) : difference;
  }
}

/**
 * delta of layer l - 1 from that of layer l and its weights before the update; eight columns at a
 * time, so that each delta is loaded once for eight products.
 */
static void hidden_delta(int l, const int8_t* weights, const float* delta, const float* a,
                         float* below) {
  const struct lsgd_layer* layer = &lsgd_int8_network->layers[l];
  const uint8_t activation = layer[-1].activation;
  const uint32_t inputs = layer->inputs;
  const float* const end = delta + layer->outputs;
  const float unit = power_of_two(-lsgd_int8_formats[l].weight_fraction_bits);
  uint32_t i = 0;
  for (; i + 8 <= inputs; i += 8) {
    float sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0, sum4 = 0, sum5 = 0, sum6 = 0, sum7 = 0;
    const int8_t* row = weights + i;
    for (const float* d = delta; d != end; ++d, row += inputs) {
      const float factor = *d;
      sum0 = LSGD_PLUS_PRODUCT(sum0, (float)row[0], factor);
      sum1 = LSGD_PLUS_PRODUCT(sum1, (float)row[1], factor);
      sum2 = LSGD_PLUS_PRODUCT(sum2, (float)row[2], factor);
      sum3 = LSGD_PLUS_PRODUCT(sum3, (float)row[3], factor);
      sum4 = LSGD_PLUS_PRODUCT(sum4, (float)row[4], factor);
      sum5 = LSGD_PLUS_PRODUCT(sum5, (float)row[5], factor);
      sum6 = LSGD_PLUS_PRODUCT(sum6, (float)row[6], factor);
      sum7 = LSGD_PLUS_PRODUCT(sum7, (float)row[7], factor);
    }
    below[i] = sum0, below[i + 1] = sum1, below[i + 2] = sum2, below[i + 3] = sum3;
    below[i + 4] = sum4, below[i + 5] = sum5, below[i + 6] = sum6, below[i + 7] = sum7;
  }
  for (; i < inputs; ++i) {
    float sum = 0;
    const int8_t* row = weights + i;
    for (const float* d = delta; d != end; ++d, row += inputs)
      sum = LSGD_PLUS_PRODUCT(sum, (float)*row, *d);
    below[i] = sum;
  }
  for (i = 0; i < inputs; ++i) below[i] = times_derivative(below[i] * unit, activation, a[i]);
}

/** A tensor during its update: W[j][i] becomes W[j][i] - steps[j] * inputs[i]. */
struct tensor {
  int8_t* elements; /**< [rows][columns] */
  uint32_t rows;
  uint32_t columns;
  int fraction_bits;   /**< before the update */
  const float* steps;  /**< [rows] */
  const float* inputs; /**< [columns] */
  float largest_input; /**< its magnitude, or more */
  float reach;         /**< no element moves by more of its quanta */
};

/**
 * Whether the old values settle that the fraction bits stay: no element moves by a whole quantum,
 * none is at -128 and could leave the range, and one beyond 64 quanta keeps it from shrinking.
 */
static int keeps_fraction_bits(const struct tensor* tensor) {
  if (!(tensor->reach < 1)) return 0;
  const int8_t* element = tensor->elements;
  const int8_t* const end = element + tensor->rows * tensor->columns;
  if (tensor->fraction_bits != LSGD_PARAMETER_FRACTION_BITS_MAXIMUM)
    while ((uint32_t)(*element + 64) <= 128)
      if (++element == end) return 0;
        /* Four elements in a word: taking 1 from a byte that is 0 borrows, which is seen in its
           highest bit; what is left of a -128 without its sign is 0. */
#if defined(__GNUC__)
  uint32_t borrowed = 0;
  for (; end - element >= 4; element += 4) {
    const uint32_t four = *(const four_elements*)element;
    borrowed |= ((four ^ 0x80808080u) - 0x01010101u) & four;
  }
  if (borrowed & 0x80808080u) return 0;
#endif
  for (; element != end; ++element)
    if (*element == -128) return 0;
  return 1;
}

static int updated_fraction_bits(const struct tensor* tensor) {
  if (keeps_fraction_bits(tensor)) return tensor->fraction_bits;
  const float unit = power_of_two(-tensor->fraction_bits);
  const int8_t* element = tensor->elements;
  uint32_t largest = 0;
  for (uint32_t j = 0; j < tensor->rows; ++j) {
    const float step = tensor->steps[j];
    for (uint32_t i = 0; i < tensor->columns; ++i, ++element) {
      const uint32_t bits =
          magnitude_bits(LSGD_MINUS_PRODUCT((float)*element * unit, step, tensor->inputs[i]));
      if (bits > largest) largest = bits;
    }
  }
  return lsgd_fraction_bits(largest);
}

/** 1.5 * 2^23: numbers less than 2^22 from it have a unit of 1 in the last place. */
#define BITS_OF_INTEGERS 0x4b400000u

static inline int8_t limited(int32_t code) {
  return (int8_t)(code < -128 ? -128 : code > 127 ? 127 : code);
}

/** The new code of one element while the fraction bits stay, step in quanta; ties to even, which
 * the bound of a number that changes covers. */
static inline int8_t stepped(int8_t code, float step, float input, uint32_t integers) {
  const int32_t from = (int32_t)integers + code;
  const float moved = LSGD_MINUS_PRODUCT(from_bits((uint32_t)from), step, input);
  return limited((int32_t)(bits_of(moved) - integers));
}

/** Steps that move no element by half a quantum are left out. */
static void requantize(const struct tensor* tensor) {
  const uint32_t columns = tensor->columns;
  const float scale = power_of_two(tensor->fraction_bits);
  const uint32_t settled = bits_of(0.4375f / (tensor->largest_input * scale));
  uint32_t integers = BITS_OF_INTEGERS;
  KEEP_IN_REGISTER(integers);
  int8_t* element = tensor->elements;
  const float* const end_of_inputs = tensor->inputs + columns;
  const float* const end_of_fours = tensor->inputs + (columns & ~3u);
  const float* const end_of_steps = tensor->steps + tensor->rows;
  for (const float* step = tensor->steps; step != end_of_steps; ++step) {
    if (magnitude_bits(*step) < settled) {
      element += columns;
      continue;
    }
    const float quanta = *step * scale;
    const float* input = tensor->inputs;
    for (; input != end_of_fours; input += 4, element += 4) {
      element[0] = stepped(element[0], quanta, input[0], integers);
      element[1] = stepped(element[1], quanta, input[1], integers);
      element[2] = stepped(element[2], quanta, input[2], integers);
      element[3] = stepped(element[3], quanta, input[3], integers);
    }
    for (; input != end_of_inputs; ++input, ++element)
      *element = stepped(*element, quanta, *input, integers);
  }
}

/** With other fraction bits, or by 2^21 quanta and more. */
static void requantize_to(const struct tensor* tensor, int fraction_bits) {
  const float unit = power_of_two(-tensor->fraction_bits);
  int8_t* element = tensor->elements;
  for (uint32_t j = 0; j < tensor->rows; ++j) {
    const float step = tensor->steps[j];
    for (uint32_t i = 0; i < tensor->columns; ++i, ++element)
      *element = lsgd_quantize(LSGD_MINUS_PRODUCT((float)*element * unit, step, tensor->inputs[i]),
                               fraction_bits);
  }
}

/** Returns the tensor's new fraction bits. */
static int update_tensor(const struct tensor* tensor) {
  const int fraction_bits = updated_fraction_bits(tensor);
  if (fraction_bits == tensor->fraction_bits && tensor->reach < 0x1p21f)
    requantize(tensor);
  else
    requantize_to(tensor, fraction_bits);
  return fraction_bits;
}

/** Of magnitude; not 0, by which an infinite step could not be multiplied. */
static float largest_of(const float* values, uint32_t count) {
  uint32_t largest = bits_of(0x1p-20f);
  for (uint32_t i = 0; i < count; ++i)
    if (magnitude_bits(values[i]) > largest) largest = magnitude_bits(values[i]);
  return from_bits(largest);
}

/** Updates layer l; its deltas become steps. */
static void update(int l, int8_t* weights, float* delta, const float* inputs, float learning_rate) {
  static const float one = 1;
  const struct lsgd_layer* layer = &lsgd_int8_network->layers[l];
  const struct lsgd_layer_format format = lsgd_int8_formats[l];
  for (uint32_t j = 0; j < layer->outputs; ++j) delta[j] *= learning_rate;
  const float largest_step = largest_of(delta, layer->outputs);
  struct tensor tensor = {weights,
                          layer->outputs,
                          layer->inputs,
                          format.weight_fraction_bits,
                          delta,
                          inputs,
                          largest_of(inputs, layer->inputs),
                          0};
  tensor.reach = largest_step * tensor.largest_input * power_of_two(tensor.fraction_bits);
  const int weight_fraction_bits = update_tensor(&tensor);

  /* Biases: one row, whose inputs are the steps. */
  tensor.elements += (uint32_t)layer->inputs * layer->outputs;
  tensor.rows = 1;
  tensor.columns = layer->outputs;
  tensor.fraction_bits = format.bias_fraction_bits;
  tensor.steps = &one;
  tensor.inputs = delta;
  tensor.largest_input = largest_step;
  tensor.reach = largest_step * power_of_two(tensor.fraction_bits);
  lsgd_int8_set_fraction_bits(l, weight_fraction_bits, update_tensor(&tensor));
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  lsgd_port_forward(input);

  const struct lsgd_layer* layers = lsgd_int8_network->layers;
  int8_t* weights = lsgd_int8_parameters;
  const int8_t* a = lsgd_int8_activations;
  float* delta = deltas;
  int l = 0;
  for (; l < lsgd_int8_network->layer_count - 1; ++l) {
    weights += lsgd_int8_layer_parameters(&layers[l]);
    a += layers[l].outputs;
    delta += layers[l].outputs;
  }
  output_delta(l, a, target, delta);
  for (; l > 0; --l) {
    a -= layers[l].inputs;
    float* const below = delta - layers[l].inputs;
    dequantize_all(a, layers[l].inputs, power_of_two(-lsgd_int8_activation_fraction_bits(l - 1)),
                   activations);
    hidden_delta(l, weights, delta, activations, below);
    update(l, weights, delta, activations, learning_rate);
    weights -= lsgd_int8_layer_parameters(&layers[l - 1]);
    delta = below;
  }
  update(0, weights, delta, input, learning_rate);
  return LSGD_OK;
}

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  return lsgd_quantization_operation(operation, a, b, result);
}
