/* SPDX-License-Identifier: Apache-2.0 */
#include "stored_parameters.h"

#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensors cross the interface in little-endian bytes, and here they are copied as they are"
#endif

#define SIGN 0x80000000u
#define FRACTION 0x7fffff00u /* of a word */

const struct lsgd_network* lsgd_unpacked_network;
uint32_t lsgd_unpacked_parameters[LSGD_CAPACITY_PARAMETERS];
float lsgd_unpacked_activations[LSGD_CAPACITY_ACTIVATIONS];

uint32_t lsgd_word_from_bits(uint32_t bits) {
  const uint32_t fraction = bits << 8 & FRACTION;
  const uint32_t exponent = bits << 1 >> 24;
  if (!(bits & SIGN)) return fraction | exponent;
  return SIGN | ((0u - fraction) & FRACTION) | ((exponent - (fraction == 0)) & 255);
}

uint32_t lsgd_bits_from_word(uint32_t word) {
  const uint32_t fraction = word & FRACTION;
  const uint32_t exponent = word & 255;
  if (!(word & SIGN)) return exponent << 23 | fraction >> 8;
  return SIGN | ((exponent + (fraction == 0)) & 255) << 23 | ((0u - fraction) & FRACTION) >> 8;
}

uint32_t lsgd_unpacked_layer_parameters(const struct lsgd_layer* layer) {
  return (uint32_t)layer->outputs * (layer->inputs + 1u);
}

int lsgd_port_configure(const struct lsgd_network* network) {
  if (network->loss == LSGD_LOSS_CROSS_ENTROPY) return LSGD_UNSUPPORTED;
  lsgd_unpacked_network = network;
  memset(lsgd_unpacked_parameters, 0, sizeof lsgd_unpacked_parameters);
  memset(lsgd_unpacked_activations, 0, sizeof lsgd_unpacked_activations);
  return LSGD_OK;
}

/** First weight or bias of a layer, 1..L. */
static uint32_t* parameters_of(enum lsgd_tensor tensor, uint16_t number) {
  const struct lsgd_layer* layer = lsgd_unpacked_network->layers;
  uint32_t* parameters = lsgd_unpacked_parameters;
  for (; number > 1; --number, ++layer) parameters += lsgd_unpacked_layer_parameters(layer);
  return tensor == LSGD_TENSOR_BIASES ? parameters + (uint32_t)layer->outputs * layer->inputs
                                      : parameters;
}

/** First activation of a layer, 1..L. */
static const float* activations_of(uint16_t number) {
  const struct lsgd_layer* layer = lsgd_unpacked_network->layers;
  const float* activations = lsgd_unpacked_activations;
  for (; number > 1; --number, ++layer) activations += layer->outputs;
  return activations;
}

int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
  uint32_t* parameter = parameters_of(tensor, layer) + offset / 4;
  for (; count != 0; count -= 4, bytes += 4, ++parameter) {
    uint32_t bits;
    memcpy(&bits, bytes, 4);
    *parameter = lsgd_word_from_bits(bits);
  }
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  if (tensor == LSGD_TENSOR_ACTIVATIONS) {
    memcpy(bytes, (const uint8_t*)activations_of(layer) + offset, count);
    return LSGD_OK;
  }
  const uint32_t* parameter = parameters_of(tensor, layer) + offset / 4;
  for (; count != 0; count -= 4, bytes += 4, ++parameter) {
    const uint32_t bits = lsgd_bits_from_word(*parameter);
    memcpy(bytes, &bits, 4);
  }
  return LSGD_OK;
}
