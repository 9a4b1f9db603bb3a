/* SPDX-License-Identifier: Apache-2.0 */

/*
 * L-SGD in binary32 with the weights stored transposed, [inputs][outputs]: the forward pass adds
 * one input to all neurons at a time. Every sum still has the order of float32_c99, so its
 * declaration holds here too. State and arithmetic are those of the float32 ports; the tensors that
 * cross the interface are transposed on the way.
 */
#define lsgd_port_load load_as_stored
#define lsgd_port_store store_as_stored
#define lsgd_port_forward forward_by_rows
#include "float32_network.c"
#include "float32_state.c"
#include "lsgd/arithmetics.h"
#undef lsgd_port_load
#undef lsgd_port_store
#undef lsgd_port_forward

static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .arithmetic = LSGD_ARITHMETIC_FLOAT32,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = "float32_transposed",
};

static float deltas[2][LSGD_CAPACITY_WIDTH];

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

/** Where a byte of the row-major weights is kept. */
static uint32_t transposed(const struct lsgd_layer* layer, uint32_t byte) {
  const uint32_t element = byte / 4;
  const uint32_t row = element / layer->inputs;
  const uint32_t column = element % layer->inputs;
  return 4 * (column * layer->outputs + row) + byte % 4;
}

int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
  if (tensor != LSGD_TENSOR_WEIGHTS) return load_as_stored(tensor, layer, offset, bytes, count);
  uint8_t* first = (uint8_t*)tensor_of(tensor, layer);
  for (uint32_t i = 0; i < count; ++i)
    first[transposed(&lsgd_float32_network->layers[layer - 1], offset + i)] = bytes[i];
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  if (tensor != LSGD_TENSOR_WEIGHTS) return store_as_stored(tensor, layer, offset, bytes, count);
  const uint8_t* first = (const uint8_t*)tensor_of(tensor, layer);
  for (uint32_t i = 0; i < count; ++i)
    bytes[i] = first[transposed(&lsgd_float32_network->layers[layer - 1], offset + i)];
  return LSGD_OK;
}

int lsgd_port_forward(const float* input) {
  const float* weights = lsgd_float32_parameters;
  float* output = lsgd_float32_activations;
  for (uint32_t l = 0; l < lsgd_float32_network->layer_count; ++l) {
    const struct lsgd_layer* layer = &lsgd_float32_network->layers[l];
    memcpy(output, weights + layer->inputs * layer->outputs, layer->outputs * sizeof *output);
    for (uint32_t i = 0; i < layer->inputs; ++i, weights += layer->outputs)
      for (uint32_t j = 0; j < layer->outputs; ++j) output[j] += weights[j] * input[i];
    for (uint32_t j = 0; j < layer->outputs; ++j)
      output[j] = activate(layer->activation, output[j]);
    if (layer->activation == LSGD_ACTIVATION_SOFTMAX) lsgd_float_softmax(output, layer->outputs);
    weights += layer->outputs;
    input = output;
    output += layer->outputs;
  }
  return LSGD_OK;
}

static void hidden_delta(const struct lsgd_layer* layer, const float* weights, const float* delta,
                         uint8_t activation, const float* a, float* previous) {
  for (uint32_t i = 0; i < layer->inputs; ++i, weights += layer->outputs) {
    float sum = 0;
    for (uint32_t j = 0; j < layer->outputs; ++j) sum += weights[j] * delta[j];
    previous[i] = lsgd_float32_times_derivative(sum, activation, a[i]);
  }
}

static void update(const struct lsgd_layer* layer, float* parameters, const float* delta,
                   const float* input, float learning_rate) {
  for (uint32_t i = 0; i < layer->inputs; ++i, parameters += layer->outputs)
    for (uint32_t j = 0; j < layer->outputs; ++j)
      parameters[j] -= learning_rate * delta[j] * input[i];
  for (uint32_t j = 0; j < layer->outputs; ++j) parameters[j] -= learning_rate * delta[j];
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  lsgd_port_forward(input);

  const struct lsgd_layer* layers = lsgd_float32_network->layers;
  uint32_t l = lsgd_float32_network->layer_count - 1u;
  const float* activations = lsgd_float32_activations;
  float* parameters = lsgd_float32_parameters;
  for (uint32_t k = 0; k < l; ++k) {
    activations += layers[k].outputs;
    parameters += lsgd_float32_layer_parameters(&layers[k]);
  }

  lsgd_float32_output_delta(activations, target, deltas[l % 2]);
  for (; l > 0; --l) {
    float* const delta = deltas[l % 2];
    activations -= layers[l - 1].outputs;
    hidden_delta(&layers[l], parameters, delta, layers[l - 1].activation, activations,
                 deltas[(l - 1) % 2]);
    update(&layers[l], parameters, delta, activations, learning_rate);
    parameters -= lsgd_float32_layer_parameters(&layers[l - 1]);
  }
  update(&layers[0], parameters, deltas[0], input, learning_rate);
  return LSGD_OK;
}
