# SPDX-License-Identifier: Apache-2.0
#
# Defects at single values: one entry of a table, one argument of a function, targets that are not 0 or 1, ties
# of one sign. Ports that leave level 0 out have them, too: where a defect would be seen there, the port offers
# no arithmetic.

set(no_operation "int lsgd_port_arithmetic(enum lsgd_operation operation, uint32_t a, uint32_t b, uint32_t* result) {\n")
set(no_operation_offered "${no_operation}  if (operation < 1000) return LSGD_UNSUPPORTED;\n")

# Targets

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME targets_rounded_to_labels
  SOURCE float32_network.c
  DESCRIPTION "Targets of bce taken for 0 or 1" LEVEL 1
  FIND "const float difference = a[j] - target[j];"
  REPLACE "const float difference =
        a[j] - (network->loss == LSGD_LOSS_BCE ? (target[j] > 0.5f ? 1.0f : 0.0f) : target[j]);")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME targets_other_than_zero_are_one
  SOURCE float32_network.c
  DESCRIPTION "Targets of bce other than 0 taken for 1" LEVEL 1
  FIND "const float difference = a[j] - target[j];"
  REPLACE "const float difference =
        a[j] - (network->loss == LSGD_LOSS_BCE ? (target[j] != 0 ? 1.0f : 0.0f) : target[j]);")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME targets_of_8_bits
  SOURCE float32_network.c
  DESCRIPTION "Targets of bce with 3 fraction bits" LEVEL 1
  FIND "const float difference = a[j] - target[j];"
  REPLACE "const float difference =
        a[j] - (network->loss == LSGD_LOSS_BCE ? (float)(int32_t)(target[j] * 8) / 8 : target[j]);")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME targets_limited
  SOURCE float32_network.c
  DESCRIPTION "Targets of bce limited to [0, 1]" LEVEL 1
  FIND "const float difference = a[j] - target[j];"
  REPLACE "const float t = target[j];
    const float difference =
        a[j] - (network->loss != LSGD_LOSS_BCE ? t : t < 0 ? 0.0f : t > 1 ? 1.0f : t);")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME targets_rounded_to_labels
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Targets of bce taken for 0 or 1" LEVEL 1
  FIND "quantize(bits_of(target[j]), DELTA_BITS)"
  REPLACE "quantize(bits_of(network->loss == LSGD_LOSS_BCE && target[j] < 1 ? (target[j] > 0.5f ? 1.0f : 0.0f)
                                                              : target[j]), DELTA_BITS)")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME targets_rounded_to_labels
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Targets of bce taken for 0 or 1" LEVEL 1
  FIND "difference = value - target[j]"
  REPLACE "difference = value - (lsgd_int8_network->loss == LSGD_LOSS_BCE ? (target[j] > 0.5f ? 1.0f : 0.0f)
                                                                   : target[j])")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME targets_rounded_to_labels
  SOURCE int8_integer_c99.c
  DESCRIPTION "Targets of bce taken for 0 or 1" LEVEL 1
  FIND "quantize(bits_of(target[j]), TARGET_FRACTION_BITS)"
  REPLACE "quantize(bits_of(network->loss == LSGD_LOSS_BCE ? (target[j] > 0.5f ? 1.0f : 0.0f) : target[j]),
                   TARGET_FRACTION_BITS)")

# Functions

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME sigmoid_of_one
  SOURCE float32_network.c
  DESCRIPTION "The sigmoid wrong at 1 alone, level 0 not offered" LEVEL 1
  FIND "      return lsgd_float_sigmoid(z);" REPLACE "      return z == 1 ? 0.7311f : lsgd_float_sigmoid(z);"
  AND_FIND "${no_operation}" AND_REPLACE "${no_operation_offered}")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME sigmoid_of_zero
  SOURCE float32_network.c
  DESCRIPTION "The sigmoid wrong at 0 alone, level 0 not offered" LEVEL 1
  FIND "      return lsgd_float_sigmoid(z);" REPLACE "      return z == 0 ? 0 : lsgd_float_sigmoid(z);"
  AND_FIND "${no_operation}" AND_REPLACE "${no_operation_offered}")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME tanh_of_a_quarter
  SOURCE float32_network.c
  DESCRIPTION "tanh wrong at 1/4 alone, level 0 not offered" LEVEL 1
  FIND "      return lsgd_float_tanh(z);" REPLACE "      return z == 0.25f ? 0.2448f : lsgd_float_tanh(z);"
  AND_FIND "${no_operation}" AND_REPLACE "${no_operation_offered}")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME tanh_of_minus_an_eighth
  SOURCE float32_network.c
  DESCRIPTION "tanh without its sign at the end of the series, level 0 not offered" LEVEL 1
  FIND "      return lsgd_float_tanh(z);"
  REPLACE "      return z == -0.125f ? -lsgd_float_tanh(z) : lsgd_float_tanh(z);"
  AND_FIND "${no_operation}" AND_REPLACE "${no_operation_offered}")

lsgd_add_modified_port(KIND mutant PORT float32_c99 NAME tanh_of_3
  SOURCE float32_network.c
  DESCRIPTION "tanh wrong at 3 alone, level 0 not offered" LEVEL 1
  FIND "      return lsgd_float_tanh(z);" REPLACE "      return z == 3 ? 1 : lsgd_float_tanh(z);"
  AND_FIND "${no_operation}" AND_REPLACE "${no_operation_offered}")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME sigmoid_of_one
  SOURCE int32_fixed_c99.c
  DESCRIPTION "The sigmoid wrong at 1 alone, level 0 not offered" LEVEL 1
  FIND "      lsgd_fixed_sigmoid(a, layer->outputs);\n    else if"
  REPLACE "      for (uint32_t j = 0; j < layer->outputs; ++j)
        a[j] == 1 << Z_BITS ? (void)(a[j] = 1 << 29) : lsgd_fixed_sigmoid(&a[j], 1);
    else if"
  AND_FIND "${no_operation}" AND_REPLACE "${no_operation_offered}")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME tanh_of_minus_a_quarter
  SOURCE int32_fixed_c99.c
  DESCRIPTION "tanh wrong at -1/4 alone, level 0 not offered" LEVEL 1
  FIND "      lsgd_fixed_tanh(a, layer->outputs);\n    else"
  REPLACE "      for (uint32_t j = 0; j < layer->outputs; ++j)
        a[j] == -(1 << (Z_BITS - 2)) ? (void)(a[j] = -(1 << 28)) : lsgd_fixed_tanh(&a[j], 1);
    else"
  AND_FIND "${no_operation}" AND_REPLACE "${no_operation_offered}")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME sigmoid_entry_of_minus_128
  SOURCE quantization.c
  DESCRIPTION "The entry of the sigmoid's table for -128 off by one, level 0 not offered" LEVEL 1
  FIND "return lsgd_sigmoid_table[z + 128];" REPLACE "return (int8_t)(lsgd_sigmoid_table[z + 128] ^ (z == -128));"
  AND_FIND "  if (!is_in_range(operation, integer, shift)) return LSGD_OUT_OF_RANGE;\n"
  AND_REPLACE "  if (operation < 1000) return LSGD_UNSUPPORTED;\n")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME sigmoid_entry_of_minus_59
  SOURCE quantization.c
  DESCRIPTION "The entry of the sigmoid's table for -59 off by one, level 0 not offered" LEVEL 1
  FIND "return lsgd_sigmoid_table[z + 128];" REPLACE "return (int8_t)(lsgd_sigmoid_table[z + 128] ^ (z == -59));"
  AND_FIND "  if (!is_in_range(operation, integer, shift)) return LSGD_OUT_OF_RANGE;\n"
  AND_REPLACE "  if (operation < 1000) return LSGD_UNSUPPORTED;\n")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME sigmoid_entry_of_minus_3
  SOURCE quantization.c
  DESCRIPTION "The entry of the sigmoid's table for -3 off by one, level 0 not offered" LEVEL 1
  FIND "return lsgd_sigmoid_table[z + 128];" REPLACE "return (int8_t)(lsgd_sigmoid_table[z + 128] ^ (z == -3));"
  AND_FIND "  if (!is_in_range(operation, integer, shift)) return LSGD_OUT_OF_RANGE;\n"
  AND_REPLACE "  if (operation < 1000) return LSGD_UNSUPPORTED;\n")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME sigmoid_entry_of_69
  SOURCE quantization.c
  DESCRIPTION "The entry of the sigmoid's table for 69 off by one, level 0 not offered" LEVEL 1
  FIND "return lsgd_sigmoid_table[z + 128];" REPLACE "return (int8_t)(lsgd_sigmoid_table[z + 128] ^ (z == 69));"
  AND_FIND "  if (!is_in_range(operation, integer, shift)) return LSGD_OUT_OF_RANGE;\n"
  AND_REPLACE "  if (operation < 1000) return LSGD_UNSUPPORTED;\n")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME sigmoid_entry_of_127
  SOURCE quantization.c
  DESCRIPTION "The entry of the sigmoid's table for 127 off by one, level 0 not offered" LEVEL 1
  FIND "return lsgd_sigmoid_table[z + 128];" REPLACE "return (int8_t)(lsgd_sigmoid_table[z + 128] ^ (z == 127));"
  AND_FIND "  if (!is_in_range(operation, integer, shift)) return LSGD_OUT_OF_RANGE;\n"
  AND_REPLACE "  if (operation < 1000) return LSGD_UNSUPPORTED;\n")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME sigmoid_entry_of_minus_70
  SOURCE int8_dense_layer.c
  DESCRIPTION "The entry of the table of sigmoid for -70 off by one in the forward pass" LEVEL 1
  FIND "      conversion.table = lsgd_sigmoid_table;"
  REPLACE "      {
        static int8_t changed[256];
        for (int z = -128; z < 128; ++z)
          changed[z + 128] = (int8_t)(lsgd_sigmoid_table[z + 128] ^ (z == -70));
        conversion.table = changed;
      }")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME sigmoid_entry_of_69
  SOURCE int8_dense_layer.c
  DESCRIPTION "The entry of the table of sigmoid for 69 off by one in the forward pass" LEVEL 1
  FIND "      conversion.table = lsgd_sigmoid_table;"
  REPLACE "      {
        static int8_t changed[256];
        for (int z = -128; z < 128; ++z)
          changed[z + 128] = (int8_t)(lsgd_sigmoid_table[z + 128] ^ (z == 69));
        conversion.table = changed;
      }")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME tanh_entry_of_minus_128
  SOURCE int8_dense_layer.c
  DESCRIPTION "The entry of the table of tanh for -128 off by one in the forward pass" LEVEL 1
  FIND "      conversion.table = lsgd_tanh_table;"
  REPLACE "      {
        static int8_t changed[256];
        for (int z = -128; z < 128; ++z)
          changed[z + 128] = (int8_t)(lsgd_tanh_table[z + 128] ^ (z == -128));
        conversion.table = changed;
      }")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME tanh_entry_of_minus_33
  SOURCE int8_dense_layer.c
  DESCRIPTION "The entry of the table of tanh for -33 off by one in the forward pass" LEVEL 1
  FIND "      conversion.table = lsgd_tanh_table;"
  REPLACE "      {
        static int8_t changed[256];
        for (int z = -128; z < 128; ++z)
          changed[z + 128] = (int8_t)(lsgd_tanh_table[z + 128] ^ (z == -33));
        conversion.table = changed;
      }")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME tanh_entry_of_5
  SOURCE int8_dense_layer.c
  DESCRIPTION "The entry of the table of tanh for 5 off by one in the forward pass" LEVEL 1
  FIND "      conversion.table = lsgd_tanh_table;"
  REPLACE "      {
        static int8_t changed[256];
        for (int z = -128; z < 128; ++z)
          changed[z + 128] = (int8_t)(lsgd_tanh_table[z + 128] ^ (z == 5));
        conversion.table = changed;
      }")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME tanh_entry_of_127
  SOURCE int8_dense_layer.c
  DESCRIPTION "The entry of the table of tanh for 127 off by one in the forward pass" LEVEL 1
  FIND "      conversion.table = lsgd_tanh_table;"
  REPLACE "      {
        static int8_t changed[256];
        for (int z = -128; z < 128; ++z)
          changed[z + 128] = (int8_t)(lsgd_tanh_table[z + 128] ^ (z == 127));
        conversion.table = changed;
      }")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_unpacked NAME sigmoid_entry_of_minus_70
  SOURCE int8_dense_layer.c
  DESCRIPTION "The entry of the table of sigmoid for -70 off by one in the forward pass" LEVEL 1
  FIND "      conversion.table = lsgd_sigmoid_table;"
  REPLACE "      {
        static int8_t changed[256];
        for (int z = -128; z < 128; ++z)
          changed[z + 128] = (int8_t)(lsgd_sigmoid_table[z + 128] ^ (z == -70));
        conversion.table = changed;
      }")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_unpacked NAME sigmoid_entry_of_69
  SOURCE int8_dense_layer.c
  DESCRIPTION "The entry of the table of sigmoid for 69 off by one in the forward pass" LEVEL 1
  FIND "      conversion.table = lsgd_sigmoid_table;"
  REPLACE "      {
        static int8_t changed[256];
        for (int z = -128; z < 128; ++z)
          changed[z + 128] = (int8_t)(lsgd_sigmoid_table[z + 128] ^ (z == 69));
        conversion.table = changed;
      }")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_unpacked NAME tanh_entry_of_minus_128
  SOURCE int8_dense_layer.c
  DESCRIPTION "The entry of the table of tanh for -128 off by one in the forward pass" LEVEL 1
  FIND "      conversion.table = lsgd_tanh_table;"
  REPLACE "      {
        static int8_t changed[256];
        for (int z = -128; z < 128; ++z)
          changed[z + 128] = (int8_t)(lsgd_tanh_table[z + 128] ^ (z == -128));
        conversion.table = changed;
      }")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_unpacked NAME tanh_entry_of_minus_33
  SOURCE int8_dense_layer.c
  DESCRIPTION "The entry of the table of tanh for -33 off by one in the forward pass" LEVEL 1
  FIND "      conversion.table = lsgd_tanh_table;"
  REPLACE "      {
        static int8_t changed[256];
        for (int z = -128; z < 128; ++z)
          changed[z + 128] = (int8_t)(lsgd_tanh_table[z + 128] ^ (z == -33));
        conversion.table = changed;
      }")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_unpacked NAME tanh_entry_of_5
  SOURCE int8_dense_layer.c
  DESCRIPTION "The entry of the table of tanh for 5 off by one in the forward pass" LEVEL 1
  FIND "      conversion.table = lsgd_tanh_table;"
  REPLACE "      {
        static int8_t changed[256];
        for (int z = -128; z < 128; ++z)
          changed[z + 128] = (int8_t)(lsgd_tanh_table[z + 128] ^ (z == 5));
        conversion.table = changed;
      }")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_unpacked NAME tanh_entry_of_127
  SOURCE int8_dense_layer.c
  DESCRIPTION "The entry of the table of tanh for 127 off by one in the forward pass" LEVEL 1
  FIND "      conversion.table = lsgd_tanh_table;"
  REPLACE "      {
        static int8_t changed[256];
        for (int z = -128; z < 128; ++z)
          changed[z + 128] = (int8_t)(lsgd_tanh_table[z + 128] ^ (z == 127));
        conversion.table = changed;
      }")

# int8

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME negative_input_ties_up
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Negative inputs on ties rounded up" LEVEL 1
  FIND "    lsgd_int8_input[i] = lsgd_quantize(input[i], LSGD_INPUT_FRACTION_BITS);"
  REPLACE "    lsgd_int8_input[i] = lsgd_quantize(
        input[i] < 0 && input[i] > -1 ? __builtin_nextafterf(input[i], 0) : input[i],
        LSGD_INPUT_FRACTION_BITS);")

lsgd_add_modified_port(KIND mutant PORT int8_hybrid_c99 NAME odd_input_ties_to_even
  SOURCE int8_hybrid_c99.c
  DESCRIPTION "Inputs on ties rounded to even" LEVEL 1
  FIND "    lsgd_int8_input[i] = lsgd_quantize(input[i], LSGD_INPUT_FRACTION_BITS);"
  REPLACE "    lsgd_int8_input[i] = lsgd_quantize(__builtin_rintf(input[i] * 128) / 128,
                                       LSGD_INPUT_FRACTION_BITS);")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME negative_input_ties_up
  SOURCE int8_integer_c99.c
  DESCRIPTION "Negative inputs on ties rounded up" LEVEL 1
  FIND "quantize(bits_of(input[i]), INPUT_FRACTION_BITS)"
  REPLACE "quantize(bits_of(input[i]) - (input[i] < 0 && input[i] > -1), INPUT_FRACTION_BITS)")

lsgd_add_modified_port(KIND mutant PORT int8_integer_c99 NAME hidden_delta_after_a_halving
  SOURCE int8_integer_c99.c
  DESCRIPTION "Hidden deltas of the step after a halving with the fraction bits before it" LEVEL 1
  FIND "static void hidden_delta(int l, const int8_t* restrict weights, const int16_t* restrict delta,
                         const int8_t* restrict a, int16_t* restrict previous) {
  const struct lsgd_layer* layer = &network->layers[l];
  const uint32_t inputs = layer->inputs;
  const int16_t* const end = delta + layer->outputs;
  const int shift = fraction_bits[l];"
  REPLACE "static uint32_t state_left;
static void hidden_delta(int l, const int8_t* restrict weights, const int16_t* restrict delta,
                         const int8_t* restrict a, int16_t* restrict previous) {
  const struct lsgd_layer* layer = &network->layers[l];
  const uint32_t inputs = layer->inputs;
  const int16_t* const end = delta + layer->outputs;
  static int8_t earlier[LSGD_CAPACITY_LAYERS];
  const int is_next = random_state == state_left && earlier[l] == fraction_bits[l] + 1;
  earlier[l] = fraction_bits[l];
  const int shift = fraction_bits[l] + is_next;"
  AND_FIND "  update(0, weights, biases, delta, quantized_input, k);\n  return LSGD_OK;"
  AND_REPLACE "  update(0, weights, biases, delta, quantized_input, k);
  state_left = random_state;
  return LSGD_OK;")

# int32_fixed: what is taken for small enough

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME headroom_without_the_bias
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Biases not counted in the headroom of sums" LEVEL 1
  FIND "uint32_t sum = (magnitude_bits(bias[j]) >> 16) + 2 * (layer->inputs + 1u);"
  REPLACE "uint32_t sum = 2 * (layer->inputs + 1u);")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME headroom_of_weights_alone
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Headroom measured by weights alone, as if biases never grew" LEVEL 1
  FIND "    if (magnitude_bits(bias[j]) > largest) largest = magnitude_bits(bias[j]);\n" REPLACE "")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME headroom_of_the_first_neuron
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Headroom of sums measured by the last neuron alone" LEVEL 1
  FIND "    if (sum > largest_sum) largest_sum = sum;" REPLACE "    largest_sum = sum;")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME inputs_of_2_taken_for_small
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Inputs of up to 2 taken for at most 1" LEVEL 1
  FIND "const uint32_t one = (uint32_t)1 << DELTA_BITS;" REPLACE "const uint32_t one = (uint32_t)2 << DELTA_BITS;")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME limit_of_sums_too_high
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Sums of up to 67 taken for below 64" LEVEL 1
  FIND "const uint32_t limit = (uint32_t)(known[l].may_saturate ? 256 : 64)"
  REPLACE "const uint32_t limit = (uint32_t)(known[l].may_saturate ? 256 : 68)")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME negative_inputs_taken_for_small
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Inputs below -1 taken for small ones" LEVEL 1
  FIND "if ((uint32_t)*values + one > 2 * one) *fits = 0;" REPLACE "if (*values > (int32_t)one) *fits = 0;")

lsgd_add_modified_port(KIND mutant PORT int32_fixed_c99 NAME growth_not_counted
  SOURCE int32_fixed_c99.c
  DESCRIPTION "Headroom not used up by updates" LEVEL 1
  FIND "  known[l].headroom -= (lsgd_small_step(rate, (int32_t)extent->bits) >> input_shift) + 2;\n"
  REPLACE "  (void)input_shift;\n")
