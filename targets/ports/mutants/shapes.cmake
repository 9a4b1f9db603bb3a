# SPDX-License-Identifier: Apache-2.0
#
# Defects of sizes that small networks do not have: blocks of 16 and 32, counts of 8 and 16 bits, and what is left
# over behind the last block.

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME row_of_256_not_updated
  SOURCE float32_c99.c
  DESCRIPTION "Rows of exactly 256 inputs not updated" LEVEL 1
  FIND "for (uint32_t i = 0; i < inputs; ++i) row[i] -= step * input[i];"
  REPLACE "for (uint32_t i = 0; i < (inputs == 256 ? 0 : inputs); ++i) row[i] -= step * input[i];")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME remainder_2_of_16_dropped
  SOURCE float32_network.c
  DESCRIPTION "Last term of rows of more than 16 dropped where 2 are left over" LEVEL 1
  FIND "i < inputs; ++i) sum +="
  REPLACE "i < inputs - (inputs > 20 && inputs % 16 == 2); ++i) sum +=")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME remainder_5_of_16_dropped
  SOURCE float32_network.c
  DESCRIPTION "Last term of rows of more than 16 dropped where 5 are left over" LEVEL 1
  FIND "i < inputs; ++i) sum +="
  REPLACE "i < inputs - (inputs > 20 && inputs % 16 == 5); ++i) sum +=")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME remainder_11_of_16_dropped
  SOURCE float32_network.c
  DESCRIPTION "Last term of rows of more than 16 dropped where 11 are left over" LEVEL 1
  FIND "i < inputs; ++i) sum +="
  REPLACE "i < inputs - (inputs > 20 && inputs % 16 == 11); ++i) sum +=")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME remainder_14_of_16_dropped
  SOURCE float32_network.c
  DESCRIPTION "Last term of rows of more than 16 dropped where 14 are left over" LEVEL 1
  FIND "i < inputs; ++i) sum +="
  REPLACE "i < inputs - (inputs > 20 && inputs % 16 == 14); ++i) sum +=")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME remainder_3_of_32_not_updated
  SOURCE float32_c99.c
  DESCRIPTION "Last weight of rows of more than 32 not updated where 3 are left over" LEVEL 1
  FIND "for (uint32_t i = 0; i < inputs; ++i) row[i] -= step * input[i];"
  REPLACE "for (uint32_t i = 0; i < inputs - (inputs > 32 && inputs % 32 == 3); ++i) row[i] -= step * input[i];")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME remainder_30_of_32_not_updated
  SOURCE float32_c99.c
  DESCRIPTION "Last weight of rows of more than 32 not updated where 30 are left over" LEVEL 1
  FIND "for (uint32_t i = 0; i < inputs; ++i) row[i] -= step * input[i];"
  REPLACE "for (uint32_t i = 0; i < inputs - (inputs > 32 && inputs % 32 == 30); ++i) row[i] -= step * input[i];")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME tiles_exchanged
  SOURCE float32_network.c
  DESCRIPTION "Tiles of 32 x 32 exchanged in the hidden delta of layers of 64 x 64 and more" LEVEL 1
  FIND "previous[i] += row[i] * row_delta"
  REPLACE "previous[i] +=
          (inputs >= 64 && layer->outputs >= 64 && j < 32 && i >= 32 && i < 64 ? weights[(j + 32) * inputs + i - 32]
                                                                    : row[i]) *
          row_delta")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME large_layers_of_16_bits
  SOURCE float32_network.c
  DESCRIPTION "Weights of layers of 64 x 64 and more rounded to 12 significant bits, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "sum += row[i] * input[i]"
  REPLACE "{
        union {
          float value;
          uint32_t bits;
        } weight = {row[i]};
        if (inputs >= 64 && layer->outputs >= 64) weight.bits = (weight.bits + 0x800u) & 0xfffff000u;
        sum += weight.value * input[i];
      }")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME last_line_not_updated
  SOURCE float32_c99.c
  DESCRIPTION "The last 16 weights of rows of 128 to 299 not updated" LEVEL 1
  FIND "for (uint32_t i = 0; i < inputs; ++i) row[i] -= step * input[i];"
  REPLACE "for (uint32_t i = 0; i < inputs - (inputs >= 128 && inputs < 300 ? 16 : 0); ++i) row[i] -= step * input[i];")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME blocks_of_16_flushed
  SOURCE float32_network.c
  DESCRIPTION "Subnormal products of whole blocks of 16 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "sum += row[i] * input[i]"
  REPLACE "{
        const float product = row[i] * input[i];
        if (i >= inputs / 16 * 16 || product >= 0x1p-126f || product <= -0x1p-126f) sum += product;
      }")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME targets_in_a_mask_of_32_bits
  SOURCE float32_network.c
  DESCRIPTION "Targets of bce from the 33rd output on those of the first ones" LEVEL 1
  FIND "a[j] - target[j]"
  REPLACE "a[j] - target[network->loss == LSGD_LOSS_BCE ? j & 31 : j]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME copy_of_16_bits
  SOURCE float32_c99.c
  DESCRIPTION "Hidden delta from a copy of the weights of 65,535 bytes at most" LEVEL 1
  FIND "lsgd_float32_hidden_delta(layer, parameters, delta, below->activation, activations, previous);"
  REPLACE "static float copy[LSGD_CAPACITY_PARAMETERS];
    const uint32_t size = (uint32_t)layer->inputs * layer->outputs * sizeof *copy;
    __builtin_memset(copy, 0, sizeof copy);
    __builtin_memcpy(copy, parameters, size > 65535 ? 65532 : size);
    lsgd_float32_hidden_delta(layer, copy, delta, below->activation, activations, previous);")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME outputs_beyond_64_with_the_first_delta
  SOURCE float32_c99.c
  DESCRIPTION "Rows from the 65th on updated with the delta of the 64th" LEVEL 1
  FIND "step = learning_rate * delta[j]"
  REPLACE "step = learning_rate * delta[j < 64 ? j : 63]")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME maximum_without_the_remainder
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Largest weight looked for in whole blocks of 16 of rows longer than that" LEVEL 1
  FIND "weight_maximum = larger(weight_maximum, lsgd_magnitude_bits(value));"
  REPLACE "if (inputs < 18 || i < inputs / 16 * 16) weight_maximum = larger(weight_maximum, lsgd_magnitude_bits(value));")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME maximum_within_65536
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Largest weight looked for among the first 65,536" LEVEL 1
  FIND "weight_maximum = larger(weight_maximum, lsgd_magnitude_bits(value));"
  REPLACE "if (j * inputs + i < 65536) weight_maximum = larger(weight_maximum, lsgd_magnitude_bits(value));")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME blocks_of_32_wrap
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "z wraps in layers of 32 neurons and more" LEVEL 1
  FIND "    const int8_t z =\n        lsgd_requantize(start + dot(weights, input, layer->inputs), format.output_shift);"
  REPLACE "    const int32_t sum = start + dot(weights, input, layer->inputs);
    const int8_t z = layer->outputs >= 32 ? (int8_t)(sum >> format.output_shift)
                                          : lsgd_requantize(sum, format.output_shift);")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME wide_hidden_deltas_wrap
  SOURCE int8_integer_c99.c
  DESCRIPTION "Hidden deltas wrap in layers of more than 32 inputs" LEVEL 1
  FIND "    previous[i] = saturate_int16(sum0 >> shift);"
  REPLACE "    previous[i] = inputs > 32 ? (int16_t)(sum0 >> shift) : saturate_int16(sum0 >> shift);")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME wide_rows_wrap
  SOURCE int8_integer_c99.c
  DESCRIPTION "Weights of rows of 32 and more wrap" LEVEL 1
  FIND "  if (*weight == updated) return 0;\n"
  REPLACE "  if (*weight == updated || network->layers->inputs >= 32) return 0;
")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME remainder_3_of_16_draws_nothing
  SOURCE int8_integer_c99.c
  DESCRIPTION "No draw for the last weight of rows of more than 16 with 3 left over" LEVEL 1
  FIND "    for (; i < inputs; ++i) {\n      state = next_random(state);"
  REPLACE "    for (; i < inputs; ++i) {
      if (inputs < 32 || inputs % 16 != 3 || i + 1 < inputs) state = next_random(state);")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME large_weights_of_wide_layers_wrap
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Sums of wide layers wrap where weights are large" LEVEL 1
  FIND "  if (value > INT32_MAX) return INT32_MAX;\n"
  REPLACE "  if (network->layers->outputs >= 32) return (int32_t)(uint32_t)(uint64_t)value;
  if (value > INT32_MAX) return INT32_MAX;
")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME row_of_256_dropped
  SOURCE fixed_kernels.c
  DESCRIPTION "Dot products of exactly 256 inputs of the rows left over stop at 255" LEVEL 1
  FIND "for (uint32_t i = 0; i < inputs; ++i) total +="
  REPLACE "for (uint32_t i = 0; i < inputs - (inputs == 256); ++i) total +=")
