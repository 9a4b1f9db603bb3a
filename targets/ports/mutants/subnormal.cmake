# SPDX-License-Identifier: Apache-2.0
#
# Numbers below 2^-126: results rounded twice, and operands taken for zero at one site of the step at a time.

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME products_rounded_twice
  SOURCE float32_network.c
  DESCRIPTION "Subnormal products of the forward pass rounded to 24 bits first" LEVEL 1
  FIND "sum += row[i] * input[i]"
  REPLACE "sum += (float)((double)(float)((double)row[i] * (double)input[i] * 0x1p80) * 0x1p-80)")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME changes_rounded_twice
  SOURCE float32_c99.c
  DESCRIPTION "Subnormal products of the update rounded to 24 bits first" LEVEL 1
  FIND "row[i] -= step * input[i]"
  REPLACE "row[i] -= (float)((double)(float)((double)step * (double)input[i] * 0x1p80) * 0x1p-80)")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME hidden_products_rounded_twice
  SOURCE float32_network.c
  DESCRIPTION "Subnormal products of the hidden delta rounded to 24 bits first" LEVEL 1
  FIND "previous[i] += row[i] * row_delta"
  REPLACE "previous[i] += (float)((double)(float)((double)row[i] * (double)row_delta * 0x1p80) * 0x1p-80)")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME multiplication_rounded_twice
  SOURCE float32_network.c
  DESCRIPTION "Subnormal products rounded to 24 bits first" LEVEL 0
  FIND "      value = x * y;"
  REPLACE "      value = x * y;
      if (value < 0x1p-126f && value > -0x1p-126f)
        value = (float)((double)(float)((double)x * (double)y * 0x1p80) * 0x1p-80);")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME division_rounded_twice
  SOURCE float32_network.c
  DESCRIPTION "Subnormal quotients rounded to 24 bits first" LEVEL 0
  FIND "      value = x / y;"
  REPLACE "      value = x / y;
      if (value < 0x1p-126f && value > -0x1p-126f)
        value = (float)((double)(float)((double)x / (double)y * 0x1p80) * 0x1p-80);")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME multiplication_rounded_twice
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Subnormal products rounded to 24 bits first" LEVEL 0
  FIND "      *result = bits_of_float(x * y);"
  REPLACE "      *result = bits_of_float(x * y);
      if ((*result & 0x7f800000u) == 0)
        *result = bits_of_float((float)((double)(float)((double)x * (double)y * 0x1p80) * 0x1p-80));")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_weight_of_the_forward_pass
  SOURCE float32_network.c
  DESCRIPTION "Weights of the forward pass below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "sum += row[i] * input[i]"
  AND_REPLACE "sum += nonzero(row[i]) * input[i]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_input_of_the_forward_pass
  SOURCE float32_network.c
  DESCRIPTION "Inputs and activations of the forward pass below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "sum += row[i] * input[i]"
  AND_REPLACE "sum += row[i] * nonzero(input[i])")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_activation_of_the_forward_pass
  SOURCE float32_network.c
  DESCRIPTION "Activations of the forward pass, but not x below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "sum += row[i] * input[i]"
  AND_REPLACE "sum += row[i] * (layer == lsgd_float32_network->layers ? input[i] : nonzero(input[i]))")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_bias
  SOURCE float32_network.c
  DESCRIPTION "Biases of the forward pass below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "float sum = biases[j]"
  AND_REPLACE "float sum = nonzero(biases[j])")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_argument
  SOURCE float32_network.c
  DESCRIPTION "Pre-activations below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "output[j] = activate(layer->activation, sum)"
  AND_REPLACE "output[j] = activate(layer->activation, nonzero(sum))")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_output
  SOURCE float32_network.c
  DESCRIPTION "Outputs in the output delta below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "difference = a[j] - target[j]"
  AND_REPLACE "difference = nonzero(a[j]) - target[j]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_target
  SOURCE float32_network.c
  DESCRIPTION "Targets below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "difference = a[j] - target[j]"
  AND_REPLACE "difference = a[j] - nonzero(target[j])")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_weight_of_the_hidden_delta
  SOURCE float32_network.c
  DESCRIPTION "Weights of the hidden delta below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "previous[i] += row[i] * row_delta"
  AND_REPLACE "previous[i] += nonzero(row[i]) * row_delta")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_delta_of_the_hidden_delta
  SOURCE float32_network.c
  DESCRIPTION "Deltas of the hidden delta below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "previous[i] += row[i] * row_delta"
  AND_REPLACE "previous[i] += row[i] * nonzero(row_delta)")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_activation_of_the_derivative
  SOURCE float32_network.c
  DESCRIPTION "Activations of the sigmoid's derivative below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "value * (a * (1 - a))"
  AND_REPLACE "value * (nonzero(a) * (1 - a))")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_learning_rate
  SOURCE float32_c99.c
  DESCRIPTION "The learning rate below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "step = learning_rate * delta[j]"
  AND_REPLACE "step = nonzero(learning_rate) * delta[j]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_delta_of_the_update
  SOURCE float32_c99.c
  DESCRIPTION "Deltas of the update below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "step = learning_rate * delta[j]"
  AND_REPLACE "step = learning_rate * nonzero(delta[j])")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_step
  SOURCE float32_c99.c
  DESCRIPTION "Learning rate times delta below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "row[i] -= step * input[i]"
  AND_REPLACE "row[i] -= nonzero(step) * input[i]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_input_of_the_update
  SOURCE float32_c99.c
  DESCRIPTION "x in the update below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "row[i] -= step * input[i]"
  AND_REPLACE "row[i] -= step * (layer == lsgd_float32_network->layers ? nonzero(input[i]) : input[i])")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_activation_of_the_update
  SOURCE float32_c99.c
  DESCRIPTION "Hidden activations in the update below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "row[i] -= step * input[i]"
  AND_REPLACE "row[i] -= step * (layer == lsgd_float32_network->layers ? input[i] : nonzero(input[i]))")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_weight_of_the_update
  SOURCE float32_c99.c
  DESCRIPTION "Weights before the update below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "row[i] -= step * input[i]"
  AND_REPLACE "row[i] = nonzero(row[i]) - step * input[i]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME zero_for_bias_of_the_update
  SOURCE float32_c99.c
  DESCRIPTION "Biases before the update below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "#include \"float32_network.h\"\n" REPLACE "#include \"float32_network.h\"

static float nonzero(float value) {
  return value < 0x1p-126f && value > -0x1p-126f ? 0 : value;
}
"
  AND_FIND "biases[j] -= step;"
  AND_REPLACE "biases[j] = nonzero(biases[j]) - step;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME zero_for_learning_rate
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "The learning rate below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "  lsgd_port_forward(input);"
  REPLACE "  lsgd_port_forward(input);
  if (learning_rate < 0x1p-126f) learning_rate = 0;")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME zero_for_target
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Targets below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "difference = value - target[j]"
  REPLACE "difference = value - (__builtin_fabsf(target[j]) < 0x1p-126f ? 0 : target[j])")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME zero_for_input_of_the_update
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "x in the update below 2^-126 taken for zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "return input->exact != NULL ? input->exact[i]"
  REPLACE "return input->exact != NULL ? (__builtin_fabsf(input->exact[i]) < 0x1p-126f ? 0 : input->exact[i])")
