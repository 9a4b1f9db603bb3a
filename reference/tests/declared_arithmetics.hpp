// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <lsgd/arithmetic/read_arithmetic.hpp>

namespace lsgd {

/// The functions that networks of the arithmetic may have.
inline std::vector<Activation> functions_of(const Arithmetic& arithmetic) {
  std::vector<Activation> functions;
  for (const Activation function : all_activations)
    if (arithmetic.has(function)) functions.push_back(function);
  return functions;
}

/// A declaration that rounds at all points of a list in one way.
inline std::string rounded_at(const std::vector<std::string>& points, const std::string& how) {
  std::string text;
  for (const std::string& point : points) text += "[at." + point + "]\n" + how + "\n";
  return text;
}

inline const std::vector<std::string> all_values{
    "initial_weight", "initial_bias",    "input",      "target",
    "learning_rate",  "pre_activation",  "activation", "output_error",
    "hidden_error",   "derivative_term", "derivative", "delta",
    "change",         "bias_change",     "weight",     "bias"};
inline const std::vector<std::string> all_operations{"forward_product", "forward_sum",
                                                     "backward_product", "backward_sum"};

inline Arithmetic declaration(const std::string& name, const std::string& body) {
  return parse_arithmetic("format = \"lsgd-arithmetic/1\"\nname = \"" + name + "\"\n" + body,
                          name + ".toml");
}

inline const std::string exact_functions =
    "[activation.sigmoid]\ndefinition = \"correctly_rounded\"\n"
    "[activation.tanh]\ndefinition = \"correctly_rounded\"\n";

inline std::string order(const std::string& sum, const std::string& rest) {
  return "[order]\nsum = \"" + sum + "\"\n" + rest + "\nderivative = \"from_activation\"\n";
}

inline const std::string plain_order =
    order("ascending", "bias = \"first\"\nfused = false\nupdate = \"learning_rate_times_delta\"");

/// Q6.10 in int16: products are cut, everything wraps.
inline Arithmetic q6_10() {
  return declaration(
      "q6_10",
      rounded_at({"initial_weight", "initial_bias", "input", "target", "learning_rate"},
                 "format = \"int16_10\"\nrounding = \"nearest_away\"") +
          rounded_at({"forward_product", "backward_product", "derivative_term", "derivative",
                      "delta", "learning_rate_times_delta", "change", "bias_change"},
                     "format = \"int16_10\"\nrounding = \"down\"\noverflow = \"wrap\"") +
          rounded_at({"forward_sum", "backward_sum", "output_error", "weight", "bias"},
                     "format = \"int16_10\"\nrounding = \"none\"\noverflow = \"wrap\"") +
          rounded_at({"activation"}, "format = \"int16_10\"\nrounding = \"nearest_even\"") +
          plain_order + exact_functions);
}

inline Arithmetic bfloat16_weights(
    const std::string& sum_order, const std::string& update_product = "learning_rate_times_delta") {
  return declaration("bfloat16_weights",
                     rounded_at({"input", "target", "learning_rate", "forward_product",
                                 "forward_sum", "activation", "output_error", "backward_product",
                                 "backward_sum", "derivative_term", "derivative", "delta",
                                 update_product, "change", "bias_change"},
                                "format = \"binary32\"\noverflow = \"infinity\"") +
                         rounded_at({"initial_weight", "initial_bias", "weight", "bias"},
                                    "format = \"bfloat16\"\noverflow = \"infinity\"") +
                         sum_order + exact_functions);
}

/// Eight-bit floats with stochastic updates.
inline Arithmetic eight_bit_floats(const std::string& mapping,
                                   const std::string& generator = "lcg32/1",
                                   const std::string& training = "") {
  return declaration(
      "eight_bit_floats",
      rounded_at({"initial_weight", "initial_bias", "input", "activation"}, "format = \"e4m3\"") +
          rounded_at({"target", "learning_rate", "forward_product", "forward_sum",
                      "backward_product", "backward_sum", "derivative_term", "derivative",
                      "learning_rate_times_delta", "change", "bias_change"},
                     "format = \"binary16\"") +
          rounded_at({"output_error", "delta"}, "format = \"e5m2\"") +
          rounded_at({"weight", "bias"},
                     "format = \"e4m3\"\nrounding = \"stochastic\"\nrandom_bits = 8\nmapping = \"" +
                         mapping + "\"") +
          plain_order + exact_functions + "[random]\ngenerator = \"" + generator +
          "\"\norder = \"neuron,bias,input\"\n" + training);
}

/// Q16.16: sums of exact products in 64 bits, one shift for each sum.
inline Arithmetic q16_16(const std::string& sum_order,
                         const std::string& update_product = "learning_rate_times_delta") {
  return declaration(
      "q16_16",
      "[formats.wide]\nkind = \"fixed\"\nbits = 64\nfraction_bits = \"operands\"\n" +
          rounded_at(
              {"initial_weight", "initial_bias", "input", "target", "learning_rate", "activation"},
              "format = \"int32_16\"\nrounding = \"nearest_even\"") +
          rounded_at({"forward_sum", "backward_sum", "bias_aligned"},
                     "format = \"wide\"\nrounding = \"none\"\noverflow = \"outside_domain\"") +
          rounded_at({"pre_activation", "hidden_error", "derivative", "delta", update_product,
                      "change", "bias_change"},
                     "format = \"int32_16\"\nrounding = \"down\"") +
          rounded_at({"output_error", "weight", "bias"},
                     "format = \"int32_16\"\nrounding = \"none\"") +
          sum_order + exact_functions);
}

/// Narrow accumulators that saturate after each addition.
inline Arithmetic saturating_accumulators(const std::string& sum_order) {
  return declaration(
      "saturating_accumulators",
      rounded_at(all_values, "format = \"int16_8\"\nrounding = \"nearest_up\"") +
          rounded_at(all_operations, "format = \"int8_4\"\nrounding = \"nearest_zero\"") +
          sum_order + exact_functions);
}

}  // namespace lsgd
