# SPDX-License-Identifier: Apache-2.0

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME quantize_truncates
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Inputs and targets cut instead of rounded" LEVEL 0
  FIND "((significand >> (-1 - shift)) + 1) >> 1" REPLACE "(significand >> (-1 - shift)) >> 1")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME quantize_wraps
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Inputs beyond 8 wrap" LEVEL 0
  FIND "  if (shift > 7) return negative ? INT32_MIN : INT32_MAX;\n" REPLACE "  if (shift > 7) return 0;\n")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME polynomial_coefficient
  SOURCE fixed_activation.c
  DESCRIPTION "A digit of a coefficient of the exponential wrong" LEVEL 0
  FIND "0x071a5f21u" REPLACE "0x071a5e21u")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME polynomial_without_its_last_term
  SOURCE fixed_activation.c
  DESCRIPTION "The exponential without its highest power" LEVEL 0
  FIND "0x00039a36u" REPLACE "0u")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME reciprocal_without_newton
  SOURCE fixed_activation.c
  DESCRIPTION "The reciprocal with 15 bits" LEVEL 0
  FIND "return multiply_high_unsigned(rough, rest);" REPLACE "return (void)rest, rough >> 1;")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME sigmoid_not_mirrored
  SOURCE fixed_activation.c
  DESCRIPTION "sigmoid of the magnitude for negative z" LEVEL 0
  FIND "sign != 0 ? ONE_30 - a : a" REPLACE "((void)sign, a)")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME saturated_functions_not_zero
  SOURCE fixed_activation.c
  DESCRIPTION "Exponent of the exponential modulo 32" LEVEL 0
  FIND "  if (whole > 31) return 0;\n" REPLACE "" AND_FIND ">> whole;" AND_REPLACE ">> (whole & 31);")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME z_shifted_too_little
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Sums over inputs keep 24 fraction bits" LEVEL 1
  FIND "!known[l].may_saturate ? 2 : 0;" REPLACE "!known[l].may_saturate ? 1 : 0;")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME z_wraps_with_headroom
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Sums with headroom of up to 256 wrap at 64" LEVEL 1
  FIND "      *z = shift_left_saturated(*z, 2);" REPLACE "      *z = (int32_t)((uint32_t)*z << 2);")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME relu_has_the_format_of_z
  SOURCE int32_fixed_c99.c
  DESCRIPTION "relu and identity with 25 fraction bits taken for 28" LEVEL 1
  FIND "shift_left_saturated(*values, 3)" REPLACE "shift_left_saturated(*values, 0)")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME bias_with_fewer_bits
  SOURCE fixed_kernels.c
  DESCRIPTION "Biases lose their 16 lowest bits in the forward pass" LEVEL 1
  FIND "int32_t sum0 = sum.start + (biases[0] >> sum.bias_shift);" REPLACE "int32_t sum0 = sum.start + ((biases[0] & -65536) >> sum.bias_shift);")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME odd_input_dropped
  SOURCE fixed_kernels.c
  DESCRIPTION "The last input dropped where their number is no multiple of four" LEVEL 1
  FIND "for (; a != end; LSGD_ADVANCE(1), also(1)) LSGD_COLUMN(0);"
  REPLACE "for (; a != end; LSGD_ADVANCE(1), also(1)) if (a + 1 != end) LSGD_COLUMN(0);")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME headroom_not_measured
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Large weights taken for small ones: sums wrap" LEVEL 1
  FIND "if (largest_sum >= limit || largest >= (uint32_t)HALF_RANGE) return 0;"
  REPLACE "if (largest_sum >= limit || largest >= (uint32_t)HALF_RANGE) return known[l].headroom = 1;")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME stale_headroom
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Headroom of the weights before they were loaded" LEVEL 1
  FIND "  known[layer - 1].headroom = 0;\n" REPLACE "" AND_FIND "  memset(known, 0, sizeof known);\n"
  AND_REPLACE "  for (int l = 0; l < LSGD_CAPACITY_LAYERS; ++l) known[l].headroom = HALF_RANGE;\n")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME z_wraps
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Wide sums wrap instead of saturating" LEVEL 1
  FIND "return saturate(wide ? (sum + (1 << 9)) >> 10 : (sum + (1 << 11)) >> 12);"
  REPLACE "return (int32_t)(uint32_t)(uint64_t)(wide ? (sum + (1 << 9)) >> 10 : (sum + (1 << 11)) >> 12);")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME parameters_wrap
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Updated parameters and output deltas wrap" LEVEL 1
  FIND "  if (((a ^ b) & (a ^ difference)) < 0) return a < 0 ? INT32_MIN : INT32_MAX;\n" REPLACE "")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME hidden_delta_wraps
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Hidden deltas beyond 8 wrap" LEVEL 1
  FIND "high >> 22 == high >> 31" REPLACE "1")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME step_wraps
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Learning rate times delta wraps" LEVEL 1
  FIND "if ((uint32_t)high + (uint32_t)HALF_RANGE >= 0x80000000u)" REPLACE "if (0)")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME learning_rate_off_by_a_thousandth
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Learning rate too large by a thousandth" LEVEL 1
  FIND "0x00800000u) << 7);" REPLACE "0x00800000u) << 7) / 1001 * 1000;")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME learning_rate_of_16_bits
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Learning rate with 16 significant bits" LEVEL 1
  FIND "(bits & 0x007fffffu) | 0x00800000u) << 7" REPLACE "(bits & 0x007fff00u) | 0x00800000u) << 7")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME step_cut_to_16_bits
  SOURCE fixed_kernels.c
  DESCRIPTION "Learning rate times delta with 16 fraction bits less" LEVEL 1
  FIND "rate.bias_shift;\n  return step;" REPLACE "rate.bias_shift;\n  return step & -65536;")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME update_before_delta
  SOURCE fixed_kernels.c
  DESCRIPTION "Hidden delta from a weight that is already updated" LEVEL 1
  FIND "      sums[i] += lsgd_multiply_high(weight, delta);\n      *weights = weight - lsgd_multiply_high(step, input[i]);"
  REPLACE "      *weights = weight - lsgd_multiply_high(step, input[i]);\n      sums[i] += lsgd_multiply_high(*weights, delta);")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME products_of_16_bits
  SOURCE fixed_kernels.c
  DESCRIPTION "Products of the high halves of their factors" LEVEL 1
  FIND "#include \"fixed_kernels.h\"" REPLACE "#include \"fixed_kernels.h\"
#define lsgd_multiply_high(a, b) (((a) >> 16) * ((b) >> 16))")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME products_keep_30_bits
  SOURCE fixed_kernels.c
  DESCRIPTION "The two lowest bits of every product lost" LEVEL 1
  FIND "#include \"fixed_kernels.h\"" REPLACE "#include \"fixed_kernels.h\"
#define lsgd_multiply_high(a, b) ((int32_t)(((int64_t)(a) * (b)) >> 34) * 4)")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME tanh_derivative_from_half_of_a
  SOURCE int32_fixed_c99.c
  DESCRIPTION "1 - a^2 / 2 for the derivative of tanh" LEVEL 1
  FIND "(1 << 28) - lsgd_multiply_high(a, a)" REPLACE "(1 << 28) - lsgd_multiply_high(a, a) / 2")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME output_delta_cut_to_z
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Output delta with 20 fraction bits" LEVEL 1
  FIND "(a[j] + 2) >> 2" REPLACE "a[j] >> 10 << 8")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME bias_not_updated_by_large_steps
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Biases of wide layers not updated" LEVEL 1
  FIND "    bias[j] = subtract_saturated(" REPLACE "    (void)subtract_saturated(")
