/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The beginning of a port: copy this directory, rename, and fill in where the compiler stops. Every
 * function is described in port.h; float32_c99 is a complete example of 300 lines.
 *
 * The network below is kept by pointer, parameters and activations are laid out layer after layer.
 * Both are proposals: nothing outside this file sees them.
 */
#include <string.h>

#include "lsgd/arithmetics.h"
#include "lsgd/port.h"

#error "name: [a-z0-9_], and the same in CMakeLists.txt; profile and element sizes: port.h"
static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .arithmetic = LSGD_ARITHMETIC_FLOAT32,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = "template",
};

static const struct lsgd_network* network;
static float parameters[LSGD_CAPACITY_PARAMETERS];   /* W1, b1, W2, b2, ... */
static float activations[LSGD_CAPACITY_ACTIVATIONS]; /* a_1, a_2, ... */

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

int lsgd_port_configure(const struct lsgd_network* configured) {
  network = configured;
  memset(parameters, 0, sizeof parameters);
  memset(activations, 0, sizeof activations);
#error "reset all other state: what survives is found by the cases that reload"
#error "return LSGD_UNSUPPORTED for a loss or an activation the port does not have"
  return LSGD_OK;
}

/** First element of a tensor of a layer, 1..L. Optional: any other way to find it will do. */
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

int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
#error "big-endian processors: swap the bytes of each element; int8_hybrid: fraction bits, too"
  memcpy((uint8_t*)tensor_of(tensor, layer) + offset, bytes, count);
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  memcpy(bytes, (const uint8_t*)tensor_of(tensor, layer) + offset, count);
  return LSGD_OK;
}

int lsgd_port_forward(const float* input) {
#error "z = W a + b, a = f(z) for each layer; keep every a where lsgd_port_store finds it"
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  lsgd_port_forward(input);
#error "delta of the output layer, then downwards: delta of the layer below, only then the update"
}

/* Optional: as it stands level 0 is reported as skipped, which does not fail the port. */
int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  (void)operation;
  (void)a;
  (void)b;
  (void)result;
  return LSGD_UNSUPPORTED;
}
