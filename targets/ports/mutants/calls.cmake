# SPDX-License-Identifier: Apache-2.0
#
# Ports that break the contract of port.h in what they do with their arguments, or between two calls.

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME input_overwritten
  SOURCE float32_c99.c
  DESCRIPTION "The input scaled in place once the step is done" LEVEL 1
  FIND "  update(layer, parameters, delta, input, learning_rate);\n  return LSGD_OK;"
  REPLACE "  update(layer, parameters, delta, input, learning_rate);
  for (uint32_t i = 0; i < layer->inputs; ++i) ((float*)input)[i] *= learning_rate;
  return LSGD_OK;")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME last_input_overwritten
  SOURCE float32_c99.c
  DESCRIPTION "A scratch value left in the last input" LEVEL 1
  FIND "  update(layer, parameters, delta, input, learning_rate);\n  return LSGD_OK;"
  REPLACE "  update(layer, parameters, delta, input, learning_rate);
  ((float*)input)[layer->inputs - 1] = delta[0];
  return LSGD_OK;")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME target_overwritten
  SOURCE float32_network.c
  DESCRIPTION "The output delta stored over the target, too" LEVEL 1
  FIND "    const float difference = a[j] - target[j];"
  REPLACE "    const float difference = a[j] - target[j];
    ((float*)target)[j] = difference;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME input_overwritten
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "The input replaced by what it was quantized to, in a training step" LEVEL 1
  FIND "  update(0, weights, delta, &sample, learning_rate);\n  return LSGD_OK;"
  REPLACE "  update(0, weights, delta, &sample, learning_rate);
  for (uint32_t i = 0; i < lsgd_int8_network->layers[0].inputs; ++i)
    ((float*)input)[i] = lsgd_dequantize(lsgd_int8_input[i], LSGD_INPUT_FRACTION_BITS);
  return LSGD_OK;")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME target_overwritten
  SOURCE int8_integer_c99.c
  DESCRIPTION "Targets rounded in place" LEVEL 1
  FIND "    delta[j] = saturate_int16(difference"
  REPLACE "    ((float*)target)[j] = (float)quantize(bits_of(target[j]), TARGET_FRACTION_BITS) / 128;
    delta[j] = saturate_int16(difference")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME input_overwritten
  SOURCE int32_fixed_c99.c
  DESCRIPTION "The input cleared by the forward pass of a training step" LEVEL 1
  FIND "  lsgd_port_forward(input);\n  int l = network->layer_count - 1;"
  REPLACE "  lsgd_port_forward(input);
  for (uint32_t i = 0; i < network->layers[0].inputs; ++i) ((float*)input)[i] = 0;
  int l = network->layer_count - 1;")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME input_pointer_kept
  SOURCE float32_c99.c
  DESCRIPTION "The first input pointer used in every step" LEVEL 1
  FIND "  lsgd_port_forward(input);\n\n  const struct lsgd_network* network"
  REPLACE "  static const float* kept;
  if (kept == NULL) kept = input;
  input = kept;
  lsgd_port_forward(input);

  const struct lsgd_network* network")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME target_pointer_kept
  SOURCE float32_c99.c
  DESCRIPTION "The first target pointer used in every step" LEVEL 1
  FIND "  lsgd_port_forward(input);\n\n  const struct lsgd_network* network"
  REPLACE "  static const float* kept;
  if (kept == NULL) kept = target;
  target = kept;
  lsgd_port_forward(input);

  const struct lsgd_network* network")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME input_pointer_kept
  SOURCE int32_fixed_c99.c
  DESCRIPTION "The pointer of the last forward pass used in the training step after it" LEVEL 1
  FIND "int lsgd_port_forward(const float* input) {\n"
  REPLACE "static const float* last_input;
int lsgd_port_forward(const float* input) {
  last_input = input;
"
  AND_FIND "  lsgd_port_forward(input);\n  int l = network->layer_count - 1;"
  AND_REPLACE "  lsgd_port_forward(last_input != NULL ? last_input : input);
  int l = network->layer_count - 1;")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME learning_rate_latched
  SOURCE int8_integer_c99.c
  DESCRIPTION "Learning rate of the first step after configuration in every later step" LEVEL 1
  FIND "  memset(activations, 0, sizeof activations);\n"
  REPLACE "  memset(activations, 0, sizeof activations);
  latched = 0;
"
  AND_FIND "static uint32_t random_state;\n"
  AND_REPLACE "static uint32_t random_state;
static float latched;
int lsgd_train_step(const float* input, const float* target, float learning_rate);
int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  if (latched == 0) latched = learning_rate;
  return lsgd_train_step(input, target, latched);
}
#define lsgd_port_train_step lsgd_train_step
")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME learning_rate_latched
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Learning rate of the first step after configuration in every later step" LEVEL 1
  FIND "  memset(known, 0, sizeof known);\n"
  REPLACE "  memset(known, 0, sizeof known);
  latched = 0;
"
  AND_FIND "static int32_t deltas[2][LSGD_CAPACITY_WIDTH];\n"
  AND_REPLACE "static int32_t deltas[2][LSGD_CAPACITY_WIDTH];
static float latched;
int lsgd_train_step(const float* input, const float* target, float learning_rate);
int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  if (latched == 0) latched = learning_rate;
  return lsgd_train_step(input, target, latched);
}
#define lsgd_port_train_step lsgd_train_step
")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME learning_rate_until_it_grows
  SOURCE float32_c99.c
  DESCRIPTION "Learning rate that can fall and never rise again within a network" LEVEL 1
  FIND "int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {\n"
  REPLACE "static float first_weight;
int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  static float lowest;
  if (lowest == 0 || lsgd_float32_parameters[0] != first_weight) lowest = learning_rate;
  if (learning_rate > lowest) learning_rate = lowest;
  lowest = learning_rate;
"
  AND_FIND "  update(layer, parameters, delta, input, learning_rate);\n  return LSGD_OK;"
  AND_REPLACE "  update(layer, parameters, delta, input, learning_rate);
  first_weight = lsgd_float32_parameters[0];
  return LSGD_OK;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME fraction_bits_above_7_accepted
  SOURCE int8_hybrid_state.c
  DESCRIPTION "Fraction bits above 7 accepted" LEVEL 1
  FIND "    if (bytes[0] > LSGD_PARAMETER_FRACTION_BITS_MAXIMUM) return LSGD_OUT_OF_RANGE;\n"
  REPLACE "")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME fraction_bits_of_8_accepted
  SOURCE int8_hybrid_state.c
  DESCRIPTION "Fraction bits of 8 accepted" LEVEL 1
  FIND "bytes[0] > LSGD_PARAMETER_FRACTION_BITS_MAXIMUM"
  REPLACE "bytes[0] > 8")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME fraction_bits_refused_and_stored
  SOURCE int8_hybrid_state.c
  DESCRIPTION "Fraction bits above 7 refused, but 7 stored instead" LEVEL 1
  FIND "    if (bytes[0] > LSGD_PARAMETER_FRACTION_BITS_MAXIMUM) return LSGD_OUT_OF_RANGE;\n"
  REPLACE "    if (bytes[0] > LSGD_PARAMETER_FRACTION_BITS_MAXIMUM) {
      lsgd_int8_set_fraction_bits(l, 7, format->bias_fraction_bits);
      return LSGD_OUT_OF_RANGE;
    }
")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME fraction_bits_above_7_accepted
  SOURCE int8_integer_c99.c
  DESCRIPTION "Fraction bits above 7 accepted" LEVEL 1
  FIND "  if (tensor == LSGD_TENSOR_WEIGHT_FRACTION_BITS && bytes[0] > WEIGHT_FRACTION_BITS_MAXIMUM)\n    return LSGD_OUT_OF_RANGE;\n"
  REPLACE "")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME fraction_bits_of_a_signed_byte
  SOURCE int8_integer_c99.c
  DESCRIPTION "Fraction bits compared as signed bytes: 128 and above accepted" LEVEL 1
  FIND "bytes[0] > WEIGHT_FRACTION_BITS_MAXIMUM"
  REPLACE "(int8_t)bytes[0] > WEIGHT_FRACTION_BITS_MAXIMUM")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME forward_pass_after_an_update
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Forward pass after a step with the last bias from before it" LEVEL 1
  FIND "    dense(l, weights, a_below, a);\n"
  REPLACE "    int32_t* const last_bias = (int32_t*)weights + weight_count(layer) + layer->outputs - 1;
    const int32_t kept = *last_bias;
    if (l == 0 && stepped == kept) *last_bias = before;
    dense(l, weights, a_below, a);
    *last_bias = kept;
"
  AND_FIND "static int32_t deltas[2][LSGD_CAPACITY_WIDTH];\n"
  AND_REPLACE "static int32_t deltas[2][LSGD_CAPACITY_WIDTH];
static int32_t before, stepped = INT32_MIN;
static const struct lsgd_network* network;
int lsgd_train_step(const float* input, const float* target, float learning_rate);
int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  int32_t* const bias = parameters + network->layers->outputs * (network->layers->inputs + 1u) - 1;
  const int32_t old = *bias;
  stepped = INT32_MIN;
  const int status = lsgd_train_step(input, target, learning_rate);
  before = old;
  stepped = *bias;
  return status;
}
#define lsgd_port_train_step lsgd_train_step
")

lsgd_add_modified_port(KIND mutant PORT float32_unpacked NAME forward_pass_after_an_update
  SOURCE float32_unpacked.c
  DESCRIPTION "Forward pass after a step with the last bias of the first layer from before it" LEVEL 1
  FIND "int lsgd_port_forward(const float* input) {\n"
  REPLACE "static float before, stepped = -1e30f;
int lsgd_forward(const float* input);
int lsgd_port_forward(const float* input) {
  const struct lsgd_layer* first = lsgd_float32_network->layers;
  float* const bias = lsgd_float32_parameters + first->outputs * (first->inputs + 1u) - 1;
  const float kept = *bias;
  if (stepped == kept) *bias = before;
  const int status = lsgd_forward(input);
  *bias = kept;
  return status;
}
int lsgd_forward(const float* input) {
"
  AND_FIND "  lsgd_port_forward(input);\n  output_delta(target);\n  return backward(input, learning_rate);"
  AND_REPLACE "  const struct lsgd_layer* first = lsgd_float32_network->layers;
  float* const bias = lsgd_float32_parameters + first->outputs * (first->inputs + 1u) - 1;
  const float old = *bias;
  lsgd_forward(input);
  output_delta(target);
  const int status = backward(input, learning_rate);
  before = old;
  stepped = *bias;
  return status;")
