/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Classic stochastic gradient descent in binary32, the baseline for memory and speed: the backward
 * pass stores the gradient of every parameter, and all are applied at the end. Evaluation order:
 * sums ascending and starting from the bias, no fused multiply-add, learning_rate * (delta * a).
 */
#include "float32_network.h"
#include "lsgd/arithmetics.h"

static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .arithmetic = LSGD_ARITHMETIC_FLOAT32,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = "sgd_classic",
};

/** In the layout of the parameters. */
static float gradients[LSGD_CAPACITY_PARAMETERS];
static float deltas[2][LSGD_CAPACITY_WIDTH];

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

static void store_gradients(const struct lsgd_layer* layer, const float* restrict delta,
                            const float* restrict input, float* restrict gradient) {
  const uint32_t inputs = layer->inputs;
  float* biases = gradient + inputs * layer->outputs;
  for (uint32_t j = 0; j < layer->outputs; ++j, gradient += inputs) {
    for (uint32_t i = 0; i < inputs; ++i) gradient[i] = delta[j] * input[i];
    biases[j] = delta[j];
  }
}

static void apply_gradients(uint32_t count, float learning_rate) {
  for (uint32_t k = 0; k < count; ++k) lsgd_float32_parameters[k] -= learning_rate * gradients[k];
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  lsgd_port_forward(input);

  const struct lsgd_network* network = lsgd_float32_network;
  const struct lsgd_layer* layer = network->layers;
  uint32_t position = 0;
  const float* activations = lsgd_float32_activations;
  for (; layer != &network->layers[network->layer_count - 1]; ++layer) {
    position += lsgd_float32_layer_parameters(layer);
    activations += layer->outputs;
  }
  const uint32_t count = position + lsgd_float32_layer_parameters(layer);

  float* delta = deltas[0];
  float* previous = deltas[1];
  lsgd_float32_output_delta(activations, target, delta);
  for (; layer != network->layers; --layer) {
    const struct lsgd_layer* below = layer - 1;
    activations -= below->outputs;
    store_gradients(layer, delta, activations, &gradients[position]);
    lsgd_float32_hidden_delta(layer, &lsgd_float32_parameters[position], delta, below->activation,
                              activations, previous);
    position -= lsgd_float32_layer_parameters(below);
    float* const freed = delta;
    delta = previous;
    previous = freed;
  }
  store_gradients(layer, delta, input, gradients);
  apply_gradients(count, learning_rate);
  return LSGD_OK;
}
