/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A library's functions as a port: replace the calls of library.h by those of yours. lsgd_adapter.h
 * says what each function is asked for. All the memory here is the library's own.
 */
#include "library.h"
#include "lsgd_adapter.h"

static void* create(const struct lsgd_network* shape) {
  unsigned sizes[LSGD_CAPACITY_LAYERS + 1];
  enum library_function functions[LSGD_CAPACITY_LAYERS];
  sizes[0] = shape->layers[0].inputs;
  for (uint16_t l = 0; l < shape->layer_count; ++l) {
    sizes[l + 1] = shape->layers[l].outputs;
    switch (shape->layers[l].activation) {
      case LSGD_ACTIVATION_IDENTITY:
        functions[l] = LIBRARY_LINEAR;
        break;
      case LSGD_ACTIVATION_RELU:
        functions[l] = LIBRARY_RELU;
        break;
      case LSGD_ACTIVATION_SIGMOID:
        functions[l] = LIBRARY_LOGISTIC;
        break;
      case LSGD_ACTIVATION_TANH:
        functions[l] = LIBRARY_TANH;
        break;
      default:
        return NULL; /* a function that the library does not have: the case is skipped */
    }
  }
  return library_new(shape->layer_count, sizes, functions,
                     shape->loss == LSGD_LOSS_BCE ? LIBRARY_CROSS_ENTROPY : LIBRARY_SQUARES);
}

static void destroy(void* network) { library_free((struct library_model*)network); }

/* The library counts layers from 0 and has a bias behind the weights of its neuron. */
static float* parameter(void* network, enum lsgd_tensor tensor, uint16_t layer, uint32_t row,
                        uint32_t column) {
  const uint32_t behind = lsgd_shape()->layers[layer - 1].inputs;
  return library_weight((struct library_model*)network, layer - 1u, row,
                        tensor == LSGD_TENSOR_BIASES ? behind : column);
}

static uint32_t get(void* network, enum lsgd_tensor tensor, uint16_t layer, uint32_t row,
                    uint32_t column) {
  if (tensor == LSGD_TENSOR_ACTIVATIONS)
    return lsgd_code_of(library_output((struct library_model*)network, layer - 1u, row));
  return lsgd_code_of(*parameter(network, tensor, layer, row, column));
}

static void set(void* network, enum lsgd_tensor tensor, uint16_t layer, uint32_t row,
                uint32_t column, uint32_t code) {
  *parameter(network, tensor, layer, row, column) = lsgd_value_of(code);
}

static void forward(void* network, const float* input) {
  library_predict((struct library_model*)network, input);
}

/* A batch of one sample. */
static void train(void* network, const float* input, const float* target, double learning_rate) {
  library_fit((struct library_model*)network, input, target, 1, (float)learning_rate);
}

/* The sum of the squares, where the suite has half of it; a mean would be 2 / outputs. */
static double loss_scale(const struct lsgd_network* shape) {
  return shape->loss == LSGD_LOSS_BCE ? 1 : 2;
}

const struct lsgd_adapter lsgd_adapter = {"@NAME@",
                                          LSGD_ARITHMETIC_FLOAT32,
                                          LSGD_CAPACITY_LAYERS,
                                          LSGD_CAPACITY_INPUTS,
                                          LSGD_CAPACITY_WIDTH,
                                          LSGD_CAPACITY_ACTIVATIONS,
                                          LSGD_CAPACITY_PARAMETERS,
                                          NULL, /* any network: no fixed shape */
                                          create,
                                          destroy,
                                          get,
                                          set,
                                          forward,
                                          train,
                                          loss_scale};
