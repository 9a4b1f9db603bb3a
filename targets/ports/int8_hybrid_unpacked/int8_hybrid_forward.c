/* SPDX-License-Identifier: Apache-2.0 */

/* The forward pass of int8_hybrid_unpacked: all integers. */
#include "int8_dense_layer.h"
#include "int8_hybrid_state.h"
#include "quantization.h"

int lsgd_port_forward(const float* input) {
  const struct lsgd_network* network = lsgd_int8_network;
  const struct lsgd_layer* layer = network->layers;
  int8_t* quantized = lsgd_int8_input;
  for (const float* const end = input + layer->inputs; input != end; ++input, ++quantized)
    *quantized = lsgd_quantize(*input, LSGD_INPUT_FRACTION_BITS);

  struct lsgd_int8_dense_layer dense;
  dense.bias_bytes = 1;
  const int8_t* weights = lsgd_int8_parameters;
  const int8_t* layer_input = lsgd_int8_input;
  int8_t* output = lsgd_int8_activations;
  const struct lsgd_layer_format* format = lsgd_int8_formats;
  for (const struct lsgd_layer* const end = layer + network->layer_count; layer != end;
       ++layer, ++format) {
    const int8_t* const biases = weights + lsgd_int8_layer_weights(layer);
    dense.weights = weights;
    dense.biases = biases;
    dense.inputs = layer->inputs;
    dense.outputs = layer->outputs;
    dense.activation = layer->activation;
    dense.bias_shift = format->bias_shift;
    dense.output_shift = format->output_shift;
    lsgd_int8_dense_layer_forward(&dense, layer_input, output);
    weights = biases + layer->outputs;
    layer_input = output;
    output += layer->outputs;
  }
  return LSGD_OK;
}
