/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Profile int8_hybrid (SPEC 4): int8 parameters and forward pass, backward pass in binary32, with
 * no float copy of a layer: the updated parameters are computed twice, once for their range and
 * once to be quantized. Evaluation order: sums ascending, no fused multiply-add, (learning_rate *
 * delta) * a.
 */
#include <string.h>

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
    .name = "int8_hybrid_c99",
};

static float deltas[2][LSGD_CAPACITY_WIDTH];

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

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
  const struct lsgd_layer* layer = &lsgd_int8_network->layers[l];
  const struct lsgd_layer_format format = lsgd_int8_formats[l];
  const int8_t* biases = weights + lsgd_int8_layer_weights(layer);
  const int32_t rounding = lsgd_rounding_term(format.output_shift);
  for (uint32_t j = 0; j < layer->outputs; ++j, weights += layer->inputs) {
    const int32_t start = lsgd_align_bias(biases[j], format.bias_shift) + rounding;
    const int8_t z =
        lsgd_requantize(start + dot(weights, input, layer->inputs), format.output_shift);
    output[j] = lsgd_activate(layer->activation, z);
  }
}

int lsgd_port_forward(const float* input) {
  for (uint32_t i = 0; i < lsgd_int8_network->layers[0].inputs; ++i)
    lsgd_int8_input[i] = lsgd_quantize(input[i], LSGD_INPUT_FRACTION_BITS);

  const int8_t* weights = lsgd_int8_parameters;
  const int8_t* layer_input = lsgd_int8_input;
  int8_t* output = lsgd_int8_activations;
  for (int l = 0; l < lsgd_int8_network->layer_count; ++l) {
    forward_layer(l, weights, layer_input, output);
    weights += lsgd_int8_layer_parameters(&lsgd_int8_network->layers[l]);
    layer_input = output;
    output += lsgd_int8_network->layers[l].outputs;
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
  const int l = lsgd_int8_network->layer_count - 1;
  const struct lsgd_layer* layer = &lsgd_int8_network->layers[l];
  const int fraction_bits = lsgd_int8_activation_fraction_bits(l);
  for (uint32_t j = 0; j < layer->outputs; ++j) {
    const float value = lsgd_dequantize(a[j], fraction_bits);
    const float difference = value - target[j];
    delta[j] = lsgd_int8_network->loss == LSGD_LOSS_BCE
                   ? difference
                   : times_derivative(difference, layer->activation, value);
  }
}

/** delta of layer l - 1, [inputs], from that of layer l, [outputs], and its weights before the
 * update. */
static void hidden_delta(int l, const int8_t* restrict weights, const float* restrict delta,
                         const int8_t* restrict a, float* restrict previous) {
  const struct lsgd_layer* layer = &lsgd_int8_network->layers[l];
  const int weight_fraction_bits = lsgd_int8_formats[l].weight_fraction_bits;
  const uint32_t inputs = layer->inputs;
  for (uint32_t i = 0; i < inputs; ++i) previous[i] = 0;
  /* Row by row: the weights are read in the order they are stored. */
  for (uint32_t j = 0; j < layer->outputs; ++j, weights += inputs) {
    const float row_delta = delta[j];
    for (uint32_t i = 0; i < inputs; ++i)
      previous[i] += lsgd_dequantize(weights[i], weight_fraction_bits) * row_delta;
  }
  const int fraction_bits = lsgd_int8_activation_fraction_bits(l - 1);
  for (uint32_t i = 0; i < inputs; ++i)
    previous[i] = times_derivative(previous[i], lsgd_int8_network->layers[l - 1].activation,
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
  const struct lsgd_layer* layer = &lsgd_int8_network->layers[l];
  const uint32_t inputs = layer->inputs;
  const int old_weight_bits = lsgd_int8_formats[l].weight_fraction_bits;
  const int old_bias_bits = lsgd_int8_formats[l].bias_fraction_bits;
  int8_t* biases = weights + lsgd_int8_layer_weights(layer);

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

  lsgd_int8_set_fraction_bits(l, lsgd_fraction_bits(weight_maximum),
                              lsgd_fraction_bits(bias_maximum));
  for (uint32_t j = 0; j < layer->outputs; ++j, weights += inputs) {
    const float step = learning_rate * delta[j];
    for (uint32_t i = 0; i < inputs; ++i) {
      const float value =
          updated_weight(weights[i], old_weight_bits, step, update_input_value(input, i));
      weights[i] = lsgd_quantize(value, lsgd_int8_formats[l].weight_fraction_bits);
    }
    const float value = updated_bias(biases[j], old_bias_bits, step);
    biases[j] = lsgd_quantize(value, lsgd_int8_formats[l].bias_fraction_bits);
  }
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  lsgd_port_forward(input);

  int l = 0;
  int8_t* weights = lsgd_int8_parameters;
  const int8_t* a = lsgd_int8_activations;
  for (; l < lsgd_int8_network->layer_count - 1; ++l) {
    weights += lsgd_int8_layer_parameters(&lsgd_int8_network->layers[l]);
    a += lsgd_int8_network->layers[l].outputs;
  }

  float* delta = deltas[0];
  float* previous = deltas[1];
  output_delta(a, target, delta);
  for (; l > 0; --l) {
    a -= lsgd_int8_network->layers[l].inputs;
    hidden_delta(l, weights, delta, a, previous);
    const struct update_input below = {NULL, a, lsgd_int8_activation_fraction_bits(l - 1)};
    update(l, weights, delta, &below, learning_rate);
    weights -= lsgd_int8_layer_parameters(&lsgd_int8_network->layers[l - 1]);
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

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  float x, y;
  memcpy(&x, &a, sizeof x);
  memcpy(&y, &b, sizeof y);
  switch (operation) {
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
    default:
      return lsgd_quantization_operation(operation, a, b, result);
  }
}
