/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LSGD_FEW_FUNCTIONS_H
#define LSGD_FEW_FUNCTIONS_H

#include "lsgd/port.h"

static inline int has_function(const struct lsgd_network* network, uint8_t activation) {
  for (int l = 0; l < network->layer_count; ++l)
    if (network->layers[l].activation == activation) return 1;
  return 0;
}

/* Networks of a library whose only loss is mse. */
static inline int has_mse(const struct lsgd_network* network) {
  return network->loss == LSGD_LOSS_MSE;
}

/* Networks of a library for regression: mse, relu and no bounded function. */
static inline int is_of_regression(const struct lsgd_network* network) {
  return has_mse(network) && !has_function(network, LSGD_ACTIVATION_TANH) &&
         !has_function(network, LSGD_ACTIVATION_SIGMOID);
}

/* Networks of a library for classification: bce, relu in hidden layers. */
static inline int is_of_classification(const struct lsgd_network* network) {
  return network->loss == LSGD_LOSS_BCE && !has_function(network, LSGD_ACTIVATION_TANH);
}

/* The shape of a network of three layers. */
static inline int has_sizes(const struct lsgd_network* network, unsigned inputs, unsigned first,
                            unsigned second, unsigned outputs) {
  const struct lsgd_layer* const layers = network->layers;
  return network->layer_count == 3 && layers[0].inputs == inputs && layers[0].outputs == first &&
         layers[1].outputs == second && layers[2].outputs == outputs;
}

#endif
