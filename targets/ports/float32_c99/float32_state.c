/* SPDX-License-Identifier: Apache-2.0 */
#include "float32_state.h"

#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensors cross the interface in little-endian bytes, and here they are copied as they are"
#endif

const struct lsgd_network* lsgd_float32_network;
float lsgd_float32_parameters[LSGD_CAPACITY_PARAMETERS];
float lsgd_float32_activations[LSGD_CAPACITY_ACTIVATIONS];

uint32_t lsgd_float32_layer_parameters(const struct lsgd_layer* layer) {
  return (uint32_t)layer->outputs * (layer->inputs + 1u);
}

int lsgd_port_configure(const struct lsgd_network* network) {
  lsgd_float32_network = network;
  memset(lsgd_float32_parameters, 0, sizeof lsgd_float32_parameters);
  memset(lsgd_float32_activations, 0, sizeof lsgd_float32_activations);
  return LSGD_OK;
}

/** First element of a tensor of a layer, 1..L. */
static float* tensor_of(enum lsgd_tensor tensor, uint16_t number) {
  const struct lsgd_layer* layer = lsgd_float32_network->layers;
  float* parameters = lsgd_float32_parameters;
  float* activations = lsgd_float32_activations;
  for (; number > 1; --number, ++layer) {
    parameters += lsgd_float32_layer_parameters(layer);
    activations += layer->outputs;
  }
  if (tensor == LSGD_TENSOR_ACTIVATIONS) return activations;
  return tensor == LSGD_TENSOR_BIASES ? parameters + (uint32_t)layer->outputs * layer->inputs
                                      : parameters;
}

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
