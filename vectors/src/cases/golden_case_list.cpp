// SPDX-License-Identifier: Apache-2.0
#include "cases/golden_case_list.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <tuple>
#include <utility>

#include <lsgd/step/int8_hybrid_step.hpp>

#include "cases/int32_fixed_golden_cases.hpp"
#include "cases/int8_integer_golden_cases.hpp"
#include "cases/seeded_numbers.hpp"
#include "cases/smallest_numbers.hpp"
#include "cases/typed_golden_case.hpp"
#include "data/network_text.hpp"

namespace lsgd {
namespace {

using enum Activation;
using Int8Case = TypedGoldenCase<Int8Parameters>;
using Binary32Cases = std::vector<Binary32GoldenCase>;
using Int8Cases = std::vector<Int8Case>;
using Values = std::vector<float>;
using Flags = std::vector<std::string>;

/// The functions of the cases that all profiles have in common.
constexpr std::array common_activations{identity, relu, sigmoid, Activation::tanh};

Activation activation_number(std::size_t number) { return common_activations[number % 4]; }

struct Shape {
  std::vector<std::uint32_t> sizes;
  std::vector<Activation> activations;
  Loss loss = Loss::mse;

  Network network() const {
    Network network{{}, loss};
    for (std::size_t l = 0; l + 1 < sizes.size(); ++l)
      network.layers.push_back({sizes[l], sizes[l + 1], activations[l]});
    return network;
  }
};

/// A case whose parameters, sample and target are all zero.
Binary32GoldenCase zero_case(std::string name, std::string clause, const Shape& shape,
                             float learning_rate, Flags flags) {
  Binary32GoldenCase result;
  result.name = std::move(name);
  result.clause = std::move(clause);
  result.network = shape.network();
  for (const Layer& layer : result.network.layers)
    result.parameters.push_back({Values(layer.weight_count()), Values(layer.outputs)});
  result.sample = {Values(result.network.inputs()), Values(result.network.outputs())};
  result.learning_rate = learning_rate;
  result.flags = std::move(flags);
  return result;
}

void draw(SeededNumbers& numbers, float scale, Values& values) {
  for (float& value : values) value = scale * numbers.signed_unit();
}

/// Fills in a sample, a target the outputs can be asked for, and parameters of up to `scale`, all
/// drawn by the case's name.
Binary32GoldenCase drawn(Binary32GoldenCase golden_case, float scale) {
  SeededNumbers numbers(golden_case.name);
  draw(numbers, 1, golden_case.sample.inputs);
  for (auto& layer : golden_case.parameters) {
    draw(numbers, scale, layer.weights);
    draw(numbers, 0.9f, layer.biases);
  }
  Values& target = golden_case.sample.target;
  if (golden_case.network.loss == Loss::bce) {
    const auto label = numbers.below(std::max<std::size_t>(target.size(), 2));
    if (target.size() == 1)
      target[0] = static_cast<float>(label);
    else
      target[label] = 1;
  } else {
    draw(numbers, 1, target);
  }
  return golden_case;
}

Binary32GoldenCase drawn(std::string name, std::string clause, const Shape& shape, Flags flags) {
  constexpr std::array<float, 3> scales{0.9f, 1.8f, 3.5f};
  constexpr std::array<float, 4> rates{0.01f, 0.25f, 0.5f, 1};
  SeededNumbers numbers("scale of " + name);
  const float scale = scales[numbers.below(scales.size())];
  const float rate = rates[numbers.below(rates.size())];
  return drawn(zero_case(std::move(name), std::move(clause), shape, rate, std::move(flags)), scale);
}

Loss loss_beside(Activation output) { return output == sigmoid ? Loss::bce : Loss::mse; }

/// Every length and neuron count from 1 to 17, and a length of 300.
void add_sizes(Binary32Cases& cases) {
  for (std::uint32_t n = 1; n <= 17; ++n) {
    const Activation activation = activation_number(n);
    cases.push_back(drawn(fmt::format("dense_{}x2_{}", n, to_text(activation)), "SPEC 2.4",
                          {{n, 2}, {activation}, loss_beside(activation)}, {"odd_length"}));
  }
  for (std::uint32_t n = 1; n <= 17; ++n) {
    for (const Activation activation : common_activations) {
      // The kinds of neuron count (one, odd, multiples of the unrolling) with every activation, the
      // others with one; 2x2 is among the lengths already.
      const bool is_kind = n == 1 || n == 3 || n == 5 || n == 8;
      if (n == 2 || (!is_kind && activation != activation_number(n + 1))) continue;
      Flags flags{"odd_neuron_count"};
      if (n == 1) flags.emplace_back("single_output");
      cases.push_back(drawn(fmt::format("dense_2x{}_{}", n, to_text(activation)), "SPEC 2.4",
                            {{2, n}, {activation}, loss_beside(activation)}, flags));
    }
  }
  cases.push_back(drawn("dense_17x3_identity", "SPEC 2.4", {{17, 3}, {identity}, Loss::mse},
                        {"odd_length", "odd_neuron_count"}));
  cases.push_back(drawn("dense_7x11_tanh", "SPEC 2.4", {{7, 11}, {Activation::tanh}, Loss::mse},
                        {"odd_length", "odd_neuron_count"}));
  cases.push_back(drawn("dense_300x1_sigmoid", "SPEC 2.4", {{300, 1}, {sigmoid}, Loss::bce},
                        {"long_input", "single_output"}));
}

/// Hidden layers of awkward sizes and of 300 neurons, and hidden deltas that sum over as many
/// outputs.
void add_hidden_sizes(Binary32Cases& cases) {
  for (const std::uint32_t n : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 17U}) {
    const Activation hidden = activation_number(n + 2);
    const Activation output = activation_number(n / 4 + 2);
    cases.push_back(drawn(fmt::format("hidden_3_{}_2_{}", n, to_text(hidden)), "SPEC 2.6",
                          {{3, n, 2}, {hidden, output}, loss_beside(output)}, {"hidden_size"}));
    const Activation other_hidden = activation_number(n + 3);
    const Activation other_output = activation_number(n / 4 + 3);
    cases.push_back(drawn(fmt::format("hidden_2_3_{}_{}", n, to_text(other_hidden)), "SPEC 2.6",
                          {{2, 3, n}, {other_hidden, other_output}, loss_beside(other_output)},
                          {"hidden_size", "transposed_weights"}));
  }
  cases.push_back(drawn("hidden_1_300_1_tanh", "SPEC 2.6",
                        {{1, 300, 1}, {Activation::tanh, sigmoid}, Loss::bce},
                        {"hidden_size", "long_input"}));
}

/// Three layers with every pair of hidden activations.
void add_three_layers(Binary32Cases& cases) {
  for (std::size_t first = 0; first < 4; ++first) {
    for (std::size_t second = 0; second < 4; ++second) {
      const Activation output = activation_number(first + second + 2);
      const auto name = fmt::format("three_layers_{}_{}", to_text(activation_number(first)),
                                    to_text(activation_number(second)));
      cases.push_back(drawn(name, "SPEC 2.6",
                            {{2, 3, 2, 2},
                             {activation_number(first), activation_number(second), output},
                             loss_beside(output)},
                            {"layer_count", "transposed_weights"}));
    }
  }
  for (const auto& [name, sizes] :
       {std::pair{"widening_2_3_7_5", std::vector<std::uint32_t>{2, 3, 7, 5}},
        std::pair{"narrowing_5_7_3_2", std::vector<std::uint32_t>{5, 7, 3, 2}},
        std::pair{"hourglass_6_5_1_6", std::vector<std::uint32_t>{6, 5, 1, 6}}}) {
    cases.push_back(drawn(name, "SPEC 2.6", {sizes, {Activation::tanh, relu, sigmoid}, Loss::bce},
                          {"stale_delta", "layer_count"}));
  }
  // A value written beyond a hidden layer as wide as a port can hold meets the other delta buffer.
  cases.push_back(drawn("hidden_1_320_2_2", "SPEC 2.6",
                        {{1, 320, 2, 2}, {Activation::tanh, relu, sigmoid}, Loss::bce},
                        {"layer_count", "stale_delta"}));
  cases.push_back(drawn("eight_layers", "SPEC 2.6",
                        {{2, 3, 2, 3, 2, 3, 2, 3, 2},
                         {Activation::tanh, identity, Activation::tanh, relu, sigmoid, identity,
                          Activation::tanh, sigmoid},
                         Loss::bce},
                        {"layer_count", "stale_delta"}));
}

/// b = 0 and learning rate 1: the new bias is -delta.
void add_observable_deltas(Binary32Cases& cases) {
  for (const Activation activation : common_activations) {
    for (const Loss loss : {Loss::mse, Loss::bce}) {
      if (loss == Loss::bce && activation != sigmoid) continue;
      const auto name = fmt::format("delta_{}_{}", to_text(activation), to_text(loss));
      auto golden_case = drawn(zero_case(name, "SPEC 2.5", {{3, 4}, {activation}, loss}, 1,
                                         {"delta_observable", "learning_rate_scale", "derivative"}),
                               0.9f);
      std::ranges::fill(golden_case.parameters[0].biases, 0.0f);
      cases.push_back(std::move(golden_case));
    }
  }
  for (const Activation activation : common_activations) {
    auto golden_case = drawn(zero_case(fmt::format("hidden_delta_{}", to_text(activation)),
                                       "SPEC 2.6", {{3, 4, 2}, {activation, identity}, Loss::mse},
                                       1, {"delta_observable", "transposed_weights", "derivative"}),
                             0.9f);
    for (auto& layer : golden_case.parameters) std::ranges::fill(layer.biases, 0.0f);
    cases.push_back(std::move(golden_case));
  }
}

/// Orders and omissions that only show when steps are large or biases decide.
void add_step_defects(Binary32Cases& cases) {
  cases.push_back(
      drawn(zero_case("large_step_3_4_2", "SPEC 2.6",
                      {{3, 4, 2}, {Activation::tanh, identity}, Loss::mse}, 8, {"update_order"}),
            0.9f));
  cases.push_back(
      drawn(zero_case("large_step_4_4_4", "SPEC 2.6", {{4, 4, 4}, {sigmoid, sigmoid}, Loss::bce}, 4,
                      {"update_order", "transposed_weights"}),
            0.9f));
  auto biases =
      zero_case("biases_decide", "SPEC 2.4", {{3, 3}, {identity}, Loss::mse}, 0.5f, {"bias"});
  biases.parameters[0].biases = {1.5f, -2.75f, 3.25f};
  cases.push_back(std::move(biases));
  for (const int label : {0, 1}) {
    auto single = drawn(zero_case(fmt::format("single_output_label_{}", label), "SPEC 2.1",
                                  {{4, 1}, {sigmoid}, Loss::bce}, 1, {"single_output"}),
                        0.9f);
    single.sample.target = {static_cast<float>(label)};
    cases.push_back(std::move(single));
  }
  for (std::size_t label = 0; label < 5; ++label) {
    auto one_hot = drawn(zero_case(fmt::format("one_hot_label_{}", label), "SPEC 2.1",
                                   {{3, 5}, {sigmoid}, Loss::bce}, 1, {"one_hot"}),
                         0.9f);
    std::ranges::fill(one_hot.sample.target, 0.0f);
    one_hot.sample.target[label] = 1;
    cases.push_back(std::move(one_hot));
  }
}

/// Layers of zeros, in every place.
void add_zero_layers(Binary32Cases& cases) {
  const Shape shape{{3, 4, 2}, {Activation::tanh, sigmoid}, Loss::bce};
  cases.push_back(zero_case("zero_network", "SPEC 4.2", shape, 1, {"zero_layer"}));
  auto zero_input = drawn(zero_case("zero_input", "SPEC 2.7", shape, 1, {"zero_gradient"}), 0.9f);
  std::ranges::fill(zero_input.sample.inputs, 0.0f);
  cases.push_back(std::move(zero_input));
  for (const std::size_t zero : {0U, 1U}) {
    auto golden_case = drawn(
        zero_case(fmt::format("zero_layer_{}", zero + 1), "SPEC 4.2", shape, 1, {"zero_layer"}),
        0.9f);
    std::ranges::fill(golden_case.parameters[zero].weights, 0.0f);
    std::ranges::fill(golden_case.parameters[zero].biases, 0.0f);
    cases.push_back(std::move(golden_case));
  }
}

Binary32Cases common_cases() {
  Binary32Cases cases;
  add_sizes(cases);
  add_hidden_sizes(cases);
  add_three_layers(cases);
  add_observable_deltas(cases);
  add_step_defects(cases);
  add_zero_layers(cases);
  return cases;
}

/// A float32 layer without biases whose pre-activations are `z`: identity weights.
Binary32GoldenCase from_preactivations(std::string name, std::string clause, Activation activation,
                                       Loss loss, const Values& z, const Values& target,
                                       Flags flags) {
  const auto n = static_cast<std::uint32_t>(z.size());
  auto golden_case = zero_case(std::move(name), std::move(clause), {{n, n}, {activation}, loss}, 1,
                               std::move(flags));
  for (std::uint32_t i = 0; i < n; ++i) golden_case.parameters[0].weights[i * n + i] = 1;
  golden_case.sample = {z, target};
  return golden_case;
}

/// A float32 layer of one input: z = weights * x + biases.
Binary32GoldenCase one_input(std::string name, std::string clause, float x, const Values& weights,
                             const Values& biases, const Values& target, float learning_rate,
                             Flags flags) {
  const auto n = static_cast<std::uint32_t>(weights.size());
  auto golden_case = zero_case(std::move(name), std::move(clause), {{1, n}, {identity}, Loss::mse},
                               learning_rate, std::move(flags));
  golden_case.parameters[0] = {weights, biases};
  golden_case.sample = {{x}, target};
  return golden_case;
}

void add_saturated_outputs(Binary32Cases& cases) {
  const Values z{10, -10, 20, -20, 50, -50, 100, -100};
  cases.push_back(from_preactivations("saturated_sigmoid_opposite_target", "SPEC 2.5", sigmoid,
                                      Loss::bce, z, {0, 1, 0, 1, 0, 1, 0, 1},
                                      {"saturated_output"}));
  cases.push_back(from_preactivations("saturated_sigmoid_reached_target", "SPEC 2.5", sigmoid,
                                      Loss::bce, z, {1, 0, 1, 0, 1, 0, 1, 0},
                                      {"saturated_output"}));
  cases.push_back(from_preactivations("saturated_sigmoid_mse", "SPEC 2.5", sigmoid, Loss::mse, z,
                                      {0, 1, 0, 1, 0, 1, 0, 1}, {"saturated_output"}));
  cases.push_back(from_preactivations("sigmoid_far_out", "SPEC 2.2", sigmoid, Loss::bce,
                                      {88, -88, 89, -89, 104, -104, 710, -710, 1e6f, -1e30f},
                                      {1, 1, 1, 1, 0, 0, 1, 0, 0, 1}, {"large_argument"}));
  cases.push_back(from_preactivations("tanh_far_out", "SPEC 2.2", Activation::tanh, Loss::mse,
                                      {5, -5, 9, -9, 45, -89, 355, -710, 710, 1000, -1e30f},
                                      {0, 0, 0, 0, 1, -1, 1, 1, 0, -1, 0}, {"large_argument"}));
  cases.push_back(
      from_preactivations("tanh_small", "SPEC 2.2", Activation::tanh, Loss::mse,
                          {1e-3f, -1e-3f, 1e-4f, -1e-5f, 1e-7f, -1e-10f, 1e-20f, 1e-30f}, Values(8),
                          {"small_argument"}));
  cases.push_back(from_preactivations("sigmoid_small", "SPEC 2.2", sigmoid, Loss::mse,
                                      {1e-3f, -1e-3f, 1e-5f, -1e-10f, 0.0f, -0.0f}, Values(6, 0.5f),
                                      {"small_argument"}));
  auto hidden = drawn(zero_case("saturated_hidden_tanh", "SPEC 2.6",
                                {{2, 4, 2}, {Activation::tanh, identity}, Loss::mse}, 1,
                                {"large_argument", "derivative"}),
                      0.9f);
  hidden.sample.inputs = {1, 1};
  hidden.parameters[0].weights = {2, 3, -4, -6, 20, 20, 300, 500};
  cases.push_back(std::move(hidden));
}

void add_relu_edges(Binary32Cases& cases) {
  cases.push_back(from_preactivations(
      "relu_at_zero", "SPEC 2.2", relu, Loss::mse,
      {0.0f, -0.0f, smallest_normal, -smallest_normal, 0x1p-149f, -0x1p-149f, 1, -1}, Values(8, -1),
      {"relu_at_zero"}));
  auto hidden =
      zero_case("hidden_relu_at_zero", "SPEC 2.6", {{2, 3, 2}, {relu, identity}, Loss::mse}, 1,
                {"relu_at_zero", "derivative"});
  hidden.sample = {{0.5f, 0.5f}, {1, -1}};
  hidden.parameters[0] = {{1, -1, -1, -1, 1, 1}, Values(3)};
  hidden.parameters[1] = {{1, 2, 3, -4, 5, -6}, Values(2)};
  cases.push_back(std::move(hidden));
}

void add_wide_weights(Binary32Cases& cases) {
  cases.push_back(
      drawn(zero_case("weights_to_100", "SPEC 2.4", {{3, 4, 2}, {relu, identity}, Loss::mse},
                      0x1p-10f, {"wide_weights"}),
            100));
  cases.push_back(one_input("weights_of_one_and_a_half", "SPEC 2.4", 0.5f,
                            {1.5f, -1.5f, 1, -1, 2, -2}, Values(6), {1, 1, -1, -1, 0, 0}, 0.25f,
                            {"wide_weights"}));
}

void add_cancellation(Binary32Cases& cases) {
  auto sums = zero_case("cancelling_sums", "SPEC 5.4", {{5, 4}, {identity}, Loss::mse}, 0.125f,
                        {"cancellation"});
  sums.sample = {{1, 1, 1, 1, 1}, {0.5f, -0.5f, 0, 1}};
  sums.parameters[0].weights = {0x1p24f,  1,     -0x1p24f, 1,    1,     1e8f,  -1e8f,
                                1,        2,     3,        0.1f, 0.2f,  -0.3f, 0,
                                0x1p-20f, 1e30f, 1,        1,    1e20f, -1e30f};
  cases.push_back(std::move(sums));
  auto deltas = zero_case("cancelling_deltas", "SPEC 5.6",
                          {{2, 2, 4}, {identity, identity}, Loss::mse}, 1, {"cancellation"});
  deltas.sample = {{1, 0.75f}, {-1, 1, -1, 1}};
  deltas.parameters[0].weights = {1, 0, 0, 1};
  deltas.parameters[1].weights = {1000, 0.001f, 1000, 0.003f, -1000, 0.001f, -1000, 0.002f};
  cases.push_back(std::move(deltas));
  auto update = one_input("cancelling_update", "SPEC 5.7", 1, {0.5f, 0x1.000002p-1f, -0.25f},
                          Values(3), {0, 0, 0}, 1, {"cancellation", "signed_zero"});
  cases.push_back(std::move(update));
}

void add_subnormals(Binary32Cases& cases) {
  cases.push_back(one_input("subnormal_weights", "SPEC 5.1", 1,
                            {smallest_subnormal, -0x1.234p-130f, 0x1.8p-127f, -smallest_normal},
                            Values(4), Values(4), 0.5f, {"subnormal"}));
  cases.push_back(one_input("subnormal_biases", "SPEC 5.1", 0.5f, Values(4),
                            {smallest_subnormal, -0x1.234p-130f, 0x1.8p-127f, -smallest_normal},
                            Values(4), 0.5f, {"subnormal", "bias"}));
  cases.push_back(one_input("subnormal_products", "SPEC 5.1", 0x1p-70f,
                            {0x1p-60f, -0x1.8p-62f, 0x1.fp-70f, 0x1p-78f}, Values(4), Values(4), 1,
                            {"subnormal"}));
  cases.push_back(one_input("subnormal_updates", "SPEC 5.1", 0x1p-65f,
                            {smallest_normal, 0, -smallest_normal, 0x1p-140f}, Values(4),
                            {0x1p-65f, -0x1.8p-66f, 0x1p-70f, 0x1.4p-75f}, 1, {"subnormal"}));
  cases.push_back(one_input("subnormal_input", "SPEC 5.1", 0x1.8p-130f, {1, -2, 0x1p20f, 0.5f},
                            Values(4), {1, -1, 2, 0x1p10f}, 1, {"subnormal"}));
}

void add_float32_extremes(Binary32Cases& cases) {
  auto zeros =
      one_input("signed_zeros", "SPEC 3.1", -0.0f, {0.0f, -0.0f, 1, -1}, {0.0f, -0.0f, -0.0f, 0.0f},
                {0.0f, -0.0f, 0.0f, -0.0f}, 1, {"signed_zero"});
  cases.push_back(std::move(zeros));
  // No product of two factors of the update overflows, so every association of it is legal.
  cases.push_back(one_input("large_magnitudes", "SPEC 5.8", 1, {0x1p125f, -0x1.8p125f, 0x1p-60f, 1},
                            {1, -1, 0x1p124f, 0}, {0, 0x1p124f, 0, 0}, 0x1p-30f,
                            {"large_magnitude"}));
  auto powers = zero_case("powers_of_two", "SPEC 3.1", {{4, 3, 2}, {identity, identity}, Loss::mse},
                          0.5f, {"power_of_two"});
  powers.sample = {{1, 0.5f, -0.25f, 2}, {0.25f, -1}};
  powers.parameters[0] = {{1, 2, 4, 0.5f, -1, 0.25f, 8, -0.5f, 0.125f, -4, 1, 2},
                          {1, -0.5f, 0.0625f}};
  powers.parameters[1] = {{0.5f, -1, 2, 1, 0.25f, -0.125f}, {-1, 0.5f}};
  cases.push_back(std::move(powers));
  cases.push_back(one_input("no_gradient", "SPEC 2.7", 0.5f, {0.5f, -0.75f, 1.25f},
                            {0.25f, 0, -0.125f}, {0.5f, -0.375f, 0.5f}, 1, {"zero_gradient"}));
}

/// What only ports that handle exponents themselves can get wrong.
void add_far_exponents(Binary32Cases& cases) {
  // From 2^-90 to 2^-307 of the weights in steps of 2^-7: a wrong distance that keeps a bit of the
  // change keeps it for a stretch of 24 or more.
  auto changes = zero_case("changes_far_below_the_weights", "SPEC 5.7",
                           {{32, 1}, {identity}, Loss::mse}, 0x1p-90f, {"far_exponents"});
  for (int i = 0; i < 32; ++i) {
    const auto index = static_cast<std::size_t>(i);
    changes.sample.inputs[index] = std::ldexp(1.0f, -4 * i);
    changes.parameters[0].weights[index] = std::ldexp(i % 2 == 0 ? 1.5f : -1.75f, 3 * i);
  }
  cases.push_back(std::move(changes));
  cases.push_back(one_input("zero_weights_of_a_large_input", "SPEC 5.3", 0x1p60f, {0.0f, -0.0f, 0},
                            {0x1.234566p-80f, -0x1.fedcbap-100f, 0x1.8642p-130f}, Values(3), 0.5f,
                            {"far_exponents"}));
  // The first delta is 2^60, the second 2^-60.
  auto delta = zero_case("zero_weight_of_a_large_delta", "SPEC 5.6",
                         {{1, 1, 2}, {identity, identity}, Loss::mse}, 0.5f, {"far_exponents"});
  delta.sample = {{1}, {-0x1p60f, 0x1.23455p-40f}};
  delta.parameters[0].weights = {1};
  delta.parameters[1].weights = {0, 0x1.23456p-40f};
  cases.push_back(std::move(delta));
}

Int8Case quantized(const Binary32GoldenCase& golden_case) {
  return {golden_case, quantized_parameters(golden_case.parameters)};
}

/// A case of profile int8_hybrid whose parameters, sample and target are all zero.
Int8Case int8_case(std::string name, std::string clause, const Shape& shape, float learning_rate,
                   Flags flags) {
  return quantized(
      zero_case(std::move(name), std::move(clause), shape, learning_rate, std::move(flags)));
}

/// An int8 tensor from values that its format holds exactly.
Int8Tensor int8_tensor(int fraction_bits, const std::vector<int>& patterns) {
  Int8Tensor tensor;
  tensor.fraction_bits = fraction_bits;
  for (const int pattern : patterns) tensor.values.push_back(static_cast<std::int8_t>(pattern));
  return tensor;
}

/// An int8_hybrid layer of one input.
Int8Case one_input(std::string name, std::string clause, Activation activation, float x,
                   const Int8Tensor& weights, const Int8Tensor& biases, const Values& target,
                   float learning_rate, Flags flags) {
  const auto n = static_cast<std::uint32_t>(weights.values.size());
  auto golden_case = int8_case(std::move(name), std::move(clause),
                               {{1, n}, {activation}, Loss::mse}, learning_rate, std::move(flags));
  golden_case.parameters[0] = {weights, biases};
  golden_case.sample = {{x}, target};
  return golden_case;
}

/// Steps that change fraction bits, so that the next forward pass needs other shifts.
void add_changing_formats(Int8Cases& cases) {
  const Int8Tensor no_biases = int8_tensor(7, {0, 0});
  auto gains_bit = int8_case("zero_gradient_gains_a_fraction_bit", "SPEC 4.4",
                             {{2, 2}, {identity}, Loss::mse}, 1, {"stale_shifts", "zero_gradient"});
  gains_bit.parameters[0] = {int8_tensor(6, {60, 28, -44, 8}), int8_tensor(6, {20, -32})};
  gains_bit.sample = {{0.75f, 0.5f}, {1.25f, -0.9375f}};
  cases.push_back(std::move(gains_bit));
  auto gains_many =
      int8_case("zero_gradient_gains_seven_fraction_bits", "SPEC 4.4",
                {{1, 2}, {identity}, Loss::mse}, 1, {"stale_shifts", "zero_gradient"});
  gains_many.parameters[0] = {int8_tensor(0, {1, -1}), int8_tensor(3, {4, -2})};
  gains_many.sample = {{0.5f}, {1, -0.75f}};
  cases.push_back(std::move(gains_many));
  // A gradient that is not zero and yet moves no element: z is 0, and -delta the target.
  for (const auto& [name, rate, target] :
       {std::tuple{"tiny", 1e-11f, 0.5f}, std::tuple{"subnormal", 0x1p-149f, 0x1p-130f}})
    cases.push_back(one_input(fmt::format("{}_gradient_gains_fraction_bits", name), "SPEC 4.8",
                              identity, -1, int8_tensor(4, {8, -5}), int8_tensor(5, {16, -10}),
                              {target, -target}, rate, {"stale_shifts", "new_range"}));
  for (const auto& [name, push] : {std::pair{"one", 1.0f}, std::pair{"two", 3.0f},
                                   std::pair{"five", 20.0f}, std::pair{"seven", 90.0f}}) {
    cases.push_back(one_input(fmt::format("update_costs_{}_fraction_bits", name), "SPEC 4.8",
                              identity, 0.5f, int8_tensor(7, {127, -64}), int8_tensor(7, {32, 16}),
                              {0.625f + push, -0.125f}, 2, {"new_range", "stale_shifts"}));
  }
  cases.push_back(one_input("update_beyond_the_format", "SPEC 4.8", identity, 1,
                            int8_tensor(0, {100, -100}), no_biases, {250, -250}, 1,
                            {"large_maximum", "requantization"}));
  auto hidden = quantized(drawn(zero_case("hidden_format_changes", "SPEC 4.4",
                                          {{3, 4, 2}, {Activation::tanh, identity}, Loss::mse}, 8,
                                          {"stale_shifts", "new_range"}),
                                0.9f));
  hidden.sample.target = {3, -4};
  cases.push_back(std::move(hidden));
}

void add_power_of_two_maxima(Int8Cases& cases) {
  // x = 0 and reached targets leave the parameters as they are, so that the maximum is exact.
  const auto add = [&](const std::string& name, const Int8Tensor& weights, const Int8Tensor& biases,
                       const Values& target, Flags flags) {
    cases.push_back(
        one_input(name, "SPEC 4.2", identity, 0, weights, biases, target, 1, std::move(flags)));
  };
  add("maximum_one_half", int8_tensor(7, {64, 32}), int8_tensor(4, {8, 4}), {0.5f, 0.25f},
      {"power_of_two"});
  add("maximum_one", int8_tensor(6, {64, -3}), int8_tensor(4, {16, -8}), {1, -0.5f},
      {"power_of_two"});
  add("maximum_minus_one", int8_tensor(6, {-64, 3}), int8_tensor(4, {-16, 8}), {-1, 0.5f},
      {"power_of_two"});
  add("maximum_two", int8_tensor(5, {64, 3}), int8_tensor(4, {32, 1}), {2, 0.0625f},
      {"power_of_two"});
  add("maximum_four", int8_tensor(4, {64, -64}), int8_tensor(4, {64, 5}), {4, 0.3125f},
      {"power_of_two"});
  add("maximum_one_quarter", int8_tensor(7, {32, -1}), int8_tensor(7, {0, 0}), {0, 0},
      {"power_of_two", "tiny_maximum"});
  add("maximum_one_unit", int8_tensor(7, {1, 0}), int8_tensor(7, {0, 0}), {0, 0},
      {"power_of_two", "tiny_maximum"});
  cases.push_back(one_input("bias_of_a_hundred_billionth", "SPEC 4.2", identity, 0.5f,
                            int8_tensor(7, {0, 0}), int8_tensor(7, {0, 0}), {1, 0.5f}, 1e-11f,
                            {"tiny_maximum", "stagnation"}));
}

/// Every weight format against bias formats, for inputs of 7 and, behind relu, of 4 fraction bits.
void add_shifts(Int8Cases& cases) {
  for (int weights = 0; weights <= 7; ++weights) {
    for (const int biases : {0, 4, 7}) {
      const auto name = fmt::format("shifts_weights_{}_biases_{}", weights, biases);
      auto golden_case = int8_case(name, "SPEC 4.4", {{2, 2, 2}, {relu, identity}, Loss::mse},
                                   0.25f, {"shifts", "output_format"});
      SeededNumbers numbers(name);
      // Patterns that keep z = W a + b inside [-8, 8) for the most part.
      const auto patterns = [&](int count, int fraction_bits) {
        const int largest = std::min(127, 2 << fraction_bits);
        std::vector<int> result;
        for (int i = 0; i < count; ++i)
          result.push_back(static_cast<int>(numbers.below(2 * static_cast<unsigned>(largest) + 1)) -
                           largest);
        return result;
      };
      for (auto& layer : golden_case.parameters) {
        layer = {int8_tensor(weights, patterns(4, weights)),
                 int8_tensor(biases, patterns(2, biases))};
      }
      golden_case.parameters[0].biases.values[0] =
          static_cast<std::int8_t>(2 << biases < 127 ? 2 << biases : 127);
      draw(numbers, 1, golden_case.sample.inputs);
      draw(numbers, 2, golden_case.sample.target);
      cases.push_back(std::move(golden_case));
    }
  }
}

void add_accumulators(Int8Cases& cases) {
  const Int8Tensor no_biases = int8_tensor(7, std::vector<int>(8));
  // x = 64/128 and W = k * 8/128: the accumulator is k * 512, half a unit of z for odd k.
  cases.push_back(one_input("accumulator_ties", "SPEC 4.4", identity, 0.5f,
                            int8_tensor(7, {8, -8, 24, -24, 40, -40, 120, -120}), no_biases,
                            Values(8), 0.25f, {"z_tie", "negative_accumulator"}));
  cases.push_back(one_input("accumulators_beside_ties", "SPEC 4.4", identity, 0.0078125f,
                            int8_tensor(0, {3, -3, 4, -4, 5, -5, 12, -12}),
                            int8_tensor(0, std::vector<int>(8)), Values(8), 0.25f,
                            {"z_tie", "negative_accumulator"}));
  cases.push_back(one_input("negative_accumulators", "SPEC 4.4", identity, -0.5f,
                            int8_tensor(7, {1, 2, 3, 7, 17, 65, 100, 127}), no_biases, Values(8),
                            0.25f, {"negative_accumulator"}));
  cases.push_back(one_input("z_saturates", "SPEC 4.4", identity, 0.75f,
                            int8_tensor(1, {21, 22, -21, -22, 60, -60, 127, -128}), no_biases,
                            Values(8, 0.5f), 0.25f, {"z_saturation"}));
  auto wide = int8_case("accumulator_beyond_16_bits", "SPEC 4.4", {{5, 3}, {identity}, Loss::mse},
                        0.25f, {"wide_accumulator"});
  wide.sample = {{0.99f, 0.98f, 0.97f, 0.96f, 0.95f}, {1, -1, 0}};
  wide.parameters[0].weights = int8_tensor(
      7, {127, 127, 126, 125, 124, -127, -126, -128, -125, -124, 127, 127, 127, -128, -126});
  cases.push_back(std::move(wide));
  // Two products of 128 * 128 are one more than 16 bits hold.
  auto pairs = int8_case("pairs_of_minus_128", "SPEC 4.4", {{4, 2}, {identity}, Loss::mse}, 0.25f,
                         {"wide_accumulator"});
  pairs.sample = {{-1, -1, -1, -1}, {1, -1}};
  pairs.parameters[0].weights = int8_tensor(7, {-128, -128, -128, -128, 0, -128, -128, 0});
  cases.push_back(std::move(pairs));
  // 600 * 128 * 128 is more than 24 bits hold.
  auto wider =
      int8_case("accumulator_beyond_24_bits", "SPEC 4.4", {{600, 1}, {identity}, Loss::mse}, 0.25f,
                {"wide_accumulator", "long_input"});
  std::ranges::fill(wider.sample.inputs, -1.0f);
  wider.parameters[0].weights = int8_tensor(7, std::vector<int>(600, -128));
  cases.push_back(std::move(wider));
}

/// z throughout the range and all of those near 0 and the ends (level 0 has every one): no weights,
/// and biases of z's own format.
void add_tables(Int8Cases& cases) {
  std::vector<int> positions;
  for (int z = -127; z <= 127; ++z)
    if (z % 4 == 0 || std::abs(z) < 4 || std::abs(z) > 124) positions.push_back(z);
  for (const Activation activation : {sigmoid, Activation::tanh}) {
    cases.push_back(one_input(fmt::format("z_positions_{}", to_text(activation)), "SPEC 4.5",
                              activation, 0, int8_tensor(7, std::vector<int>(positions.size())),
                              int8_tensor(4, positions), Values(positions.size(), 0.5f), 0x1p-6f,
                              {"table_entry"}));
    // Biases of -128 would make the maximum a power of two; weights saturate z there instead.
    cases.push_back(one_input(fmt::format("z_ends_{}", to_text(activation)), "SPEC 4.5", activation,
                              -1, int8_tensor(2, {127, -127, 100}), int8_tensor(4, {0, 0, 0}),
                              {0.5f, 0.5f, 0.5f}, 0x1p-6f, {"table_entry"}));
  }
  auto saturated =
      one_input("saturated_table_output", "SPEC 4.5", sigmoid, 0,
                int8_tensor(7, std::vector<int>(4)), int8_tensor(4, {127, -128, 120, -120}),
                {1, 0, 0, 1}, 1, {"saturated_table", "saturated_output"});
  saturated.network.loss = Loss::bce;
  cases.push_back(std::move(saturated));
  // The outputs are 127/128, and a delta of -1/128 moves each bias by one unit.
  auto reached =
      one_input("saturated_table_reached_target", "SPEC 4.5", sigmoid, 0, int8_tensor(7, {0, 0}),
                int8_tensor(4, {126, 120}), {1, 1}, 8, {"saturated_table", "saturated_output"});
  reached.network.loss = Loss::bce;
  cases.push_back(std::move(reached));
}

void add_hybrid_updates(Int8Cases& cases) {
  // 0.0036 quantizes to 0 in 7 fraction bits, and 0.0117 to 1/128 or 2/128.
  auto small_input = int8_case("small_inputs_reach_the_update", "SPEC 4.7",
                               {{3, 2}, {identity}, Loss::mse}, 8, {"unquantized_input"});
  small_input.sample = {{0.0036f, -0.0036f, 0.0110f}, {2, -3}};
  small_input.parameters[0].weights = int8_tensor(7, {10, -20, 30, -40, 50, -60});
  cases.push_back(std::move(small_input));
  auto large_input =
      int8_case("large_inputs_reach_the_update", "SPEC 4.7", {{3, 2}, {identity}, Loss::mse}, 0.25f,
                {"unquantized_input", "input_quantization"});
  large_input.sample = {{3, -5, 1.5f}, {0.5f, -0.5f}};
  large_input.parameters[0].weights = int8_tensor(7, {10, -20, 30, -40, 50, -60});
  cases.push_back(std::move(large_input));
  auto ties = int8_case("input_ties", "SPEC 4.3", {{8, 2}, {identity}, Loss::mse}, 0.5f,
                        {"input_quantization"});
  ties.sample.inputs = {0x1p-8f, -0x1p-8f, 0x1.8p-7f, -0x1.8p-7f, 0x1.fcp-1f, 0x1.ffp-1f, -1, 1};
  ties.sample.target = {1, -1};
  ties.parameters[0].weights =
      int8_tensor(0, {3, -5, 7, 11, 1, 2, -1, 0, -9, 4, 8, -6, 0, 1, 2, -1});
  cases.push_back(std::move(ties));
  // x = -1 is -128, which a symmetric range would make 4 units of z less; so are two new biases.
  cases.push_back(one_input("minus_128", "SPEC 4.3", identity, -1, int8_tensor(0, {4, -4, 1, 2}),
                            int8_tensor(7, {-128, -64, 0, 0}), {-5, 3.5f, -1.0f, -2}, 1,
                            {"input_quantization", "requantization"}));
  // The new weight is the next number above 1, and needs one fraction bit less than 1.
  cases.push_back(one_input("maximum_just_above_one", "SPEC 4.2", identity, 1,
                            int8_tensor(6, {64, 3}), int8_tensor(7, {0, 0}), {2, 0}, 0x1p-23f,
                            {"power_of_two"}));
  // From the coarsest format, 2^-23 is the smallest part of an integer; either sign.
  for (const int sign : {1, -1})
    cases.push_back(
        one_input(fmt::format("maximum_just_above_one_from_{}1", sign < 0 ? "minus_" : ""),
                  "SPEC 4.2", identity, 1, int8_tensor(0, {sign, 0}), int8_tensor(7, {0, 0}),
                  {2 * static_cast<float>(sign), 0}, 0x1p-23f, {"power_of_two", "new_range"}));
  auto stagnant = quantized(drawn(
      zero_case("updates_below_half_a_unit", "SPEC 4.8",
                {{3, 4, 1}, {Activation::tanh, sigmoid}, Loss::bce}, 0x1p-10f, {"stagnation"}),
      3.5f));
  cases.push_back(std::move(stagnant));
  // -delta = t, just above or below a half unit by less than one part in a thousand of it.
  Values beside_halves;
  for (const float half : {100.5f, 90.5f, 110.5f, 120.5f}) {
    beside_halves.push_back(half * 1.0004f / 128);
    beside_halves.push_back(half * 0.9996f / 128);
  }
  cases.push_back(one_input("learning_rate_beside_halves", "SPEC 2.7", identity, 0,
                            int8_tensor(7, std::vector<int>(8)),
                            int8_tensor(7, std::vector<int>(8)), beside_halves, 1,
                            {"learning_rate_scale", "delta_observable", "requantization"}));
  cases.push_back(one_input(
      "new_parameters_on_ties", "SPEC 4.8", identity, 0, int8_tensor(7, std::vector<int>(6)),
      int8_tensor(7, std::vector<int>(6)),
      {0x1.8p-7f, -0x1.8p-7f, 0x1.4p-6f, -0x1.4p-6f, 0.75f, -0.625f}, 1, {"acceptance_set"}));
  auto wide = int8_case("wide_weights_update", "SPEC 4.8", {{2, 3}, {relu}, Loss::mse}, 0.5f,
                        {"wide_weights", "requantization", "new_range"});
  wide.parameters[0] = {int8_tensor(5, {48, -48, 127, -128, 64, 33}),
                        int8_tensor(5, {48, 40, -36})};
  wide.sample = {{0.875f, -0.625f}, {1, 2, 3}};
  cases.push_back(std::move(wide));
  auto formats =
      quantized(drawn(zero_case("small_weights_and_large_biases", "SPEC 4.4",
                                {{4, 3, 2}, {relu, identity}, Loss::mse}, 0.5f, {"output_format"}),
                      0.3f));
  formats.parameters[0].biases = int8_tensor(4, {90, -20, 55});
  formats.parameters[1].biases = int8_tensor(3, {-20, 40});
  cases.push_back(std::move(formats));
}

/// Products of two factors, neither a power of two, that round up to one: of weight and delta, and
/// of learning rate and delta.
void add_carries(Int8Cases& cases) {
  // 43 * 12485370 = 2^29 - 2.
  auto hidden =
      int8_case("hidden_delta_rounds_up_to_a_power_of_two", "SPEC 4.7",
                {{1, 2, 1}, {identity, identity}, Loss::mse}, 1, {"delta_observable", "rounding"});
  hidden.parameters[1].weights = int8_tensor(7, {43, -43});
  hidden.sample.target = {0x1p-24f * 12485370};
  cases.push_back(std::move(hidden));
  // (1 + 2^-13) (1 - 2^-13) = 1 - 2^-26.
  cases.push_back(one_input("step_rounds_up_to_a_power_of_two", "SPEC 4.7", identity, 0,
                            int8_tensor(7, {0, 0}), int8_tensor(7, {0, 0}),
                            {0.25f - 0x1p-15f, -0.5f + 0x1p-14f}, 1 + 0x1p-13f,
                            {"delta_observable", "rounding"}));
}

/// The 24 bits of a product, cut or (away) with what is cut rounded up.
float cut_product(double product, bool away) {
  const auto nearest = static_cast<float>(product);
  if (std::abs(nearest) == std::abs(product)) return nearest;
  if ((std::abs(nearest) > std::abs(product)) == away) return nearest;
  return std::nextafter(nearest, away ? 2 * nearest : 0.0f);
}

/// A step of one input and one output whose new weights of the first layer are near ties: weights
/// (w - 1) / 2 of the first layer lose w / 2, where -w are those of the second.
struct StepBesideTies {
  Int8Case golden;
  std::vector<int> weights;  ///< w
  bool beyond = false;       ///< whether the steps take the weights across their ties, or not quite

  /// Whether every new weight is farther from its tie than its bound, on the right side.
  bool is_clear() const {
    Int8StepTrace<Exact> trace;
    int8_hybrid_step(golden.network, golden.parameters, golden.sample, golden.learning_rate,
                     ArithmeticModel{}, trace);
    const BoundedTensor<Exact>& updated = trace.layers[0].new_weights;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const auto above_tie = static_cast<double>(updated.exact[i] + Exact(0x1p-8));
      if ((beyond ? -above_tie : above_tie) <= updated.bound[i]) return false;
    }
    return true;
  }

  /// How many of the weights come to lie across their ties, or do not, if the products W delta and
  /// learning rate times delta are cut, or rounded up where the steps do not cross the ties.
  int misled() const {
    const auto delta = static_cast<float>(2.0 - golden.sample.target[0]);
    int count = 0;
    for (const int w : weights) {
      const float hidden = cut_product(std::ldexp(w, -7) * delta, !beyond);
      const float step = cut_product(double{golden.learning_rate} * hidden, !beyond);
      const bool crosses = -double{golden.sample.inputs[0]} * step >= std::ldexp(w, -8);
      count += crosses != beyond;
    }
    return count;
  }
};

/// First-layer weights whose exact new values are as near to a tie as leaves one acceptable
/// integer; of 32 draws the one where a port that rounds every product in one direction gets the
/// most of them wrong.
void add_weights_beside_ties(Int8Cases& cases) {
  for (const bool beyond : {true, false}) {
    StepBesideTies step;
    step.beyond = beyond;
    // Products begin with 1.0 to 1.2, where an ulp weighs most.
    for (int w = 65; w <= 77; w += 2) step.weights.push_back(w);
    std::vector<int> before, above;
    for (const int w : step.weights) {
      before.push_back((w - 1) / 2);
      above.push_back(-w);
    }
    const auto n = static_cast<std::uint32_t>(step.weights.size());
    step.golden =
        int8_case(beyond ? "weights_beyond_ties" : "weights_before_ties", "SPEC 4.8",
                  {{1, n, 1}, {identity, identity}, Loss::mse}, 1, {"acceptance_set", "rounding"});
    // x is near -1, so that all a_1 are 0, and a_2 is 2.
    step.golden.parameters[0] = {int8_tensor(7, before), int8_tensor(7, before)};
    step.golden.parameters[1] = {int8_tensor(7, above), int8_tensor(5, {64})};
    SeededNumbers numbers(step.golden.name);
    StepBesideTies best = step;
    int most = -1;
    for (int draw = 0; draw < 32; ++draw) {
      // a - t is beside the middle between two numbers, so that it rounds towards the ties.
      const float ulps = static_cast<float>(numbers.below(1 << 12)) + (beyond ? 0.49f : 0.51f);
      step.golden.sample.target = {-std::ldexp(ulps, -22)};
      step.golden.learning_rate =
          0.25f + std::ldexp(static_cast<float>(numbers.below(1 << 14)), -26);
      float& x = step.golden.sample.inputs[0];
      x = -0.5f / (step.golden.learning_rate * (2 - step.golden.sample.target[0]));
      while (!step.is_clear()) x = std::nextafter(x, beyond ? -2.0f : 0.0f);
      if (step.misled() > most) {
        most = step.misled();
        best = step;
      }
    }
    cases.push_back(std::move(best.golden));
  }
}

/// Those of profile int32_fixed that start from binary32 numbers.
Binary32Cases cases_to_round() {
  Binary32Cases cases = common_cases();
  // A fifth of all rows here, and the cases of capacities (SPEC 7.2) have a layer as wide.
  std::erase_if(cases, [](const Binary32GoldenCase& c) { return c.name == "hidden_1_320_2_2"; });
  add_saturated_outputs(cases);
  add_relu_edges(cases);
  add_wide_weights(cases);
  add_cancellation(cases);
  return cases;
}

}  // namespace

std::vector<GoldenCase> float32_golden_cases() {
  Binary32Cases cases = common_cases();
  add_saturated_outputs(cases);
  add_relu_edges(cases);
  add_wide_weights(cases);
  add_cancellation(cases);
  add_subnormals(cases);
  add_float32_extremes(cases);
  add_far_exponents(cases);
  return golden_cases_of(cases);
}

std::vector<GoldenCase> int8_hybrid_golden_cases() {
  Int8Cases cases;
  for (const Binary32GoldenCase& common : common_cases()) cases.push_back(quantized(common));
  add_changing_formats(cases);
  add_power_of_two_maxima(cases);
  add_shifts(cases);
  add_accumulators(cases);
  add_tables(cases);
  add_hybrid_updates(cases);
  add_carries(cases);
  add_weights_beside_ties(cases);
  return golden_cases_of(cases);
}

std::vector<GoldenCase> int8_integer_golden_cases() {
  return with_int8_integer_cases(common_cases());
}

std::vector<GoldenCase> int32_fixed_golden_cases() {
  return with_int32_fixed_cases(cases_to_round());
}

}  // namespace lsgd
