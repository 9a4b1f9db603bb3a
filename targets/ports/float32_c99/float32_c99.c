/* SPDX-License-Identifier: Apache-2.0 */

/*
 * L-SGD in binary32 as the specification states it: in place, with two delta buffers. Evaluation
 * order: sums ascending and starting from the bias, no fused multiply-add, (learning_rate * delta)
 * * a.
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
    .name = "float32_c99",
};

static float deltas[2][LSGD_CAPACITY_WIDTH];

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

static void update(const struct lsgd_layer* layer, float* restrict parameters,
                   const float* restrict delta, const float* restrict input, float learning_rate) {
  const uint32_t inputs = layer->inputs;
  float* row = parameters;
  float* biases = parameters + inputs * layer->outputs;
  for (uint32_t j = 0; j < layer->outputs; ++j, row += inputs) {
    const float step = learning_rate * delta[j];
    for (uint32_t i = 0; i < inputs; ++i) row[i] -= step * input[i];
    biases[j] -= step;
  }
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  lsgd_port_forward(input);

  const struct lsgd_network* network = lsgd_float32_network;
  const struct lsgd_layer* layer = network->layers;
  float* parameters = lsgd_float32_parameters;
  float* activations = lsgd_float32_activations;
  for (; layer != &network->layers[network->layer_count - 1]; ++layer) {
    parameters += lsgd_float32_layer_parameters(layer);
    activations += layer->outputs;
  }

  float* delta = deltas[0];
  float* previous = deltas[1];
  lsgd_float32_output_delta(activations, target, delta);
  for (; layer != network->layers; --layer) {
    const struct lsgd_layer* below = layer - 1;
    activations -= below->outputs;
    lsgd_float32_hidden_delta(layer, parameters, delta, below->activation, activations, previous);
    update(layer, parameters, delta, activations, learning_rate);
    parameters -= lsgd_float32_layer_parameters(below);
    float* const freed = delta;
    delta = previous;
    previous = freed;
  }
  update(layer, parameters, delta, input, learning_rate);
  return LSGD_OK;
}
