// SPDX-License-Identifier: Apache-2.0
#include "cases/edge_cases.hpp"

#include <algorithm>
#include <array>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "cases/rounded_twice.hpp"
#include "cases/seeded_numbers.hpp"
#include "data/network_text.hpp"

namespace lsgd {
namespace {

using EdgeCases = std::vector<Binary32GoldenCase>;
using Numbers = std::vector<float>;
using EdgeLayer = LayerParameters<float>;

Binary32GoldenCase edge_case(std::string name, std::string clause, const Network& network,
                             const std::vector<EdgeLayer>& layers, Sample sample,
                             float learning_rate, std::vector<std::string> flags) {
  Binary32GoldenCase result;
  result.name = std::move(name);
  result.clause = std::move(clause);
  result.network = network;
  result.parameters = layers;
  result.sample = std::move(sample);
  result.learning_rate = learning_rate;
  result.flags = std::move(flags);
  return result;
}

Numbers drawn_by(SeededNumbers& numbers, std::size_t count, float scale) {
  Numbers drawn;
  for (std::size_t i = 0; i < count; ++i) drawn.push_back(scale * numbers.signed_unit());
  return drawn;
}

/// A linear layer of one input and its case, without biases.
Binary32GoldenCase linear(const std::string& name, const std::string& clause, float x,
                          const Numbers& weights, const Numbers& target, float learning_rate,
                          const std::string& flag) {
  return edge_case(name, clause,
                   network_from_text(fmt::format("1-{}", weights.size()), "identity", "mse"),
                   {{weights, Numbers(weights.size())}}, {{x}, target}, learning_rate, {flag});
}

/// 1-1-1, linear, with these weights and no biases.
Binary32GoldenCase linear_chain(const std::string& name, const std::string& clause, float x,
                                float first, float second, float target, float learning_rate,
                                const std::string& flag) {
  return edge_case(name, clause, network_from_text("1-1-1", "identity-identity", "mse"),
                   {{{first}, {0}}, {{second}, {0}}}, {{x}, {target}}, learning_rate, {flag});
}

/// Every operation of a step that can overflow, each in an element which every order makes
/// infinite, and large numbers beside it that stay finite.
void add_overflows(EdgeCases& cases) {
  cases.push_back(linear("overflowing_products", "SPEC 5.8", 0x1p70f,
                         {0x1p60f, -0x1p60f, 0x1.08p58f, -0x1.08p58f, 0x1.8p57f, -0x1.8p57f, 1},
                         {0, 0, 0, 0, 0x1.8p127f, -0x1.8p127f, 0x1p70f}, 4, "overflow"));
  auto relu = linear("overflowing_products_of_relu", "SPEC 5.8", -0x1p70f,
                     {-0x1p60f, -0x1.08p58f, -0x1.8p57f}, {0, 0, 0x1.8p127f}, 4, "overflow");
  relu.network.layers[0].activation = Activation::relu;
  cases.push_back(std::move(relu));
  // No product overflows, and no term of a sum.
  constexpr float large = 0x1.8p127f;
  cases.push_back(edge_case("overflowing_sums", "SPEC 5.8",
                            network_from_text("2-5", "identity", "mse"),
                            {{{large, large, -large, -large, large, -large, large, 0, -large, 0},
                              {0, 0, 0, large, -large}}},
                            {{1, 1}, {0, 0, 0x1.cp126f, 0, 0}}, 4, {"overflow"}));
  cases.push_back(edge_case("overflowing_differences", "SPEC 5.8",
                            network_from_text("1-3", "identity", "mse"),
                            {{Numbers(3), {large, -large, 0x1p126f}}},
                            {{1}, {-large, large, -0x1p126f}}, 4, {"overflow"}));
  cases.push_back(edge_case("overflowing_changes", "SPEC 5.8",
                            network_from_text("2-4", "identity", "mse"), {{Numbers(8), Numbers(4)}},
                            {{0x1p100f, 1}, {0x1p40f, -0x1p40f, 0x1.8p26f, -0x1.08p28f}}, 1,
                            {"overflow"}));
  // Changes of 0.9 * 2^127, which take one weight of each row beyond the end.
  cases.push_back(edge_case("overflowing_weights", "SPEC 5.8",
                            network_from_text("2-2", "identity", "mse"),
                            {{{large, -large, -large, large}, Numbers(2)}},
                            {{1, 1}, {0x1.cccp126f, -0x1.cccp126f}}, 1, {"overflow"}));
  cases.push_back(edge_case("overflowing_rate_times_delta", "SPEC 5.8",
                            network_from_text("1-3", "identity", "mse"), {{Numbers(3), Numbers(3)}},
                            {{0x1p-100f}, {0x1p60f, -0x1p60f, 0x1p26f}}, 0x1p100f, {"overflow"}));
  for (const float sign : {1.0f, -1.0f})
    cases.push_back(
        linear_chain(fmt::format("overflowing_hidden_product_{}", sign < 0 ? "minus" : "plus"),
                     "SPEC 5.8", 1, 0, sign * 0x1p100f, 0x1p30f, 4, "overflow"));
  cases.push_back(edge_case("overflowing_hidden_sums", "SPEC 5.8",
                            network_from_text("1-2-2", "identity-identity", "mse"),
                            {{Numbers(2), Numbers(2)}, {{1, -1, 1, -1}, Numbers(2)}},
                            {{1}, {large, large}}, 4, {"overflow"}));
}

/// Products of the forward pass, of the update and of the hidden delta, alone in their elements,
/// that two roundings get wrong.
void add_products_rounded_twice(EdgeCases& cases) {
  SeededNumbers numbers("rounded_twice");
  const float factor = std::ldexp(1 + std::abs(numbers.signed_unit()), -62);
  const auto draw = [&] {
    Numbers drawn;
    while (drawn.size() < 6) {
      const int exponent = -63 - static_cast<int>(numbers.below(5));
      const float other = std::ldexp(numbers.signed_unit(), exponent);
      if (is_rounded_twice_wrongly(double{factor} * double{other})) drawn.push_back(other);
    }
    return drawn;
  };
  cases.push_back(linear("forward_products_rounded_twice", "SPEC 3.1", factor, draw(), Numbers(6),
                         1, "rounded_twice"));
  cases.push_back(linear("update_products_rounded_twice", "SPEC 3.1", factor, Numbers(6), draw(), 1,
                         "rounded_twice"));
  cases.push_back(edge_case("hidden_delta_products_rounded_twice", "SPEC 3.1",
                            network_from_text("1-6-1", "identity-identity", "mse"),
                            {{Numbers(6), Numbers(6)}, {draw(), {0}}}, {{0}, {factor}}, 1,
                            {"rounded_twice"}));
}

/// Each operand of a step below 2^-126 once, beside one so large that the result is not.
void add_small_operands(EdgeCases& cases) {
  constexpr float small = 0x1.8p-130f;
  constexpr float large = 0x1.4p100f;
  const std::string flag = "subnormal_operand";
  const auto single = [&](const std::string& site, float x, float w, float t, float rate) {
    cases.push_back(linear("subnormal_" + site, "SPEC 5.3", x, {w, -w}, {t, -t}, rate, flag));
  };
  const auto chain = [&](const std::string& site, float x, float first, float second, float t,
                         float rate) {
    cases.push_back(linear_chain("subnormal_" + site, "SPEC 5.3", x, first, second, t, rate, flag));
  };
  single("weight_of_the_forward_pass", large, small, 1, 0x1p-100f);
  single("input_of_the_forward_pass", small, large, 1, 1);
  single("input_of_the_update", small, 0, large, 1);
  single("target", 1, 0, small, large);
  single("learning_rate", 1, 0, large, small);
  single("output", small, 1, 0, large);
  single("step", large, 0, small, 1);
  chain("activation_of_the_forward_pass", small, 1, large, 1, 1);
  chain("activation_of_the_update", small, 1, 0, large, 1);
  chain("weight_of_the_hidden_delta", 0, 0, small, large, 1);
  chain("delta_of_the_hidden_delta", 0, 0, large, small, 1);
  for (const char* function : {"tanh", "identity"})
    cases.push_back(
        edge_case(fmt::format("subnormal_bias_below_{}", function), "SPEC 5.3",
                  network_from_text("1-1-1", fmt::format("{}-identity", function), "mse"),
                  {{{0}, {small}}, {{large}, {0}}}, {{1}, {1}}, 0x1p-20f, {flag}));
  // a and f' are about 2^-128.
  cases.push_back(edge_case("subnormal_derivative", "SPEC 5.3",
                            network_from_text("1-2", "sigmoid", "mse"), {{{-88.75f, -89}, {0, 0}}},
                            {{1}, {large, -large}}, 1, {flag}));
  // Vector units take them in blocks and the rest one by one.
  cases.push_back(edge_case(
      "subnormal_weights_of_a_long_row", "SPEC 5.3", network_from_text("40-1", "identity", "mse"),
      {{Numbers(40, small), {0}}}, {Numbers(40, large), {1}}, 0x1p-100f, {flag}));
}

/// Operands of the backward pass of int8_hybrid, which is in binary32.
void add_small_operands_of_int8(EdgeCases& cases) {
  constexpr float small = 0x1.8p-127f;
  constexpr float large = 0x1.4p125f;
  for (const auto& [site, x, target, rate] :
       {std::tuple{"input_of_the_update", small, large, 1.0f},
        std::tuple{"target", 1.0f, small, large}, std::tuple{"learning_rate", 1.0f, large, small}})
    cases.push_back(linear(fmt::format("subnormal_{}", site), "SPEC 5.3", x, {0, 0},
                           {target, -target}, rate, "subnormal_operand"));
}

/// bce with targets between 0 and 1, and beyond them: delta is a - t all the same (SPEC 2.5).
void add_soft_targets(EdgeCases& cases) {
  for (const auto& [name, sizes, activations, target] :
       {std::tuple{"soft_targets", "3-4", "sigmoid", Numbers{0.25f, 0.90625f, 0.5f, 0.03125f}},
        std::tuple{"soft_targets_of_a_hidden_layer", "4-3-5", "tanh-sigmoid",
                   Numbers{0.6875f, 0.125f, -0.25f, 1.5f, 0.4375f}},
        std::tuple{"soft_target_of_a_single_output", "3-1", "sigmoid", Numbers{0.75f}}}) {
    const Network network = network_from_text(sizes, activations, "bce");
    SeededNumbers numbers(name);
    std::vector<EdgeLayer> layers;
    for (const Layer& layer : network.layers) {
      Numbers weights = drawn_by(numbers, layer.weight_count(), 0.9f);
      layers.push_back({std::move(weights), drawn_by(numbers, layer.outputs, 0.5f)});
    }
    cases.push_back(edge_case(name, "SPEC 2.5", network, layers,
                              {drawn_by(numbers, network.inputs(), 1), target}, 0.5f,
                              {"soft_target"}));
  }
}

/// Whether truncation, or rounding away from zero, puts an element at this exact value beyond a
/// bound of up to five eighths of an ulp.
bool shows_rounding(double exact) {
  int exponent = 0;
  const double significand = 2 * std::frexp(std::abs(exact), &exponent);
  const double ulps = std::ldexp(significand, 23);
  const double fraction = ulps - std::floor(ulps);
  return significand < 1.1 && (fraction > 0.75 || (fraction > 0 && fraction < 0.25));
}

/// Elements that one operation of the forward pass alone has rounded.
void add_single_roundings(EdgeCases& cases) {
  SeededNumbers numbers("single_roundings");
  const float x = 1 + std::abs(numbers.signed_unit());
  Numbers weights, small_weights, biases;
  while (weights.size() < 12)
    if (const float weight = numbers.signed_unit(); shows_rounding(double{weight} * double{x}))
      weights.push_back(weight);
  while (biases.size() < 12) {
    const float weight = 0x1p-6f * numbers.signed_unit();
    const float bias = numbers.signed_unit();
    if (!shows_rounding(double{weight} + double{bias})) continue;
    small_weights.push_back(weight);
    biases.push_back(bias);
  }
  cases.push_back(
      linear("products_alone", "SPEC 5.4", x, weights, Numbers(12), 0x1p-10f, "rounding"));
  cases.push_back(edge_case("sums_of_two", "SPEC 5.4", network_from_text("1-12", "identity", "mse"),
                            {{small_weights, biases}}, {{1}, Numbers(12)}, 0x1p-10f, {"rounding"}));
}

/// Weights of one unit of z, so that z is the quantized input: ties of either sign, each alone.
void add_input_ties(EdgeCases& cases) {
  const Numbers halves{0.5f, -0.5f, 1.5f, -1.5f, -2.5f, 63.5f, -63.5f, -126.5f, -127.5f, -3.5f};
  const auto n = halves.size();
  EdgeLayer layer{Numbers(n * n), Numbers(n)};
  Sample sample{{}, Numbers(n)};
  // A weight of 8 has fraction bits of 4, and 128 * 128 units of the product are one of z.
  for (std::size_t i = 0; i < n; ++i) {
    layer.weights[i * n + i] = 8;
    sample.inputs.push_back(halves[i] / 128);
  }
  cases.push_back(edge_case("input_ties_alone", "SPEC 4.3",
                            network_from_text(fmt::format("{0}-{0}", n), "identity", "mse"),
                            {layer}, sample, 0x1p-10f, {"input_quantization"}));
}

/// Sums of int32_fixed that a port may take for smaller ones: weights below 8, inputs of every
/// size, and a bias that decides.
void add_sums_beyond_headroom(EdgeCases& cases) {
  const auto add = [&](const std::string& name, std::string_view sizes,
                       std::string_view activations, const std::vector<EdgeLayer>& layers,
                       float x) {
    const Network network = network_from_text(sizes, activations, "mse");
    for (const float sign : {1.0f, -1.0f}) {
      std::vector<EdgeLayer> signed_layers = layers;
      for (float& weight : signed_layers.back().weights) weight *= sign;
      for (float& bias : signed_layers.back().biases) bias *= sign;
      cases.push_back(edge_case(fmt::format("{}_{}", name, sign < 0 ? "minus" : "plus"),
                                "SPEC 13.3", network, signed_layers,
                                {Numbers(network.inputs(), x), Numbers(network.outputs(), 0.5f)},
                                0x1p-10f, {"z_saturation"}));
    }
  };
  const EdgeLayer ones{Numbers(9), Numbers(9, 15)};
  for (const char* output : {"sigmoid", "tanh", "identity"})
    // 9 * 6.6 is below 64, with the bias it is not.
    add(fmt::format("bias_beyond_the_sum_{}", output), "1-9-1", fmt::format("tanh-{}", output),
        {ones, {Numbers(9, 6.6f), {7.9f}}}, 0);
  add("inputs_above_1_tanh", "36-1", "tanh", {{Numbers(36, 6.9f), {0}}}, 1.9f);
  add("inputs_just_above_1_sigmoid", "36-1", "sigmoid", {{Numbers(36, 6.9f), {7}}}, 1.0625f);
  add("sum_between_64_and_256", "12-1", "tanh", {{Numbers(12, 7.5f), {7}}}, 1);
  add("activations_of_8", "1-7-1", "relu-tanh",
      {{Numbers(7), Numbers(7, 15)}, {Numbers(7, 7.5f), {0}}}, 0);
  // Small weights, and a bias that reaches the end of its range.
  cases.push_back(edge_case("bias_alone_reaches_the_end", "SPEC 13.6",
                            network_from_text("1-1", "sigmoid", "bce"), {{{0}, {15.95f}}},
                            {{0.5f}, {7.9f}}, 0.02f, {"parameter_saturation"}));
}

/// Slopes on either side of zero, at zero and where products with them underflow.
void add_leaky_relu(EdgeCases& cases) {
  const std::vector<std::string> flags{"leaky_relu", "delta_observable"};
  // Without biases and with a learning rate of 1 the new biases are the deltas.
  const Numbers z{0,          0x1p-126f,  -0x1p-126f, 0x1p-149f, -0x1p-149f, -0x1p-147f,
                  -0x1p-146f, -0x5p-149f, -0xcp-149f, 1,         -1,         -0x1p100f};
  Numbers target(z.size(), -1);
  target.back() = 0;
  cases.push_back(edge_case("leaky_relu_at_zero", "SPEC 2.2",
                            network_from_text(fmt::format("1-{}", z.size()), "leaky_relu", "mse"),
                            {{z, Numbers(z.size())}}, {{1}, target}, 1, flags));
  cases.push_back(edge_case("hidden_leaky_relu_at_zero", "SPEC 2.6",
                            network_from_text("2-4-2", "leaky_relu-identity", "mse"),
                            {{{1, -1, -1, -1, 1, 1, 0, -0x1p-147f}, Numbers(4)},
                             {{1, 2, 3, -0.5f, -4, 5, -6, 0x1p-140f}, Numbers(2)}},
                            {{0.5f, 0.5f}, {1, -1}}, 1, flags));
  for (const auto& [name, sizes, activations] :
       {std::array{"leaky_relu_outputs", "3-7", "leaky_relu"},
        std::array{"leaky_relu_layers", "4-9-5-3", "leaky_relu-leaky_relu-leaky_relu"},
        std::array{"leaky_relu_behind_tanh", "5-8-6-1", "tanh-leaky_relu-sigmoid"}}) {
    const Network network = network_from_text(sizes, activations, "mse");
    SeededNumbers numbers(name);
    std::vector<EdgeLayer> layers;
    for (const Layer& layer : network.layers)
      layers.push_back({drawn_by(numbers, layer.weight_count(), 0.9f), Numbers(layer.outputs)});
    Sample sample{drawn_by(numbers, network.inputs(), 1), drawn_by(numbers, network.outputs(), 1)};
    cases.push_back(edge_case(name, "SPEC 2.6", network, layers, std::move(sample), 1, flags));
  }
}

/// Softmax where its exponentials overflow and underflow without the largest z subtracted, where
/// one output has all of the probability or all have the same, and of ordinary layers.
void add_softmax(EdgeCases& cases) {
  const std::vector<std::string> flags{"softmax", "delta_observable"};
  // Without biases and with a learning rate of 1 the new biases are the deltas.
  const auto add = [&](const std::string& name, const Numbers& z, const Numbers& target) {
    cases.push_back(
        edge_case(name, "SPEC 5.13",
                  network_from_text(fmt::format("1-{}", z.size()), "softmax", "cross_entropy"),
                  {{z, Numbers(z.size())}}, {{1}, target}, 1, flags));
  };
  add("softmax_of_equals", Numbers(4, 3), {0, 1, 0, 0});
  add("softmax_of_three_equals", Numbers(3, -0.75f), {0.25f, 0.5f, 0.25f});
  add("softmax_of_two", {0.75f, -1.25f}, {0, 1});
  add("softmax_of_large", {100, 99, 97.5f, -100, 100}, {0, 0, 1, 0, 0});
  add("softmax_of_thousands", {1001, 999.5f, 1000.25f, 996, 998}, {1, 0, 0, 0, 0});
  add("softmax_far_below_zero", {-200, -201.5f, -203, -200.125f}, {0, 1, 0, 0});
  add("softmax_of_one_for_all", {12, -2, -3.5f, -1}, {1, 0, 0, 0});
  add("softmax_subnormal", {2, -85, -87.5f, -92, -99, -101, -102.5f, -110},
      {0, 1, 0, 0, 0, 0, 0, 0});
  add("softmax_of_the_last", {-3, -2, -4, 1.5f}, {0, 0, 0, 1});
  add("softmax_of_a_first_far_below", {-100, 2, 1, -3}, {0, 1, 0, 0});
  for (const auto& [name, sizes, activations, spread] :
       {std::tuple{"softmax_outputs", "3-7", "softmax", 0.9f},
        std::tuple{"softmax_behind_tanh", "5-8-4", "tanh-softmax", 2.0f},
        std::tuple{"softmax_behind_relu", "4-9-5-3", "relu-relu-softmax", 1.5f},
        std::tuple{"softmax_of_many", "4-37", "softmax", 3.0f}}) {
    const Network network = network_from_text(sizes, activations, "cross_entropy");
    SeededNumbers numbers(name);
    std::vector<EdgeLayer> layers;
    for (const Layer& layer : network.layers) {
      Numbers weights = drawn_by(numbers, layer.weight_count(), spread);
      layers.push_back({std::move(weights), drawn_by(numbers, layer.outputs, 0.5f)});
    }
    Numbers target(network.outputs());
    // Multiples of 2^-6 that sum to 1.
    for (int part = 0; part < 64; ++part) target[numbers.below(target.size())] += 0x1p-6f;
    cases.push_back(edge_case(name, "SPEC 2.5", network, layers,
                              {drawn_by(numbers, network.inputs(), 1), target}, 0.5f, {"softmax"}));
  }
}

/// Hidden deltas whose terms are far apart or cancel. Without biases and with a learning rate of 1
/// the new biases are the deltas.
void add_hidden_deltas(EdgeCases& cases) {
  // The first weights are 0, so the outputs are, too.
  const auto add = [&](const std::string& name, const Numbers& weights, const Numbers& deltas,
                       const std::string& flag) {
    const std::size_t hidden = weights.size() / deltas.size();
    Numbers target;
    for (const float delta : deltas) target.push_back(-delta);
    cases.push_back(
        edge_case(name, "SPEC 2.6",
                  network_from_text(fmt::format("1-{}-{}", hidden, deltas.size()),
                                    "identity-identity", "mse"),
                  {{Numbers(hidden), Numbers(hidden)}, {weights, Numbers(deltas.size())}},
                  {{1}, target}, 1, {flag, "delta_observable"}));
  };
  // A delta of 0 beside a large weight, in turn in every place of four.
  for (std::size_t zero = 0; zero < 4; ++zero) {
    SeededNumbers numbers(fmt::format("zero_delta_{}_of_4", zero));
    Numbers deltas = drawn_by(numbers, 4, 0x1p-46f);
    deltas[zero] = 0;
    Numbers weights = drawn_by(numbers, 20, 1);
    for (std::size_t i = 0; i < 5; ++i) weights[5 * zero + i] *= 0x1p20f * (i < 2 ? 0x1p20f : 1);
    add(fmt::format("zero_delta_{}_of_4", zero), weights, deltas, "far_exponents");
  }
  // Products of 1 and of less than 1 by 2^-k, k from 1 to 23.
  Numbers cancelling(23, 1);
  for (int k = 1; k <= 23; ++k) cancelling.push_back(std::ldexp(1.0f, -k) - 1);
  add("cancelling_hidden_deltas", cancelling, {1, 1}, "cancellation");
  // Subnormal weights that cancel if a one is put before their bits.
  add("cancelling_subnormal_weights",
      {0, 0x1p-129f, 0x1p-128f, -0x1p-128f, 0x1p-126f, -0x1p-127f, -0x1.6p-127f, -0x1.cp-127f,
       0x1.cp-127f, -0x1.8p-126f},
      {1.5f, 1}, "subnormal");
}

/// Changes below 2^-126 of weights about and below it: each ulp is 2^-149 there.
void add_changes_of_subnormal_weights(EdgeCases& cases) {
  const Numbers weights{0, -0.0f, 0x1p-130f, -0x1p-130f, 0x1p-126f, -0x1p-126f, 0x1.8p-126f};
  cases.push_back(linear("changes_of_subnormal_weights", "SPEC 5.3", 0x1.8p-41f, weights,
                         {100, 77, -100, 51, 120, -90, 65}, 0x1p-100f, "subnormal"));
}

}  // namespace

std::vector<Binary32GoldenCase> float32_edge_cases() {
  EdgeCases cases;
  add_soft_targets(cases);
  add_single_roundings(cases);
  add_overflows(cases);
  add_products_rounded_twice(cases);
  add_small_operands(cases);
  add_leaky_relu(cases);
  add_softmax(cases);
  add_hidden_deltas(cases);
  add_changes_of_subnormal_weights(cases);
  return cases;
}

std::vector<Binary32GoldenCase> int8_hybrid_edge_cases() {
  EdgeCases cases;
  add_soft_targets(cases);
  add_input_ties(cases);
  add_small_operands_of_int8(cases);
  return cases;
}

std::vector<Binary32GoldenCase> int8_integer_edge_cases() {
  EdgeCases cases;
  add_soft_targets(cases);
  add_input_ties(cases);
  return cases;
}

std::vector<Binary32GoldenCase> int32_fixed_edge_cases() {
  EdgeCases cases;
  add_soft_targets(cases);
  add_sums_beyond_headroom(cases);
  return cases;
}

}  // namespace lsgd
