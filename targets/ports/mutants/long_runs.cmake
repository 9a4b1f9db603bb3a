# SPDX-License-Identifier: Apache-2.0
#
# Counters and precision that give out after more steps than a training of the suite takes.

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME counter_of_16_bits
  SOURCE float32_c99.c
  DESCRIPTION "No update when a counter of 16 bits has wrapped" LEVEL 1
  FIND "  lsgd_port_forward(input);\n\n  const struct lsgd_network* network"
  REPLACE "  static uint32_t steps;
  lsgd_port_forward(input);
  if (++steps >= 65536) return LSGD_OK;

  const struct lsgd_network* network")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME counter_of_16_bits_since_configuration
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Learning rate halved once a counter of 16 bits, from configuration on, has wrapped" LEVEL 1
  FIND "  memset(known, 0, sizeof known);\n"
  REPLACE "  memset(known, 0, sizeof known);
  steps = 0;
"
  AND_FIND "static int32_t deltas[2][LSGD_CAPACITY_WIDTH];\n"
  AND_REPLACE "static int32_t deltas[2][LSGD_CAPACITY_WIDTH];
static uint32_t steps;
int lsgd_train_step(const float* input, const float* target, float learning_rate);
int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  return lsgd_train_step(input, target, ++steps > 65535 ? learning_rate / 2 : learning_rate);
}
#define lsgd_port_train_step lsgd_train_step
")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME random_state_after_65536_steps
  SOURCE int8_integer_c99.c
  DESCRIPTION "One draw too many in the 65,536th step after configuration" LEVEL 1
  FIND "  memset(activations, 0, sizeof activations);\n"
  REPLACE "  memset(activations, 0, sizeof activations);
  steps = 0;
"
  AND_FIND "static uint32_t random_state;\n"
  AND_REPLACE "static uint32_t random_state;
static uint32_t steps;
int lsgd_train_step(const float* input, const float* target, float learning_rate);
int lsgd_port_train_step(const float* input, const float* target, float learning_rate) {
  if (++steps == 65536) random_state = random_state * 1664525u + 1013904223u;
  return lsgd_train_step(input, target, learning_rate);
}
#define lsgd_port_train_step lsgd_train_step
")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME counter_of_16_bits
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "No update when a counter of 16 bits has wrapped" LEVEL 1
  FIND "  lsgd_port_forward(input);\n\n  int l = 0;"
  REPLACE "  static uint32_t steps;
  lsgd_port_forward(input);
  if (++steps >= 65536) return LSGD_OK;

  int l = 0;")
