// SPDX-License-Identifier: Apache-2.0
#include "cases/int32_fixed_golden_cases.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <lsgd/numbers/binary32.hpp>

#include "cases/operation_cases.hpp"
#include "cases/seeded_numbers.hpp"
#include "data/network_text.hpp"
#include "steps/expected_step.hpp"

namespace lsgd {
namespace {

using Int32FixedCase = TypedGoldenCase<Int32Parameters>;
using Int32FixedCases = std::vector<Int32FixedCase>;
using Flags = std::vector<std::string>;

/// Weights within +-scale, biases within +-1, a sample within +-1 and a target within +-1 (one-hot
/// for bce), drawn by the case's name.
Int32FixedCase drawn_int32_fixed(const std::string& name, const std::string& clause,
                                 const Network& network, float scale, float learning_rate,
                                 Flags flags) {
  Int32FixedCase result;
  result.name = name;
  std::ranges::replace_if(
      result.name, [](char c) { return c == '-' || c == '.'; }, '_');
  result.clause = clause;
  result.network = network;
  result.learning_rate = learning_rate;
  result.flags = std::move(flags);
  SeededNumbers numbers(name);
  Parameters<float> parameters;
  const auto draw = [&](std::size_t count, float factor) {
    std::vector<float> values;
    for (std::size_t i = 0; i < count; ++i) values.push_back(factor * numbers.signed_unit());
    return values;
  };
  for (const Layer& layer : network.layers) {
    auto weights = draw(layer.weight_count(), scale);
    parameters.push_back({std::move(weights), draw(layer.outputs, 1)});
  }
  result.parameters = int32_fixed_parameters(parameters);
  result.sample.inputs = draw(network.inputs(), 1);
  for (std::uint32_t j = 0; j < network.outputs(); ++j)
    result.sample.target.push_back(network.loss == Loss::bce ? static_cast<float>(j == 0)
                                                             : numbers.signed_unit());
  return result;
}

void fill(std::vector<std::int32_t>& parameters, float value) {
  std::ranges::fill(parameters, quantize_int32(value, fixed_parameter_bits));
}

std::string sign_of(float value) { return value < 0 ? "minus" : "plus"; }

/// Inputs and weights so large that sums leave int32, at the end or only on the way.
void add_large_sums(Int32FixedCases& cases) {
  for (const std::uint32_t inputs : {2U, 17U})
    for (const char* activation : {"tanh", "sigmoid", "relu", "identity"})
      for (const float sign : {1.0f, -1.0f}) {
        const auto name = fmt::format("sum_of_{}_{}_{}", inputs, sign_of(sign), activation);
        auto golden = drawn_int32_fixed(
            name, "SPEC 13.3", network_from_text(fmt::format("{}-2", inputs), activation, "mse"), 1,
            0.0078125f, {"z_saturation"});
        fill(golden.parameters[0].weights, sign * 15.5f);
        std::ranges::fill(golden.sample.inputs, 7.5f);
        cases.push_back(std::move(golden));
      }
  for (const char* activations : {"tanh-sigmoid", "sigmoid-tanh", "tanh-identity", "relu-tanh"}) {
    auto golden = drawn_int32_fixed(fmt::format("partial_sums_{}", activations), "SPEC 13.3",
                                    network_from_text("2-12-3", activations, "mse"), 1, 0.0078125f,
                                    {"z_saturation", "partial_sums"});
    fill(golden.parameters[0].weights, 7.75f);
    std::ranges::fill(golden.sample.inputs, 1.0f);
    std::vector<std::int32_t>& weights = golden.parameters[1].weights;
    // Half of each row takes back what the other half adds.
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i] =
          quantize_int32(i % 12 < 6 ? 15.25f : -15.25f, fixed_parameter_bits) + (weights[i] >> 4);
    cases.push_back(std::move(golden));
  }
  auto cancelled = drawn_int32_fixed("partial_sums_of_inputs", "SPEC 13.3",
                                     network_from_text("16-5", "identity", "mse"), 15, 0.0078125f,
                                     {"z_saturation", "partial_sums"});
  for (std::size_t i = 0; i < 16; ++i) cancelled.sample.inputs[i] = i < 8 ? 7.75f : -7.75f;
  for (std::size_t i = 0; i < 80; ++i)
    if (i % 16 >= 8)
      cancelled.parameters[0].weights[i] = cancelled.parameters[0].weights[i - 8] - 12345;
  cases.push_back(std::move(cancelled));
}

/// Weights below 8 and inputs of at most 1 whose sums pass 64 and stay below 256.
void add_medium_sums(Int32FixedCases& cases) {
  for (const char* activation : {"sigmoid", "identity"})
    for (const float sign : {1.0f, -1.0f}) {
      auto golden = drawn_int32_fixed(fmt::format("medium_sum_{}_{}", sign_of(sign), activation),
                                      "SPEC 13.3", network_from_text("12-2", activation, "mse"), 1,
                                      0.0078125f, {"z_saturation"});
      fill(golden.parameters[0].weights, sign * 7.5f);
      std::ranges::fill(golden.sample.inputs, 0.875f);
      cases.push_back(std::move(golden));
    }
}

/// Weights below 8 whose sums pass 64 with bounded activations near 1, or 256 with inputs or
/// activations above 1, though no row of weights adds up to that.
void add_sums_of_large_activations(Int32FixedCases& cases) {
  for (const auto& [sizes, activations] :
       {std::pair{"1-9-1", "tanh-identity"}, std::pair{"1-7-1", "relu-identity"}}) {
    auto golden = drawn_int32_fixed(fmt::format("sum_of_large_activations_{}", activations),
                                    "SPEC 13.3", network_from_text(sizes, activations, "mse"), 1,
                                    0.0078125f, {"z_saturation"});
    fill(golden.parameters[0].biases, 7.5f);
    fill(golden.parameters[1].weights, 7.5f);
    cases.push_back(std::move(golden));
  }
  auto inputs = drawn_int32_fixed("sum_of_large_inputs", "SPEC 13.3",
                                  network_from_text("7-1", "identity", "mse"), 1, 0.0078125f,
                                  {"z_saturation"});
  fill(inputs.parameters[0].weights, -7.5f);
  std::ranges::fill(inputs.sample.inputs, 7.5f);
  cases.push_back(std::move(inputs));
}

/// Weights of up to 8, where nothing saturates but sums come near the ends.
void add_moderate_sums(Int32FixedCases& cases) {
  for (const char* sizes : {"6-12-7-4", "13-5-1"}) {
    const bool has_three = std::string_view(sizes) != "13-5-1";
    cases.push_back(drawn_int32_fixed(
        fmt::format("weights_of_4_{}", sizes), "SPEC 13.3",
        network_from_text(sizes, has_three ? "tanh-tanh-sigmoid" : "tanh-sigmoid", "bce"), 4, 0.01f,
        {"wide_weights", "z_saturation"}));
    cases.push_back(drawn_int32_fixed(
        fmt::format("weights_of_7_{}", sizes), "SPEC 13.3",
        network_from_text(sizes, has_three ? "sigmoid-relu-identity" : "relu-tanh", "mse"), 7.5f,
        0.01f, {"wide_weights", "z_saturation"}));
  }
}

void add_parameter_saturation(Int32FixedCases& cases) {
  for (const char* activations : {"tanh-identity", "relu-identity", "identity-identity"})
    for (const float sign : {1.0f, -1.0f}) {
      auto golden = drawn_int32_fixed(
          fmt::format("parameters_at_the_end_{}_{}", activations, sign_of(sign)), "SPEC 13.6",
          network_from_text("3-3-5", activations, "mse"), 1, 0.5f, {"parameter_saturation"});
      for (auto& layer : golden.parameters) {
        fill(layer.weights, sign * 15.875f);
        fill(layer.biases, sign * 15.5f);
      }
      golden.sample.inputs = {0.125f, -0.0625f, 0.03125f};
      golden.sample.target = {8, -8, sign * 7, sign * -7, 0};
      cases.push_back(std::move(golden));
    }
}

/// Six deltas of up to 8 times equal weights.
Int32FixedCase hidden_sum(const std::string& name, const char* sizes, const char* hidden,
                          float weight) {
  auto golden = drawn_int32_fixed(
      name, "SPEC 13.5", network_from_text(sizes, fmt::format("{}-identity", hidden), "mse"), 0.5f,
      0.0009765625f, {"hidden_sum"});
  fill(golden.parameters[1].weights, weight);
  std::ranges::fill(golden.sample.target, -8.0f);
  return golden;
}

void add_delta_saturation(Int32FixedCases& cases) {
  for (const float target : {-300.0f, -8.0f, 7.9f, 300.0f}) {
    auto golden = drawn_int32_fixed(
        fmt::format("target_{}_{}", sign_of(target), std::lround(std::abs(target))), "SPEC 13.5",
        network_from_text("3-4-2", "tanh-identity", "mse"), 1, 0.0009765625f,
        {"delta_saturation", "input_quantization"});
    golden.parameters[1].biases = {quantize_int32(12.0f, fixed_parameter_bits),
                                   quantize_int32(-12.0f, fixed_parameter_bits)};
    golden.sample.target = {target, -target};
    cases.push_back(std::move(golden));
  }
  for (const char* hidden : {"tanh", "sigmoid", "relu", "identity"})
    cases.push_back(hidden_sum(fmt::format("hidden_sum_{}", hidden), "2-5-6", hidden, 15.75f));
  // Weights of a row add up to less than 64. All a_1 are 0, so that deltas are 7 at least.
  auto below_8 = hidden_sum("hidden_sum_of_weights_below_8", "1-2-6", "tanh", 7.75f);
  fill(below_8.parameters[0].weights, 0);
  fill(below_8.parameters[0].biases, 0);
  cases.push_back(std::move(below_8));
}

void add_learning_rates(Int32FixedCases& cases) {
  const Network network = network_from_text("3-5-2", "tanh-sigmoid", "bce");
  for (const auto& [name, rate] :
       {std::pair{"0.001", 0.001f}, std::pair{"0.01", 0.01f}, std::pair{"0.1", 0.1f},
        std::pair{"0.3", 0.3f}, std::pair{"1", 1.0f}, std::pair{"3", 3.0f}, std::pair{"7.9", 7.9f},
        std::pair{"64", 64.0f}, std::pair{"1e-6", 1e-6f}, std::pair{"1e-20", 1e-20f},
        std::pair{"1e20", 1e20f}, std::pair{"subnormal", 0x1p-140f}})
    cases.push_back(drawn_int32_fixed(fmt::format("rate_{}", name), "SPEC 13.6", network, 1, rate,
                                      {"learning_rate", "step_saturation"}));
  // Rates whose steps are shifted by one bit, in the first layer and behind tanh, or by none.
  for (const auto& [name, rate] :
       {std::pair{"0.02", 0.02f}, std::pair{"0.1", 0.1f}, std::pair{"0.2", 0.2f}})
    cases.push_back(drawn_int32_fixed(fmt::format("rate_{}_of_large_weights", name), "SPEC 13.6",
                                      network_from_text("2-1-1", "tanh-sigmoid", "bce"), 15, rate,
                                      {"learning_rate", "wide_weights"}));
  for (const auto& [name, rate] : {std::pair{"two", 2.0f}, std::pair{"hundredth", 0.01f}})
    cases.push_back(drawn_int32_fixed(fmt::format("rate_{}_behind_relu", name), "SPEC 13.6",
                                      network_from_text("4-5-3", "relu-identity", "mse"), 1, rate,
                                      {"learning_rate", "step_saturation"}));
}

void add_inputs(Int32FixedCases& cases) {
  auto ties =
      drawn_int32_fixed("inputs_on_ties", "SPEC 13.2", network_from_text("8-3", "identity", "mse"),
                        8, 0.25f, {"input_quantization"});
  ties.sample.inputs = {0x1p-29f,        -0x1p-29f, 0x1.8p-28f, -0x1.8p-28f,
                        0x0.ffffffp-29f, 0x1p-149f, -0.0f,      0x1.fffffep-30f};
  cases.push_back(std::move(ties));
  auto beyond =
      drawn_int32_fixed("inputs_beyond_8", "SPEC 13.2", network_from_text("6-3", "tanh", "mse"),
                        0.5f, 0.25f, {"input_quantization"});
  beyond.sample.inputs = {8.5f, -8.5f, 1e30f, -1e30f, 8.0f, -8.0f};
  cases.push_back(std::move(beyond));
}

void add_quantize_int32(std::vector<ArithmeticCase>& all) {
  OperationCases cases(all, LSGD_OPERATION_QUANTIZE_INT32);
  for (const int n : {0, 27, 28, 30}) {
    const auto b = static_cast<std::uint32_t>(n);
    const auto add = [&](const std::string& flag, std::initializer_list<float> values) {
      for (const float value : values) {
        cases.add(flag, bits_of(std::ldexp(value, -n)), b);
        cases.add(flag, bits_of(-std::ldexp(value, -n)), b);
      }
    };
    add("tie", {0.5f, 1.5f, 2.5f, 1000.5f, 4194303.5f});
    add("near_tie", {std::nextafter(0.5f, 0.0f), std::nextafter(0.5f, 1.0f),
                     std::nextafter(1.5f, 0.0f), std::nextafter(2.5f, 3.0f)});
    add("truncation", {0.25f, 0.75f, 1, 99.7f, 16777215, 0x1.fffffep29f, 0x1.fffffep30f});
    add("saturation", {0x1p31f, 0x1.000002p31f, 0x1p32f, 1e20f});
    for (const float value : {0.0f, -0.0f}) cases.add("signed_zero", bits_of(value), b);
    for (const float value : {0x1p-149f, -0x1p-149f, 0x1p-126f})
      cases.add("subnormal", bits_of(value), b);
  }
}

void add_int32_fixed_function(std::vector<ArithmeticCase>& all, ArithmeticOperation operation) {
  OperationCases cases(all, operation);
  const auto add = [&](const std::string& flag, std::int32_t z) {
    cases.add(flag, static_cast<std::uint32_t>(z), 0);
  };
  for (const std::int32_t z : {0, 1, -1, 2, -2, 1000, -1000, 1 << 20, -(1 << 20)})
    add("small_argument", z);
  constexpr std::int32_t end = std::numeric_limits<std::int32_t>::max();
  for (const std::int32_t z : {end, end - 1, -end, -end - 1, 1 << 30, -(1 << 30), 22 << 25,
                               -(22 << 25), 11 << 25, -(11 << 25)})
    add("saturated_output", z);
  // Every whole and half exponent of two, and beside it.
  for (int k = 1; k < 48; ++k)
    for (const int beside : {-1, 0, 1})
      add("reduction",
          static_cast<std::int32_t>(std::lround(0.34657359027997264 * k * 0x1p25)) + beside);
  SeededNumbers numbers(name_of(operation));
  for (const int magnitude_bits : {24, 26, 28, 30})
    for (int i = 0; i < 24; ++i) {
      const std::int64_t range = std::int64_t{1} << magnitude_bits;
      const auto drawn = numbers.below(static_cast<std::uint64_t>(2 * range));
      add("activation", static_cast<std::int32_t>(static_cast<std::int64_t>(drawn) - range));
    }
}

}  // namespace

std::vector<GoldenCase> with_int32_fixed_cases(const std::vector<Binary32GoldenCase>& common) {
  Int32FixedCases cases = converted_cases<Int32Parameters>(
      common, [](const Binary32GoldenCase& c) { return int32_fixed_parameters(c.parameters); });
  add_large_sums(cases);
  add_medium_sums(cases);
  add_sums_of_large_activations(cases);
  add_moderate_sums(cases);
  add_parameter_saturation(cases);
  add_delta_saturation(cases);
  add_learning_rates(cases);
  add_inputs(cases);
  return golden_cases_of(cases);
}

void add_int32_fixed_operations(std::vector<ArithmeticCase>& cases) {
  add_quantize_int32(cases);
  add_int32_fixed_function(cases, LSGD_OPERATION_FIXED_SIGMOID);
  add_int32_fixed_function(cases, LSGD_OPERATION_FIXED_TANH);
}

}  // namespace lsgd
