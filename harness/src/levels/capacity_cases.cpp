// SPDX-License-Identifier: Apache-2.0
#include "levels/capacity_cases.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "judging/device_tensors.hpp"
#include "levels/level2_step.hpp"
#include "training/training.hpp"

namespace lsgd {
namespace {

constexpr std::uint64_t capacity_seed = 1;

/// Of the hidden layers every other one, from the first on, takes its turn of tanh, sigmoid and
/// relu, since ports have a loop for each. Those between are tanh, which lets every delta through,
/// and the output layer is linear.
Network network_of(const std::vector<std::uint32_t>& sizes) {
  constexpr std::array turns{Activation::tanh, Activation::sigmoid, Activation::relu};
  Network network;
  for (std::size_t l = 1; l < sizes.size(); ++l)
    network.layers.push_back(
        {sizes[l - 1], sizes[l], l % 2 == 0 ? Activation::tanh : turns[l / 2 % turns.size()]});
  network.layers.back().activation = Activation::identity;
  return network;
}

/// Initial parameters and one sample, for one step.
LoadedWorkload one_step(const std::string& name, Network network) {
  LoadedWorkload loaded;
  loaded.workload.name = name;
  Sample& sample = loaded.script.emplace_back().sample;
  for (std::uint32_t i = 0; i < network.inputs(); ++i)
    sample.inputs.push_back(static_cast<float>(static_cast<int>(i % 17) - 8) / 8);
  sample.target.resize(network.outputs());
  if (network.outputs() > 1) sample.target[0] = 1;
  loaded.model.parameters = initial_parameters(network, capacity_seed);
  loaded.model.network = std::move(network);
  return loaded;
}

/// A network of as many layers as the device holds but one, filled with activations.
LoadedWorkload step_of_all_activations(const Capacities& device) {
  const std::size_t layers = std::max<std::size_t>(1, device.layers - 1);
  return one_step("all_activations", network_of_all_activations(device, layers));
}

/// A step of a network with one layer less than the one before it.
CaseResult run_all_activations(const Profile& profile, AgentSession& session,
                               const ArithmeticModel& model) {
  const Capacities device = believed(session.description().capacities);
  if (device.layers > 1)
    if (auto refused =
            configure(session, network_of(std::vector<std::uint32_t>(device.layers + 1, 2))))
      return *std::move(refused);
  return run_steps(step_of_all_activations(device), profile, 0, capacity_seed, session, model);
}

/// The same with a weight in each layer that int32_fixed holds and half its range does not: a port
/// may compute such layers in another way.
CaseResult run_all_activations_of_large_weights(const Profile& profile, AgentSession& session,
                                                const ArithmeticModel& model) {
  LoadedWorkload loaded = step_of_all_activations(believed(session.description().capacities));
  for (LayerParameters<float>& layer : loaded.model.parameters) layer.weights.back() = 12;
  return run_steps(loaded, profile, 0, capacity_seed, session, model);
}

CaseResult run_all_parameters(const Profile& profile, AgentSession& session,
                              const ArithmeticModel& model) {
  LoadedWorkload loaded = one_step(
      "all_parameters", network_of_all_parameters(believed(session.description().capacities)));
  // A port that looks for the largest weight looks at every one.
  for (LayerParameters<float>& layer : loaded.model.parameters) layer.weights.back() = 3;
  return run_steps(loaded, profile, 0, capacity_seed, session, model);
}

/// Steps that take weights from half the range of int32_fixed to its end and beyond, and those of
/// the int8 profiles through several formats: what a port has derived from smaller weights must not
/// outlive them (SPEC 2.8). The target is out of reach, so that every delta is about -7.
CaseResult run_growing_weights(const Profile& profile, AgentSession& session,
                               const ArithmeticModel& model) {
  LoadedWorkload loaded = one_step("growing_weights", {{{3, 1, Activation::sigmoid}}, Loss::bce});
  loaded.script.assign(12, {{{8, 8, 8}, {8}}, 0.03f});
  std::ranges::fill(loaded.model.parameters[0].weights, 7.875f);
  return run_steps(loaded, profile, 0, capacity_seed, session, model);
}

}  // namespace

Network network_of_all_activations(const Capacities& device, std::size_t layers) {
  std::vector<std::uint32_t> sizes{1};
  std::uint32_t activations = device.activations;
  std::uint32_t parameters = device.parameters;
  layers = std::min<std::size_t>({layers, activations, parameters / 2});
  for (std::size_t left = layers; left-- > 0;) {
    std::uint32_t width = 1;
    if (left % 2 == 0) {
      // The layers after this one need at least one activation each and the parameters for it.
      const auto reserved = static_cast<std::uint32_t>(left);
      const std::uint32_t affordable = (parameters - 2 * reserved) / (sizes.back() + 2);
      width = std::clamp(std::min(activations - reserved, affordable), 1u, device.width);
    }
    activations -= width;
    parameters -= width * (sizes.back() + 1);
    sizes.push_back(width);
  }
  return network_of(sizes);
}

Network network_of_all_parameters(const Capacities& device) {
  std::vector<std::uint32_t> best{1, 1};
  std::uint32_t most = 0;
  const std::uint32_t narrowest = device.layers > 1 ? 1 : 0;
  const std::uint32_t widest = device.layers > 1 ? device.width : 0;
  for (std::uint32_t outputs = narrowest; outputs <= widest; ++outputs)
    for (std::uint32_t width = 1; width <= device.width; ++width) {
      const std::uint32_t above = outputs * (width + 1);
      if (width + outputs > device.activations || above + 2 * width > device.parameters) break;
      const std::uint32_t inputs = std::min(device.inputs, (device.parameters - above) / width - 1);
      const std::uint32_t filled = above + width * (inputs + 1);
      if (filled <= most) continue;
      most = filled;
      best = {inputs, width};
      if (outputs > 0) best.push_back(outputs);
    }
  return network_of(best);
}

std::vector<ConformanceCase> capacity_cases(const Profile& profile, Pace pace) {
  using Run = CaseResult (*)(const Profile&, AgentSession&, const ArithmeticModel&);
  std::vector<std::pair<const char*, Run>> runs{
      {"all_activations", run_all_activations},
      {"all_activations_of_large_weights", run_all_activations_of_large_weights},
      {"all_parameters", run_all_parameters}};
  if (!profile.has_binary32_weights()) runs.emplace_back("growing_weights", run_growing_weights);
  std::vector<ConformanceCase> cases;
  for (const auto& [name, run] : runs) {
    ConformanceCase& added = cases.emplace_back();
    const bool is_small = run == run_growing_weights;
    added = {fmt::format("level1/{}", name), "SPEC 7.2", 1, is_small ? 1e3 : 1e5, {}, {}};
    if (pace == Pace::fast || is_small || run == run_all_parameters)
      added.run = [&profile, run = run](AgentSession& session, const ArithmeticModel& model) {
        CaseResult result = run(profile, session, model);
        // The case is about no network of its own, so none stands in for it.
        if (result.verdict == Verdict::pass || result.verdict == Verdict::fail)
          result.reason.reset();
        return result;
      };
    else {
      added.shortened = "one of three networks that fill the capacities";
      added.judge = [pace](const std::vector<FinishedCase>&) {
        return CaseResult::skipped(
            fmt::format("a target of pace {} does without it", name_of(pace)));
      };
    }
  }
  return cases;
}

}  // namespace lsgd
