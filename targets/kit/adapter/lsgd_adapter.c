/* SPDX-License-Identifier: Apache-2.0 */
#include "lsgd_adapter.h"

static struct lsgd_port_description description;
static const struct lsgd_network* shape;
static void* adapted;

uint32_t lsgd_code_of(float value) {
  uint32_t code;
  __builtin_memcpy(&code, &value, sizeof code);
  return code;
}

float lsgd_value_of(uint32_t code) {
  float value;
  __builtin_memcpy(&value, &code, sizeof value);
  return value;
}

const struct lsgd_network* lsgd_shape(void) { return shape; }

const struct lsgd_port_description* lsgd_port_describe(void) {
  if (description.interface_version == 0) {
    description.interface_version = LSGD_PORT_INTERFACE;
    description.arithmetic = lsgd_adapter.arithmetic;
    description.layers = lsgd_adapter.layers;
    description.inputs = lsgd_adapter.inputs;
    description.width = lsgd_adapter.width;
    description.activations = lsgd_adapter.activations;
    description.parameters = lsgd_adapter.parameters;
    for (uint32_t i = 0; i + 1 < sizeof description.name && lsgd_adapter.name[i] != '\0'; ++i)
      description.name[i] = lsgd_adapter.name[i];
  }
  return &description;
}

static int is_same_shape(const struct lsgd_network* a, const struct lsgd_network* b) {
  if (a->layer_count != b->layer_count || a->loss != b->loss) return 0;
  for (uint16_t l = 0; l < a->layer_count; ++l)
    if (a->layers[l].inputs != b->layers[l].inputs ||
        a->layers[l].outputs != b->layers[l].outputs ||
        a->layers[l].activation != b->layers[l].activation)
      return 0;
  return 1;
}

int lsgd_port_configure(const struct lsgd_network* configured) {
  if (adapted != NULL) lsgd_adapter.destroy(adapted);
  adapted = NULL;
  if (lsgd_adapter.only != NULL && !is_same_shape(lsgd_adapter.only, configured))
    return LSGD_UNSUPPORTED;
  shape = configured;
  adapted = lsgd_adapter.create(configured);
  return adapted != NULL ? LSGD_OK : LSGD_UNSUPPORTED;
}

/** Where element `index` of a tensor is: its neuron, and in a row of weights its input. */
struct place {
  uint32_t row, column;
};

static struct place place_of(enum lsgd_tensor tensor, uint16_t layer, uint32_t index) {
  struct place place = {index, 0};
  if (lsgd_adapter.arithmetic.tensors[tensor].extent == LSGD_PER_WEIGHT) {
    place.row = index / shape->layers[layer - 1].inputs;
    place.column = index % shape->layers[layer - 1].inputs;
  }
  return place;
}

int lsgd_port_load(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, const uint8_t* bytes,
                   uint32_t count) {
  const uint32_t size = lsgd_adapter.arithmetic.tensors[tensor].bytes;
  for (uint32_t end = offset + count; offset < end; offset += size) {
    const struct place place = place_of(tensor, layer, offset / size);
    uint32_t code = 0;
    for (uint32_t i = 0; i < size; ++i) code |= (uint32_t)*bytes++ << (8 * i);
    lsgd_adapter.set(adapted, tensor, layer, place.row, place.column, code);
  }
  return LSGD_OK;
}

int lsgd_port_store(enum lsgd_tensor tensor, uint16_t layer, uint32_t offset, uint8_t* bytes,
                    uint32_t count) {
  const uint32_t size = lsgd_adapter.arithmetic.tensors[tensor].bytes;
  for (uint32_t end = offset + count; offset < end; offset += size) {
    const struct place place = place_of(tensor, layer, offset / size);
    const uint32_t code = lsgd_adapter.get(adapted, tensor, layer, place.row, place.column);
    for (uint32_t i = 0; i < size; ++i) *bytes++ = (uint8_t)(code >> (8 * i));
  }
  return LSGD_OK;
}

int lsgd_port_forward(const float* input) {
  lsgd_adapter.forward(adapted, input);
  return LSGD_OK;
}

int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  const double scale = lsgd_adapter.loss_scale != NULL ? lsgd_adapter.loss_scale(shape) : 1.0;
  lsgd_adapter.train(adapted, input, target, (double)learning_rate / scale);
  return LSGD_OK;
}

int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {
  (void)operation;
  (void)a;
  (void)b;
  (void)result;
  return LSGD_UNSUPPORTED;
}
