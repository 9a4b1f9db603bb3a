/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LSGD_FIXED_SHAPE_H
#define LSGD_FIXED_SHAPE_H

#include "lsgd/port.h"

/* Whether a network is inputs-first-second-outputs with tanh, tanh and sigmoid and bce, as those
 * published are. */
static inline int is_published(const struct lsgd_network* network, unsigned inputs, unsigned first,
                               unsigned second, unsigned outputs) {
  const struct lsgd_layer* const layers = network->layers;
  return network->layer_count == 3 && network->loss == LSGD_LOSS_BCE &&
         layers[0].inputs == inputs && layers[0].outputs == first && layers[1].outputs == second &&
         layers[2].outputs == outputs && layers[0].activation == LSGD_ACTIVATION_TANH &&
         layers[1].activation == LSGD_ACTIVATION_TANH &&
         layers[2].activation == LSGD_ACTIVATION_SIGMOID;
}

#endif
