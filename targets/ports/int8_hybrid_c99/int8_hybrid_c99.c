/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Profile int8_hybrid (SPEC 4): int8 parameters and forward pass, backward pass in binary32, with
 * no float copy of a layer: the updated parameters are computed twice, once for their range and
 * once to be quantized. Evaluation order: sums ascending, no fused multiply-add, (learning_rate *
 * delta) * a.
 */
#include <string.h>

#include "lsgd/port.h"
#include "quantization.h"

static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .profile = LSGD_PROFILE_INT8_HYBRID,
    .weight_bytes = 1,
    .bias_bytes = 1,
    .activation_bytes = 1,
    .has_fraction_bits = 1,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = "int8_hybrid_c99",
};

/** What a layer needs beside its bytes; the shifts follow from the fraction bits. */
struct layer_format {
  int8_t weight_fraction_bits;
  int8_t bias_fraction_bits;
  int8_t output_shift; /**< from weight times input to z */
  int8_t bias_shift;   /**< from bias to weight times input; may be negative */
};

static const struct lsgd_network* network;
static struct layer_format formats[LSGD_CAPACITY_LAYERS];
static int8_t parameters[LSGD_CAPACITY_PARAMETERS];   /* W1, b1, W2, b2, ... */
static int8_t activations[LSGD_CAPACITY_ACTIVATIONS]; /* a_1, a_2, ... */
static int8_t quantized_input[LSGD_CAPACITY_INPUTS];  /* a_0 */
static float deltas[2][LSGD_CAPACITY_WIDTH];

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

static uint32_t weight_count(const struct lsgd_layer* layer) {
  return (uint32_t)layer->outputs * layer->inputs;
}

static uint32_t parameter_count(const struct lsgd_layer* layer) {
  return weight_count(layer) + layer->outputs;
}

/** Fraction bits of the activations of layer l, 0..L - 1; -1 stands for the network's input. */
static int activation_fraction_bits(int l) {
  if (l < 0) return LSGD_INPUT_FRACTION_BITS;
  const uint8_t activation = network->layers[l].activation;
  return activation == LSGD_ACTIVATION_SIGMOID || activation == LSGD_ACTIVATION_TANH
             ? 7
             : LSGD_Z_FRACTION_BITS;
}

/** The only way fraction bits change: the shifts change with them. */
static void set_fraction_bits(int l, int weight_fraction_bits, int bias_fraction_bits) {
  const int product_fraction_bits = weight_fraction_bits + activation_fraction_bits(l - 1);
  formats[l].weight_fraction_bits = (int8_t)weight_fraction_bits;
  formats[l].bias_fraction_bits = (int8_t)bias_fraction_bits;
  formats[l].output_shift = (int8_t)(product_fraction_bits - LSGD_Z_FRACTION_BITS);
  formats[l].bias_shift = (int8_t)(product_fraction_bits - bias_fraction_bits);
}

int lsgd_port_configure(const struct lsgd_network* configured) {
  network = configured;
  memset(parameters, 0, sizeof parameters);
  memset(activations, 0, sizeof activations);
  for (int l = 0; l < network->layer_count; ++l) set_fraction_bits(l, 7, 7);
  return LSGD_OK;
}

int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
  const int l = layer - 1;
  if (tensor == LSGD_TENSOR_WEIGHT_FRACTION_BITS || tensor == LSGD_TENSOR_BIAS_FRACTION_BITS) {
    if (bytes[0] > LSGD_PARAMETER_FRACTION_BITS_MAXIMUM) return LSGD_OUT_OF_RANGE;
    if (tensor == LSGD_TENSOR_WEIGHT_FRACTION_BITS)
      set_fraction_bits(l, bytes[0], formats[l].bias_fraction_bits);
    else
      set_fraction_bits(l, formats[l].weight_fraction_bits, bytes[0]);
    return LSGD_OK;
  }
  int8_t* first = parameters;
  for (int k = 0; k < l; ++k) first += parameter_count(&network->layers[k]);
  if (tensor == LSGD_TENSOR_BIASES) first += weight_count(&network->layers[l]);
  memcpy(first + offset, bytes, count);
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  const int l = layer - 1;
  const int8_t* first = tensor == LSGD_TENSOR_ACTIVATIONS ? activations : parameters;
  switch (tensor) {
    case LSGD_TENSOR_WEIGHT_FRACTION_BITS:
      bytes[0] = (uint8_t)formats[l].weight_fraction_bits;
      return LSGD_OK;
    case LSGD_TENSOR_BIAS_FRACTION_BITS:
      bytes[0] = (uint8_t)formats[l].bias_fraction_bits;
      return LSGD_OK;
    case LSGD_TENSOR_ACTIVATIONS:
      for (int k = 0; k < l; ++k) first += network->layers[k].outputs;
      break;
    default:
      for (int k = 0; k < l; ++k) first += parameter_count(&network->layers[k]);
      if (tensor == LSGD_TENSOR_BIASES) first += weight_count(&network->layers[l]);
      break;
  }
  memcpy(bytes, first + offset, count);
  return LSGD_OK;
}

static int32_t dot(const int8_t* restrict a, const int8_t* restrict b, uint32_t count) {
  int32_t sum = 0;
  uint32_t i = 0;
  for (; i + 4 <= count; i += 4)
    sum += a[i] * b[i] + a[i + 1] * b[i + 1] + a[i + 2] * b[i + 2] + a[i + 3] * b[i + 3];
  for (; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

static void forward_layer(int l, const int8_t* restrict weights, const int8_t* restrict input,
                          int8_t* restrict output) {
  const struct lsgd_layer* layer = &network->layers[l];
  const struct layer_format format = formats[l];
  const int8_t* biases = weights + weight_count(layer);
  const int32_t rounding = lsgd_rounding_term(format.output_shift);
  for (uint32_t j = 0; j < layer->outputs; ++j, weights += layer->inputs) {
    const int32_t start = lsgd_align_bias(biases[j], format.bias_shift) + rounding;
    const int8_t z =
        lsgd_requantize(start + dot(weights, input, layer->inputs), format.output_shift);
    output[j] = lsgd_activate(layer->activation, z);
  }
}

int lsgd_port_forward(const float* input) {
  for (uint32_t i = 0; i < network->layers[0].inputs; ++i)
    quantized_input[i] = lsgd_quantize(input[i], LSGD_INPUT_FRACTION_BITS);

  const int8_t* weights = parameters;
  const int8_t* layer_input = quantized_input;
  int8_t* output = activations;
  for (int l = 0; l < network->layer_count; ++l) {
    forward_layer(l, weights, layer_input, output);
    weights += parameter_count(&network->layers[l]);
    layer_input = output;
    output += network->layers[l].outputs;
  }
  return LSGD_OK;
}

static float times_derivative(float value, uint8_t activation, float a) {
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

static void output_delta(const int8_t* restrict a, const float* restrict target,
                         float* restrict delta) {
  const int l = network->layer_count - 1;
  const struct lsgd_layer* layer = &network->layers[l];
  const int fraction_bits = activation_fraction_bits(l);
  for (uint32_t j = 0; j < layer->outputs; ++j) {
    const float value = lsgd_dequantize(a[j], fraction_bits);
    const float difference = value - target[j];
    delta[j] = network->loss == LSGD_LOSS_BCE
                   ? difference
                   : times_derivative(difference, layer->activation, value);
  }
}

/** delta of layer l - 1, [inputs], from that of layer l, [outputs], and its weights before the
 * update. */
static void hidden_delta(int l, const int8_t* restrict weights, const float* restrict delta,
                         const int8_t* restrict a, float* restrict previous) {
  const struct lsgd_layer* layer = &network->layers[l];
  const int weight_fraction_bits = formats[l].weight_fraction_bits;
  const uint32_t inputs = layer->inputs;
  for (uint32_t i = 0; i < inputs; ++i) previous[i] = 0;
  /* Row by row: the weights are read in the order they are stored. */
  for (uint32_t j = 0; j < layer->outputs; ++j, weights += inputs) {
    const float row_delta = delta[j];
    for (uint32_t i = 0; i < inputs; ++i)
      previous[i] += lsgd_dequantize(weights[i], weight_fraction_bits) * row_delta;
  }
  const int fraction_bits = activation_fraction_bits(l - 1);
  for (uint32_t i = 0; i < inputs; ++i)
    previous[i] = times_derivative(previous[i], network->layers[l - 1].activation,
                                   lsgd_dequantize(a[i], fraction_bits));
}

/** What a layer is updated from: the network's own input in binary32, or activations. */
struct update_input {
  const float* exact; /**< NULL: the activations */
  const int8_t* quantized;
  int fraction_bits;
};

static float update_input_value(const struct update_input* input, uint32_t i) {
  return input->exact != NULL ? input->exact[i]
                              : lsgd_dequantize(input->quantized[i], input->fraction_bits);
}

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

static float updated_weight(int8_t weight, int fraction_bits, float step, float input) {
  return lsgd_dequantize(weight, fraction_bits) - step * input;
}

static float updated_bias(int8_t bias, int fraction_bits, float step) {
  return lsgd_dequantize(bias, fraction_bits) - step;
}

static void update(int l, int8_t* restrict weights, const float* restrict delta,
                   const struct update_input* input, float learning_rate) {
  const struct lsgd_layer* layer = &network->layers[l];
  const uint32_t inputs = layer->inputs;
  const int old_weight_bits = formats[l].weight_fraction_bits;
  const int old_bias_bits = formats[l].bias_fraction_bits;
  int8_t* biases = weights + weight_count(layer);

  uint32_t weight_maximum = 0;
  uint32_t bias_maximum = 0;
  const int8_t* row = weights;
  for (uint32_t j = 0; j < layer->outputs; ++j, row += inputs) {
    const float step = learning_rate * delta[j];
    for (uint32_t i = 0; i < inputs; ++i) {
      const float value =
          updated_weight(row[i], old_weight_bits, step, update_input_value(input, i));
      weight_maximum = larger(weight_maximum, lsgd_magnitude_bits(value));
    }
    const float value = updated_bias(biases[j], old_bias_bits, step);
    bias_maximum = larger(bias_maximum, lsgd_magnitude_bits(value));
  }

  set_fraction_bits(l, lsgd_fraction_bits(weight_maximum), lsgd_fraction_bits(bias_maximum));
  for (uint32_t j = 0; j < layer->outputs; ++j, weights += inputs) {
    const float step = learning_rate * delta[j];
    for (uint32_t i = 0; i < inputs; ++i) {
      const float value =
          updated_weight(weights[i], old_weight_bits, step, update_input_value(input, i));
      weights[i] = lsgd_quantize(value, formats[l].weight_fraction_bits);
    }
    const float value = updated_bias(biases[j], old_bias_bits, step);
    biases[j] = lsgd_quantize(value, formats[l].bias_fraction_bits);
  }
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  lsgd_port_forward(input);

  int l = 0;
  int8_t* weights = parameters;
  const int8_t* a = activations;
  for (; l < network->layer_count - 1; ++l) {
    weights += parameter_count(&network->layers[l]);
    a += network->layers[l].outputs;
  }

  float* delta = deltas[0];
  float* previous = deltas[1];
  output_delta(a, target, delta);
  for (; l > 0; --l) {
    a -= network->layers[l].inputs;
    hidden_delta(l, weights, delta, a, previous);
    const struct update_input below = {NULL, a, activation_fraction_bits(l - 1)};
    update(l, weights, delta, &below, learning_rate);
    weights -= parameter_count(&network->layers[l - 1]);
    float* const freed = delta;
    delta = previous;
    previous = freed;
  }
  const struct update_input sample = {input, NULL, 0};
  update(0, weights, delta, &sample, learning_rate);
  return LSGD_OK;
}

static uint32_t bits_of_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/** Shifts beyond their ranges would be undefined. */
static int is_in_range(enum lsgd_operation operation, int32_t a, int32_t b) {
  switch (operation) {
    case LSGD_OPERATION_QUANTIZE:
    case LSGD_OPERATION_FLOAT_FROM_INT8:
      return b >= 0 && b <= 7;
    case LSGD_OPERATION_REQUANTIZE:
      return b >= 0 && b <= 16 && a >= -(1 << 30) && a <= 1 << 30;
    case LSGD_OPERATION_ALIGN_BIAS:
      return b >= -7 && b <= 16;
    default:
      return 1;
  }
}

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  const int32_t integer = (int32_t)a;
  const int32_t shift = (int32_t)b;
  float x, y;
  memcpy(&x, &a, sizeof x);
  memcpy(&y, &b, sizeof y);
  if (!is_in_range(operation, integer, shift)) return LSGD_OUT_OF_RANGE;
  switch (operation) {
    case LSGD_OPERATION_QUANTIZE:
      *result = (uint32_t)(int32_t)lsgd_quantize(x, shift);
      return LSGD_OK;
    case LSGD_OPERATION_FRACTION_BITS:
      *result = (uint32_t)lsgd_fraction_bits(a);
      return LSGD_OK;
    case LSGD_OPERATION_REQUANTIZE:
      *result = (uint32_t)(int32_t)lsgd_requantize(integer + lsgd_rounding_term(shift), shift);
      return LSGD_OK;
    case LSGD_OPERATION_ALIGN_BIAS:
      *result = (uint32_t)lsgd_align_bias((int8_t)integer, shift);
      return LSGD_OK;
    case LSGD_OPERATION_RELU:
      *result = (uint32_t)(int32_t)lsgd_activate(LSGD_ACTIVATION_RELU, (int8_t)integer);
      return LSGD_OK;
    case LSGD_OPERATION_SIGMOID_TABLE:
      *result = (uint32_t)(int32_t)lsgd_activate(LSGD_ACTIVATION_SIGMOID, (int8_t)integer);
      return LSGD_OK;
    case LSGD_OPERATION_TANH_TABLE:
      *result = (uint32_t)(int32_t)lsgd_activate(LSGD_ACTIVATION_TANH, (int8_t)integer);
      return LSGD_OK;
    case LSGD_OPERATION_FLOAT_ADD:
      *result = bits_of_float(x + y);
      return LSGD_OK;
    case LSGD_OPERATION_FLOAT_SUBTRACT:
      *result = bits_of_float(x - y);
      return LSGD_OK;
    case LSGD_OPERATION_FLOAT_MULTIPLY:
      *result = bits_of_float(x * y);
      return LSGD_OK;
    case LSGD_OPERATION_FLOAT_DIVIDE:
      *result = bits_of_float(x / y);
      return LSGD_OK;
    case LSGD_OPERATION_FLOAT_FROM_INT8:
      *result = bits_of_float(lsgd_dequantize((int8_t)integer, shift));
      return LSGD_OK;
    default:
      return LSGD_UNSUPPORTED;
  }
}
