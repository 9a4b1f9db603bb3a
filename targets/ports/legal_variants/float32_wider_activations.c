/* SPDX-License-Identifier: Apache-2.0 */

/*
 * L-SGD that keeps its activations in double and shows them in binary32: what follows from them is
 * nearer to the exact values than what follows from those shown. float32_wider.c keeps parameters
 * in double, too.
 */
#include <math.h>
#include <string.h>

#include "lsgd/arithmetics.h"
#include "lsgd/port.h"

#ifndef PARAMETER
#define PARAMETER float
#define PORT_NAME "float32_wider_activations"
#endif

static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .arithmetic = LSGD_ARITHMETIC_FLOAT32,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = PORT_NAME,
};

static const struct lsgd_network* network;
static PARAMETER parameters[LSGD_CAPACITY_PARAMETERS]; /* W_1, b_1, W_2, ... */
static double activations[LSGD_CAPACITY_ACTIVATIONS];
static double inputs_in_double[LSGD_CAPACITY_INPUTS];
static double deltas[2][LSGD_CAPACITY_WIDTH];

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

int lsgd_port_configure(const struct lsgd_network* configured) {
  network = configured;
  memset(parameters, 0, sizeof parameters);
  memset(activations, 0, sizeof activations);
  return LSGD_OK;
}

static PARAMETER* first_parameter(uint32_t l) {
  PARAMETER* first = parameters;
  for (uint32_t k = 0; k < l; ++k)
    first += (network->layers[k].inputs + 1u) * network->layers[k].outputs;
  return first;
}

static double* first_activation(uint32_t l) {
  double* first = activations;
  for (uint32_t k = 0; k < l; ++k) first += network->layers[k].outputs;
  return first;
}

/** The first element of a tensor of layer l, 0..L - 1, that is made of parameters. */
static PARAMETER* parameters_of(enum lsgd_tensor tensor, uint32_t l) {
  const struct lsgd_layer* layer = &network->layers[l];
  return first_parameter(l) +
         (tensor == LSGD_TENSOR_BIASES ? (uint32_t)layer->inputs * layer->outputs : 0);
}

static float shown(enum lsgd_tensor tensor, uint32_t l, uint32_t element) {
  return tensor == LSGD_TENSOR_ACTIVATIONS ? (float)first_activation(l)[element]
                                           : (float)parameters_of(tensor, l)[element];
}

int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
  for (uint32_t i = 0; i < count; i += sizeof(float)) {
    float value;
    memcpy(&value, bytes + i, sizeof value);
    parameters_of(tensor, layer - 1u)[(offset + i) / sizeof value] = value;
  }
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    const float value = shown(tensor, layer - 1u, (offset + i) / 4);
    bytes[i] = ((const uint8_t*)&value)[(offset + i) % 4];
  }
  return LSGD_OK;
}

static double activate(uint8_t activation, double z) {
  switch (activation) {
    case LSGD_ACTIVATION_RELU:
      return z > 0 ? z : 0;
    case LSGD_ACTIVATION_LEAKY_RELU:
      return z > 0 ? z : 0.125 * z;
    case LSGD_ACTIVATION_SIGMOID:
      return 1 / (1 + exp(-z));
    case LSGD_ACTIVATION_TANH:
      return tanh(z);
    default:
      return z;
  }
}

/** Pre-activations of a layer become their softmax. */
static void softmax(double* values, uint32_t count) {
  double largest = values[0], sum = 0;
  for (uint32_t j = 1; j < count; ++j) largest = fmax(largest, values[j]);
  for (uint32_t j = 0; j < count; ++j) sum += values[j] = exp(values[j] - largest);
  for (uint32_t j = 0; j < count; ++j) values[j] /= sum;
}

int lsgd_port_forward(const float* input) {
  for (uint32_t i = 0; i < network->layers[0].inputs; ++i) inputs_in_double[i] = input[i];
  const double* below = inputs_in_double;
  for (uint32_t l = 0; l < network->layer_count; ++l) {
    const struct lsgd_layer* layer = &network->layers[l];
    const PARAMETER* row = first_parameter(l);
    const PARAMETER* biases = row + (uint32_t)layer->inputs * layer->outputs;
    double* a = first_activation(l);
    for (uint32_t j = 0; j < layer->outputs; ++j, row += layer->inputs) {
      double sum = biases[j];
      for (uint32_t i = 0; i < layer->inputs; ++i) sum += row[i] * below[i];
      a[j] = activate(layer->activation, sum);
    }
    if (layer->activation == LSGD_ACTIVATION_SOFTMAX) softmax(a, layer->outputs);
    below = a;
  }
  return LSGD_OK;
}

static double derivative(uint8_t activation, double a) {
  switch (activation) {
    case LSGD_ACTIVATION_RELU:
      return a > 0 ? 1 : 0;
    case LSGD_ACTIVATION_LEAKY_RELU:
      return a > 0 ? 1 : 0.125;
    case LSGD_ACTIVATION_SIGMOID:
      return a * (1 - a);
    case LSGD_ACTIVATION_TANH:
      return (1 - a) * (1 + a);
    default:
      return 1;
  }
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  lsgd_port_forward(input);
  uint32_t l = network->layer_count - 1u;
  const struct lsgd_layer* layer = &network->layers[l];
  const double* a = first_activation(l);
  for (uint32_t j = 0; j < layer->outputs; ++j) {
    deltas[l % 2][j] = a[j] - target[j];
    if (network->loss == LSGD_LOSS_MSE) deltas[l % 2][j] *= derivative(layer->activation, a[j]);
  }
  for (;; --l) {
    layer = &network->layers[l];
    const double* const delta = deltas[l % 2];
    double* const previous = deltas[(l + 1) % 2];
    const double* below = l > 0 ? first_activation(l - 1) : inputs_in_double;
    PARAMETER* weights = first_parameter(l);
    PARAMETER* biases = weights + (uint32_t)layer->inputs * layer->outputs;
    for (uint32_t i = 0; l > 0 && i < layer->inputs; ++i) {
      double sum = 0;
      for (uint32_t j = 0; j < layer->outputs; ++j)
        sum += weights[j * layer->inputs + i] * delta[j];
      previous[i] = sum * derivative(network->layers[l - 1].activation, below[i]);
    }
    for (uint32_t j = 0; j < layer->outputs; ++j) {
      for (uint32_t i = 0; i < layer->inputs; ++i, ++weights)
        *weights = (PARAMETER)(*weights - learning_rate * delta[j] * below[i]);
      biases[j] = (PARAMETER)(biases[j] - learning_rate * delta[j]);
    }
    if (l == 0) return LSGD_OK;
  }
}

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  (void)operation, (void)a, (void)b, (void)result;
  return LSGD_UNSUPPORTED;
}
