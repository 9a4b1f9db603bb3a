# SPDX-License-Identifier: Apache-2.0
#
# Results beyond the largest finite number that are not infinite (SPEC 3.1, 5.8). Most do not declare their
# evaluation order, so that nothing is simulated.

lsgd_add_modified_port(KIND mutant PORT float32_unpacked NAME overflow_to_the_largest_number
  SOURCE unpacked.c
  DESCRIPTION "The largest finite number where a result overflows" LEVEL 1
  FIND "if (exponent >= 255) return sign | 0x7f800000u;" REPLACE "if (exponent >= 255) return sign | 0x7f7fffffu;")

lsgd_add_modified_port(KIND mutant PORT float32_unpacked NAME overflow_to_zero
  SOURCE unpacked.c
  DESCRIPTION "Zero where a result overflows" LEVEL 1
  FIND "if (exponent >= 255) return sign | 0x7f800000u;" REPLACE "if (exponent >= 255) return sign;")

lsgd_add_modified_port(KIND mutant PORT float32_unpacked NAME overflow_to_nan
  SOURCE unpacked.c
  DESCRIPTION "NaN where a result overflows" LEVEL 1
  FIND "if (exponent >= 255) return sign | 0x7f800000u;" REPLACE "if (exponent >= 255) return 0x7fc00000u;")

lsgd_add_modified_port(KIND mutant PORT float32_unpacked NAME overflow_without_sign
  SOURCE unpacked.c
  DESCRIPTION "Positive infinity where a negative result overflows" LEVEL 1
  FIND "if (exponent >= 255) return sign | 0x7f800000u;" REPLACE "if (exponent >= 255) return 0x7f800000u;")

lsgd_add_modified_port(KIND mutant PORT float32_unpacked NAME overflow_wraps
  SOURCE unpacked.c
  DESCRIPTION "Exponent of 8 bits where a result overflows" LEVEL 1
  FIND "if (exponent >= 255) return sign | 0x7f800000u;" REPLACE "if (exponent >= 255) exponent &= 127;")

lsgd_add_modified_port(KIND mutant PORT float32_unpacked NAME overflow_from_a_half
  SOURCE unpacked.c
  DESCRIPTION "Infinity from half the largest finite number on" LEVEL 1
  FIND "if (exponent >= 255) return sign | 0x7f800000u;" REPLACE "if (exponent >= 254) return sign | 0x7f800000u;")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME sums_limited
  SOURCE float32_network.c
  DESCRIPTION "Sums of the forward pass limited to the largest finite number, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "    output[j] = activate(layer->activation, sum);"
  REPLACE "    if (sum > 0x1.fffffep127f) sum = 0x1.fffffep127f;
    if (sum < -0x1.fffffep127f) sum = -0x1.fffffep127f;
    output[j] = activate(layer->activation, sum);")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME relu_of_infinity_is_not_a_number
  SOURCE float32_network.c
  DESCRIPTION "relu as the mean of z and |z|, which takes infinity for NaN at the other side" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "return z > 0 ? z : 0" REPLACE "return z - z != 0 ? z - z : z > 0 ? z : 0")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME output_delta_limited_to_finite
  SOURCE float32_network.c
  DESCRIPTION "Output deltas limited to the largest finite number, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "    const float difference = a[j] - target[j];"
  REPLACE "    float difference = a[j] - target[j];
    if (difference > 0x1.fffffep127f) difference = 0x1p120f;
    if (difference < -0x1.fffffep127f) difference = -0x1p120f;")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME hidden_delta_zero_on_overflow
  SOURCE float32_network.c
  DESCRIPTION "Hidden deltas that overflow dropped, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "    previous[i] = lsgd_float32_times_derivative(previous[i], activation, a[i]);"
  REPLACE "    previous[i] = lsgd_float32_times_derivative(
        previous[i] - previous[i] == 0 ? previous[i] : 0, activation, a[i]);")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME step_limited
  SOURCE float32_c99.c
  DESCRIPTION "Learning rate times delta limited to 2^126, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "    const float step = learning_rate * delta[j];"
  REPLACE "    float step = learning_rate * delta[j];
    if (step > 0x1.fffffep127f) step = 0x1p126f;
    if (step < -0x1.fffffep127f) step = -0x1p126f;")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME weights_limited_to_finite
  SOURCE float32_c99.c
  DESCRIPTION "Updated weights limited to the largest finite number, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "row[i] -= step * input[i];"
  REPLACE "{
      row[i] -= step * input[i];
      if (row[i] > 0x1.fffffep127f) row[i] = 0x1.fffffep127f;
      if (row[i] < -0x1.fffffep127f) row[i] = -0x1.fffffep127f;
    }")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME update_skipped_on_overflow
  SOURCE float32_c99.c
  DESCRIPTION "Weights kept where their change overflows, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "row[i] -= step * input[i];"
  REPLACE "{
      const float updated = row[i] - step * input[i];
      if (updated - updated == 0) row[i] = updated;
    }")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME bias_kept_on_overflow
  SOURCE float32_c99.c
  DESCRIPTION "Biases kept where their change overflows, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "    biases[j] -= step;\n" REPLACE "    if (step - step == 0) biases[j] -= step;\n")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME multiplication_limited
  SOURCE float32_network.c
  DESCRIPTION "Products limited to the largest finite number" LEVEL 0
  FIND "      value = x * y;"
  REPLACE "      value = x * y;
      if (value > 0x1.fffffep127f) value = 0x1.fffffep127f;
      if (value < -0x1.fffffep127f) value = -0x1.fffffep127f;")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME addition_not_a_number
  SOURCE float32_network.c
  DESCRIPTION "NaN where a sum overflows" LEVEL 0
  FIND "      value = x + y;" REPLACE "      value = x + y;
      if (value - value != 0) value -= value;")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME subtraction_early
  SOURCE float32_network.c
  DESCRIPTION "Infinity where a difference is the largest finite number" LEVEL 0
  FIND "      value = x - y;" REPLACE "      value = x - y;
      if (value == 0x1.fffffep127f && y == -__builtin_nextafterf(0x1p103f, 0)) value *= 2;")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME division_zero
  SOURCE float32_network.c
  DESCRIPTION "Zero where a quotient overflows" LEVEL 0
  FIND "      value = x / y;" REPLACE "      value = x / y;
      if (value - value != 0) value = 0;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME multiplication_limited
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Products limited to the largest finite number" LEVEL 0
  FIND "      *result = bits_of_float(x * y);"
  REPLACE "      *result = bits_of_float(x * y);
      if (*result << 1 == 0xff000000u) --*result;")
