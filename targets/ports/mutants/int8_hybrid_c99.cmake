# SPDX-License-Identifier: Apache-2.0

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME shifts_stale_after_update
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Fraction bits change in the update, the shifts do not follow" LEVEL 1 ERRATUM 1
  FIND [[
  lsgd_int8_set_fraction_bits(l, lsgd_fraction_bits(weight_maximum),
                              lsgd_fraction_bits(bias_maximum));
]]
  REPLACE "lsgd_int8_formats[l].weight_fraction_bits = (int8_t)lsgd_fraction_bits(weight_maximum);
  lsgd_int8_formats[l].bias_fraction_bits = (int8_t)lsgd_fraction_bits(bias_maximum);")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME shifts_stale_after_load
  SOURCE int8_hybrid_state.c
  DESCRIPTION "Fraction bits are loaded, the shifts do not follow" LEVEL 1 ERRATUM 1
  FIND [[
      lsgd_int8_set_fraction_bits(l, bytes[0], format->bias_fraction_bits);
    else
      lsgd_int8_set_fraction_bits(l, format->weight_fraction_bits, bytes[0]);
]]
  REPLACE [[
      lsgd_int8_formats[l].weight_fraction_bits = (int8_t)bytes[0];
    else
      lsgd_int8_formats[l].bias_fraction_bits = (int8_t)bytes[0];
]])

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME fraction_bits_forced_to_7
  SOURCE quantization.c
  DESCRIPTION "Fraction bits always 7: larger weights saturate" LEVEL 0 ERRATUM 2
  FIND "fraction_bits > 0 &&" REPLACE "fraction_bits > 7 &&")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME range_of_old_weights
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Fraction bits from the weights before the update" LEVEL 1 ERRATUM 4
  FIND "larger(weight_maximum, lsgd_magnitude_bits(value))"
  REPLACE "larger(weight_maximum, lsgd_magnitude_bits(lsgd_dequantize(row[i], old_weight_bits)))")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME requantized_with_old_fraction_bits
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Weights quantized with the fraction bits before the update" LEVEL 1
  FIND "lsgd_quantize(value, lsgd_int8_formats[l].weight_fraction_bits)"
  REPLACE "lsgd_quantize(value, old_weight_bits)")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME output_format_fixed_at_3
  SOURCE int8_hybrid_state.c
  DESCRIPTION "Layer outputs with 3 fraction bits" LEVEL 1 ERRATUM 8
  FIND "(product_fraction_bits - LSGD_Z_FRACTION_BITS)" REPLACE "(product_fraction_bits - 3)")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME odd_neuron_dropped
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Last neuron of an odd layer not computed" LEVEL 1 ERRATUM 11
  FIND "j < layer->outputs; ++j, weights += layer->inputs)"
  REPLACE "j < (layer->outputs & ~1u); ++j, weights += layer->inputs)")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME remainder_dropped
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Inputs beyond a multiple of four left out" LEVEL 1
  FIND "  for (; i < count; ++i) sum += a[i] * b[i];\n" REPLACE "")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME rounding_term_missing
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "One rounding removed: layer outputs truncated" LEVEL 1
  FIND "format.bias_shift) + rounding;" REPLACE "format.bias_shift);")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME accumulator_of_16_bits
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Dot product accumulated in 16 bits" LEVEL 1
  FIND "int32_t sum = 0;" REPLACE "int16_t sum = 0;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME first_layer_from_quantized_input
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "First layer updated from the quantized input" LEVEL 1
  FIND "sample = {input, NULL, 0}"
  REPLACE "sample = {NULL, lsgd_int8_input, LSGD_INPUT_FRACTION_BITS}")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME wrap_for_saturate
  SOURCE quantization.c
  DESCRIPTION "Layer outputs wrap instead of saturating" LEVEL 0
  FIND "  if (value > 127) return 127;\n  if (value < -128) return -128;\n" REPLACE "")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME truncation_for_rounding
  SOURCE quantization.c
  DESCRIPTION "Quantization truncates" LEVEL 0
  FIND "(halves + 1) >> 1" REPLACE "halves >> 1")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME half_up_for_half_away
  SOURCE quantization.c
  DESCRIPTION "Quantization rounds half up: negative ties go the wrong way" LEVEL 0
  FIND "(halves + 1) >> 1"
  REPLACE "(halves + !(negative && (halves & 1) && significand << (10 + exponent) == 0)) >> 1")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME logical_shift
  SOURCE quantization.c
  DESCRIPTION "Logical instead of arithmetic right shift" LEVEL 0
  FIND "saturate(accumulator >> shift)"
  REPLACE "saturate((int32_t)((uint32_t)accumulator >> shift))")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME negative_shift_ignored
  SOURCE quantization.c
  DESCRIPTION "Bias not shifted right where the shift is negative" LEVEL 0 ERRATUM 17
  FIND "bias >> -shift" REPLACE "bias")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME table_index_off_by_one
  SOURCE quantization.c
  DESCRIPTION "Table of tanh read one entry too high" LEVEL 0
  FIND "lsgd_tanh_table[z + 128]" REPLACE "lsgd_tanh_table[(z + 129) & 255]")

# Fraction bits

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME fraction_bits_unclamped
  SOURCE quantization.c
  DESCRIPTION "More than 7 fraction bits for a maximum of one half and below" LEVEL 0 ERRATUM 5
  FIND "  return fraction_bits;"
  REPLACE "  for (uint32_t power = bits_of(0.5f); maximum_bits != 0 && maximum_bits <= power && fraction_bits < 64;
       power -= HIDDEN_BIT)
    ++fraction_bits;
  return fraction_bits;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME logarithm_of_zero
  SOURCE quantization.c
  DESCRIPTION "Logarithm of the maximum of an all-zero tensor: no fraction bits" LEVEL 0 ERRATUM 6
  FIND "  int fraction_bits = LSGD_PARAMETER"
  REPLACE "  if (maximum_bits == 0) return 0;
  int fraction_bits = LSGD_PARAMETER")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME power_of_two_costs_a_bit
  SOURCE quantization.c
  DESCRIPTION "Maximum of exactly a power of two given one fraction bit less" LEVEL 0
  FIND "maximum_bits > power" REPLACE "maximum_bits >= power")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME shifts_unset_below_1
  SOURCE int8_hybrid_state.c
  DESCRIPTION "Shifts set only where the maximum of the weights is above 1" LEVEL 1 ERRATUM 7
  FIND "  format->output_shift ="
  REPLACE "  if (weight_fraction_bits == 7) return;
  format->output_shift =")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME bias_fraction_bits_of_the_weights
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Biases take the fraction bits of the weights" LEVEL 1
  FIND "lsgd_fraction_bits(bias_maximum)" REPLACE "lsgd_fraction_bits(weight_maximum)")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME fraction_bits_never_grow
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Fraction bits of the weights only ever decrease" LEVEL 1 ERRATUM 4
  FIND "lsgd_int8_set_fraction_bits(l, lsgd_fraction_bits(weight_maximum),"
  REPLACE "if (lsgd_fraction_bits(weight_maximum) > old_weight_bits)
    weight_maximum = lsgd_magnitude_bits((float)(1 << (7 - old_weight_bits)));
  lsgd_int8_set_fraction_bits(l, lsgd_fraction_bits(weight_maximum),")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME maximum_of_positive_weights
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Largest weight found without taking magnitudes" LEVEL 1
  FIND "larger(weight_maximum, lsgd_magnitude_bits(value))"
  REPLACE "larger(weight_maximum, value > 0 ? lsgd_magnitude_bits(value) : 0)")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME maximum_of_the_last_row
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Largest weight of the last neuron only" LEVEL 1
  FIND "  for (uint32_t j = 0; j < layer->outputs; ++j, row += inputs) {"
  REPLACE "  for (uint32_t j = 0; j < layer->outputs; ++j, row += inputs) {
    weight_maximum = 0;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME bias_fraction_bits_not_loaded
  SOURCE int8_hybrid_state.c
  DESCRIPTION "Fraction bits of the biases taken from those of the weights when they are loaded" LEVEL 1
  FIND "lsgd_int8_set_fraction_bits(l, format->weight_fraction_bits, bytes[0])"
  REPLACE "lsgd_int8_set_fraction_bits(l, format->weight_fraction_bits, format->weight_fraction_bits)")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME input_format_of_the_layer_itself
  SOURCE int8_hybrid_state.c
  DESCRIPTION "Shifts from the fraction bits of the layer's own activations" LEVEL 1
  FIND "weight_fraction_bits + lsgd_int8_activation_fraction_bits(l - 1)"
  REPLACE "weight_fraction_bits + lsgd_int8_activation_fraction_bits(l)")

# Quantization, shifts and tables

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME half_to_even
  SOURCE quantization.c
  DESCRIPTION "Quantization rounds ties to even" LEVEL 0
  FIND "(halves + 1) >> 1"
  REPLACE "(halves + !((halves & 3) == 1 && significand << (10 + exponent) == 0)) >> 1")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME half_added_in_binary32
  SOURCE quantization.c
  DESCRIPTION "Quantization adds 0.5 in binary32, which rounds twice, and truncates" LEVEL 0
  FIND "  if (exponent < -1) return 0;\n" REPLACE ""
  AND_FIND "  const uint32_t halves = significand >> (EXPONENT_SHIFT - 1 - exponent);
  const int32_t magnitude = (int32_t)((halves + 1) >> 1);"
  AND_REPLACE "  const float scaled = from_bits(bits & ~SIGN) * (float)(1 << fraction_bits) + 0.5f;
  const int32_t magnitude = (int32_t)scaled;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME quantization_wraps
  SOURCE quantization.c
  DESCRIPTION "Quantization keeps the low 8 bits" LEVEL 0
  FIND "  if (exponent > 6) return negative ? -128 : 127;\n"
  REPLACE "  if (exponent > 6)
    return exponent > 29 ? 0
                         : (int8_t)(int32_t)(value * (float)(1 << fraction_bits));\n")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME saturation_at_127_only
  SOURCE quantization.c
  DESCRIPTION "Values below -128 wrap" LEVEL 0
  FIND "  if (value < -128) return -128;\n" REPLACE "")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME symmetric_saturation
  SOURCE quantization.c
  DESCRIPTION "Layer outputs limited to -127" LEVEL 0
  FIND "  if (value < -128) return -128;\n" REPLACE "  if (value < -127) return -127;\n")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME symmetric_quantization
  SOURCE quantization.c
  DESCRIPTION "Quantization limits to -127" LEVEL 0
  FIND "if (negative) return (int8_t)-magnitude;"
  REPLACE "if (negative) return (int8_t)(magnitude > 127 ? -127 : -magnitude);")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME minus_128_negated
  SOURCE quantization.c
  DESCRIPTION "Magnitude of -128 taken in 8 bits when converted to binary32" LEVEL 0
  FIND "  return from_bits(bits_of(value) - ((uint32_t)fraction_bits << EXPONENT_SHIFT));"
  REPLACE "  const int8_t magnitude = (int8_t)(value < 0 ? -value : value);
  const float converted =
      from_bits(bits_of(magnitude) - ((uint32_t)fraction_bits << EXPONENT_SHIFT));
  return value < 0 ? -converted : converted;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME division_for_shift
  SOURCE quantization.c
  DESCRIPTION "Division, which rounds towards zero, for the arithmetic shift" LEVEL 0
  FIND "accumulator >> shift" REPLACE "accumulator / ((int32_t)1 << shift)")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME accumulator_ties_away_from_zero
  SOURCE quantization.c
  DESCRIPTION "Accumulators rounded half away from zero" LEVEL 0
  FIND "saturate(accumulator >> shift)"
  REPLACE "saturate((accumulator - (shift > 0 && accumulator < (1 << (shift - 1)))) >> shift)")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME rounding_term_of_a_whole_unit
  SOURCE quantization.c
  DESCRIPTION "Rounding term of one unit instead of half a unit" LEVEL 0
  FIND "(int32_t)1 << (shift - 1) : 0" REPLACE "(int32_t)1 << shift : 0")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME aligned_bias_of_16_bits
  SOURCE quantization.c
  DESCRIPTION "Aligned bias kept in 16 bits" LEVEL 0
  FIND "bias * ((int32_t)1 << shift)" REPLACE "(int16_t)(bias * ((int32_t)1 << shift))")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME aligned_bias_of_8_bits
  SOURCE quantization.c
  DESCRIPTION "Bias shifted in 8 bits" LEVEL 0
  FIND "bias * ((int32_t)1 << shift)" REPLACE "(int8_t)(bias * ((int32_t)1 << shift))")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME negative_shift_rounds
  SOURCE quantization.c
  DESCRIPTION "Right shift of the bias towards zero" LEVEL 0
  FIND "bias >> -shift" REPLACE "bias / ((int32_t)1 << -shift)")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME table_indexed_unsigned
  SOURCE quantization.c
  DESCRIPTION "Table that starts at -128 indexed with the bits of z" LEVEL 0
  FIND "lsgd_sigmoid_table[z + 128]" REPLACE "lsgd_sigmoid_table[(uint8_t)z]")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME table_indexed_with_a_signed_char
  SOURCE quantization.c
  DESCRIPTION "Sum of z and 128 kept in a signed char" LEVEL 0
  FIND "lsgd_tanh_table[z + 128]" REPLACE "lsgd_tanh_table[(int8_t)(z + 128) + 128]")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME table_of_another_scale
  SOURCE quantization.c
  DESCRIPTION "Table of tanh for 3 fraction bits of z" LEVEL 0
  FIND "lsgd_tanh_table[z + 128]" REPLACE "lsgd_tanh_table[saturate(2 * z) + 128]")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME table_ends_at_126
  SOURCE quantization.c
  DESCRIPTION "Table scaled by 127: largest entry 126" LEVEL 0
  FIND "return lsgd_sigmoid_table[z + 128];"
  REPLACE "return (int8_t)((lsgd_sigmoid_table[z + 128] * 127 + 64) / 128);")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME tables_exchanged
  SOURCE quantization.c
  DESCRIPTION "tanh from the table of the sigmoid" LEVEL 0
  FIND "lsgd_tanh_table[z + 128]" REPLACE "lsgd_sigmoid_table[z + 128]")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME table_in_the_range_of_4_only
  SOURCE quantization.c
  DESCRIPTION "Table of 128 entries: z limited to [-4, 4)" LEVEL 0
  FIND "lsgd_sigmoid_table[z + 128]"
  REPLACE "lsgd_sigmoid_table[(z > 63 ? 63 : z < -64 ? -64 : z) + 128]")

# Forward pass

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME accumulator_of_24_bits
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Dot product accumulated in 24 bits" LEVEL 1
  FIND "  return sum;" REPLACE "  return (int32_t)((uint32_t)sum << 8) >> 8;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME start_of_16_bits
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Aligned bias and rounding term of the dense layer in 16 bits" LEVEL 1
  FIND "const int32_t start =" REPLACE "const int16_t start =")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME inputs_limited_to_minus_127
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Inputs quantized to the symmetric range" LEVEL 1
  FIND "lsgd_int8_input[i] = lsgd_quantize(input[i], LSGD_INPUT_FRACTION_BITS);"
  REPLACE "{
      lsgd_int8_input[i] = lsgd_quantize(input[i], LSGD_INPUT_FRACTION_BITS);
      if (lsgd_int8_input[i] == -128) lsgd_int8_input[i] = -127;
    }")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME four_layers_only
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Forward pass of four layers at most" LEVEL 1 ERRATUM 14
  FIND "for (int l = 0; l < lsgd_int8_network->layer_count; ++l) {" REPLACE "for (int l = 0; l < lsgd_int8_network->layer_count && l < 4; ++l) {")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME pairs_of_products_in_16_bits
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Pairs of products added in 16 bits, which two products of -128 overflow" LEVEL 1
  FIND "sum += a[i] * b[i] + a[i + 1] * b[i + 1] + a[i + 2] * b[i + 2] + a[i + 3] * b[i + 3];"
  REPLACE "sum += (int16_t)(a[i] * b[i] + a[i + 1] * b[i + 1]) +
           (int16_t)(a[i + 2] * b[i + 2] + a[i + 3] * b[i + 3]);")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME product_of_16_bits_saturates
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Sum of products saturates at 16 bits" LEVEL 1
  FIND "  return sum;"
  REPLACE "  return sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME padding_not_cleared
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Dot product over the length rounded up to four, beyond the row" LEVEL 1
  FIND "  for (; i < count; ++i) sum += a[i] * b[i];\n"
  REPLACE "  for (; i < ((count + 3) & ~3u); ++i) sum += a[i] * b[i];\n")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME inputs_unsigned
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Activations read as unsigned bytes beyond a multiple of four" LEVEL 1
  FIND "  for (; i < count; ++i) sum += a[i] * b[i];\n"
  REPLACE "  for (; i < count; ++i) sum += a[i] * (uint8_t)b[i];\n")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME bias_added_after_the_shift
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Bias rounded to the format of z before it is added" LEVEL 1
  FIND "lsgd_align_bias(biases[j], format.bias_shift) + rounding;"
  REPLACE "(lsgd_align_bias(biases[j], format.bias_shift) >> format.output_shift
                           << format.output_shift) + rounding;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME odd_neuron_with_the_first_bias
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Last neuron of an odd layer with the bias of the first" LEVEL 1 ERRATUM 11
  FIND "lsgd_align_bias(biases[j], format.bias_shift)"
  REPLACE "lsgd_align_bias(biases[(layer->outputs & 1) && j == layer->outputs - 1u ? 0 : j],
                                          format.bias_shift)")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME dimension_of_8_bits
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Length of the dot product held in 8 bits" LEVEL 1 ERRATUM 15
  FIND "const int8_t* restrict b, uint32_t count) {"
  REPLACE "const int8_t* restrict b, uint8_t count) {")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME input_truncated
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Inputs truncated instead of rounded" LEVEL 1
  FIND "lsgd_int8_input[i] = lsgd_quantize(input[i], LSGD_INPUT_FRACTION_BITS);"
  REPLACE "{
      const float scaled = input[i] * 128;
      lsgd_int8_input[i] = (int8_t)(scaled > 127 ? 127 : scaled < -128 ? -128 : (int32_t)scaled);
    }")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME input_wraps
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Inputs beyond [-1, 1) wrap" LEVEL 1
  FIND "lsgd_int8_input[i] = lsgd_quantize(input[i], LSGD_INPUT_FRACTION_BITS);"
  REPLACE "lsgd_int8_input[i] = (int8_t)(int32_t)(input[i] * 128 + (input[i] < 0 ? -0.5f : 0.5f));")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME forward_pass_of_the_last_sample
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Training step without a forward pass: activations of the last one" LEVEL 1
  FIND "  lsgd_port_forward(input);\n" REPLACE "")

# Backward pass and update

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME biases_limited_to_minus_127
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "New biases quantized to the symmetric range" LEVEL 1
  FIND "    biases[j] = lsgd_quantize(value, lsgd_int8_formats[l].bias_fraction_bits);"
  REPLACE "    biases[j] = lsgd_quantize(value, lsgd_int8_formats[l].bias_fraction_bits);
    if (biases[j] == -128) biases[j] = -127;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME loss_derivative_clamped
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "bce as quotient and product, the quotient clamped: no delta where the output is 0"
  LEVEL 1 ERRATUM 9
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "                   ? difference\n"
  REPLACE [[
                   ? difference / (value * (1 - value) > 1e-7f ? value * (1 - value) : 1e-7f) *
                         (value * (1 - value))
]])

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME saturated_output_taken_as_1
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Output of 127/128 taken as 1 in the output delta" LEVEL 1 ERRATUM 10
  FIND "const float value = lsgd_dequantize(a[j], fraction_bits);"
  REPLACE "const float value =
        a[j] == 127 && fraction_bits == 7 ? 1 : lsgd_dequantize(a[j], fraction_bits);")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME output_delta_sign
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Sign of the output delta reversed" LEVEL 1 ERRATUM 17
  FIND "difference = value - target[j]" REPLACE "difference = target[j] - value")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME deltas_in_int8
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Output deltas quantized to 7 fraction bits" LEVEL 1 ERRATUM 17
  FIND "difference = value - target[j]"
  REPLACE "difference = lsgd_dequantize(lsgd_quantize(value - target[j], 7), 7)")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME derivative_in_int8
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Derivative of tanh rounded to 7 fraction bits" LEVEL 1
  FIND "value * (1 - a * a)" REPLACE "value * lsgd_dequantize(lsgd_quantize(1 - a * a, 7), 7)")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME update_before_delta
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Weights updated before the hidden delta is taken from them" LEVEL 1
  FIND [[
    hidden_delta(l, weights, delta, a, previous);
    const struct update_input below = {NULL, a, lsgd_int8_activation_fraction_bits(l - 1)};
    update(l, weights, delta, &below, learning_rate);
]]
  REPLACE [[
    const struct update_input below = {NULL, a, lsgd_int8_activation_fraction_bits(l - 1)};
    update(l, weights, delta, &below, learning_rate);
    hidden_delta(l, weights, delta, a, previous);
]])

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME hidden_delta_with_bias_fraction_bits
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Weights of the hidden delta scaled by the fraction bits of the biases" LEVEL 1
  FIND "const int weight_fraction_bits = lsgd_int8_formats[l].weight_fraction_bits;"
  REPLACE "const int weight_fraction_bits = lsgd_int8_formats[l].bias_fraction_bits;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME activations_of_7_fraction_bits
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Hidden layers updated as if all activations had 7 fraction bits" LEVEL 1
  FIND "below = {NULL, a, lsgd_int8_activation_fraction_bits(l - 1)}" REPLACE "below = {NULL, a, 7}")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME update_in_int8
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Change of a weight quantized before it is subtracted" LEVEL 1 ERRATUM 3
  FIND "return lsgd_dequantize(weight, fraction_bits) - step * input;"
  REPLACE "return lsgd_dequantize(weight, fraction_bits) -
         lsgd_dequantize(lsgd_quantize(step * input, fraction_bits), fraction_bits);")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME at_least_one_unit
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Every change of a weight made at least one unit against stagnation" LEVEL 1 ERRATUM 3
  FIND "return lsgd_dequantize(weight, fraction_bits) - step * input;"
  REPLACE "const float unit = 1.0f / (float)(1 << fraction_bits);
  const float change = step * input;
  return lsgd_dequantize(weight, fraction_bits) -
         (change > 0 && change < unit ? unit : change < 0 && change > -unit ? -unit : change);")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME error_feedback
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Rounding error of the biases carried to the next step, also over a reload" LEVEL 1
  FIND "    biases[j] = lsgd_quantize(value, lsgd_int8_formats[l].bias_fraction_bits);"
  REPLACE "    static float carried[LSGD_CAPACITY_WIDTH];
    biases[j] = lsgd_quantize(value + carried[j], lsgd_int8_formats[l].bias_fraction_bits);
    carried[j] += value - lsgd_dequantize(biases[j], lsgd_int8_formats[l].bias_fraction_bits);")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME quantized_twice
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "New weights quantized to the old fraction bits and then to the new ones" LEVEL 1
  FIND "weights[i] = lsgd_quantize(value, lsgd_int8_formats[l].weight_fraction_bits);"
  REPLACE "weights[i] = lsgd_quantize(
          lsgd_dequantize(lsgd_quantize(value, old_weight_bits), old_weight_bits),
          lsgd_int8_formats[l].weight_fraction_bits);")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME weights_truncated
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "New weights truncated instead of rounded" LEVEL 1
  FIND "weights[i] = lsgd_quantize(value, lsgd_int8_formats[l].weight_fraction_bits);"
  REPLACE "{
        const float scaled = value * (float)(1 << lsgd_int8_formats[l].weight_fraction_bits);
        weights[i] = (int8_t)(scaled > 127 ? 127 : scaled < -128 ? -128 : (int32_t)scaled);
      }")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME bias_not_updated
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Biases not updated" LEVEL 1
  FIND "return lsgd_dequantize(bias, fraction_bits) - step;"
  REPLACE "return lsgd_dequantize(bias, fraction_bits);")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME delta_buffer_stale
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Delta buffers not exchanged between layers" LEVEL 1
  FIND "    delta = previous;\n" REPLACE "")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME learning_rate_off_by_a_thousandth
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Learning rate too large by one part in 1000" LEVEL 1
  FIND "  lsgd_port_forward(input);" REPLACE "  learning_rate *= 1.001f;
  lsgd_port_forward(input);")
