# SPDX-License-Identifier: Apache-2.0
#
# One operation of float32_c99 rounded in another way than to nearest, ties to even, with subnormal numbers.
# The evaluation order is not declared, so that nothing but bounds and statistics can tell.

set(truncation_description "truncated")
set(truncation [[
  const int is_larger = exact > 0 ? nearest.value > exact : nearest.value < exact;
  if (is_larger) --nearest.bits;
]])
set(ties_up_description "with ties rounded up")
set(ties_up [[
  union pattern above = nearest;
  if (nearest.value < exact) {
    above.bits += exact > 0 ? 1 : -1;
    if (above.value - exact == exact - nearest.value) return above.value;
  }
]])
set(flush_to_zero_description "with subnormal results flushed to zero")
set(flush_to_zero [[
  if ((nearest.bits & 0x7F800000) == 0) return 0;
]])

# SOURCE's text FIND, once, replaced by one that calls rounded(double) for one operation; a mutant for each
# of MODES.
function(lsgd_add_rounding_mutants)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SITE;SOURCE;FIND;REPLACE;OPERATION;LEVEL" "MODES")
  foreach(mode ${arg_MODES})
    lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME ${mode}_${arg_SITE}
      SOURCE ${arg_SOURCE}
      DESCRIPTION "${arg_OPERATION} ${${mode}_description}, evaluation order not declared" LEVEL ${arg_LEVEL}
      ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
      FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

union pattern {
  float value;
  uint32_t bits;
};

static float rounded(double exact) {
  union pattern nearest = {(float)exact};
${${mode}}  return nearest.value;
}
"
      AND_FIND "${arg_FIND}" AND_REPLACE "${arg_REPLACE}")
  endforeach()
endfunction()

set(forward_sum [[
    float sum = biases[j];
    for (uint32_t i = 0; i < inputs; ++i) sum += row[i] * input[i];
]])

lsgd_add_rounding_mutants(SITE forward_product MODES truncation ties_up flush_to_zero LEVEL 2
  OPERATION "Products of the forward pass"
  SOURCE float32_network.c FIND "sum += row[i] * input[i]"
  REPLACE "sum += rounded((double)row[i] * (double)input[i])")

lsgd_add_rounding_mutants(SITE forward_sum MODES truncation ties_up flush_to_zero LEVEL 2
  OPERATION "Sums of the forward pass"
  SOURCE float32_network.c FIND "sum += row[i] * input[i]"
  REPLACE "sum = rounded((double)sum + (double)(row[i] * input[i]))")

lsgd_add_rounding_mutants(SITE fused_forward_sum MODES truncation ties_up flush_to_zero LEVEL 2
  OPERATION "Fused multiply-adds of the forward pass"
  SOURCE float32_network.c FIND "sum += row[i] * input[i]"
  REPLACE "sum = rounded((double)sum + (double)row[i] * (double)input[i])")

lsgd_add_rounding_mutants(SITE bias_sum MODES truncation ties_up flush_to_zero LEVEL 2
  OPERATION "The addition of the bias"
  SOURCE float32_network.c FIND "${forward_sum}" REPLACE [[
    float sum = 0;
    for (uint32_t i = 0; i < inputs; ++i) sum += row[i] * input[i];
    sum = rounded((double)sum + (double)biases[j]);
]])

lsgd_add_rounding_mutants(SITE activation_argument MODES truncation ties_up flush_to_zero LEVEL 2
  OPERATION "A wide accumulator"
  SOURCE float32_network.c FIND "${forward_sum}" REPLACE [[
    double wide = biases[j];
    for (uint32_t i = 0; i < inputs; ++i) wide += (double)row[i] * (double)input[i];
    const float sum = rounded(wide);
]])

lsgd_add_rounding_mutants(SITE output_delta MODES truncation ties_up flush_to_zero LEVEL 2
  OPERATION "a - t"
  SOURCE float32_network.c FIND "difference = a[j] - target[j]"
  REPLACE "difference = rounded((double)a[j] - (double)target[j])")

lsgd_add_rounding_mutants(SITE delta_product MODES truncation ties_up flush_to_zero LEVEL 2
  OPERATION "Products of the hidden delta"
  SOURCE float32_network.c FIND "previous[i] += row[i] * row_delta"
  REPLACE "previous[i] += rounded((double)row[i] * (double)row_delta)")

lsgd_add_rounding_mutants(SITE delta_sum MODES truncation ties_up flush_to_zero LEVEL 2
  OPERATION "Sums of the hidden delta"
  SOURCE float32_network.c FIND "previous[i] += row[i] * row_delta"
  REPLACE "previous[i] = rounded((double)previous[i] + (double)(row[i] * row_delta))")

lsgd_add_rounding_mutants(SITE fused_delta_sum MODES truncation ties_up flush_to_zero LEVEL 2
  OPERATION "Fused multiply-adds of the hidden delta"
  SOURCE float32_network.c FIND "previous[i] += row[i] * row_delta"
  REPLACE "previous[i] = rounded((double)previous[i] + (double)row[i] * (double)row_delta)")

# Ties of a * a and of a * (1 - a) rounded up give what legal computations give (SPEC 6.3.7).
lsgd_add_rounding_mutants(SITE derivative_square MODES truncation LEVEL 2
  OPERATION "a * a in the derivative of tanh"
  SOURCE float32_network.c FIND "value * (1 - a * a)"
  REPLACE "value * (1 - rounded((double)a * (double)a))")

lsgd_add_rounding_mutants(SITE derivative_difference MODES truncation ties_up LEVEL 2
  OPERATION "1 - a * a in the derivative of tanh"
  SOURCE float32_network.c FIND "value * (1 - a * a)"
  REPLACE "value * rounded(1 - (double)(a * a))")

lsgd_add_rounding_mutants(SITE sigmoid_derivative MODES flush_to_zero LEVEL 2
  OPERATION "a * (1 - a) in the derivative of the sigmoid"
  SOURCE float32_network.c FIND "value * (a * (1 - a))"
  REPLACE "value * rounded((double)a * (double)(1 - a))")

lsgd_add_rounding_mutants(SITE delta_derivative MODES truncation ties_up flush_to_zero LEVEL 2
  OPERATION "Delta times the derivative of tanh"
  SOURCE float32_network.c FIND "value * (1 - a * a)"
  REPLACE "rounded((double)value * (double)(1 - a * a))")

lsgd_add_rounding_mutants(SITE rate_product MODES truncation ties_up flush_to_zero LEVEL 2
  OPERATION "learning_rate * delta"
  SOURCE float32_c99.c FIND "step = learning_rate * delta[j]"
  REPLACE "step = rounded((double)learning_rate * (double)delta[j])")

lsgd_add_rounding_mutants(SITE update_product MODES truncation ties_up flush_to_zero LEVEL 2
  OPERATION "Products of the update"
  SOURCE float32_c99.c FIND "row[i] -= step * input[i]"
  REPLACE "row[i] -= rounded((double)step * (double)input[i])")

lsgd_add_rounding_mutants(SITE update_sum MODES ties_up flush_to_zero LEVEL 2
  OPERATION "Updated weights"
  SOURCE float32_c99.c FIND "row[i] -= step * input[i]"
  REPLACE "row[i] = rounded((double)row[i] - (double)(step * input[i]))")

lsgd_add_rounding_mutants(SITE fused_update MODES truncation ties_up flush_to_zero LEVEL 2
  OPERATION "Fused multiply-adds of the update"
  SOURCE float32_c99.c FIND "row[i] -= step * input[i]"
  REPLACE "row[i] = rounded((double)row[i] - (double)step * (double)input[i])")
