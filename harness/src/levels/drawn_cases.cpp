// SPDX-License-Identifier: Apache-2.0
#include "levels/drawn_cases.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "cases/padded_golden_set.hpp"
#include "cases/seeded_numbers.hpp"
#include "data/network_text.hpp"
#include "judging/comparison.hpp"
#include "judging/device_tensors.hpp"
#include "levels/drawn_arguments.hpp"
#include "levels/drawn_codes.hpp"
#include "levels/drawn_limits.hpp"
#include "levels/drawn_roundings.hpp"
#include "levels/drawn_workload.hpp"
#include "levels/draws_case.hpp"
#include "levels/every_call.hpp"
#include "levels/padded_workload.hpp"
#include "levels/stand_in.hpp"
#include "steps/declared_profile.hpp"
#include "steps/expected_step.hpp"

namespace lsgd {
namespace {

struct DrawnShape {
  std::vector<std::uint32_t> sizes;
  std::size_t steps = 1;
  /// Targets that are not fast meet its lengths in others and in drawn_lengths().
  bool is_of_lengths = false;
};

/// Sizes from 17 on that leave every remainder of 16 and of 32, as lengths of rows and as numbers
/// of neurons, and those around powers of two.
std::vector<DrawnShape> drawn_shapes() {
  std::vector<DrawnShape> shapes;
  for (std::uint32_t i = 0; i < 32; ++i)
    shapes.push_back({{17 + i, 17 + (5 * i + 3) % 32, 1 + i % 3}});
  for (std::uint32_t i = 0; i < 32; ++i) shapes.push_back({{34 + i, 4, 1}});
  for (const std::uint32_t n : {31u, 32u, 33u, 63u, 64u, 65u, 127u, 128u, 129u, 255u, 256u, 257u}) {
    const bool is_of_lengths = n < 129;
    shapes.push_back({{n, 18, 2}, 1, is_of_lengths});
    shapes.push_back({{3, n, 2}, 1, is_of_lengths});
    shapes.push_back({{2, 3, n}, 1, is_of_lengths});
  }
  shapes.push_back({{33, 64, 65, 3}, 1, true});
  shapes.push_back({{256, 64, 64, 10}, 3});
  shapes.push_back({{17, 130, 130, 3}});
  // Every length of rows between those, and as many numbers of neurons, also above others.
  for (std::uint32_t i = 0; i < 93; ++i) shapes.push_back({{66 + i % 61, 3, 17 + i, 1}, 1, true});
  shapes.push_back({{32, 32, 32, 2}, 3});
  for (const std::size_t layers : {5, 6, 7}) {
    std::vector<std::uint32_t> sizes{4, 3, 5, 2, 6, 3, 4, 2};
    sizes.resize(layers + 1);
    shapes.push_back({std::move(sizes), 3});
  }
  return shapes;
}

std::vector<DrawnWorkload> drawn_sizes(const Profile& profile, std::uint64_t seed) {
  constexpr std::array activations{Activation::tanh, Activation::relu, Activation::sigmoid,
                                   Activation::identity};
  std::vector<DrawnWorkload> workloads;
  std::size_t number = 0;
  for (const auto& [sizes, steps, is_of_lengths] : drawn_shapes()) {
    const std::string name = fmt::format("sizes_{}", fmt::join(sizes, "_"));
    SeededNumbers numbers(fmt::format("{} {}", name, seed));
    Network network;
    for (std::size_t l = 1; l < sizes.size(); ++l)
      network.layers.push_back({sizes[l - 1], sizes[l], activations[(number + l) % 4]});
    // Every third one leaves the range of int8's z, and another has, where it can, subnormal
    // products.
    const std::size_t kind = number % 3;
    Layer& last = network.layers.back();
    if (last.activation == Activation::sigmoid) network.loss = Loss::bce;
    // relu at its end, or tanh of so much, may leave no delta and no update.
    if (last.activation == Activation::relu || (last.activation == Activation::tanh && kind == 1))
      last.activation = Activation::identity;
    LoadedWorkload loaded = empty_workload(name, std::move(network));
    draw_parameters(numbers, kind == 1 ? 6.0f : 0.75f, loaded);
    // The last neuron of relu has a delta in nearly every run.
    for (std::size_t l = 0; l < loaded.model.network.layers.size(); ++l)
      if (loaded.model.network.layers[l].activation == Activation::relu)
        loaded.model.parameters[l].biases.back() = 4;
    for (std::size_t step = 0; step < steps; ++step)
      loaded.script.push_back({drawn_sample(numbers, loaded.model.network),
                               std::ldexp(1.0f, -static_cast<int>(1 + numbers.below(4)))});
    if (kind == 2 && profile.has_binary32_weights()) {
      for (float& x : loaded.script[0].sample.inputs) x = std::ldexp(x, -70);
      for (float& weight : loaded.model.parameters[0].weights) weight = std::ldexp(weight, -56);
      for (float& bias : loaded.model.parameters[0].biases) bias = 0;
    }
    const std::uint64_t parameters = parameter_count(loaded.model.network);
    const bool is_alone = sizes.size() > 4 || sizes.back() > 255;
    const bool is_large =
        parameters * steps >= 20'000 || (number % 2 != 0 && !is_alone) || is_of_lengths;
    workloads.push_back(
        {std::move(loaded), is_large ? all_but_large_networks : std::string_view()});
    ++number;
  }
  return workloads;
}

/// One step of a network in which `inputs` is a length of rows of the first layer, each of `hidden`
/// one of another layer and a number of neurons, `outputs` a number of outputs, with a single
/// neuron between any two of them: as few parameters as show these lengths.
/// @param turn of the functions of the hidden layers
LoadedWorkload step_of_lengths(std::uint32_t inputs, const std::vector<std::uint32_t>& hidden,
                               std::uint32_t outputs, std::size_t turn, const Profile& profile,
                               std::uint64_t seed) {
  constexpr std::array activations{Activation::tanh, Activation::sigmoid, Activation::relu};
  constexpr Activation identity = Activation::identity;  // lets every delta through
  Network network{{{inputs, 1, identity}}, Loss::mse};
  for (const std::uint32_t neurons : hidden) {
    network.layers.push_back({1, neurons, activations[turn++ % 3]});
    network.layers.push_back({neurons, 1, identity});
  }
  network.layers.push_back({1, outputs, identity});
  const std::string name = fmt::format("lengths {} {} {}", inputs, fmt::join(hidden, " "), outputs);
  LoadedWorkload loaded = empty_workload(name, std::move(network));
  SeededNumbers numbers(fmt::format("{} {}", name, seed));
  draw_parameters(numbers, 0.75f, loaded);
  // Of relu, too, the last neuron lives, and sums of the deltas of all outputs saturate nowhere.
  Parameters<float>& parameters = loaded.model.parameters;
  for (std::size_t l = 1; l + 1 < parameters.size(); l += 2) {
    parameters[l].biases.back() = 1;
    if (loaded.model.network.layers[l].activation == Activation::relu)
      parameters[l].weights.back() = 0.25f;
  }
  for (float& weight : parameters.back().weights) weight /= std::sqrt(static_cast<float>(outputs));
  // As large as changes of 8 bits must be, and else as small as those of training.
  const bool has_few_bits = profile.formats().weights.bits == 8;
  loaded.script = {{drawn_sample(numbers, loaded.model.network), has_few_bits ? 0.5f : 0x1p-6f}};
  return loaded;
}

/// Networks that one case runs one after the other.
struct NetworksInTurn {
  std::string name;
  std::vector<LoadedWorkload> workloads = {};
  std::string_view shortened = {};  ///< as of DrawnWorkload
};

/// Every length from 17 to 320. What targets that are not fast leave out are rows of the first
/// layer and numbers of outputs up to 128, every other one, and above 128 the lengths that are no
/// whole blocks of 16, but for one of every remainder, which are others from another seed. Rows of
/// the first layer may be longer still: fast targets meet every other one up to 784, others eight.
std::vector<NetworksInTurn> drawn_lengths(const Profile& profile, std::uint64_t seed) {
  std::vector<NetworksInTurn> groups;
  SeededNumbers numbers(fmt::format("lengths {}", seed));
  const auto half = static_cast<std::uint32_t>(numbers.below(2));
  const std::size_t turn = numbers.below(3);
  const auto add = [&](std::uint32_t n, const std::vector<std::uint32_t>& m, std::uint32_t k) {
    std::vector<LoadedWorkload>& workloads = groups.back().workloads;
    workloads.push_back(step_of_lengths(n, m, k, turn + 2 * workloads.size(), profile, seed));
  };
  const auto up_to_128 = [](std::uint32_t number) { return 17 + number % 112; };
  for (std::uint32_t i = 0; i < 56; ++i) {
    if (i % 14 == 0) groups.push_back({fmt::format("lengths_{}", i / 14 + 1)});
    add(up_to_128(2 * i + half), {up_to_128(10 * i + 3), up_to_128(10 * i + 8)},
        up_to_128(22 * i + 7 + half));
  }
  groups.push_back({"lengths_of_whole_blocks"});
  const auto of_16 = [](std::uint32_t number) { return 144 + 16 * (number % 12); };
  for (std::uint32_t i = 0; i < 12; ++i) add(of_16(i), {of_16(5 * i + 3)}, of_16(7 * i + 2));
  for (std::uint32_t n = 384; n <= 768; n += 128) add(n, {1}, 1);
  groups.push_back({"more_lengths", {}, all_but_large_networks});
  for (std::uint32_t i = 0; i < 56; ++i)
    add(up_to_128(2 * i + 1 - half), {1}, up_to_128(22 * i + 8 - half));
  groups.push_back({"lengths_of_every_remainder"});
  const auto of_remainder = [&](std::uint32_t number) {
    return 129 + number % 16 + 16 * static_cast<std::uint32_t>(numbers.below(12));
  };
  for (std::uint32_t i = 0; i < 16; ++i) {
    const std::uint32_t inputs = of_remainder(i);
    const std::uint32_t hidden = of_remainder(5 * i + 3);
    add(inputs, {hidden}, of_remainder(7 * i + 2));
  }
  for (std::uint32_t i = 0; i < 8; ++i)
    add(321 + 58 * i + static_cast<std::uint32_t>(numbers.below(58)), {1}, 1);
  const auto above_128 = [](std::uint32_t number) { return 129 + number % 192; };
  for (std::uint32_t i = 0; i < 192; ++i) {
    if (i % 32 == 0)
      groups.push_back(
          {fmt::format("lengths_above_128_{}", i / 32 + 1), {}, all_but_large_networks});
    add(above_128(i), {above_128(5 * i + 3)}, above_128(7 * i + 2));
  }
  for (std::uint32_t i = 0; i < 232; ++i) {
    if (i % 58 == 0)
      groups.push_back(
          {fmt::format("lengths_above_320_{}", i / 58 + 1), {}, all_but_large_networks});
    add(321 + 2 * i + half, {1}, 1);
  }
  return groups;
}

/// Every remainder of 16 as a number of outputs of softmax, in a block of 16 from 33 to 320 that
/// another seed changes: their exponentials are of one size.
NetworksInTurn probabilities_of_many_outputs(std::uint64_t seed) {
  NetworksInTurn group{"probabilities_of_many_outputs"};
  SeededNumbers numbers(fmt::format("{} {}", group.name, seed));
  for (std::uint32_t remainder = 1; remainder <= 16; ++remainder) {
    const std::uint32_t outputs =
        32 + remainder + 16 * static_cast<std::uint32_t>(numbers.below(18));
    const std::string name = fmt::format("{} probabilities", outputs);
    LoadedWorkload loaded = empty_workload(
        name, network_from_text(fmt::format("1-{}", outputs), "softmax", "cross_entropy"));
    draw_parameters(numbers, 0.75f, loaded);
    loaded.script = {{drawn_sample(numbers, loaded.model.network), 0.5f}};
    group.workloads.push_back(std::move(loaded));
  }
  return group;
}

/// How wide a drawn network may be.
struct DrawnWidth {
  std::uint64_t fewest_neurons = 1, most_neurons = 24, most_inputs = 24;
};

Network drawn_network(SeededNumbers& numbers, const DrawnWidth& width, std::uint64_t layers) {
  const auto size = [&](std::uint64_t fewest, std::uint64_t most) {
    return static_cast<std::uint32_t>(fewest + numbers.below(most - fewest + 1));
  };
  Network network;
  std::uint32_t inputs = size(1, width.most_inputs);
  for (; layers > 0; --layers) {
    const std::uint32_t outputs = size(width.fewest_neurons, width.most_neurons);
    network.layers.push_back({inputs, outputs, static_cast<Activation>(numbers.below(4))});
    inputs = outputs;
  }
  if (network.layers.back().activation == Activation::sigmoid && numbers.below(4) != 0)
    network.loss = Loss::bce;
  return network;
}

/// Three steps with any parameters, rates and targets.
LoadedWorkload drawn_steps(const std::string& name, Network network, SeededNumbers& numbers) {
  LoadedWorkload loaded = empty_workload(name, std::move(network));
  draw_parameters(numbers, numbers.below(3) == 0 ? 3.0f : 0.75f, loaded);
  for (int step = 0; step < 3; ++step) {
    Sample sample = drawn_sample(numbers, loaded.model.network);
    for (float& x : sample.inputs)
      if (numbers.below(8) == 0) x = 0;
    const int exponent = -static_cast<int>(numbers.below(10));
    loaded.script.push_back({std::move(sample), std::ldexp(between(numbers, 1, 2), exponent)});
  }
  return loaded;
}

/// Networks of any small shape with any functions, rates and targets: none that a port could know
/// beforehand.
std::vector<DrawnWorkload> drawn_networks(std::uint64_t seed) {
  std::vector<DrawnWorkload> workloads;
  for (int number = 1; number <= 16; ++number) {
    const std::string name = fmt::format("drawn_network_{}", number);
    SeededNumbers numbers(fmt::format("{} {}", name, seed));
    const bool is_wide = number > 12, is_large = number > 14;
    const DrawnWidth width = is_wide ? DrawnWidth{25, is_large ? 96u : 40u, 32} : DrawnWidth{};
    const std::uint64_t layers =
        is_wide && !is_large ? static_cast<std::uint64_t>(number) - 10 : 1 + numbers.below(4);
    LoadedWorkload loaded = drawn_steps(name, drawn_network(numbers, width, layers), numbers);
    loaded.shows_detected_changes = number % 4 == 1 && !is_wide;
    workloads.push_back(
        {std::move(loaded), is_large ? all_but_large_networks : std::string_view()});
  }
  return workloads;
}

/// Three layers of one function.
DrawnWorkload drawn_layers(Activation activation, std::uint64_t seed) {
  const std::string name = fmt::format("layers_of_{}", name_of(activation));
  SeededNumbers numbers(fmt::format("{} {}", name, seed));
  return {drawn_steps(
      name, {{{5, 7, activation}, {7, 4, activation}, {4, 2, activation}}, Loss::mse}, numbers)};
}

/// Networks that end in softmax: few outputs and many, and weights that leave all of the
/// probability to one of them.
std::vector<DrawnWorkload> drawn_probabilities(std::uint64_t seed) {
  std::vector<DrawnWorkload> workloads;
  for (const auto& [sizes, activations, scale] :
       {std::tuple{"5-7-4", "tanh-softmax", 1.0f}, std::tuple{"9-2", "softmax", 1.0f},
        std::tuple{"3-6-33", "relu-softmax", 2.0f}, std::tuple{"7-5", "softmax", 64.0f}}) {
    std::string name = fmt::format("probabilities_{}", sizes);
    std::ranges::replace(name, '-', '_');
    SeededNumbers numbers(fmt::format("{} {}", name, seed));
    LoadedWorkload loaded =
        drawn_steps(name, network_from_text(sizes, activations, "cross_entropy"), numbers);
    for (float& weight : loaded.model.parameters.back().weights) weight *= scale;
    workloads.push_back({std::move(loaded)});
  }
  return workloads;
}

/// Every function below softmax, whose deltas reach it as those of another layer do.
std::vector<DrawnWorkload> layers_below_softmax(const Profile& profile, std::uint64_t seed) {
  std::vector<DrawnWorkload> workloads;
  for (const Activation activation : neuron_activations) {
    if (!profile.declaration().has(activation)) continue;
    const std::string name = fmt::format("{}_below_softmax", name_of(activation));
    SeededNumbers numbers(fmt::format("{} {}", name, seed));
    workloads.push_back({drawn_steps(
        name, {{{4, 6, activation}, {6, 3, Activation::softmax}}, Loss::cross_entropy}, numbers)});
  }
  return workloads;
}

/// Inputs far beyond those of data that are scaled to 1, in networks of one layer and of more.
std::vector<DrawnWorkload> drawn_large_inputs(std::uint64_t seed) {
  std::vector<DrawnWorkload> workloads;
  for (const auto& [sizes, activations] :
       {std::pair{"3-2", "identity"}, std::pair{"4-3-2", "sigmoid-identity"},
        std::pair{"3-4-3-2", "tanh-relu-identity"},
        std::pair{"2-3-3-3-2", "tanh-sigmoid-tanh-identity"}, std::pair{"40-3", "tanh"},
        std::pair{"33-5-2", "tanh-identity"}}) {
    Network network = network_from_text(sizes, activations, "mse");
    const std::string name = "large_inputs_of_" + name_part(network);
    LoadedWorkload loaded = empty_workload(name, std::move(network));
    SeededNumbers numbers(fmt::format("{} {}", name, seed));
    draw_parameters(numbers, 0.75f, loaded);
    for (const float size : {2.0f, 7.5f, 60.0f, 500.0f, 4000.0f, 1e6f}) {
      Sample sample = drawn_sample(numbers, loaded.model.network);
      for (float& x : sample.inputs) x = std::copysign(size * (1 - 0.5f * std::fabs(x)), x);
      Parameters<float> start = loaded.model.parameters;
      for (float& weight : start[0].weights) weight /= size;
      loaded.script.push_back(step_from(std::move(start), std::move(sample), 0x1p-3f));
    }
    workloads.push_back({std::move(loaded)});
  }
  return workloads;
}

/// Calls one after the other, with nothing loaded again but what the step names: samples that stay,
/// learning rates that fall and rise.
LoadedWorkload calls_in_turn(const std::string& name, Network network, std::uint64_t seed) {
  LoadedWorkload loaded = empty_workload(name, std::move(network));
  SeededNumbers numbers(fmt::format("{} {}", name, seed));
  draw_parameters(numbers, 0.5f, loaded);
  loaded.shows_detected_changes = true;
  const Sample first = drawn_sample(numbers, loaded.model.network);
  const Sample second = drawn_sample(numbers, loaded.model.network);
  loaded.script = {{first, 0.5f},
                   {first, 0.5f, false},
                   {second, 0.0625f},
                   {second, 0.25f, false},
                   {first, 0x1p-9f},
                   {first, 0.375f, false},
                   {second, 0x1.8p-3f},
                   {second, 0x1p-7f, false},
                   // Just above and just below a rate before it, and below a power of two.
                   {first, 0.5f},
                   {first, 0x1.02p-1f, false},
                   {second, 0.25f},
                   {second, 0x1.fffffep-3f, false},
                   // By less than a thousandth above and below an earlier one.
                   {first, 0.5f},
                   {second, 0x1.0004p-1f},
                   {first, 0x1.fff8p-2f}};
  return loaded;
}

std::vector<DrawnWorkload> drawn_calls(std::uint64_t seed) {
  std::vector<DrawnWorkload> workloads;
  for (const auto& [sizes, activations, loss] :
       {std::array{"5-4-3", "tanh-sigmoid", "bce"}, std::array{"4-6-2", "relu-identity", "mse"},
        std::array{"3-1", "sigmoid", "bce"}}) {
    std::string name = fmt::format("calls_in_turn_{}", activations);
    std::ranges::replace(name, '-', '_');
    workloads.push_back({calls_in_turn(name, network_from_text(sizes, activations, loss), seed)});
  }
  return workloads;
}

/// Targets that trainings have beside labels: probabilities that sum to one, some of them equal,
/// smoothed labels, and for mse labels coded as -1 and 1.
LoadedWorkload usual_targets(const std::string& name, Network network, std::uint64_t seed) {
  LoadedWorkload loaded = empty_workload(name, std::move(network));
  SeededNumbers numbers(fmt::format("{} {}", name, seed));
  draw_parameters(numbers, 0.5f, loaded);
  const Loss loss = loaded.model.network.loss;
  const std::uint32_t outputs = loaded.model.network.outputs();
  const float rest = outputs > 1 ? 1 / static_cast<float>(outputs - 1) : 0;
  const float equal = 1 / static_cast<float>(outputs);
  std::vector<std::pair<float, float>> kinds{
      {0.9f, 0.1f * rest}, {0.7f, 0.3f * rest}, {equal, equal}};
  if (loss != Loss::cross_entropy)
    std::ranges::copy(std::to_array<std::pair<float, float>>(
                          {{0.9f, 0.1f}, {0.95f, 0.05f}, {0.8f, 0.2f}, {0.99f, 0.01f}}),
                      std::back_inserter(kinds));
  if (loss == Loss::mse)
    std::ranges::copy(std::to_array<std::pair<float, float>>({{1, -1}, {0.9f, -0.9f}}),
                      std::back_inserter(kinds));
  for (const auto& [largest, others] : kinds) {
    Sample sample = drawn_sample(numbers, loaded.model.network);
    sample.target.assign(outputs, others);
    sample.target[loaded.script.size() % outputs] = largest;
    loaded.script.push_back({std::move(sample), 0.5f});
  }
  return loaded;
}

std::vector<DrawnWorkload> drawn_targets(const Profile& profile, std::uint64_t seed) {
  std::vector<DrawnWorkload> workloads;
  const auto add = [&](const char* activation, const char* loss) {
    workloads.push_back({usual_targets(fmt::format("usual_targets_of_{}", loss),
                                       network_from_text("3-4", activation, loss), seed)});
  };
  add("sigmoid", "bce");
  add("tanh", "mse");
  if (profile.declaration().has(Activation::softmax)) add("softmax", "cross_entropy");
  return workloads;
}

/// Targets that move away make weights grow for as many steps: in the int8 profiles through formats
/// with fewer fraction bits, in int32_fixed to the end of the range, each time before the hidden
/// deltas and the forward pass of the next step.
LoadedWorkload growing(const std::string& name, Network network, float rate, int steps = 14,
                       float farthest = 7.5f) {
  LoadedWorkload loaded = empty_workload(name, std::move(network));
  SeededNumbers numbers(name);
  draw_parameters(numbers, 0.3f, loaded);
  Sample sample{Numbers(loaded.model.network.inputs()), Numbers(loaded.model.network.outputs())};
  for (std::size_t i = 0; i < sample.inputs.size(); ++i)
    sample.inputs[i] = i % 2 == 0 ? 0.875f : -0.75f;
  float distance = 1;
  for (int step = 0; step < steps; ++step, distance = std::min(distance + 0.5f, farthest)) {
    for (std::size_t j = 0; j < sample.target.size(); ++j)
      sample.target[j] = j % 2 == 0 || step % 5 == 4 ? distance : -distance;
    loaded.script.push_back({sample, rate});
  }
  return loaded;
}

std::vector<DrawnWorkload> drawn_growth() {
  std::vector<DrawnWorkload> workloads;
  for (const char* hidden : {"tanh", "relu", "sigmoid"})
    for (const float rate : {0.125f, 0.5f})
      workloads.push_back(
          {growing(fmt::format("growing_layers_{}_{}", hidden, rate == 0.5f ? "fast" : "slowly"),
                   network_from_text("2-3-2", fmt::format("{}-identity", hidden), "mse"), rate)});
  // Sums of int32_fixed beyond 64 in one neuron alone, the first, and beyond 256 with inputs below
  // -1.
  LoadedWorkload first =
      empty_workload("sum_of_the_first_neuron", network_from_text("12-2", "tanh", "mse"));
  for (std::size_t i = 0; i < 24; ++i)
    first.model.parameters[0].weights[i] = i < 12 ? 7.5f : 0.0625f;
  first.script = {{{Numbers(12, 0.875f), {0, 0}}, 0x1p-10f}};
  workloads.push_back({std::move(first)});
  LoadedWorkload negative =
      empty_workload("sum_of_negative_inputs", network_from_text("36-1", "tanh", "mse"));
  std::ranges::fill(negative.model.parameters[0].weights, -6.9f);
  negative.script = {{{Numbers(36, -1.9f), {0}}, 0x1p-10f}};
  workloads.push_back({std::move(negative)});
  // Sums of int32_fixed beyond 64 in the last of many layers, of which the others are small.
  LoadedWorkload deep = empty_workload(
      "sum_of_the_last_of_seven_layers",
      network_from_text("1-1-1-1-1-1-12-1", "tanh-tanh-tanh-tanh-tanh-tanh-tanh", "mse"));
  for (LayerParameters<float>& layer : deep.model.parameters) std::ranges::fill(layer.biases, 6.0f);
  deep.model.parameters.back() = {Numbers(12, 7.5f), {0}};
  deep.script = {{{{0.5f}, {0}}, 0x1p-10f}};
  workloads.push_back({std::move(deep)});
  // A bias alone reaches the end of int32_fixed's range, beside small weights.
  LoadedWorkload bias = empty_workload("growing_bias", network_from_text("1-1", "sigmoid", "bce"));
  bias.model.parameters[0].biases[0] = 15.9f;
  bias.script.assign(5, {{{0.5f}, {7.9f}}, 0.02f});
  workloads.push_back({std::move(bias)});
  return workloads;
}

/// More steps than 16 bits count and a training of the suite takes; the last ones are judged.
constexpr std::size_t more_than_16_bits_count = 66'000;

DrawnWorkload long_run(const std::string& name, Network network, std::uint64_t seed) {
  LoadedWorkload loaded = empty_workload(name, std::move(network));
  SeededNumbers numbers(fmt::format("{} {}", name, seed));
  draw_parameters(numbers, 0.5f, loaded);
  const Sample first = drawn_sample(numbers, loaded.model.network);
  const Sample second = drawn_sample(numbers, loaded.model.network);
  loaded.script = {{first, 0x1p-6f},
                   {first, 0x1p-6f, true, more_than_16_bits_count},
                   {second, 0.25f},
                   {first, 0.125f}};
  return {std::move(loaded), all_but_long_runs};
}

/// Every argument in every neuron of a network whose weights are zero, so that the biases are the
/// pre-activations; as many steps as that takes.
LoadedWorkload arguments_by_biases(const std::string& name, const Numbers& arguments,
                                   Network network) {
  LoadedWorkload loaded = empty_workload(name, std::move(network));
  const Layer& narrowest =
      *std::ranges::min_element(loaded.model.network.layers, {}, &Layer::outputs);
  const Sample sample{Numbers(loaded.model.network.inputs(), 0.25f),
                      Numbers(loaded.model.network.outputs(), 0.5f)};
  for (std::size_t first = 0; first < arguments.size(); first += narrowest.outputs) {
    Parameters<float> start = loaded.model.parameters;
    for (LayerParameters<float>& layer : start)
      for (std::size_t j = 0; j < layer.biases.size(); ++j)
        layer.biases[j] = arguments[(first + j) % arguments.size()];
    loaded.script.push_back({sample, 0x1p-6f});
    loaded.script.back().start = std::move(start);
  }
  return loaded;
}

/// Workloads of smaller networks in the lowest layers of a network, and in the highest ones.
void add_padded(const std::vector<DrawnWorkload>& small, const Network& network,
                std::vector<DrawnWorkload>& workloads) {
  for (const auto& [loaded, shortened] : small) {
    const std::size_t layers = loaded.model.network.layers.size();
    const bool loads_single_tensors = std::ranges::any_of(
        loaded.script, [](const ScriptedStep& step) { return step.tensor.has_value(); });
    if (layers > network.layers.size() || loads_single_tensors) continue;
    const std::string& name = loaded.workload.name;
    const auto add = [&](std::string_view place, std::size_t first_layer) {
      workloads.push_back(
          {padded_workload(loaded, fmt::format("{}_{}_{}", name, place, name_part(network)),
                           network, first_layer),
           shortened});
    };
    add("in", 0);
    if (layers < network.layers.size()) add("at_the_end_of", network.layers.size() - layers);
  }
}

/// What of the above one network can show.
std::vector<DrawnWorkload> drawn_within(const Profile& profile, const Network& network,
                                        std::uint64_t seed) {
  const std::string in_network = "in_" + name_part(network);
  std::vector<DrawnWorkload> workloads;
  for (int number = 1; number <= 12; ++number) {
    const std::string name = fmt::format("drawn_{}_{}", number, in_network);
    SeededNumbers numbers(fmt::format("{} {}", name, seed));
    workloads.push_back({drawn_steps(name, network, numbers)});
  }
  workloads.push_back({calls_in_turn("calls_in_turn_" + in_network, network, seed)});
  workloads.push_back({usual_targets("usual_targets_" + in_network, network, seed)});
  workloads.push_back({growing("growing_slowly_" + in_network, network, 0.125f)});
  workloads.push_back({growing("growing_fast_" + in_network, network, 0.5f)});
  // Deltas and steps that int32_fixed takes for small, until sums leave their formats.
  workloads.push_back(
      {growing("growing_in_small_steps_" + in_network, network, 0x1p-4f, 80, 2.5f)});
  workloads.push_back(
      {arguments_by_biases("arguments_" + in_network, arguments_of(profile), network),
       an_eighth_of_the_intervals});
  if (!profile.has_int8_preactivations())
    workloads.push_back({arguments_by_biases("intervals_" + in_network,
                                             arguments_of_some_intervals(profile, seed), network),
                         an_eighth_of_the_intervals});
  workloads.push_back({tensors_one_by_one("tensors_one_by_one_" + in_network, network, profile)});
  add_padded(drawn_limits(profile, seed), network, workloads);
  if (profile.has_binary32_weights()) add_padded(drawn_roundings(seed), network, workloads);
  workloads.push_back(long_run("more_steps_than_16_bits_count_" + in_network, network, seed));
  return workloads;
}

std::vector<DrawnWorkload> drawn_workloads(const Profile& profile, std::uint64_t seed) {
  std::vector<DrawnWorkload> workloads = drawn_arguments(profile, seed);
  for (std::vector<DrawnWorkload> more :
       {drawn_calls(seed), drawn_growth(), drawn_networks(seed), drawn_sizes(profile, seed),
        drawn_limits(profile, seed), drawn_codes(profile, seed)})
    std::ranges::move(more, std::back_inserter(workloads));
  workloads.push_back(long_run("more_steps_than_16_bits_count",
                               network_from_text("2-2-1", "tanh-sigmoid", "bce"), seed));
  std::ranges::move(drawn_targets(profile, seed), std::back_inserter(workloads));
  std::ranges::move(drawn_large_inputs(seed), std::back_inserter(workloads));
  for (const Activation activation : all_activations) {
    if (!may_be_left_out(activation) || !profile.declaration().has(activation)) continue;
    if (is_of_layer(activation))
      for (std::vector<DrawnWorkload> more :
           {drawn_probabilities(seed), layers_below_softmax(profile, seed)})
        std::ranges::move(more, std::back_inserter(workloads));
    else
      workloads.push_back(drawn_layers(activation, seed));
  }
  return workloads;
}

/// Steps on the network of a workload with samples, rates and targets that a port cannot know
/// beforehand: any rows of its data, some for several steps, and numbers that are no data; every
/// other one with a target of which no element is a label's.
LoadedWorkload steps_on_data(const LoadedWorkload& loaded, std::uint64_t seed) {
  constexpr std::uint64_t cheap_parameters = 5000;
  const Network& network = loaded.model.network;
  const std::size_t steps = parameter_count(network) < cheap_parameters ? 24 : 3;
  LoadedWorkload drawn{loaded.workload, loaded.model, {}, {}};
  drawn.has_statistics = false;
  SeededNumbers numbers(fmt::format("{} {}", loaded.workload.name, seed));
  Sample sample;
  for (std::size_t step = 0; step < steps; ++step) {
    if (step == 0 || numbers.below(2) == 0) {
      sample = loaded.data.sample(numbers.below(loaded.data.size()), network.outputs());
      if (numbers.below(2) == 0) sample.target = drawn_sample(numbers, network).target;
      // Neither labels nor rows of the data, and beyond the range of both.
      if (numbers.below(4) == 0)
        for (float& t : sample.target) t = between(numbers, -1, 2);
      if (numbers.below(4) == 0)
        for (float& x : sample.inputs) x = between(numbers, -1.25f, 1.25f);
    }
    const int exponent = -static_cast<int>(1 + numbers.below(8));
    drawn.script.push_back({sample, std::ldexp(between(numbers, 1, 2), exponent)});
  }
  return drawn;
}

std::function<CaseResult(const std::vector<FinishedCase>&)> skip_for(Pace pace) {
  return [pace](const std::vector<FinishedCase>&) {
    return CaseResult::skipped(fmt::format("a target of pace {} does without it", name_of(pace)));
  };
}

/// A network, 64 steps and a forward pass, and all of it again until more steps are done than 16
/// bits count: what a step gives depends on the parameters, the sample and the learning rate, and
/// on nothing from earlier steps (SPEC 2.8). Targets out of reach keep the parameters moving.
CaseResult run_same_steps_again(const Profile& profile, const Network& network,
                                const std::string& name, AgentSession& session) {
  constexpr std::size_t steps = 150, times = more_than_16_bits_count / steps;
  if (auto refused = configure(session, network)) return *std::move(refused);
  LoadedWorkload loaded = empty_workload(name, network);
  SeededNumbers numbers(name);
  draw_parameters(numbers, 0.5f, loaded);
  const TensorSet start =
      profile.nearest_parameters(network, loaded.model.parameters, first_random_state);
  Sample sample = drawn_sample(numbers, network);
  for (float& t : sample.target) t = 6.5f;
  load(session, sample);
  TensorSet first, shown = start;
  std::ranges::copy(activation_tensors(profile.formats(), network), std::back_inserter(shown));
  Comparison comparison;
  for (std::size_t time = 0; time < times && !comparison.has_failed(); ++time) {
    load(session, start);
    for (std::size_t step = 0; step < steps; ++step) session.train_step(0x1p-7f);
    session.forward();
    store(session, shown);
    if (time == 0) first = shown;
    for (std::size_t t = 0; t < shown.size(); ++t)
      comparison.unchanged(place_of(shown[t], time * steps + steps - 1), first[t].codes,
                           shown[t].codes, static_cast<std::size_t>(shown[t].format.bits),
                           "the same steps from the same parameters gave other bits before");
  }
  return std::move(comparison).result();
}

/// So many steps at once, and again in pieces, before each of which the network is configured and
/// what the last one left is loaded.
struct Pieces {
  std::size_t count;
  std::size_t steps;  ///< of each
};

/// A prime number of steps, so that no period below a piece fits into both ways as often; more than
/// 16 bits count, or 8.
constexpr Pieces long_pieces{65, 1009}, short_pieces{8, 37};

/// Steps of large layers, between which nobody looks: parts of a step may wait for the next one.
constexpr Pieces wide_pieces{3, 7}, few_wide_pieces{2, 3};

/// Two samples of which each undoes what the other does, so that a step that is lost is not
/// forgotten: the parameters neither settle nor reach the end of their format.
std::array<Sample, 2> opposite_samples(const Network& network, SeededNumbers& numbers) {
  const Sample drawn = drawn_sample(numbers, network);
  std::array<Sample, 2> samples{drawn, drawn};
  if (network.loss == Loss::cross_entropy) {
    samples[1].target = drawn_sample(numbers, network).target;
    return samples;
  }
  samples[0].target.assign(network.outputs(), 6.5f);
  samples[1].target.assign(network.outputs(), -5.5f);
  return samples;
}

Sample other_inputs(Sample sample) {
  for (float& x : sample.inputs) x = x > 0 ? x - 0.5f : x + 0.5f;
  return sample;
}

/// What steps and forward passes give does not depend on how many there were since the parameters
/// were loaded, the network was configured or the device started (SPEC 2.8).
/// @param keeps_wider  the device's parameters are wider than those that it shows: what is between
///                     pieces is lost by loading them, and has to be lost from the whole as well
CaseResult run_in_pieces(const Profile& profile, const Network& network, const std::string& name,
                         Pieces pieces, bool keeps_wider, AgentSession& session) {
  LoadedWorkload loaded = empty_workload(name, network);
  SeededNumbers numbers(name);
  draw_parameters(numbers, 0.5f, loaded);
  const std::array<Sample, 2> samples = opposite_samples(network, numbers);
  // With fine weights so small a rate that what a step changed is still there in the end.
  const float rate = profile.formats().weights.bits < 24 ? 0x1p-7f : 0x1p-14f;
  const TensorSet start =
      profile.nearest_parameters(network, loaded.model.parameters, first_random_state);
  constexpr std::size_t steps_of_a_sample = 10;
  const auto train = [&](std::size_t first, std::size_t steps) {
    for (std::size_t step = first; step < first + steps; ++step) {
      if (step == first || step % steps_of_a_sample == 0)
        load(session, samples[step / steps_of_a_sample % 2]);
      session.train_step(rate);
    }
  };
  if (auto refused = configure(session, network)) return *std::move(refused);
  load(session, start);
  TensorSet whole = start;
  const std::size_t at_once = keeps_wider ? pieces.steps : pieces.count * pieces.steps;
  for (std::size_t step = 0; step < pieces.count * pieces.steps; step += at_once) {
    if (step > 0) load(session, whole);
    train(step, at_once);
    session.forward();  // parameters are what they were
    store(session, whole);
  }
  TensorSet state = start;
  for (std::size_t piece = 0; piece < pieces.count; ++piece) {
    if (auto refused = configure(session, network)) return *std::move(refused);
    load(session, state);
    train(piece * pieces.steps, pieces.steps);
    store(session, state);
  }
  Comparison comparison;
  for (std::size_t t = 0; t < state.size(); ++t)
    comparison.unchanged(
        place_of(state[t], pieces.count * pieces.steps - 1), whole[t].codes, state[t].codes,
        static_cast<std::size_t>(state[t].format.bits),
        "the same steps, the parameters being loaded anew between them, give other "
        "bits");
  const auto forward = [&](const Sample& sample) {
    load(session, sample);
    session.forward();
    TensorSet activations = activation_tensors(profile.formats(), network);
    store(session, activations);
    return activations;
  };
  const TensorSet before = forward(samples[0]);
  load(session, other_inputs(samples[0]));
  for (std::size_t pass = 0; pass < pieces.count * pieces.steps; ++pass) session.forward();
  const TensorSet after = forward(samples[0]);
  for (std::size_t t = 0; t < before.size(); ++t)
    comparison.unchanged(place_of(before[t]), before[t].codes, after[t].codes,
                         static_cast<std::size_t>(before[t].format.bits),
                         "the same forward pass gives other bits after so many of another sample");
  return std::move(comparison).result();
}

/// Networks of the same sizes with other functions, and of the same functions with other sizes.
NetworksInTurn networks_in_turn(std::uint64_t seed) {
  NetworksInTurn group{"networks_in_turn"};
  for (const auto& [sizes, activations, loss] :
       {std::array{"9-5-3", "tanh-identity", "mse"}, std::array{"9-5-3", "relu-tanh", "mse"},
        std::array{"9-5-3", "identity-sigmoid", "bce"},
        std::array{"9-5-3", "sigmoid-sigmoid", "mse"},
        std::array{"5-9-3", "sigmoid-sigmoid", "mse"},
        std::array{"9-5-3", "tanh-identity", "mse"}}) {
    const std::string name = fmt::format("network {} in turn", group.workloads.size());
    SeededNumbers numbers(fmt::format("{} {}", name, seed));
    group.workloads.push_back(
        drawn_steps(name, network_from_text(sizes, activations, loss), numbers));
    group.workloads.back().script.resize(2);
  }
  return group;
}

/// Nothing of a network survives the next (targets/include/lsgd/port.h): each is configured where
/// another one was, and judged. Those that the device does not take are left out.
CaseResult run_networks_in_turn(const Profile& profile,
                                const std::vector<LoadedWorkload>& workloads, std::uint64_t seed,
                                AgentSession& session, const ArithmeticModel& model) {
  std::optional<CaseResult> last;
  for (const LoadedWorkload& loaded : workloads) {
    CaseResult result = run_steps(loaded, profile, 0, seed, session, model);
    if (result.failure) {
      result.reason.reset();
      result.failure->message += fmt::format("; network {}", sizes_text(loaded.model.network));
      return result;
    }
    if (last && result.verdict != Verdict::pass) continue;
    if (result.verdict == Verdict::pass) result.reason.reset();  // the case is about no single one
    if (last) {
      result.elements += last->elements;
      result.stack_bytes = std::max(result.stack_bytes, last->stack_bytes);
      result.heap_bytes = std::max(result.heap_bytes, last->heap_bytes);
    }
    last = std::move(result);
  }
  return *std::move(last);
}

ConformanceCase networks_in_turn_case(const Profile& profile, Pace pace, NetworksInTurn group,
                                      std::uint64_t seed) {
  ConformanceCase added{"level1/" + group.name, "SPEC 7.2", 1, 0, {}, {}, {}};
  if (pace != Pace::fast && !group.shortened.empty()) {
    added.shortened = group.shortened;
    added.judge = skip_for(pace);
    return added;
  }
  for (const LoadedWorkload& loaded : group.workloads)
    added.cost += static_cast<double>(parameter_count(loaded.model.network) * loaded.script.size());
  const auto networks =
      std::make_shared<const std::vector<LoadedWorkload>>(std::move(group.workloads));
  added.run = [=, &profile](AgentSession& session, const ArithmeticModel& model) {
    return run_networks_in_turn(profile, *networks, seed, session, model);
  };
  return added;
}

/// Nobody knows the random bits of a device of its own generator.
bool has_known_bits(const Profile& profile) {
  return profile.declaration().random.generator != RandomGenerator::device;
}

ConformanceCase same_steps_case(const std::string& name, const Profile& profile, Pace pace,
                                const Network& network) {
  ConformanceCase same{"level1/" + name, "SPEC 2.8", 1, 0, {}, {}, network};
  if (pace == Pace::fast) {
    same.cost = 1e6;
    same.run = [&profile, network, name](AgentSession& session, const ArithmeticModel&) {
      return run_on_own_or_stand_in(network, [&](const Network& taken) {
        return run_same_steps_again(profile, taken, name, session);
      });
    };
  } else {
    same.shortened = all_but_long_runs;
    same.judge = skip_for(pace);
  }
  return same;
}

ConformanceCase every_call_case(const std::string& name, const Profile& profile, Pace pace,
                                const Network& network) {
  ConformanceCase added{"level1/" + name, "SPEC 2.8", 1, 0, {}, {}, network};
  if (pace == Pace::fast) {
    added.cost = 1e5;
    added.run = [&profile, network](AgentSession& session, const ArithmeticModel&) {
      return run_on_own_or_stand_in(
          network, [&](const Network& taken) { return run_every_call(profile, taken, session); });
    };
  } else {
    added.shortened = all_but_long_runs;
    added.judge = skip_for(pace);
  }
  return added;
}

ConformanceCase pieces_case(const std::string& name, const Profile& profile, Pieces pieces,
                            const Network& network) {
  ConformanceCase added{"level1/" + name, "SPEC 2.8", 1, 0, {}, {}, network};
  added.cost = static_cast<double>(parameter_count(network) * pieces.count * pieces.steps * 2);
  added.run = [&profile, network, name, pieces](AgentSession& session,
                                                const ArithmeticModel& model) {
    return run_on_own_or_stand_in(network, [&](const Network& taken) {
      return run_in_pieces(profile, taken, name, pieces, model.kept_wider == KeptWider::everything,
                           session);
    });
  };
  return added;
}

/// Counts of fraction bits above 7 are refused, and nothing is changed by them.
CaseResult run_fraction_bits(const Profile& profile, const Network& network,
                             AgentSession& session) {
  if (auto refused = configure(session, network)) return *std::move(refused);
  LoadedWorkload loaded = empty_workload("fraction_bits_above_7", network);
  SeededNumbers numbers(loaded.workload.name);
  draw_parameters(numbers, 2, loaded);
  const TensorSet given =
      profile.nearest_parameters(network, loaded.model.parameters, first_random_state);
  load(session, given);
  Comparison comparison;
  for (const Tensor& tensor : given) {
    if (tensor.kind != TensorKind::fraction_bits_of_weights &&
        tensor.kind != TensorKind::fraction_bits_of_biases)
      continue;
    for (const auto count : std::to_array<std::uint8_t>({8, 9, 16, 127, 128, 255}))
      comparison.fraction_bits_refusal(
          place_of(tensor), count,
          session.refuses_to_load(interface_kind(tensor.kind), tensor.layer, {&count, 1}));
  }
  TensorSet now = given;
  store(session, now);
  for (std::size_t t = 0; t < given.size(); ++t)
    comparison.unchanged(place_of(given[t]), given[t].codes, now[t].codes,
                         static_cast<std::size_t>(given[t].format.bits),
                         "fraction bits that were refused changed something");
  return std::move(comparison).result();
}

ConformanceCase fraction_bits_case(const std::string& name, const Profile& profile,
                                   const Network& network) {
  return {"level1/" + name,
          "SPEC 4.1",
          1,
          10,
          [&profile, network](AgentSession& session, const ArithmeticModel&) {
            return run_fraction_bits(profile, network, session);
          },
          {},
          network};
}

bool has_fraction_bits_to_refuse(const Profile& profile) {
  return profile.formats().weights.has_own_fraction_bits() && !is_declared(profile);
}

std::vector<ConformanceCase> cases_of(std::vector<DrawnWorkload> workloads, const Profile& profile,
                                      Pace pace, std::uint64_t seed) {
  std::vector<ConformanceCase> cases;
  for (DrawnWorkload& drawn : workloads) {
    const auto loaded = std::make_shared<const LoadedWorkload>(std::move(drawn.loaded));
    const auto parameters = static_cast<double>(parameter_count(loaded->model.network));
    const double cost = parameters * static_cast<double>(loaded->script.size());
    const bool is_run = pace == Pace::fast || drawn.shortened.empty();
    ConformanceCase& added = cases.emplace_back();
    added = {fmt::format("level1/{}", loaded->workload.name),
             "SPEC 7.2",
             1,
             is_run ? cost : 0,
             {},
             {},
             loaded->model.network};
    if (is_run)
      added.run = [=, &profile](AgentSession& session, const ArithmeticModel& model) {
        return run_steps(*loaded, profile, 0, seed, session, model);
      };
    else {
      added.shortened = drawn.shortened;
      added.judge = skip_for(pace);
    }
  }
  return cases;
}

Pieces pieces_for(Pace pace) { return pace == Pace::fast ? long_pieces : short_pieces; }

}  // namespace

std::vector<ConformanceCase> drawn_cases(const Profile& profile, Pace pace, std::uint64_t seed) {
  std::vector<ConformanceCase> cases =
      cases_of(drawn_workloads(profile, seed), profile, pace, seed);
  if (has_fraction_bits_to_refuse(profile))
    cases.push_back(fraction_bits_case("fraction_bits_above_7", profile,
                                       network_from_text("2-2-1", "tanh-identity", "mse")));
  std::vector<NetworksInTurn> groups = drawn_lengths(profile, seed);
  groups.push_back(networks_in_turn(seed));
  groups.push_back(probabilities_of_many_outputs(seed));
  for (NetworksInTurn& group : groups) {
    std::erase_if(group.workloads, [&](const LoadedWorkload& loaded) {
      return lacks_function(profile.declaration(), loaded.model.network).has_value();
    });
    // An arithmetic may have too few functions for any of them.
    if (!group.workloads.empty())
      cases.push_back(networks_in_turn_case(profile, pace, std::move(group), seed));
  }
  if (has_known_bits(profile)) {
    cases.push_back(same_steps_case("same_steps_again", profile, pace,
                                    network_from_text("2-2-1", "tanh-sigmoid", "bce")));
    cases.push_back(pieces_case("steps_in_pieces", profile, pieces_for(pace),
                                network_from_text("2-1", "sigmoid", "bce")));
    cases.push_back(pieces_case("steps_of_large_layers_in_pieces", profile,
                                pace == Pace::fast ? wide_pieces : few_wide_pieces,
                                network_from_text("35-22-5-3", "tanh-tanh-sigmoid", "bce")));
    cases.push_back(
        every_call_case("every_call", profile, pace, network_from_text("2-1", "sigmoid", "bce")));
  }
  if (auto draws = draws_case(profile, pace)) cases.push_back(*std::move(draws));
  return cases;
}

std::vector<ConformanceCase> rounding_cases(const Profile& profile, std::uint64_t seed) {
  if (!profile.has_binary32_weights()) return {};
  return cases_of(drawn_roundings(seed), profile, Pace::fast, seed);
}

std::vector<ConformanceCase> drawn_cases_within(const Network& network, const Profile& profile,
                                                Pace pace, std::uint64_t seed) {
  std::vector<ConformanceCase> cases =
      cases_of(drawn_within(profile, network, seed), profile, pace, seed);
  if (has_fraction_bits_to_refuse(profile))
    cases.push_back(
        fraction_bits_case("fraction_bits_above_7_in_" + name_part(network), profile, network));
  if (has_known_bits(profile)) {
    cases.push_back(
        same_steps_case("same_steps_again_in_" + name_part(network), profile, pace, network));
    cases.push_back(pieces_case("steps_in_pieces_in_" + name_part(network), profile,
                                pieces_for(pace), network));
    cases.push_back(every_call_case("every_call_in_" + name_part(network), profile, pace, network));
  }
  return cases;
}

ConformanceCase drawn_steps_case(const LoadedWorkload& loaded, const Profile& profile,
                                 std::uint64_t seed) {
  const auto drawn = std::make_shared<const LoadedWorkload>(steps_on_data(loaded, seed));
  const double cost = static_cast<double>(parameter_count(loaded.model.network)) *
                      static_cast<double>(drawn->script.size());
  return {fmt::format("level2/{}/drawn", loaded.workload.name),
          "SPEC 7.7",
          2,
          cost,
          [=, &profile](AgentSession& session, const ArithmeticModel& model) {
            return run_steps(*drawn, profile, 0, seed, session, model);
          },
          {},
          loaded.model.network};
}

}  // namespace lsgd
