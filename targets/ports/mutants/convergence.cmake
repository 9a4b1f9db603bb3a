# SPDX-License-Identifier: Apache-2.0
#
# Defects that no single step shows: they begin after more steps than levels 0 to 2 of the standard suite
# take, and only free-running training (level 3) meets them.

# @param port, source, first   the file with lsgd_port_train_step, and what is its first statement
function(lsgd_add_convergence_mutants port source first)
  set(find "float learning_rate) {\n  ${first}")

  lsgd_add_modified_port(KIND mutant PORT ${port} NAME sample_skipped_late SOURCE ${source}
    DESCRIPTION "One sample in 50 skipped once 4096 steps are done" LEVEL 3
    FIND "${find}" REPLACE "float learning_rate) {
  static uint32_t steps;
  ++steps;
  if (steps > 4096 && steps % 50 == 0) return LSGD_OK;
  ${first}")

  lsgd_add_modified_port(KIND mutant PORT ${port} NAME learning_rate_decays_late SOURCE ${source}
    DESCRIPTION "Learning rate 3 % lower after every 4096 steps" LEVEL 3
    FIND "${find}" REPLACE "float learning_rate) {
  static uint32_t steps;
  ++steps;
  for (uint32_t i = 0; i < steps >> 12; ++i) learning_rate *= 0.97f;
  ${first}")

  # What a shuffle does that draws the first samples more often than the others.
  lsgd_add_modified_port(KIND mutant PORT ${port} NAME early_samples_favoured_late SOURCE ${source}
    DESCRIPTION "After 4096 steps every 32nd sample replaced by one early sample" LEVEL 3
    FIND "${find}" REPLACE "float learning_rate) {
  static uint32_t steps;
  static float first_input[LSGD_CAPACITY_INPUTS], first_target[LSGD_CAPACITY_WIDTH];
  ++steps;
  if (steps == 4096) {
    for (int i = 0; i < LSGD_CAPACITY_INPUTS; ++i) first_input[i] = input[i];
    for (int i = 0; i < LSGD_CAPACITY_WIDTH; ++i) first_target[i] = target[i];
  } else if (steps > 4096 && steps % 32 == 0) {
    input = first_input;
    target = first_target;
  }
  ${first}")
endfunction()

lsgd_add_convergence_mutants(float32_c99 float32_c99.c "lsgd_port_forward(input);")
lsgd_add_convergence_mutants(int8_hybrid_c99 int8_hybrid_c99.c "lsgd_port_forward(input);")
lsgd_add_convergence_mutants(int32_fixed_c99 int32_fixed_c99.c "lsgd_port_forward(input);")
# Its rates are powers of two: 3 % below one is the next.
lsgd_add_convergence_mutants(int8_integer_c99 int8_integer_c99.c
  "const int k = rate_exponent(bits_of(learning_rate));")

# Stagnation: to nearest, an update below half a unit is lost for good. int8_hybrid rounds so by definition.
lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME round_to_nearest_late
  SOURCE int8_integer_c99.c
  DESCRIPTION "Updates rounded to nearest instead of at random once 4096 steps are done" LEVEL 3
  FIND "static int32_t high_bits(uint32_t state, int count) {\n" REPLACE "static uint32_t steps;
static int32_t high_bits(uint32_t state, int count) {
  if (steps > 4096) return count == 0 ? 0 : (int32_t)1 << (count - 1);\n"
  AND_FIND "float learning_rate) {\n" AND_REPLACE "float learning_rate) {\n  ++steps;\n")

# What a store that saves writes to flash does: small changes are never made.
lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME small_updates_lost_late SOURCE float32_c99.c
  DESCRIPTION "Once 4096 steps are done, updates below 2^-14 are lost" LEVEL 3
  FIND "    for (uint32_t i = 0; i < inputs; ++i) row[i] -= step * input[i];\n"
  REPLACE [[
    static uint32_t rows;
    if (rows < 4096u * 52u) ++rows;
    for (uint32_t i = 0; i < inputs; ++i) {
      const float change = step * input[i];
      if (rows < 4096u * 52u || change > 0x1p-14f || change < -0x1p-14f) row[i] -= change;
    }
]])
