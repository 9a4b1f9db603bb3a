/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A port of L-SGD, complete and plain: replace what is inside the functions by code of yours. Each
 * is described in lsgd.h. All state is static and sized by the LSGD_CAPACITY_ macros; nothing of it
 * survives lsgd_port_configure.
 */
#include <math.h>
#include <string.h>

#include "lsgd.h"

/* Another arithmetic is another macro of lsgd.h here, and `profile` in the target file. */
static const struct lsgd_port_description description = {
    LSGD_PORT_INTERFACE, LSGD_ARITHMETIC_FLOAT32,   LSGD_CAPACITY_LAYERS,     LSGD_CAPACITY_INPUTS,
    LSGD_CAPACITY_WIDTH, LSGD_CAPACITY_ACTIVATIONS, LSGD_CAPACITY_PARAMETERS, "@NAME@"};

static const struct lsgd_network* network;
static float parameters[LSGD_CAPACITY_PARAMETERS];   /* W1, b1, W2, b2, ... */
static float activations[LSGD_CAPACITY_ACTIVATIONS]; /* a_1, a_2, ... */
static float deltas[2][LSGD_CAPACITY_WIDTH];         /* of a layer and of the one below */

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

int lsgd_port_configure(const struct lsgd_network* configured) {
  network = NULL;
  for (uint32_t l = 0; l < configured->layer_count; ++l)
    if (configured->layers[l].activation > LSGD_ACTIVATION_TANH) return LSGD_UNSUPPORTED;
  network = configured;
  memset(parameters, 0, sizeof parameters);
  memset(activations, 0, sizeof activations);
  memset(deltas, 0, sizeof deltas);
  return LSGD_OK;
}

/** First element of a tensor of layer 1..L. */
static float* tensor_of(enum lsgd_tensor tensor, uint16_t number) {
  const struct lsgd_layer* layer = network->layers;
  float* layer_parameters = parameters;
  float* layer_activations = activations;
  for (; number > 1; --number, ++layer) {
    layer_parameters += (uint32_t)layer->outputs * (layer->inputs + 1u);
    layer_activations += layer->outputs;
  }
  if (tensor == LSGD_TENSOR_ACTIVATIONS) return layer_activations;
  return tensor == LSGD_TENSOR_BIASES ? layer_parameters + (uint32_t)layer->outputs * layer->inputs
                                      : layer_parameters;
}

/* On a big-endian processor the bytes of each element change places here and below. */
int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
  memcpy((uint8_t*)tensor_of(tensor, layer) + offset, bytes, count);
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  memcpy(bytes, (const uint8_t*)tensor_of(tensor, layer) + offset, count);
  return LSGD_OK;
}

static float activation_of(float z, uint8_t activation) {
  if (activation == LSGD_ACTIVATION_RELU) return z > 0 ? z : 0;
  if (activation == LSGD_ACTIVATION_TANH) return tanhf(z);
  if (activation != LSGD_ACTIVATION_SIGMOID) return z;
  /* 1 / (1 + e^-z) alone would be 0 below -88.7, where the sigmoid is not. */
  const float e = expf(-fabsf(z));
  return (z > 0 ? 1.0f : e) / (1.0f + e);
}

/** f'(z), from a = f(z). */
static float derivative_at(float a, uint8_t activation) {
  if (activation == LSGD_ACTIVATION_RELU) return a > 0 ? 1.0f : 0.0f;
  if (activation == LSGD_ACTIVATION_TANH) return 1.0f - a * a;
  return activation == LSGD_ACTIVATION_SIGMOID ? a * (1.0f - a) : 1.0f;
}

int lsgd_port_forward(const float* input) {
  for (uint16_t l = 1; l <= network->layer_count; ++l) {
    const struct lsgd_layer* layer = &network->layers[l - 1];
    const float* weights = tensor_of(LSGD_TENSOR_WEIGHTS, l);
    const float* biases = tensor_of(LSGD_TENSOR_BIASES, l);
    float* outputs = tensor_of(LSGD_TENSOR_ACTIVATIONS, l);
    for (uint32_t j = 0; j < layer->outputs; ++j, weights += layer->inputs) {
      float z = biases[j];
      for (uint32_t i = 0; i < layer->inputs; ++i) z += weights[i] * input[i];
      outputs[j] = activation_of(z, layer->activation);
    }
    input = outputs;
  }
  return LSGD_OK;
}

/** The delta of the layer below: its activations, and the weights before their update. */
static void hidden_delta(const struct lsgd_layer* layer, const float* weights, const float* delta,
                         const float* below, float* delta_below) {
  const uint8_t activation = (layer - 1)->activation;
  for (uint32_t i = 0; i < layer->inputs; ++i) {
    float error = 0;
    for (uint32_t j = 0; j < layer->outputs; ++j)
      error += weights[j * layer->inputs + i] * delta[j];
    delta_below[i] = error * derivative_at(below[i], activation);
  }
}

static void update(const struct lsgd_layer* layer, float* weights, float* biases,
                   const float* delta, const float* input, float learning_rate) {
  for (uint32_t j = 0; j < layer->outputs; ++j, weights += layer->inputs) {
    const float step = learning_rate * delta[j];
    for (uint32_t i = 0; i < layer->inputs; ++i) weights[i] -= step * input[i];
    biases[j] -= step;
  }
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  const uint16_t last = network->layer_count;
  const struct lsgd_layer* layer = &network->layers[last - 1];
  const float* outputs = tensor_of(LSGD_TENSOR_ACTIVATIONS, last);
  float* delta = deltas[0];
  float* delta_below = deltas[1];
  lsgd_port_forward(input);
  for (uint32_t j = 0; j < layer->outputs; ++j) {
    const float error = outputs[j] - target[j];
    delta[j] = network->loss == LSGD_LOSS_BCE
                   ? error
                   : error * derivative_at(outputs[j], layer->activation);
  }
  for (uint16_t l = last; l >= 1; --l, --layer) {
    float* weights = tensor_of(LSGD_TENSOR_WEIGHTS, l);
    const float* below = l > 1 ? tensor_of(LSGD_TENSOR_ACTIVATIONS, (uint16_t)(l - 1)) : input;
    float* const freed = delta;
    if (l > 1) hidden_delta(layer, weights, delta, below, delta_below);
    update(layer, weights, tensor_of(LSGD_TENSOR_BIASES, l), delta, below, learning_rate);
    delta = delta_below;
    delta_below = freed;
  }
  return LSGD_OK;
}

/* Optional: as it stands level 0 is reported as skipped, which does not fail the port. */
int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  (void)operation;
  (void)a;
  (void)b;
  (void)result;
  return LSGD_UNSUPPORTED;
}
