/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/**
 * @file
 * The contract of a port, version LSGD_PORT_INTERFACE: seven functions of freestanding C99 that
 * train one fully connected network in place (SPEC 2) in one declared arithmetic, which the port
 * names by its digest. Numbers cross the interface as codes of 8, 16, 32 or 64 bits: what they mean
 * is the declaration's business, and neither the agent nor the protocol knows of it.
 *
 * A port needs <stddef.h>, <stdint.h> and this header. It may rely on memcpy, memmove, memset and
 * the compiler's own runtime (soft float), and on nothing else: no heap, no libm, no input or
 * output. All its state is static and sized by the LSGD_CAPACITY_ macros; nothing of it survives
 * lsgd_port_configure. The functions are called from one thread and never re-entered.
 *
 * Layers are numbered 1..L as in the specification. Bytes of tensors are little-endian.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Version of this contract; changes whenever an existing port would have to change. */
#define LSGD_PORT_INTERFACE 2

/**
 * Capacities, set by the build (-D) for the platform's memory or for one network exactly. The
 * defaults hold the suite's largest network, 784-32-10, and its longest vectors, 300 elements.
 */
#ifndef LSGD_CAPACITY_LAYERS
#define LSGD_CAPACITY_LAYERS 8 /* L, at most 64 */
#endif
#ifndef LSGD_CAPACITY_INPUTS
#define LSGD_CAPACITY_INPUTS 784 /* d_0, at most 65535 */
#endif
#ifndef LSGD_CAPACITY_WIDTH
#define LSGD_CAPACITY_WIDTH 320 /* max(d_1..d_L), at most 65535 */
#endif
#ifndef LSGD_CAPACITY_ACTIVATIONS
#define LSGD_CAPACITY_ACTIVATIONS 1280 /* d_1 + ... + d_L, which is also the number of biases */
#endif
#ifndef LSGD_CAPACITY_PARAMETERS
#define LSGD_CAPACITY_PARAMETERS 98304 /* weights and biases of all layers together */
#endif

/** Result of a call. Values from 16 on belong to the protocol (protocol.h). */
enum lsgd_status {
  LSGD_OK = 0,
  LSGD_UNSUPPORTED = 1,       /**< optional, and this port does not have it */
  LSGD_CAPACITY_EXCEEDED = 2, /**< the network does not fit the capacities */
  LSGD_OUT_OF_RANGE = 3       /**< an argument is outside its documented range */
};

/** Activation function of a layer (SPEC 2.2); relu'(0) = 0, leaky_relu'(0) = 2^-3. Softmax, which
 * takes all pre-activations of a layer, comes only in the output layer and with
 * LSGD_LOSS_CROSS_ENTROPY. */
enum lsgd_activation {
  LSGD_ACTIVATION_IDENTITY = 0,
  LSGD_ACTIVATION_RELU = 1,
  LSGD_ACTIVATION_SIGMOID = 2,
  LSGD_ACTIVATION_TANH = 3,
  LSGD_ACTIVATION_LEAKY_RELU = 4,
  LSGD_ACTIVATION_SOFTMAX = 5
};

/** Number of values of enum lsgd_activation. */
#define LSGD_ACTIVATIONS 6

/** Loss (SPEC 2.3). LSGD_LOSS_BCE comes only with a sigmoid output layer, LSGD_LOSS_CROSS_ENTROPY
 * with a softmax output layer. */
enum lsgd_loss { LSGD_LOSS_MSE = 0, LSGD_LOSS_BCE = 1, LSGD_LOSS_CROSS_ENTROPY = 2 };

/** Number of values of enum lsgd_loss. */
#define LSGD_LOSSES 3

/** Shape of one dense layer: weights are row-major [outputs][inputs], biases [outputs]. */
struct lsgd_layer {
  uint16_t inputs;
  uint16_t outputs;
  uint8_t activation; /**< enum lsgd_activation */
};

/** Shape of a network: layers[0] is layer 1, and layers[l].inputs == layers[l - 1].outputs. */
struct lsgd_network {
  const struct lsgd_layer* layers;
  uint16_t layer_count;
  uint8_t loss; /**< enum lsgd_loss */
};

/** Tensors that cross the interface, by layer. */
enum lsgd_tensor {
  /** Layers 1..L: row-major. */
  LSGD_TENSOR_WEIGHTS = 0,
  /** Layers 1..L. */
  LSGD_TENSOR_BIASES = 1,
  /** Layers 1..L; can only be stored. */
  LSGD_TENSOR_ACTIVATIONS = 2,
  /** Fraction bits n of weights or biases whose codes q stand for q / 2^n, where n is part of the
      parameters; 0..7 in the built-in arithmetics. */
  LSGD_TENSOR_WEIGHT_FRACTION_BITS = 3,
  LSGD_TENSOR_BIAS_FRACTION_BITS = 4,
  /** Layer 0: d_0 binary32. The agent's sample buffer; a port never sees this tensor. */
  LSGD_TENSOR_INPUT = 5,
  /** Layer 0: d_L binary32. The agent's sample buffer; a port never sees this tensor. */
  LSGD_TENSOR_TARGET = 6,
  /** Layer 0: the state of the random generator (SPEC 11.3). Any value may be loaded, and a step
      after it draws what any other port would. */
  LSGD_TENSOR_RANDOM_STATE = 7,
  /** Scales S and zero points Z where a code q stands for S (q - Z). */
  LSGD_TENSOR_WEIGHT_SCALES = 8,
  LSGD_TENSOR_WEIGHT_ZERO_POINTS = 9,
  LSGD_TENSOR_ACTIVATION_SCALES = 10,
  LSGD_TENSOR_ACTIVATION_ZERO_POINTS = 11,
  /** Layer 0: the same for the quantized input. */
  LSGD_TENSOR_INPUT_SCALE = 12,
  LSGD_TENSOR_INPUT_ZERO_POINT = 13
};

/** Number of values of enum lsgd_tensor. */
#define LSGD_TENSORS 14

/** How many codes a tensor has. */
enum lsgd_extent {
  LSGD_PER_NETWORK = 0, /**< one, in layer 0 */
  LSGD_PER_LAYER = 1,   /**< one in each of the layers 1..L */
  LSGD_PER_NEURON = 2,  /**< as many as outputs in each of the layers 1..L */
  LSGD_PER_WEIGHT = 3   /**< outputs * inputs in each of the layers 1..L */
};

/** The codes of one tensor: integers in two's complement, IEEE bit patterns, or what else the
 * declaration says, in the low bits. */
struct lsgd_codes {
  uint8_t bytes;  /**< of a code: 1, 2, 4 or 8; 0 where the arithmetic has no such tensor */
  uint8_t extent; /**< enum lsgd_extent */
};

/** Bytes of the digest of a declaration. */
#define LSGD_DIGEST_BYTES 32

/**
 * The arithmetic of a port: which declaration, and the codes that follow from it. Nobody types one:
 * arithmetics.h has a macro for each built-in arithmetic, `lsgd-conform profile export-c` writes
 * one for any other declaration.
 */
struct lsgd_arithmetic {
  /** SHA-256 of the declaration's canonical form. */
  uint8_t digest[LSGD_DIGEST_BYTES];
  /** By enum lsgd_tensor; those of the sample are the agent's, and 0 here. */
  struct lsgd_codes tensors[LSGD_TENSORS];
};

/** What a port is and what it holds. */
struct lsgd_port_description {
  uint16_t interface_version; /**< LSGD_PORT_INTERFACE */
  struct lsgd_arithmetic arithmetic;
  uint16_t layers; /**< capacities: the LSGD_CAPACITY_ macros the port was compiled with */
  uint16_t inputs;
  uint16_t width;
  uint32_t activations;
  uint32_t parameters;
  char name[32]; /**< NUL-terminated, [a-z0-9_], at least one character */
};

/**
 * Operations of lsgd_port_arithmetic, each as the port's own kernels perform it. Operands a, b and
 * the result are 32-bit patterns: integers in two's complement (int8 sign-extended), binary32 as
 * its bits. Unused operands are 0.
 */
enum lsgd_operation {
  /** a finite binary32, b in 0..7: int8 saturate(round-half-away(a * 2^b)). */
  LSGD_OPERATION_QUANTIZE = 0,
  /** a binary32 >= 0: 7 - clamp(ceil(log2(a)), 0, 7), and 7 for a = 0. */
  LSGD_OPERATION_FRACTION_BITS = 1,
  /** a int32, |a| <= 2^30, an accumulator without its rounding term, b in 0..16:
      int8 saturate((a + (b ? 1 << (b - 1) : 0)) >> b), the shift arithmetic. */
  LSGD_OPERATION_REQUANTIZE = 2,
  /** a int8, b in -7..16: int32 a << b, or a >> -b (arithmetic) for negative b. */
  LSGD_OPERATION_ALIGN_BIAS = 3,
  /** a int8 z: int8 max(z, 0). */
  LSGD_OPERATION_RELU = 4,
  /** a int8 z: int8 saturate(round-half-away(128 * sigmoid(z / 16))). */
  LSGD_OPERATION_SIGMOID_TABLE = 5,
  /** a int8 z: int8 saturate(round-half-away(128 * tanh(z / 16))). */
  LSGD_OPERATION_TANH_TABLE = 6,
  /** a, b binary32: a + b. */
  LSGD_OPERATION_FLOAT_ADD = 7,
  /** a, b binary32: a - b. */
  LSGD_OPERATION_FLOAT_SUBTRACT = 8,
  /** a, b binary32: a * b. */
  LSGD_OPERATION_FLOAT_MULTIPLY = 9,
  /** a, b binary32: a / b. */
  LSGD_OPERATION_FLOAT_DIVIDE = 10,
  /** a int8, b in 0..7: binary32 a / 2^b, exact. */
  LSGD_OPERATION_FLOAT_FROM_INT8 = 11,
  /** a finite binary32 z: binary32 sigmoid(z). */
  LSGD_OPERATION_FLOAT_SIGMOID = 12,
  /** a finite binary32 z: binary32 tanh(z). */
  LSGD_OPERATION_FLOAT_TANH = 13,
  /** a finite binary32, b in 0..12: int16 saturate(round-half-away(a * 2^b)). */
  LSGD_OPERATION_QUANTIZE_INT16 = 14,
  /** a int16, b in -8..2: int32 a << b, or a >> -b (arithmetic) for negative b. */
  LSGD_OPERATION_ALIGN_INT16_BIAS = 15,
  /** a finite binary32 above 0: k of the learning rate 2^-k it stands for, 0..11 (SPEC 11.2). */
  LSGD_OPERATION_RATE_EXPONENT = 16,
  /** a uint32, the random state, b in 0..30: the next b bits drawn (SPEC 11.3). */
  LSGD_OPERATION_RANDOM_DRAW = 17,
  /** a int16 s, b int8 activation of a sigmoid layer: int16 s * f' (SPEC 11.6). */
  LSGD_OPERATION_TIMES_SIGMOID_DERIVATIVE = 18,
  /** a int16 s, b int8 activation of a tanh layer: int16 s * f' (SPEC 11.6). */
  LSGD_OPERATION_TIMES_TANH_DERIVATIVE = 19,
  /** a finite binary32, b in 0..30: int32 saturate(round-half-away(a * 2^b)). */
  LSGD_OPERATION_QUANTIZE_INT32 = 20,
  /** a int32 z with 25 fraction bits: int32 sigmoid(z) with 30 (SPEC 13.4). */
  LSGD_OPERATION_FIXED_SIGMOID = 21,
  /** a int32 z with 25 fraction bits: int32 tanh(z) with 30 (SPEC 13.4). */
  LSGD_OPERATION_FIXED_TANH = 22
};

/** The port's description; the same object on every call, also before lsgd_port_configure. */
const struct lsgd_port_description* lsgd_port_describe(void);

/**
 * Starts afresh with a network: afterwards every parameter is zero (int8_...: with 7 fraction bits
 * of weights), so are zero points and the random state (int8_integer), every scale is 1, and
 * nothing remains of any earlier network, parameter, sample or step.
 *
 * @param network  Well formed (checked by the caller): within the described capacities, sizes at
 *                 least 1, activations that the arithmetic has (SPEC 15.7) and loss of the
 *                 enumerations, LSGD_LOSS_BCE only with a sigmoid output layer,
 *                 LSGD_LOSS_CROSS_ENTROPY only with a softmax output layer, where alone softmax is.
 *                 It stays the caller's, unchanged until the next lsgd_port_configure: the port may
 *                 keep the pointer.
 * @return LSGD_OK; LSGD_UNSUPPORTED if this port lacks the loss or an activation, such as one that
 *         is younger than the port, after which the port has no network.
 */
int lsgd_port_configure(const struct lsgd_network* network);

/**
 * Replaces part of a parameter tensor; complete at return (whatever follows from it, such as shifts
 * derived from fraction bits, is up to date). Repeating a call changes nothing.
 *
 * @param tensor  one that the port's arithmetic has, but LSGD_TENSOR_ACTIVATIONS. The codes of a
 *                tensor and its fraction bits, scales or zero points may come in either order: a
 *                code keeps its bits when what it stands for changes.
 * @param layer   1..L; 0 for the random state
 * @param offset  first byte, a multiple of the element size
 * @param bytes   count bytes, any alignment, not kept
 * @param count   a multiple of the element size; offset + count is at most the tensor's size
 * @return LSGD_OK; LSGD_OUT_OF_RANGE for fraction bits above 7 and for scales that are no finite
 *         numbers above 0, which are not stored.
 */
int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count);

/**
 * Copies out part of a tensor: a parameter tensor as in lsgd_port_load, or LSGD_TENSOR_ACTIVATIONS,
 * which holds a_1..a_L of the last lsgd_port_forward or lsgd_port_train_step (there of its forward
 * pass, before the update) and is unspecified before either. Changes nothing.
 */
int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count);

/**
 * Computes a_1..a_L from the current parameters (SPEC 2.4).
 *
 * @param input  x, d_0 finite values in binary32 whatever the profile; not kept, not written
 * @return LSGD_OK
 */
int lsgd_port_forward(const float* input);

/**
 * One step of training on one sample, in place (SPEC 2.4 to 2.7): forward pass, output delta, then
 * for each layer from the last its predecessor's delta with the old weights and only then its
 * update.
 *
 * @param input          x as in lsgd_port_forward
 * @param target         t, d_L finite values; not kept, not written
 * @param learning_rate  finite, above 0; int8_integer takes the nearest power of two not above it,
 *                       of 2^-11 to 1 (SPEC 11.2)
 * @return LSGD_OK
 */
int lsgd_port_train_step(const float* input, const float* target, float learning_rate);

/**
 * Optional: one arithmetic operation, so that a difference can be pinned on it (level 0).
 *
 * @return LSGD_OK; LSGD_OUT_OF_RANGE for an operand outside the operation's range; LSGD_UNSUPPORTED
 *         if the port does not offer the operation. A port may return LSGD_UNSUPPORTED for
 *         everything: its level 0 is then reported as skipped.
 */
int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result);

#ifdef __cplusplus
}
#endif
