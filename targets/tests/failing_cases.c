/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Added to a sound port, all compiled with lsgd_port_configure and lsgd_port_train_step defined as
 * sound_configure and sound_train_step: trains every network but four single layers with two
 * outputs, which fail each in its way.
 */
#include "lsgd/platform.h"
#include "lsgd/port.h"
#undef lsgd_port_configure
#undef lsgd_port_train_step

/** Number of inputs of the layer that fails so. */
#define HANG 1
#define TRAP 3
#define STACK_OVERFLOW 5
#define STRAY_BYTE 7

static const struct lsgd_network* configured;

int lsgd_port_configure(const struct lsgd_network* network) {
  configured = network;
  return sound_configure(network);
}

/* Touches its frame before and after the call, so that no compiler turns it into a loop. */
static __attribute__((noinline)) uint32_t descend(uint32_t depth) {
  volatile uint32_t frame[16];
  frame[depth % 16] = depth;
  return depth == 0 ? 0 : descend(depth - 1) + frame[depth % 16];
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  static const uint8_t stray = 0xff;
  const struct lsgd_layer* first = &configured->layers[0];
  switch (configured->layer_count == 1 && first->outputs == 2 ? first->inputs : 0) {
    case HANG:
      for (volatile int forever = 1; forever;) continue;
      break;
    case TRAP:
      __builtin_trap();
    case STACK_OVERFLOW:
      return (int)(descend(1000000) & 1);
    case STRAY_BYTE:
      lsgd_platform_write(&stray, 1);
      break;
    default:
      break;
  }
  return sound_train_step(input, target, learning_rate);
}
