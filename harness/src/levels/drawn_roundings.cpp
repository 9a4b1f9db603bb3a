// SPDX-License-Identifier: Apache-2.0
#include "levels/drawn_roundings.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "data/network_text.hpp"

namespace lsgd {
namespace {

/// A factor whose product with x is subnormal, and another number where it is rounded to 24 bits
/// first. It is so far from a tie that 27 bits suffice.
float factor_of_two_roundings(SeededNumbers& numbers, float x) {
  const auto rounded_before = [](double product, int bits) {
    const double unit = std::ldexp(1, std::ilogb(product) + 1 - bits);
    return static_cast<float>(std::nearbyint(product / unit) * unit);
  };
  for (;;) {
    const float significand = 1 + 0.5f * (1 + numbers.signed_unit());
    const float factor = std::ldexp(significand, -130 - std::ilogb(x));
    const double product = static_cast<double>(x) * factor;
    const float once = static_cast<float>(product);
    const double tie = (std::floor(std::ldexp(product, 149)) + 0.5) * 0x1p-149;
    if (std::fabs(product - tie) > 0x1p-26 * product && once != rounded_before(product, 24))
      return factor;
  }
}

/// A factor whose product with x has ten bits at most above the last one of subnormal numbers, and
/// is so near to a tie of it that one bit more, rounded first, may decide.
float factor_of_few_bits(SeededNumbers& numbers, float x) {
  for (;;) {
    const float significand = 1 + 0.5f * (1 + numbers.signed_unit());
    const auto exponent = static_cast<int>(numbers.below(10)) - 149;
    const float factor = std::ldexp(significand, exponent - std::ilogb(x));
    const double units = std::ldexp(static_cast<double>(x) * factor, 149);
    const double from_tie = std::fabs(units - std::floor(units) - 0.5);
    if (from_tie > 0x1p-12 && from_tie < 0.25) return factor;
  }
}

/// Steps of which each neuron makes a single product, all else being exact, so that every order of
/// evaluation gives the same bits.
LoadedWorkload single_products(const std::string& name, std::string_view sizes,
                               std::string_view activations) {
  LoadedWorkload loaded =
      empty_workload(name, network_from_text(std::string(sizes), std::string(activations), "mse"));
  loaded.every_order_agrees = true;
  return loaded;
}

constexpr std::size_t row_products = 16;

/// Draws a factor of a subnormal product with the number given.
using DrawFactor = float (*)(SeededNumbers&, float);

Numbers factors_of(DrawFactor draw, SeededNumbers& numbers, float x) {
  Numbers factors;
  for (std::size_t i = 0; i < row_products; ++i)
    factors.push_back((i % 2 == 0 ? 1.0f : -1.0f) * draw(numbers, x));
  return factors;
}

/// A number of 24 significand bits of either sign, 1 to 2 in magnitude.
float full_significand(SeededNumbers& numbers) {
  const auto odd = static_cast<float>(0x800001 + 2 * numbers.below(0x400000));
  return std::ldexp(numbers.below(2) == 0 ? odd : -odd, -23);
}

Numbers full_significands(SeededNumbers& numbers, std::size_t count) {
  Numbers drawn(count);
  for (float& number : drawn) number = full_significand(numbers);
  return drawn;
}

/// Some multiplications round in another way where products are small.
constexpr int small_exponent = -12;

Numbers small(Numbers numbers) {
  for (float& number : numbers) number = std::ldexp(number, small_exponent);
  return numbers;
}

/// A bias whose difference from t, 1/16 to 1/8, has bits beyond 24 that are no tie.
float bias_to_subtract_from(SeededNumbers& numbers, float t) {
  for (;;) {
    const float bias = full_significand(numbers);
    const double difference = static_cast<double>(bias) - static_cast<double>(t);
    const float rounded = static_cast<float>(difference);
    const double error = std::fabs(difference - static_cast<double>(rounded));
    const double unit = std::ldexp(1, std::ilogb(difference) - 23);
    if (error >= unit / 8 && error < unit / 2) return bias;
  }
}

/// W x, of each neuron one; the rate is too small to change a weight.
LoadedWorkload roundings_of_the_forward_pass(std::uint64_t seed) {
  SeededNumbers numbers(fmt::format("roundings of the forward pass {}", seed));
  LoadedWorkload forward = single_products("roundings_of_the_forward_pass", "1-16", "identity");
  Parameters<float> start = forward.model.parameters;
  start[0].weights = full_significands(numbers, row_products);
  const Sample sample{{full_significand(numbers)}, Numbers(row_products)};
  forward.script = {step_from(start, sample, 0x1p-60f)};
  start[0].weights = small(std::move(start[0].weights));
  forward.script.push_back(step_from(std::move(start), sample, 0x1p-60f));
  return forward;
}

/// r delta, delta a, W delta and a - t, one of each neuron.
std::vector<DrawnWorkload> single_roundings(std::uint64_t seed) {
  SeededNumbers numbers(fmt::format("single roundings {}", seed));
  LoadedWorkload rate = single_products("roundings_of_the_rate", "1-16", "identity");
  rate.script = {
      {{{0}, full_significands(numbers, row_products)}, std::fabs(full_significand(numbers))}};

  LoadedWorkload update = single_products("roundings_of_the_update", "16-1", "identity");
  update.script = {{{full_significands(numbers, row_products), {full_significand(numbers)}}, 1}};

  LoadedWorkload hidden =
      single_products("roundings_of_hidden_deltas", "1-16-1", "identity-identity");
  hidden.model.parameters[1].weights = full_significands(numbers, row_products);
  hidden.script = {{{{0}, {full_significand(numbers)}}, 1}};

  // A rate of 2^40 leaves nothing of the bias beside r delta.
  LoadedWorkload difference = single_products("roundings_of_the_difference", "1-16", "identity");
  Numbers targets = full_significands(numbers, row_products);
  for (float& t : targets) t = std::ldexp(t, -4);
  for (std::size_t j = 0; j < row_products; ++j)
    difference.model.parameters[0].biases[j] = bias_to_subtract_from(numbers, targets[j]);
  difference.script = {{{{0}, std::move(targets)}, 0x1p40f}};

  std::vector<DrawnWorkload> workloads;
  // The same with small products, but for a - t.
  for (LoadedWorkload* loaded : {&rate, &update, &hidden}) {
    Sample sample = loaded->script[0].sample;
    const float learning_rate = loaded->script[0].learning_rate;
    Parameters<float> start = loaded->model.parameters;
    if (loaded == &rate) sample.target = small(std::move(sample.target));
    if (loaded == &update) sample.inputs = small(std::move(sample.inputs));
    if (loaded == &hidden) start[1].weights = small(std::move(start[1].weights));
    loaded->script.push_back(step_from(std::move(start), std::move(sample), learning_rate));
  }
  for (LoadedWorkload* loaded : {&rate, &update, &hidden, &difference})
    workloads.push_back({std::move(*loaded)});
  workloads.push_back({roundings_of_the_forward_pass(seed)});
  return workloads;
}

/// Hidden deltas s f' that go to biases of zero: statistics tell how f' and its product round.
/// Beside the target nothing is left of the activation above, so that s is W t, an exact product
/// where f' has many bits.
/// @param exponent of t; weights are 2^-100
DrawnWorkload roundings_of_derivatives(const std::string& name, Activation activation, int exponent,
                                       std::size_t steps, std::uint64_t seed) {
  constexpr std::uint32_t neurons = 64;
  constexpr int weight_exponent = -100;
  LoadedWorkload loaded = empty_workload(
      name, {{{1, neurons, activation}, {neurons, 1, Activation::identity}}, Loss::mse});
  loaded.has_statistics = true;
  const bool has_many_bits = is_approximated(activation);
  SeededNumbers numbers(fmt::format("{} {}", name, seed));
  for (std::size_t step = 0; step < steps; ++step) {
    // 1 - a a has more bits than a a where that is below 1/2; small f' make subnormal products.
    const bool is_near = exponent == 0 && activation == Activation::tanh && step % 2 == 0;
    const float farthest = is_near ? 0.75f : 3;
    Parameters<float> start = loaded.model.parameters;
    for (float& z : start[0].weights) z = between(numbers, -farthest, farthest);
    for (float& weight : start[1].weights) {
      const float factor = full_significand(numbers);
      weight = std::ldexp(has_many_bits ? std::copysign(1.0f, factor) : factor, weight_exponent);
    }
    const float t = std::ldexp(full_significand(numbers), exponent);
    loaded.script.push_back(step_from(std::move(start), {{1}, {t}},
                                      std::ldexp(1.0f, -weight_exponent - exponent - 16)));
  }
  return {std::move(loaded)};
}

/// Products W x, r delta, s a and W delta, of which two roundings get each wrong.
/// @param kind end of the names
std::vector<DrawnWorkload> subnormal_products(std::string_view kind, DrawFactor draw,
                                              std::uint64_t seed) {
  SeededNumbers numbers(fmt::format("subnormal products{} {}", kind, seed));
  const auto with = [&](std::string_view place, std::string_view sizes,
                        std::string_view activations) {
    return single_products(fmt::format("subnormal_products_of_{}{}", place, kind), sizes,
                           activations);
  };
  const float x = 0x1.5a5c2ep-20f, r = 0x1.3c9f36p-20f, t = 0x1.7b3f5ap-20f;
  LoadedWorkload forward = with("the_forward_pass", "1-16", "identity");
  forward.model.parameters[0].weights = factors_of(draw, numbers, x);
  forward.script = {{{{x}, Numbers(row_products)}, 0x1p-10f}};

  LoadedWorkload rate = with("the_rate", "1-16", "identity");
  rate.script = {{{{0}, factors_of(draw, numbers, r)}, r}};

  LoadedWorkload update = with("the_update", "16-1", "identity");
  update.script = {{{factors_of(draw, numbers, t), {t}}, 1}};

  LoadedWorkload hidden = with("hidden_deltas", "1-16-1", "identity-identity");
  hidden.model.parameters[1].weights = factors_of(draw, numbers, t);
  hidden.script = {{{{0}, {t}}, 1}};

  std::vector<DrawnWorkload> workloads;
  for (LoadedWorkload* loaded : {&forward, &rate, &update, &hidden})
    workloads.push_back({std::move(*loaded)});
  return workloads;
}

/// Subnormal numbers of both signs, from 2^-130 to 2^-127.
Numbers subnormal_operands(SeededNumbers& numbers, std::size_t count) {
  Numbers operands(count);
  for (float& operand : operands) {
    const int exponent = -128 - static_cast<int>(numbers.below(3));
    operand = std::ldexp(full_significand(numbers), exponent);
  }
  // Neither sign is missing.
  operands.front() = std::fabs(operands.front());
  if (count > 1) operands.back() = -std::fabs(operands.back());
  return operands;
}

/// Subnormal numbers of both signs as inputs, weights and biases of a forward pass that large
/// factors make normal, and as what an update of zero leaves.
std::vector<DrawnWorkload> subnormal_operands_of_the_forward_pass(std::uint64_t seed) {
  SeededNumbers numbers(fmt::format("subnormal operands of the forward pass {}", seed));
  const auto workload = [](const char* operand, const char* sizes, const char* activations) {
    return empty_workload(fmt::format("subnormal_{}_of_both_signs", operand),
                          network_from_text(sizes, activations, "mse"));
  };
  LoadedWorkload inputs = workload("inputs", "1-8", "identity");
  for (float& weight : inputs.model.parameters[0].weights)
    weight = std::ldexp(full_significand(numbers), 30);
  for (const float x : subnormal_operands(numbers, 4))
    inputs.script.push_back(step_from(inputs.model.parameters, {{x}, Numbers(8)}, 0x1p-10f));

  LoadedWorkload parameters = workload("parameters", "1-8", "identity");
  parameters.model.parameters[0].weights = subnormal_operands(numbers, 8);
  parameters.script = {step_from(parameters.model.parameters, {{0x1p100f}, Numbers(8)}, 0x1p-10f)};
  parameters.model.parameters[0].biases = subnormal_operands(numbers, 8);
  parameters.script.push_back(
      step_from(parameters.model.parameters, {{0}, parameters.model.parameters[0].biases}, 1));
  parameters.script.push_back(step_from(parameters.model.parameters, {{0}, Numbers(8)}, 0x1p20f));

  LoadedWorkload hidden = workload("weights_of_hidden_deltas", "1-8-1", "identity-identity");
  hidden.model.parameters[1].weights = subnormal_operands(numbers, 8);
  hidden.script = {{{{0}, {0x1p60f}}, 1}};
  return {{std::move(inputs)}, {std::move(parameters)}, {std::move(hidden)}};
}

/// Subnormal activations that only the update sees, times a delta of 2^20.
DrawnWorkload subnormal_activations(std::uint64_t seed) {
  SeededNumbers numbers(fmt::format("subnormal activations {}", seed));
  LoadedWorkload activations =
      single_products("subnormal_activations_in_the_update", "1-16-1", "identity-identity");
  for (float& weight : activations.model.parameters[0].weights)
    weight = std::ldexp(full_significand(numbers), -131);
  activations.script = {{{{4}, {0x1p20f}}, 1}, {{{0.5f}, {0x1p20f}}, 1}};
  activations.script[1].start = activations.model.parameters;
  return {std::move(activations)};
}

}  // namespace

std::vector<DrawnWorkload> drawn_roundings(std::uint64_t seed) {
  std::vector<DrawnWorkload> workloads = single_roundings(seed);
  for (const Activation activation : {Activation::tanh, Activation::sigmoid})
    workloads.push_back(roundings_of_derivatives(
        fmt::format("roundings_of_{}_derivatives", name_of(activation)), activation, 0, 8, seed));
  return workloads;
}

std::vector<DrawnWorkload> subnormal_operands_of_the_update(std::uint64_t seed) {
  SeededNumbers numbers(fmt::format("subnormal operands of the update {}", seed));
  const auto workload = [](const char* operand, const char* sizes, const char* activations) {
    return empty_workload(fmt::format("subnormal_{}_of_both_signs", operand),
                          network_from_text(sizes, activations, "mse"));
  };
  // r t x is 1/4 to 8, so that it shows in 8 bits, too.
  LoadedWorkload inputs = workload("inputs_of_the_update", "8-1", "identity");
  inputs.script = {
      step_from(inputs.model.parameters, {subnormal_operands(numbers, 8), {0x1p64f}}, 0x1p62f),
      // r delta is infinite, and so are new weights that delta x would leave finite.
      step_from(inputs.model.parameters, {subnormal_operands(numbers, 8), {0x1p67f}}, 0x1p61f)};
  LoadedWorkload targets = workload("targets", "1-8", "identity");
  targets.script = {{{{0x1p8f}, subnormal_operands(numbers, 8)}, 0x1p120f}};
  LoadedWorkload deltas = workload("deltas_below_weights", "1-8-1", "identity-identity");
  for (float& weight : deltas.model.parameters[1].weights)
    weight = std::copysign(between(numbers, 32, 96), numbers.signed_unit());
  for (const float t : subnormal_operands(numbers, 4))
    deltas.script.push_back(step_from(deltas.model.parameters, {{0}, {t}}, 0x1p122f));
  return {{std::move(inputs)}, {std::move(targets)}, {std::move(deltas)}};
}

std::vector<DrawnWorkload> drawn_subnormal_roundings(std::uint64_t seed) {
  std::vector<DrawnWorkload> workloads = subnormal_products("", factor_of_two_roundings, seed);
  std::ranges::move(subnormal_products("_of_few_bits", factor_of_few_bits, seed),
                    std::back_inserter(workloads));
  workloads.push_back(subnormal_activations(seed));
  std::ranges::move(subnormal_operands_of_the_forward_pass(seed), std::back_inserter(workloads));
  for (const Activation activation : neuron_activations)
    if (multiplies(activation))
      workloads.push_back(roundings_of_derivatives(
          fmt::format("subnormal_products_of_{}_derivatives", name_of(activation)), activation, -26,
          6, seed));
  return workloads;
}

}  // namespace lsgd
