// SPDX-License-Identifier: Apache-2.0
#include "cases/int8_integer_golden_cases.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <utility>

#include "cases/seeded_numbers.hpp"
#include "data/network_text.hpp"
#include "steps/expected_step.hpp"

namespace lsgd {
namespace {

using Int8IntegerCase = TypedGoldenCase<Int8IntegerParameters>;
using Int8IntegerCases = std::vector<Int8IntegerCase>;
using Flags = std::vector<std::string>;

/// int8 patterns throughout their range.
Int8Tensor drawn_weights(SeededNumbers& numbers, std::size_t count, int fraction_bits) {
  Int8Tensor tensor;
  tensor.fraction_bits = fraction_bits;
  for (std::size_t i = 0; i < count; ++i)
    tensor.values.push_back(static_cast<std::int8_t>(static_cast<int>(numbers.below(256)) - 128));
  return tensor;
}

std::vector<std::int16_t> drawn_biases(SeededNumbers& numbers, std::size_t count) {
  std::vector<std::int16_t> biases;
  for (std::size_t i = 0; i < count; ++i)
    biases.push_back(static_cast<std::int16_t>(static_cast<int>(numbers.below(16384)) - 8192));
  return biases;
}

/// Weights of the whole int8 range, biases within +-2, a sample within +-1 and a target within
/// +-1 (one-hot for bce), drawn by the case's name.
Int8IntegerCase drawn_int8_integer(const std::string& name, const std::string& clause,
                                   const Network& network, const std::vector<int>& fraction_bits,
                                   float learning_rate, Flags flags) {
  Int8IntegerCase result;
  result.name = name;
  result.clause = clause;
  result.network = network;
  result.learning_rate = learning_rate;
  result.flags = std::move(flags);
  SeededNumbers numbers(name);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[l];
    Int8Tensor weights = drawn_weights(numbers, layer.weight_count(), fraction_bits[l]);
    result.parameters.layers.push_back({std::move(weights), drawn_biases(numbers, layer.outputs)});
  }
  for (std::uint32_t i = 0; i < network.inputs(); ++i)
    result.sample.inputs.push_back(numbers.signed_unit());
  for (std::uint32_t j = 0; j < network.outputs(); ++j)
    result.sample.target.push_back(network.loss == Loss::bce ? static_cast<float>(j == 0)
                                                             : numbers.signed_unit());
  result.parameters.random_bits.state = random_state_drawn_by(name);
  return result;
}

/// Every n_W below an input of 7 and, behind relu, of 4 fraction bits: bias shifts from -8 to 2 and
/// output shifts from 0 to 10.
void add_shifts(Int8IntegerCases& cases) {
  const Network network = network_from_text("3-3-2", "relu-identity", "mse");
  for (int n = 0; n <= 7; ++n) {
    auto golden_case = drawn_int8_integer(fmt::format("shifts_weights_{}", n), "SPEC 11.4", network,
                                          {n, 7 - n}, 0.0625f, {"shifts", "wide_weights"});
    for (auto& [weights, biases] : golden_case.parameters.layers)
      for (std::int8_t& weight : weights.values)
        weight = static_cast<std::int8_t>(weight >> std::max(0, 6 - weights.fraction_bits));
    cases.push_back(std::move(golden_case));
  }
}

void add_learning_rates(Int8IntegerCases& cases) {
  const Network network = network_from_text("4-3-2", "tanh-sigmoid", "bce");
  for (int k = -1; k <= 12; ++k)
    cases.push_back(drawn_int8_integer(
        fmt::format("rate_{}", k < 0 ? "two" : fmt::format("two_to_minus_{}", k)), "SPEC 11.2",
        network, {6, 6}, std::ldexp(1.0f, -k), {"learning_rate", "draws"}));
  for (const auto& [name, rate] :
       {std::pair{"hundredth", 0.01f}, std::pair{"three_quarters", 0.75f},
        std::pair{"billionth", 1e-9f}, std::pair{"thousand", 1000.0f}})
    cases.push_back(drawn_int8_integer(fmt::format("rate_{}", name), "SPEC 11.2", network, {6, 6},
                                       rate, {"learning_rate"}));
}

void add_random_states(Int8IntegerCases& cases) {
  const Network network = network_from_text("5-4-3", "tanh-sigmoid", "bce");
  for (const std::uint32_t state : {0U, 1U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    auto golden_case = drawn_int8_integer(fmt::format("random_state_{:08x}", state), "SPEC 11.3",
                                          network, {7, 7}, 0.0078125f, {"random_state", "draws"});
    golden_case.parameters.random_bits.state = state;
    cases.push_back(std::move(golden_case));
  }
}

/// Targets far away: deltas, sums, weights and biases leave their formats.
void add_saturations(Int8IntegerCases& cases) {
  for (const float target : {-300.0f, -20.0f, 7.9f, 20.0f, 300.0f}) {
    const auto name =
        fmt::format("target_{}{}", target < 0 ? "minus_" : "", static_cast<int>(std::abs(target)));
    auto golden_case =
        drawn_int8_integer(name, "SPEC 11.5", network_from_text("3-4-2", "tanh-identity", "mse"),
                           {6, 6}, 0.125f, {"delta_saturation", "hidden_sum"});
    golden_case.sample.target = {target, -target};
    cases.push_back(std::move(golden_case));
  }
  for (const auto& [sizes, activations] :
       {std::pair{"2-3-300", "tanh-tanh"}, std::pair{"2-3-17", "sigmoid-sigmoid"},
        std::pair{"2-3-17", "relu-identity"}}) {
    const std::string hidden(activations, std::string_view(activations).find('-'));
    auto golden_case = drawn_int8_integer("hidden_sum_" + hidden, "SPEC 11.6",
                                          network_from_text(sizes, activations, "mse"), {6, 7},
                                          0x1p-9f, {"hidden_sum", "hidden_size"});
    std::ranges::fill(golden_case.sample.target, -100.0f);
    std::ranges::fill(golden_case.parameters.layers[1].weights.values, std::int8_t{-128});
    cases.push_back(std::move(golden_case));
  }
  auto saturated =
      drawn_int8_integer("saturated_sigmoid", "SPEC 11.5",
                         network_from_text("1-4", "sigmoid", "bce"), {7}, 1, {"saturated_output"});
  saturated.parameters.layers[0].biases = {32767, -32768, 32767, -32768};
  saturated.sample.target = {0, 1, 1, 0};
  cases.push_back(std::move(saturated));
  for (const float rate : {1.0f, 0.25f}) {
    auto golden_case = drawn_int8_integer(
        fmt::format("biases_saturate_{}", rate == 1 ? "at_once" : "slowly"), "SPEC 11.7",
        network_from_text("2-4", "identity", "mse"), {4}, rate, {"bias_saturation"});
    golden_case.parameters.layers[0].biases = {32767, -32768, 32000, -32000};
    golden_case.sample.target = {100, -100, 100, -100};
    cases.push_back(std::move(golden_case));
  }
}

/// Weights that leave [-128, 127] with every n_W: halved above the floor, saturated below.
void add_halvings(Int8IntegerCases& cases) {
  for (int n = 0; n <= 7; ++n) {
    auto golden_case = drawn_int8_integer(
        fmt::format("overflow_with_{}_fraction_bits", n), "SPEC 11.8",
        network_from_text("3-4-3", "tanh-identity", "mse"), {n, n}, 0.5f,
        {"halving", "weight_saturation", n > 5 ? "draws" : "fraction_bits_floor"});
    golden_case.sample.inputs = {0.75f, -1, 0.5f};
    golden_case.sample.target = {40, -40, 0.25f};
    for (auto& [weights, biases] : golden_case.parameters.layers) {
      weights.values[0] = 127;
      weights.values[1] = -128;
      weights.values[2] = 126;
      std::ranges::fill(biases, std::int16_t{1000});
    }
    cases.push_back(std::move(golden_case));
  }
  auto exact = drawn_int8_integer("weights_at_the_ends_stay", "SPEC 11.8",
                                  network_from_text("4-2", "identity", "mse"), {7}, 0x1p-11f,
                                  {"halving", "weight_saturation"});
  exact.parameters.layers[0].weights.values = {127, -128, 127, -128, -128, 127, -128, 127};
  exact.sample.inputs = {0.0078125f, 0.0078125f, 0, 0};
  cases.push_back(std::move(exact));
}

/// Neurons whose delta is exactly 0 draw nothing, and their neighbours draw as if they were not
/// there.
void add_zero_deltas(Int8IntegerCases& cases) {
  auto golden_case = drawn_int8_integer("zero_deltas_between", "SPEC 11.7",
                                        network_from_text("3-5", "identity", "mse"), {7}, 0.0625f,
                                        {"draws", "zero_gradient"});
  golden_case.parameters.layers[0].biases = {4096, 4096, 4096, 4096, 4096};
  std::ranges::fill(golden_case.parameters.layers[0].weights.values, std::int8_t{0});
  golden_case.sample.target = {1, 0.5f, 1, 0.25f, 1};
  cases.push_back(std::move(golden_case));
  auto relu = drawn_int8_integer("zero_deltas_behind_relu", "SPEC 11.7",
                                 network_from_text("4-7-2", "relu-sigmoid", "bce"), {7, 7},
                                 0.015625f, {"draws", "zero_gradient"});
  for (std::size_t j = 0; j < 7; j += 2) relu.parameters.layers[0].biases[j] = -20000;
  cases.push_back(std::move(relu));
}

void add_samples(Int8IntegerCases& cases) {
  auto inputs = drawn_int8_integer("inputs_beyond_the_range", "SPEC 11.4",
                                   network_from_text("6-3", "identity", "mse"), {7}, 0.125f,
                                   {"input_quantization"});
  inputs.sample.inputs = {1, -1, 3.5f, -3.5f, 1e9f, 0x1p-149f};
  cases.push_back(std::move(inputs));
  for (const auto* activation : {"identity", "tanh", "sigmoid"}) {
    auto targets = drawn_int8_integer(fmt::format("targets_between_{}", activation), "SPEC 11.5",
                                      network_from_text("2-6", activation, "mse"), {7}, 1,
                                      {"target_rounding", "delta_observable"});
    targets.sample.target = {0x1p-8f, -0x1p-8f, 0x1.8p-7f, 0.123f, -0.789f, 0x1.7ffffep-7f};
    cases.push_back(std::move(targets));
  }
}

}  // namespace

std::vector<GoldenCase> with_int8_integer_cases(const std::vector<Binary32GoldenCase>& common) {
  Int8IntegerCases cases =
      converted_cases<Int8IntegerParameters>(common, [](const Binary32GoldenCase& c) {
        return int8_integer_parameters(c.parameters, random_state_drawn_by(c.name));
      });
  add_shifts(cases);
  add_learning_rates(cases);
  add_random_states(cases);
  add_saturations(cases);
  add_halvings(cases);
  add_zero_deltas(cases);
  add_samples(cases);
  return golden_cases_of(cases);
}

}  // namespace lsgd
