/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * What the header that `lsgd-conform profile export-c` writes says of a declared arithmetic. The
 * names are those of the declaration.
 */

#include <stdint.h>

#include "lsgd/port.h"

/** Where a number is rounded, in the order in which a training step passes the points. */
enum declared_point {
  POINT_INITIAL_WEIGHT, /* the host's */
  POINT_INITIAL_BIAS,   /* the host's */
  POINT_INPUT,
  POINT_TARGET,
  POINT_LEARNING_RATE,
  POINT_EFFECTIVE_WEIGHT,
  POINT_FORWARD_PRODUCT,
  POINT_FORWARD_SUM,
  POINT_BIAS_ALIGNED,
  POINT_PRE_ACTIVATION,
  POINT_ACTIVATION,
  POINT_STORED_ACTIVATION,
  POINT_OUTPUT_ERROR,
  POINT_SCALED_ERROR,
  POINT_BACKWARD_PRODUCT,
  POINT_BACKWARD_SUM,
  POINT_HIDDEN_ERROR,
  POINT_DERIVATIVE_TERM,
  POINT_DERIVATIVE,
  POINT_DELTA,
  POINT_LEARNING_RATE_TIMES_DELTA,
  POINT_DELTA_TIMES_ACTIVATION,
  POINT_CHANGE,
  POINT_BIAS_CHANGE,
  POINT_WEIGHT,
  POINT_BIAS,
  POINT_WEIGHT_WIDENED,
  POINTS
};

enum declared_kind { KIND_FLOAT, KIND_FIXED, KIND_SET, KIND_AFFINE };

/** Which codes of a float are no finite numbers. */
enum declared_specials { SPECIALS_IEEE, SPECIALS_ONE_NAN, SPECIALS_FINITE, SPECIALS_ONE_ZERO };

enum declared_subnormals {
  SUBNORMALS_GRADUAL,
  SUBNORMALS_FLUSH_RESULTS,
  SUBNORMALS_FLUSH_OPERANDS,
  SUBNORMALS_FLUSH_BOTH
};

enum declared_fraction_bits {
  FRACTION_BITS_NUMBER,
  FRACTION_BITS_TENSOR,
  FRACTION_BITS_ACTIVATION,
  FRACTION_BITS_OPERANDS
};

/** Whose scale (and zero point) the numbers of an affine format or a set have. */
enum declared_scale_source {
  SCALE_OF_NOTHING,          /* 1; also the operands of a sum, which counts in units of them */
  SCALE_OF_WEIGHT,           /* state */
  SCALE_OF_ACTIVATION,       /* state */
  SCALE_OF_INPUT,            /* state */
  SCALE_OF_EFFECTIVE_WEIGHT, /* follows from the weights */
  SCALE_OF_FUNCTION          /* fixed, by the function of the layer */
};

/** One number of a set, value = +-magnitude * 2^exponent. */
struct declared_value {
  uint64_t magnitude;
  int16_t exponent;
  uint8_t negative;
};

struct declared_format {
  uint8_t kind;                 /**< enum declared_kind */
  uint8_t bits;                 /**< of a code; of a set: unused */
  uint8_t precision;            /**< float: bits of the significand with the hidden one */
  uint8_t specials;             /**< float: enum declared_specials */
  uint8_t subnormals;           /**< float: enum declared_subnormals */
  int16_t bias;                 /**< float */
  uint8_t is_signed;            /**< fixed */
  uint8_t is_symmetric;         /**< fixed */
  uint8_t fraction_bits_source; /**< fixed: enum declared_fraction_bits */
  int8_t fraction_bits;         /**< fixed: the number, or what is added to the operands' */
  int8_t by_activation[LSGD_ACTIVATIONS]; /**< fixed: by enum lsgd_activation */
  int8_t of_input;                        /**< fixed: the same for the input of the network */
  int8_t minimum;                         /**< fixed: range of fraction bits kept with a tensor */
  int8_t maximum;
  uint16_t count;                      /**< set */
  const struct declared_value* values; /**< set: ascending */
  uint8_t is_logarithmic;              /**< set of powers of two: the middle of two is their root */
  uint8_t scale_source;                /**< affine, set: enum declared_scale_source */
  const struct declared_value* scales; /**< SCALE_OF_FUNCTION: by enum lsgd_activation */
  int32_t zero_points[LSGD_ACTIVATIONS]; /**< SCALE_OF_FUNCTION: the same */
};

/** What a loss is, whose derivative's factor multiplies the errors of the outputs. */
enum declared_loss_scale { LOSS_HALF_SUM, LOSS_SUM, LOSS_HALF_MEAN, LOSS_MEAN };

enum declared_direction {
  DIRECTION_NEAREST_EVEN,
  DIRECTION_NEAREST_AWAY,
  DIRECTION_NEAREST_UP,
  DIRECTION_NEAREST_DOWN,
  DIRECTION_NEAREST_ZERO,
  DIRECTION_ZERO,
  DIRECTION_UP,
  DIRECTION_DOWN,
  DIRECTION_AWAY,
  DIRECTION_ODD,
  DIRECTION_STOCHASTIC,
  DIRECTION_ANY, /* written as DIRECTION_NEAREST_EVEN */
  DIRECTION_NONE
};

enum declared_overflow {
  OVERFLOW_SATURATE,
  OVERFLOW_INFINITY,
  OVERFLOW_INFINITY_OR_NAN,
  OVERFLOW_WRAP,
  OVERFLOW_OUTSIDE_DOMAIN /* here: as wrap or infinity, whatever is shorter */
};

enum declared_requantization {
  REQUANTIZATION_EXACT,
  REQUANTIZATION_DOUBLE,
  REQUANTIZATION_SINGLE,
  REQUANTIZATION_FLOAT
};

enum declared_mapping { MAPPING_TRUNCATE, MAPPING_MIDPOINT, MAPPING_NEAREST };

struct declared_rounding {
  struct declared_format format;
  uint8_t direction;      /**< enum declared_direction */
  uint8_t overflow;       /**< enum declared_overflow */
  uint8_t random_bits;    /**< 0: all that are discarded */
  uint8_t mapping;        /**< enum declared_mapping */
  uint8_t requantization; /**< enum declared_requantization */
};

enum declared_sum_saturation { SATURATE_EACH, SATURATE_LANE, SATURATE_END };
enum declared_scale_rule {
  SCALE_GIVEN,
  SCALE_MAX_ABS_POWER_OF_TWO, /* from the largest new number */
  SCALE_WIDEN_ON_SATURATION,
  SCALE_MAX_ABS, /* of effective weights */
  SCALE_MEAN_ABS /* of effective weights */
};
enum declared_generator {
  GENERATOR_NONE,
  GENERATOR_LCG32,
  GENERATOR_XORSHIFT32,
  GENERATOR_PHILOX4X32_10
};
