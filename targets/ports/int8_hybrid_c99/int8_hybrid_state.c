/* SPDX-License-Identifier: Apache-2.0 */
#include "int8_hybrid_state.h"

#include <string.h>

#include "quantization.h"

const struct lsgd_network* lsgd_int8_network;
struct lsgd_layer_format lsgd_int8_formats[LSGD_CAPACITY_LAYERS];
int8_t lsgd_int8_parameters[LSGD_CAPACITY_PARAMETERS];
int8_t lsgd_int8_activations[LSGD_CAPACITY_ACTIVATIONS];
int8_t lsgd_int8_input[LSGD_CAPACITY_INPUTS];

uint32_t lsgd_int8_layer_weights(const struct lsgd_layer* layer) {
  return (uint32_t)layer->outputs * layer->inputs;
}

uint32_t lsgd_int8_layer_parameters(const struct lsgd_layer* layer) {
  return lsgd_int8_layer_weights(layer) + layer->outputs;
}

int lsgd_int8_activation_fraction_bits(int l) {
  if (l < 0) return LSGD_INPUT_FRACTION_BITS;
  const uint8_t activation = lsgd_int8_network->layers[l].activation;
  return activation == LSGD_ACTIVATION_SIGMOID || activation == LSGD_ACTIVATION_TANH
             ? 7
             : LSGD_Z_FRACTION_BITS;
}

void lsgd_int8_set_fraction_bits(int l, int weight_fraction_bits, int bias_fraction_bits) {
  const int product_fraction_bits =
      weight_fraction_bits + lsgd_int8_activation_fraction_bits(l - 1);
  struct lsgd_layer_format* const format = &lsgd_int8_formats[l];
  format->weight_fraction_bits = (int8_t)weight_fraction_bits;
  format->bias_fraction_bits = (int8_t)bias_fraction_bits;
  format->output_shift = (int8_t)(product_fraction_bits - LSGD_Z_FRACTION_BITS);
  format->bias_shift = (int8_t)(product_fraction_bits - bias_fraction_bits);
}

int lsgd_port_configure(const struct lsgd_network* network) {
  lsgd_int8_network = network;
  memset(lsgd_int8_parameters, 0, sizeof lsgd_int8_parameters);
  memset(lsgd_int8_activations, 0, sizeof lsgd_int8_activations);
  for (int l = 0; l < network->layer_count; ++l) lsgd_int8_set_fraction_bits(l, 7, 7);
  return LSGD_OK;
}

int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
  const int l = layer - 1;
  const struct lsgd_layer_format* const format = &lsgd_int8_formats[l];
  if (tensor == LSGD_TENSOR_WEIGHT_FRACTION_BITS || tensor == LSGD_TENSOR_BIAS_FRACTION_BITS) {
    if (bytes[0] > LSGD_PARAMETER_FRACTION_BITS_MAXIMUM) return LSGD_OUT_OF_RANGE;
    if (tensor == LSGD_TENSOR_WEIGHT_FRACTION_BITS)
      lsgd_int8_set_fraction_bits(l, bytes[0], format->bias_fraction_bits);
    else
      lsgd_int8_set_fraction_bits(l, format->weight_fraction_bits, bytes[0]);
    return LSGD_OK;
  }
  int8_t* first = lsgd_int8_parameters;
  const struct lsgd_layer* layers = lsgd_int8_network->layers;
  for (int k = 0; k < l; ++k) first += lsgd_int8_layer_parameters(&layers[k]);
  if (tensor == LSGD_TENSOR_BIASES) first += lsgd_int8_layer_weights(&layers[l]);
  memcpy(first + offset, bytes, count);
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  const int l = layer - 1;
  const struct lsgd_layer* layers = lsgd_int8_network->layers;
  const int8_t* first = lsgd_int8_parameters;
  switch (tensor) {
    case LSGD_TENSOR_WEIGHT_FRACTION_BITS:
      bytes[0] = (uint8_t)lsgd_int8_formats[l].weight_fraction_bits;
      return LSGD_OK;
    case LSGD_TENSOR_BIAS_FRACTION_BITS:
      bytes[0] = (uint8_t)lsgd_int8_formats[l].bias_fraction_bits;
      return LSGD_OK;
    case LSGD_TENSOR_ACTIVATIONS:
      first = lsgd_int8_activations;
      for (int k = 0; k < l; ++k) first += layers[k].outputs;
      break;
    default:
      for (int k = 0; k < l; ++k) first += lsgd_int8_layer_parameters(&layers[k]);
      if (tensor == LSGD_TENSOR_BIASES) first += lsgd_int8_layer_weights(&layers[l]);
      break;
  }
  memcpy(bytes, first + offset, count);
  return LSGD_OK;
}
