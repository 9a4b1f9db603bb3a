/* SPDX-License-Identifier: Apache-2.0 */

/*
 * L-SGD in any declared arithmetic whose order is known: every number is rounded where and how the
 * declaration says, in integer registers. What it computes with is in declared_arithmetic.h, which
 * `lsgd-conform profile export-c` writes. Where a declaration leaves a choice the port adds
 * ascending from the bias, fuses nothing, multiplies the learning rate into delta first and rounds
 * to nearest even.
 *
 * An executable model, written to be read: it is some ten times slower than a port for one
 * arithmetic.
 */
#include <string.h>

#include "declared_arithmetic.h"
#include "declared_function.h"
#include "declared_number.h"
#include "declared_wide.h"
#include "lsgd/port.h"

static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .arithmetic = DECLARED_ARITHMETIC,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = "declared_c99",
};

/* Codes of one tensor, as wide as its format asks for. */
#define CODE_OF_BYTES_1 uint8_t
#define CODE_OF_BYTES_2 uint16_t
#define CODE_OF_BYTES_4 uint32_t
#define CODE_OF_BYTES_8 uint64_t
#define CODE_OF_BYTES(bytes) CODE_OF_BYTES_##bytes
#define CODE(bytes) CODE_OF_BYTES(bytes)

/* Holds a code of any tensor. */
#if DECLARED_HAS_WIDE_CODES
typedef uint64_t widest_code;
#else
typedef uint32_t widest_code;
#endif

static const struct lsgd_network* network;
static CODE(DECLARED_WEIGHT_BYTES) weights[LSGD_CAPACITY_PARAMETERS];
static CODE(DECLARED_BIAS_BYTES) biases[LSGD_CAPACITY_ACTIVATIONS];
static CODE(DECLARED_ACTIVATION_BYTES) activations[LSGD_CAPACITY_ACTIVATIONS]; /* a_1, a_2, ... */
static CODE(DECLARED_INPUT_BYTES) inputs[LSGD_CAPACITY_INPUTS];                /* a_0 */
static CODE(DECLARED_DELTA_BYTES) deltas[2][LSGD_CAPACITY_WIDTH];
/* Fraction bits that are state of a tensor; elsewhere unused. */
static int8_t weight_fraction_bits[LSGD_CAPACITY_LAYERS];
static int8_t bias_fraction_bits[LSGD_CAPACITY_LAYERS];
/* Scales, binary32, and zero points that are state; one each where there are none. */
static uint32_t weight_scales[DECLARED_WEIGHT_SCALES];
static int32_t weight_zero_points[DECLARED_WEIGHT_SCALES];
static uint32_t activation_scales[DECLARED_ACTIVATION_SCALES];
static int32_t activation_zero_points[DECLARED_ACTIVATION_SCALES];
static uint32_t input_scale;
static int32_t input_zero_point;
/* Scales that follow from the weights, and where a pre-activation left its range. */
static struct declared_number effective_scales[DECLARED_EFFECTIVE_SCALES];
static uint8_t clamped[DECLARED_CLAMP_MASK ? LSGD_CAPACITY_ACTIVATIONS : 1];

/** What the numbers of a step depend on besides their operands. */
static struct {
  const float* sample;
  const float* target;
  struct declared_number learning_rate;
  int operand_bits; /* fraction bits of the products of the sum at hand */
  uint32_t row;     /* of the weights at hand */
} step;

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

/** Of the last rounding of a point, which has one. */
static const struct declared_format* format_of(enum declared_point point) {
  return &declared_roundings[declared_first[point + 1] - 1].format;
}

static int has_rounding(enum declared_point point) {
  return declared_first[point] != declared_first[point + 1];
}

static enum declared_point stored_point(void) {
  return has_rounding(POINT_STORED_ACTIVATION) ? POINT_STORED_ACTIVATION : POINT_ACTIVATION;
}

static int is_bias(enum declared_point point) {
  return point == POINT_BIAS || point == POINT_BIAS_CHANGE;
}

/** Whether a format by functions counts that of the layer's input rather than the layer's own. */
static int sees_layer_input(enum declared_point point) {
  return point <= POINT_BIAS_ALIGNED ||
         (point >= POINT_LEARNING_RATE_TIMES_DELTA && point <= POINT_WEIGHT);
}

static int fraction_bits_of(const struct declared_format* format, enum declared_point point, int l,
                            int operand_bits) {
  switch ((enum declared_fraction_bits)format->fraction_bits_source) {
    case FRACTION_BITS_TENSOR:
      return is_bias(point) ? bias_fraction_bits[l] : weight_fraction_bits[l];
    case FRACTION_BITS_ACTIVATION:
      if (!sees_layer_input(point)) return format->by_activation[network->layers[l].activation];
      return l == 0 ? format->of_input : format->by_activation[network->layers[l - 1].activation];
    case FRACTION_BITS_OPERANDS:
      return operand_bits + format->fraction_bits;
    case FRACTION_BITS_NUMBER:
      break;
  }
  return format->fraction_bits;
}

static uint32_t first_neuron(int l);

/** The place of a neuron's scale among those of all layers. */
static uint32_t scale_place(int per_neuron, int l) {
  return per_neuron ? first_neuron(l) + step.row : (uint32_t)l;
}

/** The scale of an affine format or a set at a point of layer l, the weights' being those of the
 * row at hand. */
static void set_scale(struct declared_grid* grid, const struct declared_format* format, int l) {
  switch ((enum declared_scale_source)format->scale_source) {
    case SCALE_OF_NOTHING:
      break;
    case SCALE_OF_WEIGHT: {
      const uint32_t place = scale_place(DECLARED_WEIGHT_SCALES_PER_NEURON, l);
      grid->scale = declared_from_binary32(weight_scales[place]);
      grid->zero_point = weight_zero_points[place];
      break;
    }
    case SCALE_OF_ACTIVATION:
      grid->scale = declared_from_binary32(activation_scales[l]);
      grid->zero_point = activation_zero_points[l];
      break;
    case SCALE_OF_INPUT:
      grid->scale = declared_from_binary32(input_scale);
      grid->zero_point = input_zero_point;
      break;
    case SCALE_OF_EFFECTIVE_WEIGHT:
      grid->scale = effective_scales[scale_place(DECLARED_EFFECTIVE_SCALES_PER_NEURON, l)];
      break;
    case SCALE_OF_FUNCTION: {
      const uint8_t function = network->layers[l].activation;
      const struct declared_value* const scale = &format->scales[function];
      grid->scale = declared_integer(1);
      grid->scale.magnitude = scale->magnitude;
      grid->scale.exponent = scale->exponent;
      grid->zero_point = format->zero_points[function];
      break;
    }
  }
}

static struct declared_grid grid_of(const struct declared_format* format, enum declared_point point,
                                    int l, int operand_bits) {
  struct declared_grid grid;
  grid.fraction_bits = fraction_bits_of(format, point, l, operand_bits);
  grid.scale = declared_integer(1);
  grid.zero_point = 0;
  if (format->kind == KIND_AFFINE || format->kind == KIND_SET) set_scale(&grid, format, l);
  return grid;
}

static int is_in_sum(enum declared_point point) {
  return (point >= POINT_FORWARD_SUM && point <= POINT_PRE_ACTIVATION) ||
         point == POINT_BACKWARD_SUM || point == POINT_HIDDEN_ERROR;
}

/** A number of layer l, 0..L - 1, after some of the roundings of a point. */
static struct declared_number rounded_by(int first, int end, enum declared_point point,
                                         struct declared_number x, int l, uint8_t* overflowed) {
  const int operand_bits = is_in_sum(point) ? step.operand_bits : -x.exponent;
  for (; first != end; ++first) {
    const struct declared_rounding* r = &declared_roundings[first];
    const struct declared_grid grid = grid_of(&r->format, point, l, operand_bits);
    x = declared_round(x, r, &grid, DECLARED_GENERATOR, overflowed);
  }
  return x;
}

static struct declared_number rounded(enum declared_point point, struct declared_number x, int l) {
  uint8_t ignored = 0;
  return rounded_by(declared_first[point], declared_first[point + 1], point, x, l, &ignored);
}

/** What an operation reads of a number that ended at a point. */
static struct declared_number operand(enum declared_point point, struct declared_number x) {
  return has_rounding(point) ? declared_operand(x, format_of(point)) : x;
}

static struct declared_number decoded(enum declared_point point, widest_code code, int l) {
  const struct declared_format* format = format_of(point);
  const struct declared_grid grid = grid_of(format, point, l, 0);
#if DECLARED_HAS_WIDE_CODES
  if (format->bits > 32) return declared_wide_decode(code, format);
#endif
  return declared_decode((uint32_t)code, format, &grid);
}

/** The same in units of the scale. */
static struct declared_number decoded_units(enum declared_point point, widest_code code, int l) {
  const struct declared_format* format = format_of(point);
  struct declared_grid grid = grid_of(format, point, l, 0);
  grid.scale = declared_integer(1);
  return declared_decode((uint32_t)code, format, &grid);
}

static widest_code code_of(enum declared_point point, struct declared_number x, int l) {
  const struct declared_format* format = format_of(point);
  const struct declared_grid grid = grid_of(format, point, l, 0);
#if DECLARED_HAS_WIDE_CODES
  if (format->bits > 32) return declared_wide_code(x, format);
#endif
  return declared_code(x, format, &grid);
}

/** A binary32 number's bits; not by memcpy, which is a call for a freestanding compiler. */
static struct declared_number from_float(float value) {
  union {
    float value;
    uint32_t bits;
  } binary32;
  binary32.value = value;
  return declared_from_binary32(binary32.bits);
}

static uint32_t weight_count(const struct lsgd_layer* layer) {
  return (uint32_t)layer->outputs * layer->inputs;
}

static uint32_t first_weight(int l) {
  uint32_t first = 0;
  while (l-- > 0) first += weight_count(&network->layers[l]);
  return first;
}

/** Of activations and biases. */
static uint32_t first_neuron(int l) {
  uint32_t first = 0;
  while (l-- > 0) first += network->layers[l].outputs;
  return first;
}

int lsgd_port_configure(const struct lsgd_network* configured) {
  network = configured;
  memset(weights, 0, sizeof weights);
  memset(biases, 0, sizeof biases);
  memset(activations, 0, sizeof activations);
  memset(inputs, 0, sizeof inputs);
  memset(weight_fraction_bits, format_of(POINT_WEIGHT)->maximum, sizeof weight_fraction_bits);
  memset(bias_fraction_bits, format_of(POINT_BIAS)->maximum, sizeof bias_fraction_bits);
  const uint32_t one = 0x3f800000u;
  for (uint32_t k = 0; k < DECLARED_WEIGHT_SCALES; ++k) weight_scales[k] = one;
  for (uint32_t k = 0; k < DECLARED_ACTIVATION_SCALES; ++k) activation_scales[k] = one;
  input_scale = one;
  memset(weight_zero_points, 0, sizeof weight_zero_points);
  memset(activation_zero_points, 0, sizeof activation_zero_points);
  input_zero_point = 0;
  declared_random_state = 0;
  return LSGD_OK;
}

/** The bytes of a tensor; codes are little-endian like the processor. */
static uint8_t* tensor_bytes(enum lsgd_tensor tensor, int l) {
  switch (tensor) {
    case LSGD_TENSOR_WEIGHTS:
      return (uint8_t*)(weights + first_weight(l));
    case LSGD_TENSOR_BIASES:
      return (uint8_t*)(biases + first_neuron(l));
    case LSGD_TENSOR_ACTIVATIONS:
      return (uint8_t*)(activations + first_neuron(l));
    case LSGD_TENSOR_WEIGHT_FRACTION_BITS:
      return (uint8_t*)(weight_fraction_bits + l);
    case LSGD_TENSOR_BIAS_FRACTION_BITS:
      return (uint8_t*)(bias_fraction_bits + l);
    case LSGD_TENSOR_WEIGHT_SCALES:
      return (uint8_t*)(weight_scales + scale_place(DECLARED_WEIGHT_SCALES_PER_NEURON, l));
    case LSGD_TENSOR_WEIGHT_ZERO_POINTS:
      return (uint8_t*)(weight_zero_points + scale_place(DECLARED_WEIGHT_SCALES_PER_NEURON, l));
    case LSGD_TENSOR_ACTIVATION_SCALES:
      return (uint8_t*)(activation_scales + l);
    case LSGD_TENSOR_ACTIVATION_ZERO_POINTS:
      return (uint8_t*)(activation_zero_points + l);
    case LSGD_TENSOR_INPUT_SCALE:
      return (uint8_t*)&input_scale;
    case LSGD_TENSOR_INPUT_ZERO_POINT:
      return (uint8_t*)&input_zero_point;
    default:
      return (uint8_t*)&declared_random_state;
  }
}

/** Whether `count` bytes are finite binary32 numbers above 0. */
static int are_scales(const uint8_t* bytes, uint32_t count) {
  for (uint32_t i = 0; i < count; i += 4) {
    const uint32_t bits = (uint32_t)bytes[i] | (uint32_t)bytes[i + 1] << 8 |
                          (uint32_t)bytes[i + 2] << 16 | (uint32_t)bytes[i + 3] << 24;
    if (bits == 0 || bits >= 0x7f800000u) return 0;
  }
  return 1;
}

int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
  if (tensor == LSGD_TENSOR_WEIGHT_FRACTION_BITS || tensor == LSGD_TENSOR_BIAS_FRACTION_BITS) {
    const struct declared_format* format =
        format_of(tensor == LSGD_TENSOR_WEIGHT_FRACTION_BITS ? POINT_WEIGHT : POINT_BIAS);
    const int8_t fraction_bits = (int8_t)bytes[0];
    if (fraction_bits < format->minimum || fraction_bits > format->maximum)
      return LSGD_OUT_OF_RANGE;
  }
  const int has_scales = tensor == LSGD_TENSOR_WEIGHT_SCALES ||
                         tensor == LSGD_TENSOR_ACTIVATION_SCALES ||
                         tensor == LSGD_TENSOR_INPUT_SCALE;
  if (has_scales && !are_scales(bytes, count)) return LSGD_OUT_OF_RANGE;
  step.row = 0;
  memcpy(tensor_bytes(tensor, layer - 1) + offset, bytes, count);
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  step.row = 0;
  memcpy(bytes, tensor_bytes(tensor, layer - 1) + offset, count);
  return LSGD_OK;
}

/** Weight `index` of all, one of layer l, as both passes see it. */
static struct declared_number effective_weight(uint32_t index, int l) {
  struct declared_number weight = decoded(POINT_WEIGHT, weights[index], l);
  if (!has_rounding(POINT_EFFECTIVE_WEIGHT)) return operand(POINT_WEIGHT, weight);
  return operand(POINT_EFFECTIVE_WEIGHT, rounded(POINT_EFFECTIVE_WEIGHT, weight, l));
}

/** Input i of layer l in the forward pass. */
static struct declared_number layer_input(int l, uint32_t first_below, uint32_t i) {
  if (l == 0) return operand(POINT_INPUT, decoded(POINT_INPUT, inputs[i], 0));
  return operand(POINT_ACTIVATION, decoded(POINT_ACTIVATION, activations[first_below + i], l - 1));
}

/** Activation i of layer l as derivative and update see it; of layer -1 the input. */
static struct declared_number stored_activation(int l, uint32_t first, uint32_t i) {
  if (l >= 0)
    return operand(
        stored_point(),
        rounded(POINT_STORED_ACTIVATION, decoded(POINT_ACTIVATION, activations[first + i], l), l));
  if (DECLARED_FIRST_LAYER_INPUT_GIVEN) return operand(POINT_INPUT, from_float(step.sample[i]));
  return operand(POINT_INPUT, decoded(POINT_INPUT, inputs[i], 0));
}

/** A dot product: of a row of weights and the layer's input, or of a column and deltas. */
struct dot {
  int is_backward;
  int l;                                    /* the layer that the sum belongs to */
  uint32_t first;                           /* weight */
  uint32_t stride;                          /* between weights */
  uint32_t first_below;                     /* activation below a row's layer */
  const CODE(DECLARED_DELTA_BYTES) * delta; /* above a column */
  uint32_t count;
  const struct declared_number* terms; /* exact ones, where the sum is neither */
};

/** Input i of layer l in units of its scale. */
static struct declared_number input_units(int l, uint32_t first_below, uint32_t i) {
  if (l == 0) return decoded_units(POINT_INPUT, inputs[i], 0);
  return decoded_units(POINT_ACTIVATION, activations[first_below + i], l - 1);
}

static struct declared_number exact_product(const struct dot* dot, uint32_t i) {
  const uint32_t index = dot->first + i * dot->stride;
  if (dot->is_backward) step.row = i;
  if (DECLARED_SUM_IN_UNITS && !dot->is_backward)
    return declared_product(decoded_units(POINT_WEIGHT, weights[index], dot->l),
                            input_units(dot->l, dot->first_below, i));
  if (dot->is_backward)
    return declared_product(effective_weight(index, dot->l + 1),
                            operand(POINT_DELTA, decoded(POINT_DELTA, dot->delta[i], dot->l + 1)));
  return declared_product(effective_weight(index, dot->l),
                          layer_input(dot->l, dot->first_below, i));
}

static struct declared_number product(const struct dot* dot, uint32_t i) {
  const struct declared_number exact = dot->terms != NULL ? dot->terms[i] : exact_product(dot, i);
  if (DECLARED_FUSED) return exact;
  return rounded(dot->is_backward ? POINT_BACKWARD_PRODUCT : POINT_FORWARD_PRODUCT, exact, dot->l);
}

static enum declared_point sum_point(const struct dot* dot) {
  return dot->is_backward ? POINT_BACKWARD_SUM : POINT_FORWARD_SUM;
}

/** An addition between lanes, or of the bias. */
static struct declared_number added(const struct dot* dot, struct declared_number sum,
                                    struct declared_number term) {
  sum = declared_sum(sum, term);
  return DECLARED_SUM_SATURATION == SATURATE_END ? sum : rounded(sum_point(dot), sum, dot->l);
}

/** An addition in a lane or node. */
static struct declared_number added_in_lane(const struct dot* dot, struct declared_number sum,
                                            struct declared_number term) {
  sum = declared_sum(sum, term);
  return DECLARED_SUM_SATURATION == SATURATE_EACH ? rounded(sum_point(dot), sum, dot->l) : sum;
}

static struct declared_number finished_lane(const struct dot* dot, struct declared_number sum) {
  return DECLARED_SUM_SATURATION == SATURATE_LANE ? rounded(sum_point(dot), sum, dot->l) : sum;
}

#if DECLARED_SUM_IS_TREE
/** Nodes of DECLARED_SUM_WIDTH neighbours, level by level; the first leaf is `first`, if any. */
static struct declared_number sum_of_products(const struct dot* dot,
                                              const struct declared_number* first) {
  struct declared_number nodes[17];
  uint32_t filled[17];
  int levels = 0;
  uint32_t left = dot->count + (first != NULL);
  do {
    nodes[levels] = declared_zero();
    filled[levels++] = 0;
    left = (left + DECLARED_SUM_WIDTH - 1) / DECLARED_SUM_WIDTH;
  } while (left > 1);
  const uint32_t leaves = dot->count + (first != NULL);
  for (uint32_t leaf = 0; leaf < leaves; ++leaf) {
    struct declared_number node = first == NULL ? product(dot, leaf)
                                  : leaf == 0   ? *first
                                                : product(dot, leaf - 1);
    for (int level = 0; level < levels; ++level) {
      nodes[level] = added_in_lane(dot, nodes[level], node);
      const int is_last = leaf + 1 == leaves;
      if (++filled[level] != DECLARED_SUM_WIDTH && !is_last) break;
      node = finished_lane(dot, nodes[level]);
      if (level + 1 == levels) return node;
      nodes[level] = declared_zero();
      filled[level] = 0;
    }
  }
  return declared_zero();
}
#else
static struct declared_number sum_of_products(const struct dot* dot,
                                              const struct declared_number* first) {
  struct declared_number lanes[DECLARED_SUM_WIDTH];
  for (uint32_t k = 0; k < DECLARED_SUM_WIDTH; ++k) lanes[k] = declared_zero();
  if (first != NULL) lanes[0] = *first;
  for (uint32_t k = 0; k < dot->count; ++k) {
    const uint32_t i = DECLARED_SUM_IS_DESCENDING ? dot->count - 1 - k : k;
    struct declared_number* const lane = &lanes[i % DECLARED_SUM_WIDTH];
    *lane = added_in_lane(dot, *lane, product(dot, i));
  }
  struct declared_number sum = finished_lane(dot, lanes[0]);
  for (uint32_t k = 1; k < DECLARED_SUM_WIDTH; ++k)
    sum = added(dot, sum, finished_lane(dot, lanes[k]));
  return sum;
}
#endif

/** bias is NULL in the backward pass. */
static struct declared_number dot_product(const struct dot* dot,
                                          const struct declared_number* bias) {
  struct declared_number sum = sum_of_products(dot, DECLARED_BIAS_LAST ? NULL : bias);
  if (DECLARED_BIAS_LAST && bias != NULL) sum = added(dot, sum, *bias);
  return DECLARED_SUM_SATURATION == SATURATE_END ? rounded(sum_point(dot), sum, dot->l) : sum;
}

static struct declared_number zero_like(struct declared_number x) {
  x.kind = VALUE_FINITE;
  x.magnitude = 0;
  x.negative = 0;
  return x;
}

/** x where a is above 0, else x / 8. */
static struct declared_number x_or_eighth(struct declared_number a, struct declared_number x) {
  if (a.kind != VALUE_NOT_A_NUMBER && (a.negative || (a.kind == VALUE_FINITE && a.magnitude == 0)))
    x.exponent -= 3;
  return x;
}

/** The code of f(z). */
static widest_code activation_code(struct declared_number shown_z, int l) {
  struct declared_number z = operand(POINT_PRE_ACTIVATION, shown_z);
  const uint8_t activation = network->layers[l].activation;
#if DECLARED_HAS_TABLES
  if (activation == LSGD_ACTIVATION_SIGMOID)
    return declared_sigmoid_table[code_of(POINT_PRE_ACTIVATION, z, l) & DECLARED_TABLE_MASK];
  if (activation == LSGD_ACTIVATION_TANH)
    return declared_tanh_table[code_of(POINT_PRE_ACTIVATION, z, l) & DECLARED_TABLE_MASK];
#elif DECLARED_HAS_WIDE_ACTIVATIONS
  if (activation == LSGD_ACTIVATION_SIGMOID) z = declared_wide_sigmoid(z);
  if (activation == LSGD_ACTIVATION_TANH) z = declared_wide_tanh(z);
#else
  if (activation == LSGD_ACTIVATION_SIGMOID) z = declared_sigmoid(z);
  if (activation == LSGD_ACTIVATION_TANH) z = declared_tanh(z);
#endif
  if (activation == LSGD_ACTIVATION_RELU && z.kind != VALUE_NOT_A_NUMBER && z.negative)
    z = zero_like(z);
  if (activation == LSGD_ACTIVATION_LEAKY_RELU) z = x_or_eighth(z, z);
  return code_of(POINT_ACTIVATION, rounded(POINT_ACTIVATION, z, l), l);
}

/** The pre-activations of an output layer whose function takes all of them. */
static struct declared_number arguments[LSGD_CAPACITY_WIDTH];

/** Whether x is above y, both finite or infinite. */
static int is_above(struct declared_number x, struct declared_number y) {
  if (x.kind == VALUE_INFINITE || y.kind == VALUE_INFINITE) {
    const int x_end = x.kind == VALUE_INFINITE ? 1 - 2 * x.negative : 0;
    const int y_end = y.kind == VALUE_INFINITE ? 1 - 2 * y.negative : 0;
    return x_end > y_end;
  }
  const struct declared_number difference = declared_sum(x, declared_negated(y));
  return difference.magnitude != 0 && !difference.negative;
}

/** a of layer l, whose arguments are known: e^(z - m) over their sum, m the largest z. */
static void softmax(int l, uint32_t first) {
  const uint32_t count = network->layers[l].outputs;
  struct declared_number largest = arguments[0];
  uint8_t kind = VALUE_FINITE;
  for (uint32_t j = 0; j < count; ++j) {
    if (arguments[j].kind == VALUE_NOT_A_NUMBER) kind = VALUE_NOT_A_NUMBER;
    if (kind == VALUE_FINITE && is_above(arguments[j], largest)) largest = arguments[j];
  }
  if (largest.kind != VALUE_FINITE) kind = VALUE_NOT_A_NUMBER;
#if DECLARED_HAS_WIDE_ACTIVATIONS
  if (kind == VALUE_FINITE) declared_wide_softmax(arguments, count);
#else
  struct declared_number total = declared_zero();
  for (uint32_t j = 0; j < count && kind == VALUE_FINITE; ++j) {
    arguments[j] = declared_exponential(declared_sum(arguments[j], declared_negated(largest)));
    total = declared_in_63_bits(declared_sum(total, arguments[j]));
  }
#endif
  for (uint32_t j = 0; j < count; ++j) {
    struct declared_number a = arguments[j];
#if DECLARED_HAS_WIDE_ACTIVATIONS
    if (kind != VALUE_FINITE) a.kind = kind;
#else
    if (kind == VALUE_FINITE)
      a = declared_quotient(a, total);
    else
      a.kind = kind;
#endif
    activations[first + j] = (CODE(DECLARED_ACTIVATION_BYTES))code_of(
        POINT_ACTIVATION, rounded(POINT_ACTIVATION, a, l), l);
  }
}

/** S_x S_w of the row at hand of layer l. */
static struct declared_number operand_scale(int l) {
  const struct declared_grid below =
      l == 0 ? grid_of(format_of(POINT_INPUT), POINT_INPUT, 0, 0)
             : grid_of(format_of(POINT_ACTIVATION), POINT_ACTIVATION, l - 1, 0);
  return declared_product(below.scale, grid_of(format_of(POINT_WEIGHT), POINT_WEIGHT, l, 0).scale);
}

/** The pre-activation of a finished sum. */
static struct declared_number pre_activation(struct declared_number sum, int l,
                                             uint8_t* overflowed) {
  int first = declared_first[POINT_PRE_ACTIVATION];
  const int end = declared_first[POINT_PRE_ACTIVATION + 1];
  if (DECLARED_SUM_IN_UNITS) {
    const struct declared_number scale = operand_scale(l);
    const struct declared_rounding* r = &declared_roundings[first];
    if (r->requantization == REQUANTIZATION_EXACT) {
      sum = declared_product(sum, scale);
    } else {
      const struct declared_grid grid = grid_of(&r->format, POINT_PRE_ACTIVATION, l, 0);
      sum = declared_requantize(sum, scale, r, &grid, overflowed);
      ++first;
    }
  }
  return rounded_by(first, end, POINT_PRE_ACTIVATION, sum, l, overflowed);
}

#if DECLARED_HAS_EFFECTIVE_SCALES
/** An exact sum of magnitudes: words of 32 bits, the lowest bit 2^-149. */
struct magnitudes {
  uint32_t words[10];
};

static void add_magnitude(struct magnitudes* sum, struct declared_number x) {
  const int32_t place = x.exponent + 149;
  uint64_t carry = 0;
  for (int word = 0; word < 10; ++word) {
    const int32_t up = place - 32 * word; /* of the magnitude, 32 bits at most, above this word */
    uint64_t part = 0;
    if (up >= 0 && up < 32) part = x.magnitude << up & 0xffffffffu;
    if (up < 0 && up > -32) part = x.magnitude >> -up;
    carry += (uint64_t)sum->words[word] + part;
    sum->words[word] = (uint32_t)carry;
    carry >>= 32;
  }
}

static struct declared_number total_of(const struct magnitudes* sum) {
  struct declared_number total = declared_zero();
  for (int word = 10; word-- > 0;) {
    struct declared_number part = declared_integer(0);
    part.magnitude = sum->words[word];
    part.exponent = 32 * word - 149;
    if (part.magnitude != 0) total = declared_sum(total, part);
  }
  return total;
}

/** The scales of the effective weights of a layer, rounded to binary32. */
static void choose_effective_scales(int l, uint32_t first) {
  const struct lsgd_layer* layer = &network->layers[l];
  const int per_neuron = DECLARED_EFFECTIVE_SCALES_PER_NEURON;
  const uint32_t rows = per_neuron ? layer->outputs : 1u;
  const uint32_t count = weight_count(layer) / rows;
  for (step.row = 0; step.row < rows; ++step.row) {
    struct magnitudes sum;
    struct declared_number largest = declared_zero();
    memset(&sum, 0, sizeof sum);
    for (uint32_t i = 0; i < count; ++i) {
      const struct declared_number weight =
          decoded(POINT_WEIGHT, weights[first + step.row * count + i], l);
      if (weight.kind != VALUE_FINITE) continue;
      add_magnitude(&sum, weight);
      if (declared_compare_magnitudes(weight, largest) > 0) largest = weight;
    }
    largest.negative = 0;
    struct declared_number scale = declared_integer(1);
    if (largest.magnitude != 0) {
      struct declared_number end = declared_integer(1);
      end.magnitude = DECLARED_EFFECTIVE_END_MAGNITUDE;
      end.exponent = DECLARED_EFFECTIVE_END_EXPONENT;
      scale = DECLARED_EFFECTIVE_RULE == SCALE_MEAN_ABS
                  ? declared_quotient(total_of(&sum), declared_integer((int32_t)count))
                  : declared_quotient(largest, end);
      scale = declared_nearest(scale, 24, 0);
    }
    effective_scales[scale_place(per_neuron, l)] = scale;
  }
}
#endif

int lsgd_port_forward(const float* input) {
  for (uint32_t i = 0; i < network->layers[0].inputs; ++i)
    inputs[i] = (CODE(DECLARED_INPUT_BYTES))code_of(
        POINT_INPUT, rounded(POINT_INPUT, from_float(input[i]), 0), 0);
  struct dot dot;
  memset(&dot, 0, sizeof dot);
  dot.stride = 1;
  uint32_t neuron = 0;
  for (int l = 0; l < network->layer_count; ++l) {
    const struct lsgd_layer* layer = &network->layers[l];
    dot.l = l;
    dot.count = layer->inputs;
#if DECLARED_HAS_EFFECTIVE_SCALES
    choose_effective_scales(l, dot.first);
#endif
    for (uint32_t j = 0; j < layer->outputs; ++j, ++neuron, dot.first += layer->inputs) {
      step.row = j;
      step.operand_bits = -exact_product(&dot, 0).exponent;
      const struct declared_number bias = rounded(
          POINT_BIAS_ALIGNED, operand(POINT_BIAS, decoded(POINT_BIAS, biases[neuron], l)), l);
      uint8_t overflowed = 0;
      const struct declared_number z = pre_activation(dot_product(&dot, &bias), l, &overflowed);
      if (DECLARED_CLAMP_MASK) clamped[neuron] = overflowed;
      if (layer->activation == LSGD_ACTIVATION_SOFTMAX)
        arguments[j] = operand(POINT_PRE_ACTIVATION, z);
      else
        activations[neuron] = (CODE(DECLARED_ACTIVATION_BYTES))activation_code(z, l);
    }
    if (layer->activation == LSGD_ACTIVATION_SOFTMAX) softmax(l, neuron - layer->outputs);
    dot.first_below = neuron - layer->outputs;
  }
  return LSGD_OK;
}

/** delta = e f', f' from the stored activation a; neuron is among those of all layers. */
static struct declared_number delta_of(struct declared_number error, struct declared_number a,
                                       uint32_t neuron, int l) {
  const struct declared_number one = declared_integer(1);
  if (DECLARED_CLAMP_MASK && clamped[neuron]) return rounded(POINT_DELTA, zero_like(error), l);
  switch (network->layers[l].activation) {
    case LSGD_ACTIVATION_RELU:
      if (a.kind == VALUE_FINITE && (a.magnitude == 0 || a.negative)) error = zero_like(error);
      break;
    case LSGD_ACTIVATION_LEAKY_RELU:
      error = x_or_eighth(a, error);
      break;
    case LSGD_ACTIVATION_SIGMOID: {
      const struct declared_number rest =
          rounded(POINT_DERIVATIVE_TERM, declared_sum(one, declared_negated(a)), l);
      error = declared_product(error, rounded(POINT_DERIVATIVE, declared_product(a, rest), l));
      break;
    }
    case LSGD_ACTIVATION_TANH: {
      struct declared_number square = declared_product(a, a);
      if (!DECLARED_FUSED) square = rounded(POINT_DERIVATIVE_TERM, square, l);
      error = declared_product(
          error, rounded(POINT_DERIVATIVE, declared_sum(one, declared_negated(square)), l));
      break;
    }
    default:
      break;
  }
  return rounded(POINT_DELTA, error, l);
}

/** A layer's update, its parts in the order in which they draw random bits. */
struct update {
  int l;
  uint32_t first_weight;
  uint32_t first_bias;
  uint32_t first_below;
  const CODE(DECLARED_DELTA_BYTES) * delta;
};

/** Whether the fraction bits of a parameter are chosen once all new numbers are known. */
static int waits(enum declared_point point) {
  return (point == POINT_BIAS ? DECLARED_BIAS_SCALE_RULE : DECLARED_WEIGHT_SCALE_RULE) ==
         SCALE_MAX_ABS_POWER_OF_TWO;
}

/** The roundings before that choice: all where there is none. */
static int roundings_before_scale(enum declared_point point) {
  int end = declared_first[point];
  while (end != declared_first[point + 1] &&
         !(waits(point) && declared_roundings[end].format.kind == KIND_FIXED &&
           declared_roundings[end].format.fraction_bits_source == FRACTION_BITS_TENSOR))
    ++end;
  return end;
}

static int keeps_neuron(const struct update* u, uint32_t j) {
  return DECLARED_SKIP_ZERO && decoded(POINT_DELTA, u->delta[j], u->l).magnitude == 0;
}

static struct declared_number delta_operand(const struct update* u, uint32_t j) {
  return operand(POINT_DELTA, decoded(POINT_DELTA, u->delta[j], u->l));
}

/** learning_rate * delta[j]. */
static struct declared_number step_of(const struct update* u, uint32_t j) {
  return rounded(POINT_LEARNING_RATE_TIMES_DELTA,
                 declared_product(step.learning_rate, delta_operand(u, j)), u->l);
}

/** A factor of a change times what gradients are multiplied with: 1 / S_w^2, or 1 / (S_x S_w)^2. */
static struct declared_number gradient_scaled(struct declared_number x, int l, int of_bias) {
#if DECLARED_GRADIENT_SCALE
  struct declared_number scale = grid_of(format_of(POINT_WEIGHT), POINT_WEIGHT, l, 0).scale;
  if (of_bias) scale = operand_scale(l);
  const struct declared_number square = declared_product(scale, scale);
  return declared_product(x,
                          declared_nearest(declared_quotient(declared_integer(1), square), 24, 0));
#else
  (void)l;
  (void)of_bias;
  return x;
#endif
}

static struct declared_number new_weight(const struct update* u, uint32_t j, uint32_t i,
                                         struct declared_number step_of_neuron,
                                         uint8_t* overflowed) {
  const uint32_t index = u->first_weight + j * network->layers[u->l].inputs + i;
  const struct declared_number old = decoded(POINT_WEIGHT, weights[index], u->l);
  if (keeps_neuron(u, j)) return old;
  const struct declared_number below = stored_activation(u->l - 1, u->first_below, i);
  const struct declared_number factor =
      gradient_scaled(DECLARED_ACTIVATION_FIRST ? step.learning_rate : step_of_neuron, u->l, 0);
  struct declared_number change =
      DECLARED_ACTIVATION_FIRST
          ? declared_product(factor, rounded(POINT_DELTA_TIMES_ACTIVATION,
                                             declared_product(delta_operand(u, j), below), u->l))
          : declared_product(factor, below);
  if (!DECLARED_FUSED) change = rounded(POINT_CHANGE, change, u->l);
  return rounded_by(
      declared_first[POINT_WEIGHT], roundings_before_scale(POINT_WEIGHT), POINT_WEIGHT,
      declared_sum(operand(POINT_WEIGHT, old), declared_negated(change)), u->l, overflowed);
}

static struct declared_number new_bias(const struct update* u, uint32_t j,
                                       struct declared_number step_of_neuron) {
  const struct declared_number old = decoded(POINT_BIAS, biases[u->first_bias + j], u->l);
  if (keeps_neuron(u, j)) return old;
  const struct declared_number factor =
      gradient_scaled(DECLARED_ACTIVATION_FIRST ? step.learning_rate : step_of_neuron, u->l, 1);
  struct declared_number change =
      DECLARED_ACTIVATION_FIRST ? declared_product(factor, delta_operand(u, j)) : factor;
  if (!(DECLARED_ACTIVATION_FIRST && DECLARED_FUSED))
    change = rounded(POINT_BIAS_CHANGE, change, u->l);
  uint8_t ignored = 0;
  /* Biases that count in units of the operands' scale are rounded to whole ones. */
  if (DECLARED_BIAS_IN_UNITS) change = declared_quotient(change, operand_scale(u->l));
  return rounded_by(declared_first[POINT_BIAS], roundings_before_scale(POINT_BIAS), POINT_BIAS,
                    declared_sum(operand(POINT_BIAS, old), declared_negated(change)), u->l,
                    &ignored);
}

static void keep_larger(struct declared_number* largest, struct declared_number x) {
  if (x.kind == VALUE_FINITE && declared_compare_magnitudes(x, *largest) > 0) *largest = x;
}

/** n = bits - 1 - ceil(log2 of the largest magnitude) within its range. */
static int8_t chosen_fraction_bits(enum declared_point point, struct declared_number largest) {
  const struct declared_format* format = &declared_roundings[roundings_before_scale(point)].format;
  if (largest.magnitude == 0) return format->maximum;
  const int32_t n = format->bits - format->is_signed - declared_ceil_log2(largest);
  if (n < format->minimum) return format->minimum;
  return n > format->maximum ? format->maximum : (int8_t)n;
}

/** Rounds a new parameter to the fraction bits that were chosen. */
static widest_code finished_code(enum declared_point point, struct declared_number x, int l,
                                 int8_t n, int8_t* fraction_bits) {
  const int8_t old = *fraction_bits;
  *fraction_bits = n;
  uint8_t ignored = 0;
  const widest_code code = code_of(
      point,
      rounded_by(roundings_before_scale(point), declared_first[point + 1], point, x, l, &ignored),
      l);
  *fraction_bits = old;
  return code;
}

/** All weights lose a fraction bit. */
static void widen(const struct update* u) {
  const uint32_t end = u->first_weight + weight_count(&network->layers[u->l]);
  for (uint32_t index = u->first_weight; index < end; ++index) {
    const struct declared_number old = decoded(POINT_WEIGHT, weights[index], u->l);
    --weight_fraction_bits[u->l];
    weights[index] = (CODE(DECLARED_WEIGHT_BYTES))code_of(
        POINT_WEIGHT, rounded(POINT_WEIGHT_WIDENED, old, u->l), u->l);
    ++weight_fraction_bits[u->l];
  }
  --weight_fraction_bits[u->l];
}

/** Where fraction bits follow from the new numbers they are computed twice, so that no copy of a
 * layer in another format is kept; `choose` is the first time. */
static void pass(const struct update* u, int choose, struct declared_number largest[2],
                 int8_t bits[2], uint8_t* overflowed) {
  const struct lsgd_layer* layer = &network->layers[u->l];
  for (uint32_t j = 0; j < layer->outputs; ++j) {
    if (keeps_neuron(u, j) && !waits(POINT_WEIGHT) && !waits(POINT_BIAS)) continue;
    step.row = j;
    const struct declared_number step_of_neuron = step_of(u, j);
    for (int part = 0; part < 2; ++part) {
      if (part == DECLARED_BIAS_DRAWS_FIRST) {
        for (uint32_t i = 0; i < layer->inputs; ++i) {
          const uint32_t index = u->first_weight + j * layer->inputs + i;
          const struct declared_number x = new_weight(u, j, i, step_of_neuron, overflowed);
          if (choose)
            keep_larger(&largest[0], x);
          else
            weights[index] = (CODE(DECLARED_WEIGHT_BYTES))finished_code(
                POINT_WEIGHT, x, u->l, bits[0], &weight_fraction_bits[u->l]);
        }
      } else {
        const struct declared_number x = new_bias(u, j, step_of_neuron);
        if (choose)
          keep_larger(&largest[1], x);
        else
          biases[u->first_bias + j] = (CODE(DECLARED_BIAS_BYTES))finished_code(
              POINT_BIAS, x, u->l, bits[1], &bias_fraction_bits[u->l]);
      }
    }
  }
}

static void update(const struct update* u) {
  struct declared_number largest[2];
  largest[0] = largest[1] = declared_zero();
  int8_t bits[2];
  bits[0] = weight_fraction_bits[u->l];
  bits[1] = bias_fraction_bits[u->l];
  uint8_t overflowed = 0;
  if (waits(POINT_WEIGHT) || waits(POINT_BIAS)) {
    pass(u, 1, largest, bits, &overflowed);
    if (waits(POINT_WEIGHT)) bits[0] = chosen_fraction_bits(POINT_WEIGHT, largest[0]);
    if (waits(POINT_BIAS)) bits[1] = chosen_fraction_bits(POINT_BIAS, largest[1]);
  }
  pass(u, 0, largest, bits, &overflowed);
  weight_fraction_bits[u->l] = bits[0];
  bias_fraction_bits[u->l] = bits[1];
  if (DECLARED_WEIGHT_SCALE_RULE == SCALE_WIDEN_ON_SATURATION && overflowed &&
      weight_fraction_bits[u->l] > DECLARED_WEIGHT_MINIMUM)
    widen(u);
}

/** An output error times the factor of the loss, which the declaration scales. */
static struct declared_number scaled_error(struct declared_number error, int l) {
  if (DECLARED_LOSS_SCALE == LOSS_HALF_SUM) return error;
  const int is_sum = DECLARED_LOSS_SCALE == LOSS_SUM || DECLARED_LOSS_SCALE == LOSS_MEAN;
  const int is_mean = DECLARED_LOSS_SCALE == LOSS_HALF_MEAN || DECLARED_LOSS_SCALE == LOSS_MEAN;
  const int32_t numerator = is_sum && network->loss == LSGD_LOSS_MSE ? 2 : 1;
  const int32_t outputs =
      is_mean && network->loss != LSGD_LOSS_CROSS_ENTROPY ? (int32_t)network->layers[l].outputs : 1;
  const struct declared_number factor = declared_nearest(
      declared_quotient(declared_integer(numerator), declared_integer(outputs)), 24, 0);
  return rounded(POINT_SCALED_ERROR, declared_product(factor, operand(POINT_OUTPUT_ERROR, error)),
                 l);
}

static void output_delta(const float* target, uint32_t first, CODE(DECLARED_DELTA_BYTES) * delta) {
  const int l = network->layer_count - 1;
  for (uint32_t j = 0; j < network->layers[l].outputs; ++j) {
    const struct declared_number a =
        operand(POINT_ACTIVATION, decoded(POINT_ACTIVATION, activations[first + j], l));
    const struct declared_number t =
        operand(POINT_TARGET, rounded(POINT_TARGET, from_float(target[j]), l));
    const struct declared_number error =
        scaled_error(rounded(POINT_OUTPUT_ERROR, declared_sum(a, declared_negated(t)), l), l);
    const int is_kept = !DECLARED_CLAMP_MASK || !clamped[first + j];
    const struct declared_number x =
        network->loss != LSGD_LOSS_MSE
            ? rounded(POINT_DELTA, is_kept ? error : zero_like(error), l)
            : delta_of(error, stored_activation(l, first, j), first + j, l);
    delta[j] = (CODE(DECLARED_DELTA_BYTES))code_of(POINT_DELTA, x, l);
  }
}

#if DECLARED_PROJECTS
/** The activation of neuron i of layer l that the target is projected to: f(B t), B being drawn
 * again each time. */
static struct declared_number projected_target(int l, uint32_t i) {
  const uint32_t outputs = network->layers[network->layer_count - 1].outputs;
  uint32_t state = DECLARED_PROJECTION_SEED;
  for (uint32_t drawn = (first_neuron(l) + i) * outputs; drawn != 0; --drawn)
    declared_word(DECLARED_PROJECTION_GENERATOR, &state);
  struct declared_number terms[LSGD_CAPACITY_WIDTH];
  for (uint32_t k = 0; k < outputs; ++k) {
    const uint32_t word = declared_word(DECLARED_PROJECTION_GENERATOR, &state) >> 16;
    struct declared_number entry = declared_integer((int32_t)word - (word >= 32768 ? 65536 : 0));
    entry.exponent = -15;
    terms[k] = declared_product(
        entry, operand(POINT_TARGET, rounded(POINT_TARGET, from_float(step.target[k]), l)));
  }
  step.operand_bits = -terms[0].exponent;
  struct dot dot;
  memset(&dot, 0, sizeof dot);
  dot.l = l;
  dot.count = outputs;
  dot.terms = terms;
  uint8_t ignored = 0;
  const struct declared_number z = pre_activation(dot_product(&dot, NULL), l, &ignored);
  return decoded(POINT_ACTIVATION, activation_code(z, l), l);
}
#endif

/** The deltas of layer u->l - 1, [inputs]. */
static void hidden_delta(const struct update* u, CODE(DECLARED_DELTA_BYTES) * below) {
  const struct lsgd_layer* layer = &network->layers[u->l];
  struct dot dot;
  memset(&dot, 0, sizeof dot);
  dot.is_backward = 1;
  dot.l = u->l - 1;
  dot.stride = layer->inputs;
  dot.delta = u->delta;
  dot.count = layer->outputs;
  for (uint32_t i = 0; i < layer->inputs; ++i) {
    dot.first = u->first_weight + i;
#if DECLARED_PROJECTS
    const widest_code a = activations[u->first_below + i];
    const struct declared_number difference =
        declared_sum(operand(POINT_ACTIVATION, decoded(POINT_ACTIVATION, a, dot.l)),
                     declared_negated(projected_target(dot.l, i)));
#else
    step.operand_bits = -exact_product(&dot, 0).exponent;
    const struct declared_number difference = dot_product(&dot, NULL);
#endif
    const struct declared_number error = rounded(POINT_HIDDEN_ERROR, difference, dot.l);
    const struct declared_number delta =
        delta_of(error, stored_activation(dot.l, u->first_below, i), u->first_below + i, dot.l);
    below[i] = (CODE(DECLARED_DELTA_BYTES))code_of(POINT_DELTA, delta, dot.l);
  }
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  step.sample = input;
  step.target = target;
  step.learning_rate =
      operand(POINT_LEARNING_RATE, rounded(POINT_LEARNING_RATE, from_float(learning_rate), 0));
  lsgd_port_forward(input);
  struct update u;
  u.l = network->layer_count - 1;
  u.first_weight = first_weight(u.l);
  u.first_bias = first_neuron(u.l);
  u.delta = deltas[0];
  CODE(DECLARED_DELTA_BYTES)* below = deltas[1];
  output_delta(target, u.first_bias, deltas[0]);
  for (; u.l >= 0; --u.l) {
    const struct lsgd_layer* layer_below = &network->layers[u.l - (u.l > 0)];
    u.first_below = u.first_bias - (u.l > 0 ? layer_below->outputs : 0);
    if (u.l > 0) hidden_delta(&u, below);
    if (DECLARED_TRAINS(u.l + 1)) update(&u);
    CODE(DECLARED_DELTA_BYTES)* const freed = below == deltas[1] ? deltas[0] : deltas[1];
    u.delta = below;
    below = freed;
    u.first_weight -= weight_count(layer_below);
    u.first_bias = u.first_below;
  }
  return LSGD_OK;
}

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  (void)operation;
  (void)a;
  (void)b;
  (void)result;
  return LSGD_UNSUPPORTED;
}
