// SPDX-License-Identifier: Apache-2.0
#include "levels/drawn_arguments.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string>
#include <utility>

#include "data/network_text.hpp"

namespace lsgd {
namespace {

constexpr std::size_t arguments_of_a_step = 64;

/// Arguments with few bits, where formulas change, and their neighbours.
Numbers exact_arguments(const Profile& profile) {
  Numbers magnitudes;
  if (profile.has_binary32_weights()) {
    for (int exponent = -30; exponent <= 7; ++exponent) {
      const float power = std::ldexp(1.0f, exponent);
      magnitudes.push_back(power);
      magnitudes.push_back(std::nextafter(power, 0.0f));
      magnitudes.push_back(std::nextafter(power, 256.0f));
    }
    // Ends of the intervals of widespread implementations: ln 2 and multiples of its half, 0.55,
    // 0.625, 9.01, 10, 22, and where e^z leaves the range of binary32.
    for (const float end :
         {0x1.62e43p-2f, 0x1.62e43p-1f, 0x1.0a2b24p0f, 0.55f, 0.625f, 7.90531f, 9.01091f, 10.0f,
          16.6355f, 17.3287f, 22.0f, 87.3365f, 88.0297f, 88.7228f, 103.972f})
      magnitudes.push_back(end);
  } else {
    for (int exponent = -24; exponent < 0; ++exponent)
      magnitudes.push_back(std::ldexp(1.0f, exponent));
    for (const float end : {0x1.62e43p-2f, 0x1.62e43p-1f, 0x1.0a2b24p0f}) magnitudes.push_back(end);
  }
  for (int half = 1; half < 32; ++half) magnitudes.push_back(0.5f * static_cast<float>(half));
  for (int quarter = 1; quarter < 64; quarter += 2)
    magnitudes.push_back(0.25f * static_cast<float>(quarter));
  for (int eighth = 1; eighth < 32; eighth += 2)
    magnitudes.push_back(0.125f * static_cast<float>(eighth));
  for (int tenth = 1; tenth < 30; ++tenth) magnitudes.push_back(0.1f * static_cast<float>(tenth));
  if (profile.has_binary32_weights()) {
    for (int whole = 16; whole < 106; ++whole) magnitudes.push_back(static_cast<float>(whole));
    for (int exponent = 8; exponent < 128; exponent += 7)
      magnitudes.push_back(std::ldexp(1.0f, exponent));
    for (int exponent = -149; exponent < -30; exponent += 7)
      magnitudes.push_back(std::ldexp(1.0f, exponent));
  }
  Numbers arguments{0, -0.0f};
  for (const float magnitude : magnitudes) {
    arguments.push_back(magnitude);
    arguments.push_back(-magnitude);
  }
  return arguments;
}

/// One argument of each interval, anywhere in it: of 1/64 within +-16, of 1/16 of a power of two
/// below 1/64, and in binary32 of 1/2 up to 104 and of one power of two elsewhere.
Numbers arguments_of_intervals(const Profile& profile, SeededNumbers& numbers) {
  Numbers arguments;
  const auto draw = [&](float low, float high) {
    arguments.push_back(between(numbers, low, high));
    arguments.push_back(-between(numbers, low, high));
  };
  for (int i = 0; i < 16 * 64; ++i)
    draw(0x1p-6f * static_cast<float>(i), 0x1p-6f * static_cast<float>(i + 1));
  for (int exponent = -24; exponent < -6; ++exponent)
    for (int i = 16; i < 32; ++i)
      draw(std::ldexp(static_cast<float>(i), exponent - 4),
           std::ldexp(static_cast<float>(i + 1), exponent - 4));
  if (!profile.has_binary32_weights()) return arguments;
  for (int i = 32; i < 208; ++i)
    draw(0.5f * static_cast<float>(i), 0.5f * static_cast<float>(i + 1));
  for (int exponent = -126; exponent < 127; ++exponent)
    if (exponent < -24 || exponent >= 7)
      draw(std::ldexp(1.0f, exponent), std::ldexp(1.0f, exponent + 1));
  return arguments;
}

/// A step in which the pre-activations of a layer of one input are `z`: by its weights in float32,
/// where x is 1, elsewhere by its biases, where it is 0.
ScriptedStep step_of_arguments(const Profile& profile, const Numbers& z) {
  const bool by_weights = profile.has_binary32_weights();
  LayerParameters<float> layer{Numbers(z.size()), Numbers(z.size())};
  (by_weights ? layer.weights : layer.biases) = z;
  // A sum of negative zeros is one.
  if (by_weights)
    for (std::size_t j = 0; j < z.size(); ++j)
      if (z[j] == 0) layer.biases[j] = z[j];
  return step_from({std::move(layer)}, {{by_weights ? 1.0f : 0.0f}, Numbers(z.size(), 0.5f)},
                   0x1p-6f);
}

/// The next arguments from `first` on; the last ones again where too few are left.
Numbers arguments_from(const Numbers& arguments, std::size_t first) {
  const auto count = std::min(arguments_of_a_step, arguments.size());
  const auto begin =
      arguments.begin() + static_cast<std::ptrdiff_t>(std::min(first, arguments.size() - count));
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

LoadedWorkload steps_of_arguments(const std::string& name, const Profile& profile,
                                  const char* activation, const Numbers& arguments) {
  const std::size_t outputs = std::min(arguments_of_a_step, arguments.size());
  LoadedWorkload loaded =
      empty_workload(name, network_from_text(fmt::format("1-{}", outputs), activation, "mse"));
  for (std::size_t first = 0; first < arguments.size(); first += arguments_of_a_step)
    loaded.script.push_back(step_of_arguments(profile, arguments_from(arguments, first)));
  return loaded;
}

/// Sums of one product beyond the range of binary32, in an output layer and below another one.
LoadedWorkload functions_of_infinity(const char* activation) {
  LoadedWorkload loaded =
      empty_workload(fmt::format("{}_of_infinity", activation),
                     network_from_text("1-4-4", fmt::format("{0}-{0}", activation), "mse"));
  loaded.model.parameters[0].weights = {0x1p127f, -0x1p127f, 0x1.fp127f, -0x1.8p127f};
  for (std::size_t j = 0; j < 4; ++j)
    loaded.model.parameters[1].weights[5 * j] = j % 2 == 0 ? 1.5f : -0.75f;
  loaded.script = {{{{4}, {0.5f, 0.25f, -0.5f, 0.125f}}, 0x1p-6f},
                   {{{-4}, {0.5f, 0.25f, -0.5f, 0.125f}}, 0x1p-6f}};
  return loaded;
}

/// Sums of a bias and one product beyond the range of binary32, of which neither is.
LoadedWorkload infinite_sums_of_a_bias(const char* activation) {
  LoadedWorkload loaded = empty_workload(fmt::format("infinite_sums_of_a_bias_{}", activation),
                                         network_from_text("1-6", activation, "mse"));
  loaded.model.parameters[0] = {
      {0x1.8p127f, -0x1.8p127f, 0x1.fp127f, 0x1p125f, 0x1.8p127f, -0x1.2p127f},
      {0x1.8p127f, -0x1.8p127f, 0x1p124f, 0x1.fp127f, -0x1.8p127f, -0x1.2p127f}};
  loaded.script = {{{{1}, Numbers(6)}, 0x1p-20f}};
  return loaded;
}

}  // namespace

Numbers arguments_of(const Profile& profile) {
  if (!profile.has_int8_preactivations()) return exact_arguments(profile);
  Numbers arguments;
  for (int z = -128; z <= 127; ++z) arguments.push_back(static_cast<float>(z) / 16);
  return arguments;
}

Numbers arguments_of_some_intervals(const Profile& profile, std::uint64_t seed) {
  SeededNumbers numbers(fmt::format("some intervals {}", seed));
  const Numbers all = arguments_of_intervals(profile, numbers);
  const std::size_t turn = numbers.below(4);
  // Intervals of both signs follow each other.
  Numbers some;
  for (std::size_t i = 0; i < all.size(); ++i)
    if ((i / 2 + 2 * i) % 4 == turn) some.push_back(all[i]);
  return some;
}

std::vector<DrawnWorkload> drawn_arguments(const Profile& profile, std::uint64_t seed) {
  std::vector<DrawnWorkload> workloads;
  for (const char* activation : {"sigmoid", "tanh"}) {
    workloads.push_back({steps_of_arguments(fmt::format("arguments_of_{}", activation), profile,
                                            activation, arguments_of(profile))});
    if (profile.has_int8_preactivations()) continue;  // these are all
    // Of every eight intervals in turn one is for targets of every pace, another from each seed.
    SeededNumbers numbers(fmt::format("intervals of {} {}", activation, seed));
    const Numbers arguments = arguments_of_intervals(profile, numbers);
    const std::size_t turn = numbers.below(8);
    Numbers one, others;
    for (std::size_t i = 0; i < arguments.size(); ++i)
      (i % 8 == turn ? one : others).push_back(arguments[i]);
    workloads.push_back(
        {steps_of_arguments(fmt::format("intervals_of_{}", activation), profile, activation, one)});
    workloads.push_back({steps_of_arguments(fmt::format("more_intervals_of_{}", activation),
                                            profile, activation, others),
                         an_eighth_of_the_intervals});
    if (profile.has_binary32_weights()) workloads.push_back({functions_of_infinity(activation)});
  }
  if (profile.has_binary32_weights())
    // Without relu, which a port may compute by a multiplication: NaN of a negative infinity.
    for (const char* activation : {"identity", "tanh"})
      workloads.push_back({infinite_sums_of_a_bias(activation)});
  return workloads;
}

}  // namespace lsgd
