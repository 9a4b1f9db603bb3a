// SPDX-License-Identifier: Apache-2.0
#include "measuring/probed_device.hpp"

#include <cmath>
#include <utility>

#include <lsgd/numbers/draw_below.hpp>

#include "judging/comparison.hpp"
#include "judging/device_tensors.hpp"

namespace lsgd {

bool ProbedDevice::take(const Network& network) {
  if (session_.configure(network) != Configured::yes) return false;
  networks_.push_back(network);
  return true;
}

ObservedStep ProbedDevice::step(const TensorSet& before, const Sample& sample,
                                float learning_rate) {
  load(session_, before);
  load(session_, sample);
  session_.train_step(learning_rate);
  ObservedStep step{
      network(), before, sample, learning_rate, activation_tensors(profile_.formats(), network()),
      before};
  store(session_, step.activations);
  store(session_, step.after);
  return step;
}

float drawn_number(std::mt19937_64& engine, int low, int high) {
  const auto significand = static_cast<double>((1u << 23) + draw_below(engine, 1u << 23));
  const int exponent =
      low + static_cast<int>(draw_below(engine, static_cast<std::size_t>(high - low) + 1));
  const double number = std::ldexp(significand, exponent - 23);
  return static_cast<float>(draw_below(engine, 2) == 1 ? -number : number);
}

bool are_legal(std::span<const ObservedStep> steps, const Profile& profile,
               const ArithmeticModel& model) {
  for (const ObservedStep& step : steps) {
    Comparison comparison;
    judge_of(profile).step_judge(step.network, model, std::nullopt)->judge(step, comparison);
    if (comparison.has_failed() || !are_usable(step.after)) return false;
  }
  return true;
}

}  // namespace lsgd
