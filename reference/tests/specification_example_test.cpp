// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include <lsgd/numbers/int16_fixed.hpp>
#include <lsgd/numbers/random_bits.hpp>
#include <lsgd/numbers/rounding_model.hpp>
#include <lsgd/step/float32_step.hpp>
#include <lsgd/step/int32_fixed_step.hpp>
#include <lsgd/step/int8_hybrid_step.hpp>
#include <lsgd/step/int8_integer_step.hpp>

#include "files/text_file.hpp"

namespace lsgd {
namespace {

/// The example of SPEC 2: two inputs, two tanh neurons, one sigmoid output, bce.
struct SpecificationExample {
  Network network{{{2, 2, Activation::tanh}, {2, 1, Activation::sigmoid}}, Loss::bce};
  Parameters<float> parameters{{{0.75f, -0.5f, 0.25f, 0.875f}, {0.125f, -0.25f}},
                               {{0.5f, -0.75f}, {0.0625f}}};
  Sample sample{{0.5f, -0.25f}, {1}};
  float learning_rate = 0.125f;
};

std::string specification() {
  return read_text(LSGD_SOURCE_DIRECTORY "/reference/SPEC.md", 1 << 20);
}

void expect_stated(const std::string& text) {
  EXPECT_NE(specification().find(text), std::string::npos) << "SPEC.md should state\n" << text;
}

std::string decimal(const Exact& value, int digits) {
  return fmt::format("{:.{}g}", mpfr_get_d(mpfr_of(value), MPFR_RNDN), digits);
}

/// "| z_1 | 0.625, -0.34375 | 1.04e-07, 7.7e-08 |"
void expect_row(const std::string& name, const BoundedTensor<Exact>& tensor) {
  std::string values, bounds;
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    values += fmt::format("{}{}", i == 0 ? "" : ", ", decimal(tensor.exact[i], 10));
    bounds += fmt::format("{}{:.3g}", i == 0 ? "" : ", ", tensor.bound[i]);
  }
  expect_stated(fmt::format("| {} | {} | {} |\n", name, values, bounds));
}

template <class Number>
std::string listed(const std::vector<Number>& values) {
  std::string text;
  for (const Number value : values) text += fmt::format("{}{}", text.empty() ? "" : ", ", value);
  return text;
}

template <class Number>
void expect_codes(const std::string& name, const std::vector<Number>& codes, int fraction_bits) {
  std::string values;
  for (const Number code : codes)
    values += fmt::format("{}{:.10g}", values.empty() ? "" : ", ",
                          std::ldexp(static_cast<double>(code), -fraction_bits));
  expect_stated(fmt::format("| {} | {} | {} | {} |\n", name, fraction_bits, listed(codes), values));
}

Int8Tensor quantized(const std::vector<float>& values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  Int8Tensor tensor;
  tensor.fraction_bits = fraction_bits_of(largest);
  for (const float value : values) tensor.values.push_back(quantize(value, tensor.fraction_bits));
  return tensor;
}

TEST(SpecificationExample, OfFloat32HasTheValuesAndBoundsOfTheReference) {
  const SpecificationExample example;
  StepTrace<Exact> trace;
  float32_step(example.network, example.parameters, example.sample, example.learning_rate,
               ArithmeticModel{}, trace);
  expect_stated(fmt::format("Its first 40 digits, {}, are proven.", trace[0].a.exact[0].str(40)));
  expect_row("z_1", trace[0].z);
  expect_row("a_1", trace[0].a);
  expect_row("z_2", trace[1].z);
  expect_row("a_2", trace[1].a);
  expect_row("delta_2", trace[1].delta);
  expect_row("delta_1", trace[0].delta);
  expect_row("W_2 after", trace[1].weights);
  expect_row("b_2 after", trace[1].biases);
  expect_row("W_1 after", trace[0].weights);
  expect_row("b_1 after", trace[0].biases);
}

TEST(SpecificationExample, OfInt32FixedHasTheValuesAndBoundsOfTheReference) {
  const SpecificationExample example;
  Int32Parameters parameters;
  for (const LayerParameters<float>& layer : example.parameters) {
    parameters.emplace_back();
    for (const float weight : layer.weights)
      parameters.back().weights.push_back(quantize_int32(weight, fixed_parameter_bits));
    for (const float bias : layer.biases)
      parameters.back().biases.push_back(quantize_int32(bias, fixed_parameter_bits));
  }
  StepTrace<Exact> trace;
  int32_fixed_step(example.network, parameters, example.sample, example.learning_rate,
                   ArithmeticModel{}, trace);
  expect_row("z_1, Q25", trace[0].z);
  expect_row("a_1, Q30", trace[0].a);
  expect_row("a_2, Q30", trace[1].a);
  expect_row("delta_2, Q28", trace[1].delta);
  expect_row("delta_1, Q28", trace[0].delta);
  expect_row("W_2 after, Q27", trace[1].weights);
  expect_row("b_2 after, Q27", trace[1].biases);
  expect_row("W_1 after, Q27", trace[0].weights);
}

TEST(SpecificationExample, OfInt8HybridHasTheBitsOfTheReference) {
  const SpecificationExample example;
  Int8Parameters parameters;
  for (const LayerParameters<float>& layer : example.parameters)
    parameters.push_back({quantized(layer.weights), quantized(layer.biases)});
  Int8StepTrace<Exact> trace;
  int8_hybrid_step(example.network, parameters, example.sample, example.learning_rate,
                   ArithmeticModel{}, trace);
  expect_codes("x", trace.integers.input, 7);
  expect_codes("W_1", parameters[0].weights.values, parameters[0].weights.fraction_bits);
  expect_codes("b_1", parameters[0].biases.values, parameters[0].biases.fraction_bits);
  expect_codes("z_1", trace.integers.layers[0].z, 4);
  expect_codes("a_1", trace.integers.layers[0].a, 7);
  expect_codes("z_2", trace.integers.layers[1].z, 4);
  expect_codes("a_2", trace.integers.layers[1].a, 7);
  expect_codes("W_2 after", trace.layers[1].weights.values, trace.layers[1].weights.fraction_bits);
  expect_codes("b_2 after", trace.layers[1].biases.values, trace.layers[1].biases.fraction_bits);
  expect_codes("W_1 after", trace.layers[0].weights.values, trace.layers[0].weights.fraction_bits);
  expect_row("delta_2, int8_hybrid", trace.layers[1].delta);
  expect_row("W_2 before its rounding", trace.layers[1].new_weights);
}

TEST(SpecificationExample, OfInt8IntegerHasTheBitsOfTheReference) {
  const SpecificationExample example;
  Int8IntegerParameters parameters;
  for (const LayerParameters<float>& layer : example.parameters) {
    parameters.layers.push_back({quantized(layer.weights), {}});
    for (const float bias : layer.biases)
      parameters.layers.back().biases.push_back(quantize_int16(bias, bias_fraction_bits));
  }
  parameters.random_bits.state = 1;
  Int8IntegerTrace trace;
  expect_codes("b_1 of int16", parameters.layers[0].biases, 12);
  int8_integer_step(example.network, parameters, example.sample, example.learning_rate, trace);
  expect_codes("z_1", trace.layers[0].z, 4);
  expect_codes("a_1", trace.layers[0].a, 7);
  expect_codes("z_2", trace.layers[1].z, 4);
  expect_codes("a_2", trace.layers[1].a, 7);
  expect_codes("delta_2 of int16", trace.layers[1].delta, 12);
  expect_codes("delta_1 of int16", trace.layers[0].delta, 12);
  expect_codes("W_2 after a draw each", parameters.layers[1].weights.values,
               parameters.layers[1].weights.fraction_bits);
  expect_codes("b_2 after a draw", parameters.layers[1].biases, 12);
  expect_codes("W_1 after a draw each", parameters.layers[0].weights.values,
               parameters.layers[0].weights.fraction_bits);
  expect_codes("b_1 after a draw each", parameters.layers[0].biases, 12);
  expect_stated(fmt::format("random state {} ", parameters.random_bits.state));
}

}  // namespace
}  // namespace lsgd
