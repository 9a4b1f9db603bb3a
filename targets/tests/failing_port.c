/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A port for tests: accepts everything, and a training step fails in the way its learning rate
 * says.
 */
#include <string.h>

#include "lsgd/arithmetics.h"
#include "lsgd/port.h"

#define HANG 1
#define ILLEGAL_INSTRUCTION 2
#define STACK_OVERFLOW 3

static const struct lsgd_port_description description = {
    .interface_version = LSGD_PORT_INTERFACE,
    .arithmetic = LSGD_ARITHMETIC_FLOAT32,
    .layers = LSGD_CAPACITY_LAYERS,
    .inputs = LSGD_CAPACITY_INPUTS,
    .width = LSGD_CAPACITY_WIDTH,
    .activations = LSGD_CAPACITY_ACTIVATIONS,
    .parameters = LSGD_CAPACITY_PARAMETERS,
    .name = "failing",
};

const struct lsgd_port_description* lsgd_port_describe(void) { return &description; }

int lsgd_port_configure(const struct lsgd_network* network) {
  (void)network;
  return LSGD_OK;
}

int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
  (void)tensor;
  (void)layer;
  (void)offset;
  (void)bytes;
  (void)count;
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  (void)tensor;
  (void)layer;
  (void)offset;
  memset(bytes, 0, count);
  return LSGD_OK;
}

int lsgd_port_forward(const float* input) {
  (void)input;
  return LSGD_OK;
}

/* Touches its frame before and after the call, so that no compiler turns it into a loop. */
static __attribute__((noinline)) uint32_t descend(uint32_t depth) {
  volatile uint32_t frame[16];
  frame[depth % 16] = depth;
  return depth == 0 ? 0 : descend(depth - 1) + frame[depth % 16];
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  (void)input;
  (void)target;
  switch ((int)learning_rate) {
    case HANG:
      for (volatile int forever = 1; forever;) continue;
      break;
    case ILLEGAL_INSTRUCTION:
      __builtin_trap();
    case STACK_OVERFLOW:
      return (int)(descend(1000000) & 1);
    default:
      break;
  }
  return LSGD_OK;
}

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  (void)operation;
  (void)a;
  (void)b;
  (void)result;
  return LSGD_UNSUPPORTED;
}
