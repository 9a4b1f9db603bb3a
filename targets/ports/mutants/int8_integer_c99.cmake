# SPDX-License-Identifier: Apache-2.0

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME generator_off_by_a_digit
  SOURCE int8_integer_c99.c
  DESCRIPTION "Random generator with another multiplier" LEVEL 0
  FIND "#define RANDOM_MULTIPLIER 1664525u" REPLACE "#define RANDOM_MULTIPLIER 1664527u")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME round_to_nearest
  SOURCE int8_integer_c99.c
  DESCRIPTION "Updates rounded to nearest: small ones are lost for good" LEVEL 0
  FIND "return state * RANDOM_MULTIPLIER + RANDOM_INCREMENT" REPLACE "return 0x80000000u | (state & 0)")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME update_before_delta
  SOURCE int8_integer_c99.c
  DESCRIPTION "Weights updated before the hidden delta is taken from them" LEVEL 1
  FIND [[
    hidden_delta(l, weights, delta, a, previous);
    update(l, weights, biases, delta, a, k);
]]
  REPLACE [[
    update(l, weights, biases, delta, a, k);
    hidden_delta(l, weights, delta, a, previous);
]])

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME zero_delta_draws
  SOURCE int8_integer_c99.c
  DESCRIPTION "Random numbers drawn for neurons without delta" LEVEL 1
  FIND "    if (delta == 0) continue;\n" REPLACE "")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME bias_rounded_down
  SOURCE int8_integer_c99.c
  DESCRIPTION "Update of the bias rounded down instead of at random" LEVEL 1
  FIND "(delta + high_bits(state, k)) >> k" REPLACE "delta >> k")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME bias_draw_reused
  SOURCE int8_integer_c99.c
  DESCRIPTION "Bias rounded with the bits already used for the last weight" LEVEL 1
  FIND "    state = next_random(state);\n    biases[j]" REPLACE "    biases[j]")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME halving_truncates
  SOURCE int8_integer_c99.c
  DESCRIPTION "Weights halved without random rounding" LEVEL 1
  FIND "(*weights + high_bits(random_state, 1)) >> 1" REPLACE "*weights >> 1")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME format_kept_after_halving
  SOURCE int8_integer_c99.c
  DESCRIPTION "Weights halved, their fraction bits not" LEVEL 1
  FIND "  --fraction_bits[l];\n" REPLACE "")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME halving_below_the_floor
  SOURCE int8_integer_c99.c
  DESCRIPTION "Layers halved down to no fraction bits" LEVEL 1
  FIND "#define WEIGHT_FRACTION_BITS_FLOOR 5" REPLACE "#define WEIGHT_FRACTION_BITS_FLOOR 0")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME weights_wrap
  SOURCE int8_integer_c99.c
  DESCRIPTION "Updated weights wrap instead of saturating" LEVEL 1
  FIND "  *weight = updated < 0 ? -128 : 127;\n" REPLACE "")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME biases_wrap
  SOURCE int8_integer_c99.c
  DESCRIPTION "Updated biases wrap instead of saturating" LEVEL 1
  FIND "biases[j] = saturate_int16(biases[j]" REPLACE "biases[j] = (int16_t)(biases[j]")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME delta_wraps
  SOURCE int8_integer_c99.c
  DESCRIPTION "Output delta wraps instead of saturating" LEVEL 1
  FIND "saturate_int16(difference *" REPLACE "(int16_t)(difference *")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME output_delta_sign
  SOURCE int8_integer_c99.c
  DESCRIPTION "Sign of the output delta reversed" LEVEL 1
  FIND "saturate_int16(difference *" REPLACE "saturate_int16(-difference *")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME hidden_sum_of_16_bits
  SOURCE int8_integer_c99.c
  DESCRIPTION "Hidden deltas summed in 16 bits" LEVEL 1
  FIND "    int32_t sum0 = 0, sum1 = 0" REPLACE "    int16_t sum0 = 0, sum1 = 0")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME leftover_columns_dropped
  SOURCE int8_integer_c99.c
  DESCRIPTION "Hidden deltas beyond a multiple of four not computed" LEVEL 1
  FIND "  for (; i < inputs; ++i) {\n    int32_t sum = 0;"
  REPLACE "  for (; 0; ++i) {\n    int32_t sum = 0;")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME leftover_weights_not_updated
  SOURCE int8_integer_c99.c
  DESCRIPTION "Weights beyond a multiple of four not updated" LEVEL 1
  FIND "    for (; i < inputs; ++i) {\n      state = next_random(state);"
  REPLACE "    for (; 0; ++i) {\n      state = next_random(state);")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME derivative_truncated
  SOURCE int8_integer_c99.c
  DESCRIPTION "Derivative of tanh multiplied without rounding" LEVEL 0
  FIND "(value * (16384 - a * a) + 8192)" REPLACE "(value * (16384 - a * a))")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME negative_shift_ignored
  SOURCE int8_integer_c99.c
  DESCRIPTION "Bias not shifted right where the shift is negative" LEVEL 0
  FIND "bias >> -shift" REPLACE "bias")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME rate_twice
  SOURCE int8_integer_c99.c
  DESCRIPTION "Learning rate twice as large" LEVEL 0
  FIND "127 - (int)(bits >> 23)" REPLACE "126 - (int)(bits >> 23)")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME state_lost_between_layers
  SOURCE int8_integer_c99.c
  DESCRIPTION "Every layer draws the same random numbers" LEVEL 1
  FIND "  random_state = state;\n  if (overflow"
  REPLACE "  if (l == 0) random_state = state;\n  if (overflow")

# Forward pass

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME leftover_neurons_not_computed
  SOURCE int8_dense_layer.c
  DESCRIPTION "Neurons beyond a multiple of four not computed" LEVEL 1 ERRATUM 11
  FIND "left = layer->outputs & 3" REPLACE "left = 0")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME first_pass_always_whole
  SOURCE int8_dense_layer.c
  DESCRIPTION "Eight columns in the first pass, whatever exceeds a multiple of eight" LEVEL 1
  FIND "switch (first_columns)" REPLACE "switch (8)")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME lowest_output_not_saturated
  SOURCE int8_dense_layer.c
  DESCRIPTION "Sums below the lowest output take the highest" LEVEL 1
  FIND "return index < 0 ? 0 : conversion.range;" REPLACE "return conversion.range;")
