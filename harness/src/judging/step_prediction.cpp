// SPDX-License-Identifier: Apache-2.0
#include "judging/step_prediction.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "steps/declared_tensors.hpp"

namespace lsgd {
namespace {

void fill_in(const std::vector<ExpectedTensor>& from, TensorSet& tensors) {
  for (Tensor& tensor : tensors) {
    constexpr std::string_view later = "next.";
    const std::size_t start = tensor.name.starts_with(later) ? later.size() : 0;
    const auto found = std::ranges::find(from, tensor.name.substr(start), &ExpectedTensor::name);
    if (found == from.end() || found->elements.size() != tensor.count) continue;
    tensor.codes.clear();
    for (const ExpectedElement& element : found->elements) tensor.codes.push_back(element.bits);
  }
}

}  // namespace

StepPrediction::StepPrediction(const Profile& profile, const Network& network)
    : profile_(profile), network_(network) {}

void StepPrediction::predict(const TensorSet& before, const Sample& sample, float learning_rate,
                             TensorSet& activations, TensorSet& after) {
  const Arithmetic& arithmetic = profile_.declaration();
  if (DeclaredStep::unsupported(arithmetic)) return;
  if (!step_) step_.emplace(arithmetic, network_);
  try {
    DeclaredState state = declared_state(arithmetic, network_, before);
    StepNumbers<BinaryNumber> numbers;
    step_->train(state, sample, learning_rate, numbers);
    const auto expected = expected_declared_step(arithmetic, network_, *step_, numbers, state);
    fill_in(expected, activations);
    fill_in(expected, after);
  } catch (const std::domain_error&) {  // no number, or one outside its format
    return;
  }
}

void StepPrediction::predict(const TensorSet& parameters, const Sample& sample,
                             TensorSet& activations) {
  TensorSet after;
  // A forward pass is the first half of a step, and the rate of 0 is never used.
  predict(parameters, sample, 0, activations, after);
}

}  // namespace lsgd
