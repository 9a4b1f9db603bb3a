/* SPDX-License-Identifier: Apache-2.0 */
#include "float32_network.h"

#include <string.h>

#include "float_activation.h"

static float activate(uint8_t activation, float z) {
  switch (activation) {
    case LSGD_ACTIVATION_RELU:
      return z > 0 ? z : 0;
    case LSGD_ACTIVATION_LEAKY_RELU:
      return z > 0 ? z : z * 0.125f;
    case LSGD_ACTIVATION_SIGMOID:
      return lsgd_float_sigmoid(z);
    case LSGD_ACTIVATION_TANH:
      return lsgd_float_tanh(z);
    default:
      return z;
  }
}

static void forward_layer(const struct lsgd_layer* layer, const float* restrict parameters,
                          const float* restrict input, float* restrict output) {
  const uint32_t inputs = layer->inputs;
  const float* row = parameters;
  const float* biases = parameters + inputs * layer->outputs;
  for (uint32_t j = 0; j < layer->outputs; ++j, row += inputs) {
    float sum = biases[j];
    for (uint32_t i = 0; i < inputs; ++i) sum += row[i] * input[i];
    output[j] = activate(layer->activation, sum);
  }
  if (layer->activation == LSGD_ACTIVATION_SOFTMAX) lsgd_float_softmax(output, layer->outputs);
}

int lsgd_port_forward(const float* input) {
  const float* parameters = lsgd_float32_parameters;
  float* output = lsgd_float32_activations;
  for (uint32_t l = 0; l < lsgd_float32_network->layer_count; ++l) {
    const struct lsgd_layer* layer = &lsgd_float32_network->layers[l];
    forward_layer(layer, parameters, input, output);
    parameters += lsgd_float32_layer_parameters(layer);
    input = output;
    output += layer->outputs;
  }
  return LSGD_OK;
}

float lsgd_float32_times_derivative(float value, uint8_t activation, float a) {
  switch (activation) {
    case LSGD_ACTIVATION_RELU:
      return a > 0 ? value : 0;
    case LSGD_ACTIVATION_LEAKY_RELU:
      return a > 0 ? value : value * 0.125f;
    case LSGD_ACTIVATION_SIGMOID:
      return value * (a * (1 - a));
    case LSGD_ACTIVATION_TANH:
      return value * (1 - a * a);
    default:
      return value;
  }
}

void lsgd_float32_output_delta(const float* restrict a, const float* restrict target,
                               float* restrict delta) {
  const struct lsgd_network* network = lsgd_float32_network;
  const struct lsgd_layer* layer = &network->layers[network->layer_count - 1];
  for (uint32_t j = 0; j < layer->outputs; ++j) {
    const float difference = a[j] - target[j];
    delta[j] = network->loss == LSGD_LOSS_BCE
                   ? difference
                   : lsgd_float32_times_derivative(difference, layer->activation, a[j]);
  }
}

void lsgd_float32_hidden_delta(const struct lsgd_layer* layer, const float* restrict weights,
                               const float* restrict delta, uint8_t activation,
                               const float* restrict a, float* restrict previous) {
  const uint32_t inputs = layer->inputs;
  for (uint32_t i = 0; i < inputs; ++i) previous[i] = 0;
  /* Row by row: the weights are read in the order they are stored. */
  for (uint32_t j = 0; j < layer->outputs; ++j) {
    const float* row = weights + j * inputs;
    const float row_delta = delta[j];
    for (uint32_t i = 0; i < inputs; ++i) previous[i] += row[i] * row_delta;
  }
  for (uint32_t i = 0; i < inputs; ++i)
    previous[i] = lsgd_float32_times_derivative(previous[i], activation, a[i]);
}

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  float x, y, value;
  memcpy(&x, &a, sizeof x);
  memcpy(&y, &b, sizeof y);
  switch (operation) {
    case LSGD_OPERATION_FLOAT_ADD:
      value = x + y;
      break;
    case LSGD_OPERATION_FLOAT_SUBTRACT:
      value = x - y;
      break;
    case LSGD_OPERATION_FLOAT_MULTIPLY:
      value = x * y;
      break;
    case LSGD_OPERATION_FLOAT_DIVIDE:
      value = x / y;
      break;
    case LSGD_OPERATION_FLOAT_SIGMOID:
      value = lsgd_float_sigmoid(x);
      break;
    case LSGD_OPERATION_FLOAT_TANH:
      value = lsgd_float_tanh(x);
      break;
    default:
      return LSGD_UNSUPPORTED;
  }
  memcpy(result, &value, sizeof value);
  return LSGD_OK;
}
