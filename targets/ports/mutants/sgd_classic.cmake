# SPDX-License-Identifier: Apache-2.0

lsgd_add_modified_port(KIND mutant PORT sgd_classic NAME gradient_ascent
  SOURCE sgd_classic.c
  DESCRIPTION "Gradients added instead of subtracted" LEVEL 1
  FIND "lsgd_float32_parameters[k] -= learning_rate" REPLACE "lsgd_float32_parameters[k] += learning_rate")

lsgd_add_modified_port(KIND mutant PORT sgd_classic NAME gradients_accumulate
  SOURCE sgd_classic.c
  DESCRIPTION "Gradients of earlier steps not cleared" LEVEL 1
  FIND "gradient[i] = delta[j] * input[i]" REPLACE "gradient[i] += delta[j] * input[i]")

lsgd_add_modified_port(KIND mutant PORT sgd_classic NAME bias_gradient_missing
  SOURCE sgd_classic.c
  DESCRIPTION "Biases not updated" LEVEL 1
  FIND "biases[j] = delta[j]" REPLACE "biases[j] = 0")

lsgd_add_modified_port(KIND mutant PORT sgd_classic NAME last_parameter_not_updated
  SOURCE sgd_classic.c
  DESCRIPTION "Last parameter left out of the update" LEVEL 1
  FIND "k < count" REPLACE "k + 1 < count")

lsgd_add_modified_port(KIND mutant PORT sgd_classic NAME product_not_rounded
  SOURCE sgd_classic.c
  DESCRIPTION "One rounding removed, undeclared: products of the update kept in double" LEVEL 1
  FIND "lsgd_float32_parameters[k] -= learning_rate * gradients[k]"
  REPLACE "lsgd_float32_parameters[k] =
        (float)((double)lsgd_float32_parameters[k] - (double)learning_rate * (double)gradients[k])")

lsgd_add_modified_port(KIND mutant PORT sgd_classic NAME first_layer_from_its_own_output
  SOURCE sgd_classic.c
  DESCRIPTION "First layer's gradient taken from its activations instead of the input" LEVEL 1
  FIND "store_gradients(layer, delta, input, gradients)"
  REPLACE "store_gradients(layer, delta, activations, gradients)")

lsgd_add_modified_port(KIND mutant PORT sgd_classic NAME gradients_of_the_step_before
  SOURCE sgd_classic.c
  DESCRIPTION "Gradients of the step before applied: right on the second run of a step" LEVEL 1
  FIND "  lsgd_port_forward(input);"
  REPLACE "  lsgd_port_forward(input);
  static float earlier[LSGD_CAPACITY_PARAMETERS];"
  AND_FIND "  apply_gradients(count, learning_rate);"
  AND_REPLACE "  for (uint32_t k = 0; k < count; ++k) {
    const float now = gradients[k];
    gradients[k] = earlier[k];
    earlier[k] = now;
  }
  apply_gradients(count, learning_rate);")

lsgd_add_modified_port(KIND mutant PORT sgd_classic NAME gradients_displaced
  SOURCE sgd_classic.c
  DESCRIPTION "Gradients of the upper layers stored one element too far" LEVEL 1
  FIND "store_gradients(layer, delta, activations, &gradients[position])"
  REPLACE "store_gradients(layer, delta, activations, &gradients[position + 1])")

lsgd_add_modified_port(KIND mutant PORT sgd_classic NAME gradients_transposed
  SOURCE sgd_classic.c
  DESCRIPTION "Gradients stored by columns" LEVEL 1
  FIND "gradient[i] = delta[j] * input[i]"
  REPLACE "(biases - inputs * layer->outputs)[i * layer->outputs + j] = delta[j] * input[i]")

lsgd_add_modified_port(KIND mutant PORT sgd_classic NAME applied_twice
  SOURCE sgd_classic.c
  DESCRIPTION "Gradients applied twice" LEVEL 1
  FIND "  apply_gradients(count, learning_rate);"
  REPLACE "  apply_gradients(count, learning_rate);
  apply_gradients(count, learning_rate);")

lsgd_add_modified_port(KIND mutant PORT sgd_classic NAME last_step_of_a_batch_skipped
  SOURCE sgd_classic.c
  DESCRIPTION "Last step of every batch of sixteen skipped" LEVEL 1
  FIND "  apply_gradients(count, learning_rate);"
  REPLACE "  static unsigned step;
  if (++step % 16 != 0) apply_gradients(count, learning_rate);")
