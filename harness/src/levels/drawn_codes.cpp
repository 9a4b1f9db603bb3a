// SPDX-License-Identifier: Apache-2.0
#include "levels/drawn_codes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <fmt/format.h>
#include <string>
#include <utility>

#include "data/network_text.hpp"

namespace lsgd {
namespace {

constexpr int most_fraction_bits = 7;
constexpr std::size_t counts_of_fraction_bits = 8;

/// What the codes -128 to 127 stand for.
/// @param place of -128; 127 stands before it
Numbers every_code(int fraction_bits, std::size_t place) {
  Numbers values;
  for (int code = -128; code <= 127; ++code)
    values.push_back(std::ldexp(static_cast<float>(code), -fraction_bits));
  std::ranges::rotate(values, values.end() - static_cast<std::ptrdiff_t>(place));
  return values;
}

/// Where in a row of 256 the lowest code stands: with each count of fraction bits in another place
/// of a word of 8, and in another eighth of the row.
std::size_t place_of_lowest(int fraction_bits, std::size_t first_eighth) {
  const auto count = static_cast<std::size_t>(fraction_bits);
  return (first_eighth + count) % counts_of_fraction_bits * 32 + count;
}

/// Weights w above a layer of zeros. A delta of -2^(n - 7) leaves them as they are, and of each
/// makes w 2^(n - 7) of a weight and of a bias below: its code again, also of -128.
ScriptedStep step_of_weights(const LoadedWorkload& loaded, int fraction_bits,
                             std::size_t first_eighth) {
  Parameters<float> start = loaded.model.parameters;
  start[1].weights = every_code(fraction_bits, place_of_lowest(fraction_bits, first_eighth));
  return step_from(std::move(start), {{1}, {std::ldexp(1.0f, fraction_bits - most_fraction_bits)}},
                   1);
}

/// Biases that a step of next to nothing leaves as they are, beside weights times an x of 0 whose
/// fraction bits decide how the biases are aligned. Deltas are negative: -128 grows no further.
ScriptedStep step_of_biases(const LoadedWorkload& loaded, int fraction_bits, int of_weights,
                            std::size_t first_eighth) {
  Parameters<float> start = loaded.model.parameters;
  start[0].weights[0] = std::ldexp(1.0f, most_fraction_bits - of_weights);
  start[0].biases = every_code(fraction_bits, place_of_lowest(fraction_bits, first_eighth));
  for (float& weight : start[1].weights) weight = 0.5f;
  return step_from(std::move(start), {{0}, {16}}, 0x1p-30f);
}

DrawnWorkload codes_of_parameters(const std::string& name, std::size_t first, std::size_t last,
                                  const std::array<int, counts_of_fraction_bits>& turns,
                                  std::size_t first_eighth, std::string_view shortened) {
  LoadedWorkload loaded =
      empty_workload(name, network_from_text("1-256-1", "identity-identity", "mse"));
  for (std::size_t i = first; i < last; ++i) {
    const int of_weights = turns[(3 * i + 1) % counts_of_fraction_bits];
    loaded.script.push_back(step_of_weights(loaded, turns[i], first_eighth));
    loaded.script.push_back(step_of_biases(loaded, turns[i], of_weights, first_eighth));
  }
  return {std::move(loaded), shortened};
}

/// Every z, so that every activation is seen by the update of the weight above it and, in the bias
/// and the weight below it, by the derivative. A delta just above -8 changes the weights above by
/// the activation itself, or by an eighth where it has fewer fraction bits.
/// @param sum what weights of 2^-7 make of all activations
LoadedWorkload codes_below(Activation activation, float sum, std::size_t place) {
  const bool is_wide = !is_approximated(activation);
  LoadedWorkload loaded =
      empty_workload(fmt::format("codes_of_{}", name_of(activation)),
                     {{{1, 256, activation}, {256, 1, Activation::identity}}, Loss::mse});
  Parameters<float> start = loaded.model.parameters;
  start[0].biases = every_code(4, place);
  for (float& weight : start[1].weights) weight = 0x1p-7f;
  loaded.script = {step_from(std::move(start), {{is_wide ? 1024.0f : 128.0f}, {sum + 7.75f}},
                             is_wide ? 0x1p-6f : 0x1p-3f)};
  return loaded;
}

/// Every z in an output layer whose weights of zero change by a - t, or an eighth of it; then its
/// biases alone, by all of it: where changes are rounded at random, smaller ones need not show it.
LoadedWorkload codes_at_the_output(Activation activation, std::size_t place) {
  const bool is_wide = !is_approximated(activation);
  LoadedWorkload loaded = empty_workload(
      fmt::format("codes_of_{}_outputs", name_of(activation)),
      {{{1, 256, activation}}, activation == Activation::sigmoid ? Loss::bce : Loss::mse});
  Parameters<float> start = loaded.model.parameters;
  start[0].biases = every_code(4, place);
  loaded.script = {step_from(start, {{is_wide ? 128.0f : 1024.0f}, Numbers(256)}, 0x1p-10f),
                   step_from(std::move(start), {{0}, Numbers(256)}, 1)};
  return loaded;
}

/// Halfway between every two codes with each count of fraction bits, as new weights and biases:
/// what is left of zeros when targets are subtracted. The largest ones need that many bits.
LoadedWorkload ties_of_new_parameters(std::size_t first_eighth) {
  LoadedWorkload loaded =
      empty_workload("ties_of_new_parameters", network_from_text("1-255", "identity", "mse"));
  for (int fraction_bits = 0; fraction_bits <= most_fraction_bits; ++fraction_bits) {
    Numbers targets;
    for (int code = -128; code < 127; ++code)
      targets.push_back(std::ldexp(static_cast<float>(code) + 0.5f, -fraction_bits));
    const std::size_t place = place_of_lowest(fraction_bits, first_eighth);
    std::ranges::rotate(targets, targets.end() - static_cast<std::ptrdiff_t>(place));
    loaded.script.push_back(step_from(loaded.model.parameters, {{1}, std::move(targets)}, 1));
  }
  return loaded;
}

/// Inputs halfway between every two codes. A weight of -4 makes half a unit of z of a code, which
/// shows whether the code is odd, or even beside a bias of half a unit.
LoadedWorkload ties_of_inputs() {
  constexpr std::size_t inputs = 16;
  LoadedWorkload loaded =
      empty_workload("ties_of_inputs", network_from_text("16-16", "identity", "mse"));
  for (const float bias : {0.0f, 0x1p-5f}) {
    Parameters<float> start = loaded.model.parameters;
    for (std::size_t i = 0; i < inputs; ++i) start[0].weights[i * (inputs + 1)] = -4;
    start[0].biases.assign(inputs, bias);
    for (int first = -128; first < 128; first += static_cast<int>(inputs)) {
      Sample sample{{}, Numbers(inputs)};
      for (std::size_t i = 0; i < inputs; ++i)
        sample.inputs.push_back((static_cast<float>(first + static_cast<int>(i)) + 0.5f) / 128);
      loaded.script.push_back(step_from(start, std::move(sample), 0x1p-10f));
    }
  }
  return loaded;
}

/// Rows that have the lowest code, then the highest one, in every place of a word of 8, and a step
/// that moves all weights towards zero by some codes: deltas of 8 at least, of which inputs of a
/// code make changes of 8 codes at least.
/// @param inputs of a row: fewer or more than what a vector holds
LoadedWorkload updates_of_end_codes(std::size_t inputs) {
  constexpr std::size_t rows = 8;
  LoadedWorkload loaded =
      empty_workload(fmt::format("updates_of_end_codes_{}", inputs),
                     network_from_text(fmt::format("{}-{}", inputs, rows), "identity", "mse"));
  for (const auto& [end, target] : {std::pair{-128, 16.0f}, std::pair{127, -16.0f}}) {
    Parameters<float> start = loaded.model.parameters;
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t i = 0; i < inputs; ++i)
        start[0].weights[row * inputs + i] = i % rows == row ? static_cast<float>(end) / 128 : 0;
    loaded.script.push_back(
        step_from(std::move(start), {Numbers(inputs, 0x1p-7f), Numbers(rows, target)}, 1));
  }
  return loaded;
}

}  // namespace

std::vector<DrawnWorkload> drawn_codes(const Profile& profile, std::uint64_t seed) {
  const ElementFormat& format = profile.formats().weights;
  if (!format.has_own_fraction_bits() || format.bits != 8) return {};
  SeededNumbers numbers(fmt::format("codes {}", seed));
  std::array<int, counts_of_fraction_bits> turns{};
  const auto first = static_cast<int>(numbers.below(counts_of_fraction_bits));
  for (int i = 0; i < static_cast<int>(counts_of_fraction_bits); ++i)
    turns[static_cast<std::size_t>(i)] = (first + i) % static_cast<int>(counts_of_fraction_bits);
  std::vector<DrawnWorkload> workloads;
  const auto turn = numbers.below(counts_of_fraction_bits);
  const auto first_eighth = numbers.below(counts_of_fraction_bits);
  const auto place = numbers.below(256);
  workloads.push_back(codes_of_parameters("codes_of_parameters", 0, 1, turns, first_eighth, {}));
  workloads.push_back(codes_of_parameters("more_codes_of_parameters", 1, counts_of_fraction_bits,
                                          turns, first_eighth, an_eighth_of_the_codes));
  workloads.push_back({ties_of_new_parameters(first_eighth)});
  workloads.push_back({ties_of_inputs()});
  for (const std::size_t inputs : {31u, 79u}) workloads.push_back({updates_of_end_codes(inputs)});
  constexpr std::array<std::pair<Activation, float>, 4> sums{{{Activation::tanh, 0},
                                                              {Activation::sigmoid, 1},
                                                              {Activation::relu, 4},
                                                              {Activation::identity, 0}}};
  std::vector<LoadedWorkload> of_activations;
  for (const auto& [activation, sum] : sums) {
    of_activations.push_back(codes_below(activation, sum, place));
    of_activations.push_back(codes_at_the_output(activation, place));
  }
  for (std::size_t i = 0; i < of_activations.size(); ++i)
    workloads.push_back(
        {std::move(of_activations[i]), i == turn ? std::string_view() : an_eighth_of_the_codes});
  return workloads;
}

}  // namespace lsgd
