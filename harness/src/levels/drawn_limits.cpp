// SPDX-License-Identifier: Apache-2.0
#include "levels/drawn_limits.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <utility>

#include "data/network_text.hpp"
#include "levels/drawn_roundings.hpp"

namespace lsgd {
namespace {

/// Sums of 7.5 for every input that is not zero: between the powers of two where accumulators end,
/// and just beyond each.
DrawnWorkload sums_of_every_size() {
  constexpr std::uint32_t inputs = 264;
  LoadedWorkload loaded =
      empty_workload("sums_of_every_size", network_from_text("264-1", "tanh", "mse"));
  for (const std::uint32_t terms : {1u,  2u,  4u,  5u,  7u,  8u,  9u,  10u, 13u, 16u, 17u,  18u,
                                    26u, 33u, 34u, 35u, 36u, 38u, 48u, 67u, 69u, 90u, 135u, 264u}) {
    Parameters<float> start = loaded.model.parameters;
    const bool is_negative = terms % 2 == 0;
    for (std::uint32_t i = 0; i < terms; ++i) start[0].weights[i] = is_negative ? -7.5f : 7.5f;
    loaded.script.push_back(step_from(start, {Numbers(inputs, 1), {0}}, 0x1p-10f));
    loaded.script.push_back(step_from(start, {Numbers(inputs, -1), {0}}, 0x1p-10f));
  }
  return {std::move(loaded)};
}

/// Sums of products beyond 20 and 21 bits that a bias takes back into the range of z, as far as
/// int8 goes with 7 fraction bits.
DrawnWorkload sums_against_the_bias() {
  constexpr std::uint32_t inputs = 136;
  LoadedWorkload loaded =
      empty_workload("sums_against_the_bias", network_from_text("136-2", "identity", "mse"));
  for (const std::uint32_t terms : {65u, 67u, 129u, 131u})
    for (const float sign : {1.0f, -1.0f}) {
      Parameters<float> start = loaded.model.parameters;
      for (std::uint32_t i = 0; i < terms; ++i) {
        start[0].weights[i] = -sign;
        start[0].weights[inputs + i] = 0.9921875f * sign;
      }
      const float sum = terms < 128 ? 64 : 128;
      start[0].biases = {-sign * sum, sign * sum};
      loaded.script.push_back(
          step_from(std::move(start), {Numbers(inputs, -1), {0.5f, -0.5f}}, 0x1p-12f));
    }
  return {std::move(loaded)};
}

/// Biases in every format beside weights in every format, in the first layer and behind relu: as
/// far as may be, the products leave of the bias what its own bits are.
DrawnWorkload biases_beside_every_weight() {
  LoadedWorkload loaded = empty_workload("biases_beside_every_weight",
                                         network_from_text("2-2-2", "relu-identity", "mse"));
  for (int w = 0; w <= 7; ++w)
    for (int b = 0; b <= 7; ++b) {
      const float weight = std::ldexp(0.8203125f, w), bias = std::ldexp(0.8828125f, b);
      const float ratio = std::ldexp(1.0f, b - w);
      Parameters<float> start = loaded.model.parameters;
      start[0] = {{-weight, 0, 0, weight}, {bias, 0.8125f * bias}};
      start[1] = {{-weight, 0.25f, 0.25f, -0.9375f * weight}, {bias, -0.6875f * bias}};
      loaded.script.push_back(step_from(
          std::move(start),
          {{std::min(1.0f, ratio), -std::min(1.0f, 0.75f * ratio)}, {0.5f, -0.25f}}, 0x1p-9f));
    }
  return {std::move(loaded)};
}

/// Parameters that become zero in one step, from formats with fewer fraction bits than zero has.
DrawnWorkload parameters_become_zero() {
  LoadedWorkload loaded =
      empty_workload("parameters_become_zero", network_from_text("1-1", "identity", "mse"));
  for (const float size : {3.0f, -1.5f, 6.0f}) {
    loaded.script.push_back(step_from({{{size}, {0}}}, {{1}, {0}}, 1));
    loaded.script.push_back({{{0.5f}, {0.25f}}, 0.125f});
    loaded.script.push_back(step_from({{{0}, {size}}}, {{0}, {0}}, 1));
    loaded.script.push_back({{{0.5f}, {0.25f}}, 0.125f});
  }
  return {std::move(loaded)};
}

/// Targets of bce that no probability is near: delta is a - t all the same (SPEC 2.5).
DrawnWorkload targets_far_from_probabilities() {
  LoadedWorkload loaded =
      empty_workload("targets_far_from_probabilities", network_from_text("2-4", "sigmoid", "bce"));
  loaded.model.parameters[0].weights = {0.5f, -0.25f, -1, 0.75f, 0.125f, 1, -0.5f, -0.375f};
  for (const float far : {3.0f, 12.0f, 40.0f, 300.0f})
    loaded.script.push_back(
        step_from(loaded.model.parameters, {{0.75f, -0.5f}, {far, -far, 0.5f, 1}}, 0x1p-9f));
  return {std::move(loaded)};
}

/// Hidden deltas that are sums of some deltas of one size times weights of one size.
DrawnWorkload hidden_sums_of_every_size() {
  LoadedWorkload loaded = empty_workload("hidden_sums_of_every_size",
                                         network_from_text("1-2-8", "tanh-identity", "mse"));
  for (const float delta : {3.75f, 7.5f})
    for (const std::uint32_t terms : {1u, 4u, 8u})
      for (const float weight : {4.0f, 7.875f, 8.25f, 8.875f, 12.0f, 15.5f}) {
        Parameters<float> start = loaded.model.parameters;
        for (float& w : start[1].weights) w = weight;
        Numbers target(8);
        for (std::uint32_t j = 0; j < terms; ++j) target[j] = terms == 4 ? delta : -delta;
        loaded.script.push_back(step_from(start, {{0.5f}, target}, 0x1p-12f));
        // A small f' leaves deltas within their format of sums that a format of their own must
        // hold.
        for (float& w : start[0].weights) w = 4.75f;
        if (terms > 1)
          loaded.script.push_back(step_from(std::move(start), {{0.5f}, target}, 0x1p-12f));
      }
  // Sums of deltas close beyond what weights just below 8 leave in the format of sums.
  for (const float sum : {31.5f, 33.0f, 35.0f, 37.5f, 41.0f, 45.0f, 50.0f, 56.0f}) {
    Parameters<float> start = loaded.model.parameters;
    for (float& w : start[1].weights) w = 7.875f;
    loaded.script.push_back(step_from(std::move(start), {{0.5f}, Numbers(8, -sum / 8)}, 0x1p-12f));
  }
  return {std::move(loaded)};
}

/// Hidden deltas of many neurons, whose sums lie on both sides of every limit: a port that looks at
/// several of them at once meets blocks in which few of them saturate, and none by much.
DrawnWorkload hidden_sums_of_many_neurons() {
  constexpr std::size_t hidden = 40, outputs = 8;
  LoadedWorkload loaded = empty_workload("hidden_sums_of_many_neurons",
                                         network_from_text("1-40-8", "tanh-identity", "mse"));
  for (const std::size_t turn : {std::size_t{0}, std::size_t{21}})
    for (const float delta : {0.25f, 1.0f, 3.75f, -7.5f}) {
      Parameters<float> start = loaded.model.parameters;
      for (std::size_t i = 0; i < hidden; ++i) {
        // From 1/16 to 15, a seventh more from each to the next.
        const float weight =
            std::ldexp(std::pow(1.15f, static_cast<float>((i + turn) % hidden)), -4);
        for (std::size_t j = 0; j < outputs; ++j)
          start[1].weights[j * hidden + i] = i % 2 == 0 ? weight : -weight;
      }
      loaded.script.push_back(
          step_from(std::move(start), {{0.5f}, Numbers(outputs, delta)}, 0x1p-10f));
    }
  return {std::move(loaded)};
}

/// Sums of hidden deltas on both sides of the end of their format, beside an f' so small that the
/// deltas stay within theirs.
DrawnWorkload hidden_sums_at_their_limit() {
  LoadedWorkload loaded = empty_workload("hidden_sums_at_their_limit",
                                         network_from_text("1-2-8", "tanh-identity", "mse"));
  for (const float sum : {130.0f, 200.0f, 240.0f, 254.0f, 255.75f, 256.25f, 270.0f, 400.0f, 900.0f})
    for (const float sign : {1.0f, -1.0f}) {
      Parameters<float> start = loaded.model.parameters;
      start[0].weights = {6.5f, -6.5f};
      // The two activations cancel: the outputs are about zero.
      for (float& w : start[1].weights) w = 15.5f;
      loaded.script.push_back(
          step_from(std::move(start), {{0.5f}, Numbers(8, -sign * sum / (8 * 15.5f))}, 0x1p-10f));
    }
  return {std::move(loaded)};
}

/// a - t on both sides of the end of a delta's format, where f' makes a delta of it that is not.
DrawnWorkload differences_at_their_limit(const char* activation, float bias, float target) {
  LoadedWorkload loaded =
      empty_workload(fmt::format("differences_of_{}_at_their_limit", activation),
                     network_from_text("1-4", activation, "mse"));
  loaded.model.parameters[0].biases = {bias, 0.5f * bias, 0.25f * bias, 0.125f * bias};
  for (const float distance : {0.0f, 0.5f, 1.0f})
    loaded.script.push_back(step_from(loaded.model.parameters,
                                      {{1}, Numbers(4, target - std::copysign(distance, target))},
                                      0x1p-8f));
  return {std::move(loaded)};
}

/// Weights that grow to the end of their range and back, by inputs that are small, large and small
/// again: what a port knows of the inputs must not outlive them.
DrawnWorkload growing_by_inputs_of_other_sizes() {
  LoadedWorkload loaded = empty_workload("growing_by_inputs_of_other_sizes",
                                         network_from_text("2-1", "sigmoid", "bce"));
  for (const float target : {-7.0f, 7.5f}) {
    loaded.script.push_back({{{0.5f, 0.25f}, {target}}, 0x1p-6f});
    loaded.script.resize(loaded.script.size() + 24, {{{7.75f, -3}, {target}}, 0x1p-6f});
    loaded.script.push_back({{{-0.5f, 0.75f}, {target}}, 0x1p-6f});
  }
  return {std::move(loaded)};
}

/// Weights that grow in small steps from below 8 to far above it, while the deltas above add up to
/// just below 31 in every step: what they may be multiplied by changes unseen.
DrawnWorkload growing_hidden_sums() {
  constexpr std::size_t outputs = 8;
  constexpr float delta = 3.86f, rate = 0x1p-6f;
  LoadedWorkload loaded =
      empty_workload("growing_hidden_sums", network_from_text("1-1-8", "tanh-identity", "mse"));
  loaded.model.parameters[0].biases = {6};  // an activation of about 1
  loaded.model.parameters[1] = {Numbers(outputs, 7.5f), Numbers(outputs, -7.5f)};
  // Weight and bias grow alike, and the target with their sum.
  for (int step = 0; step < 24; ++step)
    loaded.script.push_back(
        {{{0.5f}, Numbers(outputs, delta * (1 + 2 * rate * static_cast<float>(step)))}, rate});
  return {std::move(loaded)};
}

/// Rates times deltas of every size, of a rate or of a delta so large, for inputs as small, and
/// inputs that are large beside them. The first weight comes just above 1: less would have another
/// fraction bit. Rates have any significand.
DrawnWorkload steps_of_every_size(std::uint64_t seed) {
  constexpr float change = 1.0625f, factor = 1.3f;
  LoadedWorkload loaded =
      empty_workload("steps_of_every_size", network_from_text("1-2", "identity", "mse"));
  SeededNumbers numbers(fmt::format("{} {}", loaded.workload.name, seed));
  const auto add = [&](float power, float delta, float x) {
    const float significand = between(numbers, 1, 2);
    loaded.script.push_back(step_from(
        loaded.model.parameters, {{x / significand}, {delta, -0.5f * delta}}, power * significand));
  };
  for (const int exponent : {1, 2, 3, 5, 7, 8, 12, 16, 24, 31, 40, 64}) {
    const float power = std::ldexp(1.0f, exponent), size = factor * power;
    add(power, factor, change / size);
    add(1, -size, change / size);
    add(1 / power, factor, change / factor * power);
  }
  return {std::move(loaded)};
}

/// New weights and biases about the ends of eight bits, with each count of fraction bits, and far
/// beyond them.
DrawnWorkload new_parameters_beyond_every_code() {
  LoadedWorkload loaded = empty_workload("new_parameters_beyond_every_code",
                                         network_from_text("2-2", "identity", "mse"));
  const auto add = [&](float size) {
    loaded.script.push_back(step_from(loaded.model.parameters, {{1, -1}, {size, -size}}, 1));
  };
  for (int fraction_bits = 0; fraction_bits <= 7; ++fraction_bits)
    add(std::ldexp(127.625f, -fraction_bits));
  for (const float size : {127.375f, 128.375f, 200.0f, 0x1.8p15f, 0x1.8p31f, 0x1.8p63f}) add(size);
  return {std::move(loaded)};
}

/// From parameters a little above 1, which are kept as 1, steps so small that they show in the
/// fraction bits alone: what is 1 has one more than what is above it.
DrawnWorkload small_steps_above_one() {
  LoadedWorkload loaded =
      empty_workload("small_steps_above_one", network_from_text("1-1", "identity", "mse"));
  for (const int exponent : {-18, -15, -12}) {
    loaded.script.push_back(step_from(loaded.model.parameters, {{1}, {2.003f}}, 0.5f));
    loaded.script.push_back({{{1}, {2.125f}}, std::ldexp(1.0f, exponent)});
  }
  return {std::move(loaded)};
}

/// All weights of a neuron grow alike, until their sum has passed every limit of a sum.
LoadedWorkload growing_sums(const std::string& name, Network network, float input, float target) {
  LoadedWorkload loaded = empty_workload(name, std::move(network));
  LayerParameters<float>& last = loaded.model.parameters.back();
  for (float& weight : last.weights) weight = 1.5f;
  // Hidden activations of about 1.
  if (loaded.model.parameters.size() > 1)
    for (float& bias : loaded.model.parameters[0].biases) bias = 6;
  loaded.script.assign(28, {{Numbers(loaded.model.network.inputs(), input),
                             Numbers(loaded.model.network.outputs(), target)},
                            0x1p-5f});
  return loaded;
}

/// Of many neurons the parameters of one alone grow to the end of their range: what a port knows of
/// all of them it has to know of this one.
/// @param place of the neuron
LoadedWorkload growth_of_one_neuron(const std::string& name, Network network, std::size_t place) {
  LoadedWorkload loaded = empty_workload(name, std::move(network));
  const Network& grown = loaded.model.network;
  Sample sample{Numbers(grown.inputs(), 7.75f), Numbers(grown.outputs(), 0.5f)};
  if (grown.layers.size() > 1) {
    loaded.model.parameters[1].weights[place] = 0.5f;
    sample.target[0] = 7.875f;
  } else {
    sample.target[place] = 7.875f;
  }
  loaded.script.assign(24, {std::move(sample), 0x1p-6f});
  return loaded;
}

std::vector<DrawnWorkload> growth_of_single_neurons(std::uint64_t seed) {
  constexpr std::size_t neurons = 48;
  SeededNumbers numbers(fmt::format("growth of single neurons {}", seed));
  const std::size_t any = 1 + numbers.below(neurons - 2);
  std::vector<DrawnWorkload> workloads;
  for (const auto& [where, place] :
       {std::pair{"first", std::size_t{0}}, std::pair{"last", neurons - 1}, std::pair{"any", any}})
    workloads.push_back({growth_of_one_neuron(fmt::format("growth_of_the_{}_output", where),
                                              network_from_text("1-48", "sigmoid", "bce"), place)});
  for (const auto& [where, place] :
       {std::pair{"first", std::size_t{0}}, std::pair{"last", neurons - 1}})
    workloads.push_back(
        {growth_of_one_neuron(fmt::format("growth_of_the_{}_hidden_neuron", where),
                              network_from_text("1-48-1", "identity-sigmoid", "bce"), place)});
  return workloads;
}

/// Inputs and targets just below and above half a unit of formats of few fraction bits: half a unit
/// added in binary32 takes the lower ones to the next unit.
DrawnWorkload numbers_beside_half_a_unit() {
  LoadedWorkload loaded =
      empty_workload("numbers_beside_half_a_unit", network_from_text("4-4", "identity", "mse"));
  const float below = std::nextafter(0.5f, 0.0f), above = std::nextafter(0.5f, 1.0f);
  for (const int fraction_bits : {7, 8, 12, 16}) {
    Numbers halves;
    for (const float half : {below, -below, above, -above})
      halves.push_back(std::ldexp(half, -fraction_bits));
    // A unit of an input of int8 is one of z.
    Parameters<float> start = loaded.model.parameters;
    for (std::size_t i = 0; i < halves.size(); ++i) start[0].weights[5 * i] = 8;
    loaded.script.push_back(step_from(std::move(start), {halves, Numbers(4)}, 0x1p-10f));
    loaded.script.push_back(step_from(loaded.model.parameters, {Numbers(4), halves}, 1));
  }
  return {std::move(loaded)};
}

/// Output and hidden deltas so small that rates far above 1 bring them to the parameters.
LoadedWorkload deltas_far_below_the_rate() {
  LoadedWorkload loaded = empty_workload("deltas_far_below_the_rate",
                                         network_from_text("1-2-1", "identity-identity", "mse"));
  loaded.model.parameters[1].weights = {1, -0.5f};
  for (const int exponent : {-10, -22, -40, -60})
    loaded.script.push_back(step_from(loaded.model.parameters, {{1}, {std::ldexp(1.5f, exponent)}},
                                      std::ldexp(1.0f, -exponent - 2)));
  return loaded;
}

/// Deltas of 2^80 and rates of 2^-81, then an x of 2^124 and a rate times delta of 2^-127: factors
/// beyond every product of theirs.
std::vector<DrawnWorkload> factors_far_apart() {
  LoadedWorkload deltas = empty_workload("deltas_far_above_the_rate",
                                         network_from_text("1-2-1", "identity-identity", "mse"));
  deltas.model.parameters[1].weights = {1, -0.5f};
  deltas.script = {{{{1}, {-0x1p80f}}, 0x1p-81f}};
  LoadedWorkload inputs =
      empty_workload("inputs_far_above_the_rate", network_from_text("1-1", "identity", "mse"));
  inputs.script = {{{{0x1p124f}, {0x1p-27f}}, 0x1p-100f}};
  std::vector<DrawnWorkload> workloads;
  workloads.push_back({std::move(deltas)});
  workloads.push_back({std::move(inputs)});
  workloads.push_back({deltas_far_below_the_rate()});
  return workloads;
}

/// Output deltas, and those of the layer below, of which one is up to 2^60 times the other: an
/// exponent that all of them share leaves nothing of the smaller one, which alone goes on to the
/// first layer.
DrawnWorkload deltas_far_apart() {
  LoadedWorkload loaded = empty_workload(
      "deltas_far_apart", network_from_text("1-1-2-2", "identity-identity-identity", "mse"));
  loaded.model.parameters[2].weights = {1, 0, 0, 1};
  for (const int distance : {9, 12, 15, 18, 22, 26, 40, 60}) {
    const float small = std::ldexp(0.8125f, 3 - distance);
    const float rate = std::ldexp(1.0f, distance - 3);
    Parameters<float> start = loaded.model.parameters;
    start[1].weights = {0, 1};
    loaded.script.push_back(step_from(start, {{1}, {6.5f, small}}, rate));
    start[1].weights = {1, 0};
    loaded.script.push_back(step_from(std::move(start), {{1}, {-small, 6.5f}}, rate));
  }
  return {std::move(loaded)};
}

/// The same of inputs, weights and activations: forwards the smaller ones alone come to an end, and
/// backwards all of them make weights that were zero.
DrawnWorkload numbers_far_apart() {
  LoadedWorkload loaded =
      empty_workload("numbers_far_apart", network_from_text("2-2-2", "identity-identity", "mse"));
  for (const int distance : {9, 15, 18, 22, 26, 40, 60}) {
    const float small = std::ldexp(0.8125f, -distance);
    Parameters<float> start = loaded.model.parameters;
    start[0].weights = {0, 1, 1, 0};
    start[1].weights = {1, 0, 0, 1};
    loaded.script.push_back(step_from(start, {{1, small}, {0, 0}}, 0x1p-6f));
    start[0].weights = {1, small, small, 1};
    loaded.script.push_back(step_from(std::move(start), {{0, 1}, {0, 0}}, 0x1p-6f));
    Parameters<float> zeros = loaded.model.parameters;
    zeros[1].weights = {1, small, small, 1};
    loaded.script.push_back(step_from(zeros, {{1, small}, {0, 0.75f}}, 1));
    loaded.script.push_back(step_from(std::move(zeros), {{small, 1}, {0.75f, 0}}, 1));
  }
  return {std::move(loaded)};
}

/// Rates down to the smallest one, of which a port of fixed point makes 0, with deltas as large as
/// they can be beside them.
DrawnWorkload smallest_rates() {
  LoadedWorkload loaded =
      empty_workload("smallest_rates", network_from_text("1-2", "identity", "mse"));
  for (const int exponent : {-12, -13, -24, -31, -32, -40, -60, -100, -126, -127, -149}) {
    const float target = std::ldexp(1.25f, std::min(126, -exponent));
    loaded.script.push_back(step_from(loaded.model.parameters, {{1}, {target, -0.5f * target}},
                                      std::ldexp(1.0f, exponent)));
  }
  return {std::move(loaded)};
}

}  // namespace

LoadedWorkload tensors_one_by_one(const std::string& name, const Network& network,
                                  const Profile& profile) {
  LoadedWorkload loaded = empty_workload(name, network);
  SeededNumbers numbers(name);
  draw_parameters(numbers, 0.5f, loaded);
  Parameters<float> large = loaded.model.parameters;
  for (LayerParameters<float>& layer : large) {
    for (float& weight : layer.weights) weight = 6.875f;
    for (float& bias : layer.biases) bias = 15.5f;
  }
  const TensorSet tensors = profile.nearest_parameters(network, large, first_random_state);
  Sample sample{Numbers(network.inputs(), 1), Numbers(network.outputs(), 0.5f)};
  sample.target.back() = 0.25f;
  loaded.script.push_back({sample, 0x1p-8f});
  const auto add = [&](const Parameters<float>& given, std::size_t t, std::size_t first) {
    ScriptedStep step = step_from(given, sample, 0x1p-8f);
    step.tensor = t;
    step.first_element = first;
    loaded.script.push_back(std::move(step));
  };
  const auto add_whole = [&](const Parameters<float>& given) {
    for (std::size_t t = 0; t < tensors.size(); ++t) add(given, t, 0);
  };
  add_whole(large);
  add_whole(loaded.model.parameters);
  // What a port knows of a tensor must not outlive a part of it.
  for (const Parameters<float>& given : {large, loaded.model.parameters})
    for (std::size_t t = 0; t < tensors.size(); ++t)
      if (tensors[t].count > 1) add(given, t, tensors[t].count / 2);
  add_whole(large);
  return loaded;
}

std::vector<DrawnWorkload> drawn_limits(const Profile& profile, std::uint64_t seed) {
  std::vector<DrawnWorkload> workloads;
  workloads.push_back(sums_of_every_size());
  workloads.push_back(hidden_sums_of_every_size());
  workloads.push_back(hidden_sums_of_many_neurons());
  workloads.push_back(hidden_sums_at_their_limit());
  workloads.push_back(differences_at_their_limit("tanh", -1.25f, 7.96875f));
  workloads.push_back(differences_at_their_limit("sigmoid", 1.25f, -7.96875f));
  workloads.push_back(small_steps_above_one());
  workloads.push_back(parameters_become_zero());
  workloads.push_back(targets_far_from_probabilities());
  if (profile.formats().weights.has_own_fraction_bits()) {
    workloads.push_back(sums_against_the_bias());
    workloads.push_back(biases_beside_every_weight());
  }
  workloads.push_back({growing_sums("growing_sums_of_inputs",
                                    network_from_text("16-1", "sigmoid", "bce"), 1, 7.875f)});
  workloads.push_back({growing_sums("growing_sums_of_large_inputs",
                                    network_from_text("16-1", "sigmoid", "bce"), 1.875f, 7.875f)});
  workloads.push_back(
      {growing_sums("growing_sums_of_activations",
                    network_from_text("1-16-1", "tanh-sigmoid", "bce"), 0.5f, 7.875f)});
  workloads.push_back({tensors_one_by_one(
      "tensors_one_by_one", network_from_text("9-9-2", "tanh-sigmoid", "bce"), profile)});
  std::ranges::move(factors_far_apart(), std::back_inserter(workloads));
  workloads.push_back(steps_of_every_size(seed));
  workloads.push_back(deltas_far_apart());
  workloads.push_back(numbers_far_apart());
  workloads.push_back(smallest_rates());
  if (!profile.has_binary32_weights()) {
    std::ranges::move(growth_of_single_neurons(seed), std::back_inserter(workloads));
    workloads.push_back(numbers_beside_half_a_unit());
    workloads.push_back(growing_hidden_sums());
    workloads.push_back(growing_by_inputs_of_other_sizes());
    workloads.push_back(new_parameters_beyond_every_code());
  }
  if (profile.has_binary32_weights())
    std::ranges::move(drawn_subnormal_roundings(seed), std::back_inserter(workloads));
  if (profile.has_binary32_weights() || profile.has_int8_preactivations())
    std::ranges::move(subnormal_operands_of_the_update(seed), std::back_inserter(workloads));
  return workloads;
}

}  // namespace lsgd
