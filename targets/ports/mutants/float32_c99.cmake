# SPDX-License-Identifier: Apache-2.0

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME output_delta_sign
  SOURCE float32_network.c
  DESCRIPTION "Sign of the output delta reversed" LEVEL 1 ERRATUM 17
  FIND "difference = a[j] - target[j]" REPLACE "difference = target[j] - a[j]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME update_before_delta
  SOURCE float32_c99.c
  DESCRIPTION "Weights updated before the hidden delta is taken from them" LEVEL 1
  FIND [[
    lsgd_float32_hidden_delta(layer, parameters, delta, below->activation, activations, previous);
    update(layer, parameters, delta, activations, learning_rate);
]]
  REPLACE [[
    update(layer, parameters, delta, activations, learning_rate);
    lsgd_float32_hidden_delta(layer, parameters, delta, below->activation, activations, previous);
]])

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME weights_transposed
  SOURCE float32_network.c
  DESCRIPTION "Weights transposed in the hidden delta" LEVEL 1
  FIND "previous[i] += row[i] * row_delta"
  REPLACE "previous[i] += weights[i * layer->outputs + j] * row_delta")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME bias_not_updated
  SOURCE float32_c99.c
  DESCRIPTION "Biases not updated" LEVEL 1
  FIND "    biases[j] -= step;\n" REPLACE "")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME learning_rate_off_by_a_thousandth
  SOURCE float32_c99.c
  DESCRIPTION "Learning rate too large by one part in 1000" LEVEL 1
  FIND "step = learning_rate * delta[j]" REPLACE "step = learning_rate * 1.001f * delta[j]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME learning_rate_twice
  SOURCE float32_c99.c
  DESCRIPTION "Learning rate applied twice" LEVEL 1
  FIND "step = learning_rate * delta[j]" REPLACE "step = learning_rate * learning_rate * delta[j]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME delta_buffer_stale
  SOURCE float32_c99.c
  DESCRIPTION "Delta buffers not exchanged between layers" LEVEL 1
  FIND "    delta = previous;\n" REPLACE "")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME last_input_dropped
  SOURCE float32_network.c
  DESCRIPTION "Last term of the dot product left out" LEVEL 1
  FIND "i < inputs; ++i) sum +=" REPLACE "i + 1 < inputs; ++i) sum +=")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME sigmoid_derivative_without_complement
  SOURCE float32_network.c
  DESCRIPTION "Derivative of the sigmoid taken as a" LEVEL 1
  FIND "value * (a * (1 - a))" REPLACE "value * a")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME sigmoid_clamped
  SOURCE float_activation.c
  DESCRIPTION "Sigmoid clamped to 0 and 1 from |z| = 10 on" LEVEL 0 ERRATUM 9
  FIND "if (magnitude >= BITS_OF_128)" REPLACE "if (magnitude >= BITS_OF_10)")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME update_truncated
  SOURCE float32_c99.c
  DESCRIPTION "Updated weights rounded towards zero, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "    for (uint32_t i = 0; i < inputs; ++i) row[i] -= step * input[i];\n"
  REPLACE [[
    for (uint32_t i = 0; i < inputs; ++i) {
      const double exact = (double)row[i] - (double)step * (double)input[i];
      union {
        float value;
        uint32_t bits;
      } updated = {(float)exact};
      if ((exact > 0 && updated.value > exact) || (exact < 0 && updated.value < exact))
        --updated.bits;
      row[i] = updated.value;
    }
]])

# Activations

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME tanh_as_ratio_of_exponentials
  SOURCE float_activation.c
  DESCRIPTION "tanh as a ratio of exponentials: NaN at large and cancellation at small z" LEVEL 0 ERRATUM 16
  FIND "  if (magnitude < BITS_OF_2_TO_MINUS_15) return z;"
  REPLACE [[
  const float rising = __builtin_expf(z);
  const float falling = __builtin_expf(-z);
  return (rising - falling) / (rising + falling);]])

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME tanh_without_small_arguments
  SOURCE float_activation.c
  DESCRIPTION "tanh as (1 - e) / (1 + e) also near 0, where 1 - e cancels" LEVEL 0 ERRATUM 16
  FIND "  if (magnitude < BITS_OF_EIGHTH) return from_bits(sign | tanh_by_series(magnitude));\n" REPLACE "")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME tanh_of_pade
  SOURCE float_activation.c
  DESCRIPTION "tanh as z (27 + z^2) / (27 + 9 z^2) below 3" LEVEL 0
  FIND "  if (magnitude < BITS_OF_EIGHTH) return"
  REPLACE "  if (magnitude <= 0x40400000u) return z * (27 + z * z) / (27 + 9 * z * z);
  if (magnitude < BITS_OF_EIGHTH) return")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME sigmoid_by_type_punning
  SOURCE float_activation.c
  DESCRIPTION "Exponential of the sigmoid by type punning, not declared" LEVEL 0 ERRATUM 19
  FIND "  const struct exponential e = exponential_of_minus(magnitude, 0);\n"
  REPLACE [[
  if (magnitude < 0x42a00000u)
    return 1 / (1 + from_bits((uint32_t)(int32_t)(-12102203.0f * z + 1064866805.0f)));
  const struct exponential e = exponential_of_minus(magnitude, 0);
]])

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME sigmoid_mirrored
  SOURCE float_activation.c
  DESCRIPTION "sigmoid(-z) as 1 - sigmoid(z), which cancels" LEVEL 0
  FIND "  return from_bits(negative ? round"
  REPLACE "  if (negative) return 1 - from_bits(round_significand(inverse, 126));
  return from_bits(negative ? round")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME newton_step_missing
  SOURCE float_activation.c
  DESCRIPTION "One Newton step too few in the reciprocal of sigmoid and tanh" LEVEL 0
  FIND "step < 3" REPLACE "step < 2")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME hard_sigmoid
  SOURCE float_activation.c
  DESCRIPTION "Piecewise linear sigmoid" LEVEL 0
  FIND "  if (magnitude >= BITS_OF_128) return from_bits(negative ? 0 : BITS_OF_1);"
  REPLACE "  if (magnitude >= 0x40200000u) return from_bits(negative ? 0 : BITS_OF_1);
  if (magnitude) return 0.2f * z + 0.5f;")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME sigmoid_of_the_table_scale
  SOURCE float32_network.c
  DESCRIPTION "Sigmoid with the slope of its table, z / 16 for z, in the kernels only" LEVEL 1
  FIND "      return lsgd_float_sigmoid(z);" REPLACE "      return lsgd_float_sigmoid(z / 16);")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME leaky_relu
  SOURCE float32_network.c
  DESCRIPTION "Leaky relu" LEVEL 1
  FIND "return z > 0 ? z : 0" REPLACE "return z > 0 ? z : 0.01f * z")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME relu_limited_to_6
  SOURCE float32_network.c
  DESCRIPTION "relu limited to 6" LEVEL 1
  FIND "return z > 0 ? z : 0" REPLACE "return z > 6 ? 6 : z > 0 ? z : 0")

# Derivatives and deltas

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME derivative_never_zero
  SOURCE float32_network.c
  DESCRIPTION "Derivative of tanh at least 10^-6, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "value * (1 - a * a)" REPLACE "value * (1 - a * a > 1e-6f ? 1 - a * a : 1e-6f)")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME delta_averaged_over_outputs
  SOURCE float32_network.c
  DESCRIPTION "Loss averaged over the outputs instead of summed" LEVEL 1
  FIND "a[j] - target[j]" REPLACE "(a[j] - target[j]) / (float)layer->outputs")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME relu_derivative_one_at_zero
  SOURCE float32_network.c
  DESCRIPTION "Derivative of relu at 0 taken as 1; negative z are marked by -0" LEVEL 1
  FIND "return z > 0 ? z : 0" REPLACE "return z >= 0 ? z : -0.0f"
  AND_FIND "return a > 0 ? value : 0" AND_REPLACE "return __builtin_signbit(a) ? 0 : value")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME relu_derivative_missing
  SOURCE float32_network.c
  DESCRIPTION "Derivative of relu always 1" LEVEL 1
  FIND "return a > 0 ? value : 0" REPLACE "return value")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME derivative_of_z
  SOURCE float32_network.c
  DESCRIPTION "1 - a^2 with z in place of a" LEVEL 1
  FIND "      return value * (1 - a * a);"
  REPLACE "      a = __builtin_atanhf(a);
      return value * (1 - a * a);")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME derivative_at_a
  SOURCE float32_network.c
  DESCRIPTION "Derivative of the sigmoid evaluated at a instead of z" LEVEL 1
  FIND "      return value * (a * (1 - a));"
  REPLACE "      a = lsgd_float_sigmoid(a);
      return value * (a * (1 - a));")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME derivative_of_the_layer_above
  SOURCE float32_network.c
  DESCRIPTION "Hidden delta with the activation function of the layer above" LEVEL 1
  FIND "lsgd_float32_times_derivative(previous[i], activation, a[i])"
  REPLACE "lsgd_float32_times_derivative(previous[i], layer->activation, a[i])")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME mse_without_derivative
  SOURCE float32_network.c
  DESCRIPTION "Output delta of mse without the derivative" LEVEL 1
  FIND "network->loss == LSGD_LOSS_BCE" REPLACE "1")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME bce_with_derivative
  SOURCE float32_network.c
  DESCRIPTION "Output delta of bce multiplied by the derivative" LEVEL 1
  FIND "network->loss == LSGD_LOSS_BCE" REPLACE "0")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME mse_without_half
  SOURCE float32_network.c
  DESCRIPTION "Loss mse without its factor of one half" LEVEL 1
  FIND ": lsgd_float32_times_derivative(difference, layer->activation, a[j])"
  REPLACE ": lsgd_float32_times_derivative(2 * difference, layer->activation, a[j])")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME loss_derivative_clamped
  SOURCE float32_network.c
  DESCRIPTION "bce as quotient and product, the quotient clamped: no delta where the output saturates"
  LEVEL 1 ERRATUM 9
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "                   ? difference\n"
  REPLACE [[
                   ? difference / (a[j] * (1 - a[j]) > 1e-7f ? a[j] * (1 - a[j]) : 1e-7f) *
                         (a[j] * (1 - a[j]))
]])

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME label_off_by_one
  SOURCE float32_network.c
  DESCRIPTION "Target of the next output" LEVEL 1
  FIND "a[j] - target[j]" REPLACE "a[j] - target[j + 1 < layer->outputs ? j + 1 : 0]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME target_of_the_previous_step
  SOURCE float32_network.c
  DESCRIPTION "Output delta from the target of the step before" LEVEL 1
  FIND "    const float difference = a[j] - target[j];"
  REPLACE [[
    static float kept[LSGD_CAPACITY_WIDTH];
    const float difference = a[j] - kept[j];
    kept[j] = target[j];]])

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME delta_limited
  SOURCE float32_network.c
  DESCRIPTION "Output deltas limited to [-1, 1]" LEVEL 1
  FIND "    const float difference = a[j] - target[j];"
  REPLACE [[
    float difference = a[j] - target[j];
    if (difference > 1) difference = 1;
    if (difference < -1) difference = -1;]])

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME small_deltas_skipped
  SOURCE float32_c99.c
  DESCRIPTION "Neurons with a delta below 10^-6 not updated" LEVEL 1
  FIND "    const float step = learning_rate * delta[j];"
  REPLACE "    if (delta[j] < 1e-6f && delta[j] > -1e-6f) continue;
    const float step = learning_rate * delta[j];")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME hidden_delta_not_cleared
  SOURCE float32_network.c
  DESCRIPTION "Sums of the hidden delta start from the values of an earlier step" LEVEL 1
  FIND "  for (uint32_t i = 0; i < inputs; ++i) previous[i] = 0;\n" REPLACE "")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME delta_buffers_the_same
  SOURCE float32_c99.c
  DESCRIPTION "One buffer for the deltas of both layers" LEVEL 1
  FIND "float* previous = deltas[1]" REPLACE "float* previous = deltas[0]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME delta_stride
  SOURCE float32_network.c
  DESCRIPTION "Rows of the hidden delta spaced by the number of outputs" LEVEL 1
  FIND "weights + j * inputs" REPLACE "weights + j * layer->outputs")

# Indices and dimensions

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME dimension_of_8_bits
  SOURCE float32_c99.c
  DESCRIPTION "Number of inputs held in 8 bits: of 300 weights 44 are updated" LEVEL 1 ERRATUM 15
  FIND "    for (uint32_t i = 0; i < inputs; ++i) row[i] -="
  REPLACE "    for (uint32_t i = 0; i < (uint8_t)inputs; ++i) row[i] -=")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME offset_of_8_bits
  SOURCE float32_state.c
  DESCRIPTION "Offset of loaded bytes held in 8 bits" LEVEL 1 ERRATUM 15
  FIND "memcpy((uint8_t*)tensor_of(tensor, layer) + offset, bytes, count)"
  REPLACE "memcpy((uint8_t*)tensor_of(tensor, layer) + (uint8_t)offset, bytes, count)")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME two_layers_only
  SOURCE float32_network.c
  DESCRIPTION "Forward pass of two layers at most" LEVEL 1 ERRATUM 14
  FIND "l < lsgd_float32_network->layer_count" REPLACE "l < lsgd_float32_network->layer_count && l < 2")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME width_of_32
  SOURCE float32_c99.c
  DESCRIPTION "Buffer of 32 deltas, used as a ring" LEVEL 1 ERRATUM 14
  FIND "step = learning_rate * delta[j]" REPLACE "step = learning_rate * delta[j & 31]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME update_stride_off_by_one
  SOURCE float32_c99.c
  DESCRIPTION "Rows of the update spaced by one element too many" LEVEL 1
  FIND "++j, row += inputs" REPLACE "++j, row += inputs + 1")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME last_neuron_not_updated
  SOURCE float32_c99.c
  DESCRIPTION "Last neuron left out of the update" LEVEL 1
  FIND "j < layer->outputs; ++j, row" REPLACE "j + 1 < layer->outputs; ++j, row")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME bias_of_the_next_neuron
  SOURCE float32_network.c
  DESCRIPTION "Bias of the next neuron" LEVEL 1
  FIND "float sum = biases[j]" REPLACE "float sum = biases[j + 1 < layer->outputs ? j + 1 : 0]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME bias_of_the_first_layer
  SOURCE float32_network.c
  DESCRIPTION "Biases of the first layer in every layer that is no wider" LEVEL 1
  FIND "float sum = biases[j]"
  REPLACE "const struct lsgd_layer* first = lsgd_float32_network->layers;
    float sum = layer->outputs > first->outputs
                    ? biases[j]
                    : lsgd_float32_parameters[first->inputs * first->outputs + j]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME one_input_beyond_the_row
  SOURCE float32_network.c
  DESCRIPTION "Dot product of one element too many" LEVEL 1
  FIND "i < inputs; ++i) sum +=" REPLACE "i <= inputs; ++i) sum +=")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME network_input_in_every_update
  SOURCE float32_c99.c
  DESCRIPTION "Hidden layers updated from the network's input instead of their own" LEVEL 1
  FIND "update(layer, parameters, delta, activations, learning_rate)"
  REPLACE "update(layer, parameters, delta, layer->inputs == network->layers->inputs ? input : activations,
           learning_rate)")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME four_layers_only
  SOURCE float32_network.c
  DESCRIPTION "Forward pass of four layers at most" LEVEL 1 ERRATUM 14
  FIND "l < lsgd_float32_network->layer_count" REPLACE "l < lsgd_float32_network->layer_count && l < 4")

# Update

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME learning_rate_of_the_wrong_layer
  SOURCE float32_c99.c
  DESCRIPTION "First layer of a deeper network with half the learning rate" LEVEL 1
  FIND "  update(layer, parameters, delta, input, learning_rate);"
  REPLACE "  update(layer, parameters, delta, input,
         network->layer_count > 1 ? 0.5f * learning_rate : learning_rate);")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME learning_rate_fixed
  SOURCE float32_c99.c
  DESCRIPTION "Learning rate 0.01 whatever is asked for" LEVEL 1
  FIND "step = learning_rate * delta[j]" REPLACE "step = 0.01f * delta[j]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME learning_rate_of_16_bits
  SOURCE float32_c99.c
  DESCRIPTION "Learning rate with 8 fraction bits" LEVEL 1
  FIND "step = learning_rate * delta[j]"
  REPLACE "step = (float)(int32_t)(learning_rate * 256 + 0.5f) / 256 * delta[j]")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME bias_updated_for_every_input
  SOURCE float32_c99.c
  DESCRIPTION "Biases updated once for every input" LEVEL 1
  FIND "    biases[j] -= step;\n" REPLACE "    for (uint32_t i = 0; i < inputs; ++i) biases[j] -= step;\n")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME bias_added
  SOURCE float32_c99.c
  DESCRIPTION "Sign of the bias update reversed" LEVEL 1
  FIND "biases[j] -= step" REPLACE "biases[j] += step")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME weights_limited_to_1
  SOURCE float32_c99.c
  DESCRIPTION "Weights limited to [-1, 1]" LEVEL 1 ERRATUM 2
  FIND "row[i] -= step * input[i];"
  REPLACE "{
      row[i] -= step * input[i];
      if (row[i] > 1) row[i] = 1;
      if (row[i] < -1) row[i] = -1;
    }")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME weight_decay
  SOURCE float32_c99.c
  DESCRIPTION "Weight decay of 10^-6 left in" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "row[i] -= step * input[i]" REPLACE "row[i] -= step * input[i] + 1e-6f * row[i]")

# State

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME momentum
  SOURCE float32_c99.c
  DESCRIPTION "Momentum of the biases, kept when parameters are loaded" LEVEL 1
  FIND "    biases[j] -= step;\n"
  REPLACE "    static float velocity[LSGD_CAPACITY_WIDTH];
    velocity[j] = 0.5f * velocity[j] + step;
    biases[j] -= velocity[j];\n")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME learning_rate_decays
  SOURCE float32_c99.c
  DESCRIPTION "Learning rate that decays with the number of steps since power-up" LEVEL 1
  FIND "  lsgd_port_forward(input);"
  REPLACE "  static uint32_t steps;
  learning_rate /= 1 + 1e-5f * (float)steps++;
  lsgd_port_forward(input);")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME every_256th_step_lost
  SOURCE float32_c99.c
  DESCRIPTION "No update when a counter of 8 bits wraps" LEVEL 1
  FIND "  lsgd_port_forward(input);"
  REPLACE "  static uint8_t steps;
  lsgd_port_forward(input);
  if (++steps == 0) return LSGD_OK;")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME activations_of_the_last_forward_pass
  SOURCE float32_c99.c
  DESCRIPTION "Training step without a forward pass: activations of the last one" LEVEL 1
  FIND "  lsgd_port_forward(input);\n" REPLACE "")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME right_on_the_second_run
  SOURCE float32_network.c
  DESCRIPTION "Forward pass starts with the output of the one before: right when it is repeated" LEVEL 1
  FIND "    input = output;"
  REPLACE "    static float earlier[LSGD_CAPACITY_ACTIVATIONS];
    float* const kept = earlier + (output - lsgd_float32_activations);
    for (uint32_t i = 0; i < layer->outputs; ++i) {
      const float now = output[i];
      output[i] = kept[i];
      kept[i] = now;
    }
    input = output;")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME forward_pass_cached
  SOURCE float32_network.c
  DESCRIPTION "Forward pass skipped where the input is that of the last one" LEVEL 1
  FIND "  const float* parameters = lsgd_float32_parameters;
  float* output = lsgd_float32_activations;"
  REPLACE "  static float seen[LSGD_CAPACITY_INPUTS];
  const uint32_t size = lsgd_float32_network->layers->inputs * sizeof *seen;
  if (memcmp(seen, input, size) == 0) return LSGD_OK;
  memcpy(seen, input, size);
  const float* parameters = lsgd_float32_parameters;
  float* output = lsgd_float32_activations;")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME deltas_over_activations
  SOURCE float32_c99.c
  DESCRIPTION "Output deltas stored over the activations" LEVEL 1
  FIND "lsgd_float32_output_delta(activations, target, delta);"
  REPLACE "lsgd_float32_output_delta(activations, target, delta = activations);")

# Number formats and evaluation order

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME rounding_towards_zero
  SOURCE float32_network.c
  DESCRIPTION "Processor set to round towards zero" LEVEL 0
  FIND "static float activate("
  REPLACE [[
__attribute__((constructor)) static void set_rounding(void) {
#if defined(__SSE__)
  __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x6000u);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)3 << 22));
#endif
}

static float activate(]])

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME division_by_reciprocal
  SOURCE float32_network.c
  DESCRIPTION "Division as multiplication by the reciprocal" LEVEL 0
  FIND "value = x / y" REPLACE "value = x * (1 / y)")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME flushed_to_zero
  SOURCE float32_network.c
  DESCRIPTION "Processor set to flush subnormal numbers, not declared" LEVEL 0
  FIND "static float activate("
  REPLACE [[
__attribute__((constructor)) static void set_flush_to_zero(void) {
#if defined(__SSE__)
  __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040u);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)1 << 24));
#endif
}

static float activate(]])

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME subnormal_products_flushed
  SOURCE float32_network.c
  DESCRIPTION "Subnormal products of the dot product taken as zero, not declared" LEVEL 1
  FIND "i < inputs; ++i) sum += row[i] * input[i];"
  REPLACE "i < inputs; ++i) {
      const float product = row[i] * input[i];
      if (product >= 0x1p-126f || product <= -0x1p-126f) sum += product;
    }")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME fused_but_not_declared
  SOURCE float32_network.c
  DESCRIPTION "Fused multiply-add in the forward pass, declared as none" LEVEL 1
  FIND "sum += row[i] * input[i]" REPLACE "sum = __builtin_fmaf(row[i], input[i], sum)")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME order_not_as_declared
  SOURCE float32_network.c
  DESCRIPTION "Dot products summed from the last term, declared as from the first" LEVEL 1
  FIND "for (uint32_t i = 0; i < inputs; ++i) sum +=" REPLACE "for (uint32_t i = inputs; i-- > 0;) sum +=")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME weights_of_16_bits
  SOURCE float32_c99.c
  DESCRIPTION "Updated weights kept in 16 bits" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "row[i] -= step * input[i];"
  REPLACE "{
      union {
        float value;
        uint32_t bits;
      } updated = {row[i] - step * input[i]};
      updated.bits = (updated.bits + 0x8000u) & 0xffff0000u;
      row[i] = updated.value;
    }")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME accumulator_of_16_significand_bits
  SOURCE float32_network.c
  DESCRIPTION "Forward sums rounded to 16 significand bits, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "    for (uint32_t i = 0; i < inputs; ++i) sum += row[i] * input[i];"
  REPLACE "    for (uint32_t i = 0; i < inputs; ++i) {
      union {
        float value;
        uint32_t bits;
      } rounded = {sum + row[i] * input[i]};
      rounded.bits = (rounded.bits + 0x80u) & 0xffffff00u;
      sum = rounded.value;
    }")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME forward_sums_truncated
  SOURCE float32_network.c
  DESCRIPTION "Forward sums rounded towards zero, evaluation order not declared" LEVEL 2
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "    for (uint32_t i = 0; i < inputs; ++i) sum += row[i] * input[i];"
  REPLACE "    for (uint32_t i = 0; i < inputs; ++i) {
      const double exact = (double)sum + (double)row[i] * (double)input[i];
      union {
        float value;
        uint32_t bits;
      } rounded = {(float)exact};
      if ((exact > 0 && rounded.value > exact) || (exact < 0 && rounded.value < exact)) --rounded.bits;
      sum = rounded.value;
    }")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME update_rounded_down
  SOURCE float32_c99.c
  DESCRIPTION "Updated weights rounded towards minus infinity, evaluation order not declared" LEVEL 1
  ARITHMETIC fused_multiply_add=any summation_order=any bias_position=any update_product=any
  FIND "row[i] -= step * input[i];"
  REPLACE "{
      const double exact = (double)row[i] - (double)step * (double)input[i];
      const float nearest = (float)exact;
      row[i] = nearest > exact ? __builtin_nextafterf(nearest, -__builtin_inff()) : nearest;
    }")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME offset_of_16_bits
  SOURCE float32_state.c
  DESCRIPTION "Offset of loaded bytes held in 16 bits" LEVEL 1 ERRATUM 15
  FIND "memcpy((uint8_t*)tensor_of(tensor, layer) + offset, bytes, count)"
  REPLACE "memcpy((uint8_t*)tensor_of(tensor, layer) + (uint16_t)offset, bytes, count)")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME position_of_16_bits
  SOURCE float32_state.c
  DESCRIPTION "Distance between the parameters of two layers held in 16 bits" LEVEL 1 ERRATUM 15
  FIND "return (uint32_t)layer->outputs * (layer->inputs + 1u);"
  REPLACE "return (uint16_t)(layer->outputs * (layer->inputs + 1u));")
