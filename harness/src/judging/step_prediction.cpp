// SPDX-License-Identifier: Apache-2.0
#include "judging/step_prediction.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "steps/declared_tensors.hpp"

namespace lsgd {
namespace {

/// The codes of a layer's activations; none where one has no code.
std::vector<std::uint64_t> activation_codes(const NumberCodec& codec,
                                            const std::vector<BinaryNumber>& activations) {
  std::vector<std::uint64_t> codes;
  for (const BinaryNumber& a : activations) {
    const auto code = codec.code_of(a);
    if (!code) return {};
    codes.push_back(*code);
  }
  return codes;
}

/// The inverse; none where a code stands for no finite number.
std::vector<BinaryNumber> shown_activations(const NumberCodec& codec,
                                            const std::vector<std::uint64_t>& codes) {
  std::vector<BinaryNumber> numbers;
  for (const std::uint64_t code : codes) {
    if (!codec.has_code(code)) return {};
    numbers.push_back(codec.number_of(code));
    if (!numbers.back().is_finite()) return {};
  }
  return numbers;
}

}  // namespace

StepPrediction::StepPrediction(const Profile& profile, const Network& network)
    : arithmetic_(profile.declaration()), network_(network) {}

bool StepPrediction::has_step() {
  if (!step_ && !DeclaredStep::unsupported(arithmetic_)) step_.emplace(arithmetic_, network_);
  return step_.has_value();
}

template <class Pass>
bool StepPrediction::attempt(const Pass& pass) {
  try {
    pass();
    return true;
  } catch (const std::domain_error&) {  // no number, or one outside its format
    return false;
  }
}

void StepPrediction::fill_in_activations(TensorSet& activations) {
  for (Tensor& tensor : activations) {
    const std::size_t l = tensor.layer - 1;
    const auto codec = step_->codec(Point::activation, l, after_);
    if (!codec) continue;
    std::vector<std::uint64_t> codes = activation_codes(*codec, numbers_.layers[l].a);
    if (codes.size() == tensor.count) tensor.codes = std::move(codes);
  }
}

void StepPrediction::predict_forward(const TensorSet& parameters, const Sample& sample,
                                     TensorSet& activations) {
  if (!has_step()) return;
  attempt([&] {
    after_ = declared_state(arithmetic_, network_, parameters);
    step_->forward(after_, sample.inputs, numbers_);
    fill_in_activations(activations);
  });
}

void StepPrediction::predict_step(const TensorSet& before, const Sample& sample,
                                  float learning_rate, TensorSet& activations) {
  is_predicted_ = has_step() && attempt([&] {
                    before_ = after_ = declared_state(arithmetic_, network_, before);
                    step_->train(after_, sample, learning_rate, numbers_);
                    fill_in_activations(activations);
                  });
  predicted_ = activations;
}

void StepPrediction::predict_parameters(const Sample& sample, float learning_rate,
                                        const TensorSet& shown, TensorSet& after) {
  if (!is_predicted_) return;
  attempt([&] {
    const DeclaredState state =
        shown == predicted_ ? after_ : trained_from(shown, sample, learning_rate);
    const auto expected = expected_parameters(arithmetic_, network_, state);
    for (Tensor& tensor : after) {
      const auto found = std::ranges::find(expected, tensor.name, &ExpectedTensor::name);
      if (found == expected.end() || found->elements.size() != tensor.count) continue;
      tensor.codes.clear();
      for (const ExpectedElement& element : found->elements) tensor.codes.push_back(element.bits);
    }
  });
}

DeclaredState StepPrediction::trained_from(const TensorSet& shown, const Sample& sample,
                                           float learning_rate) {
  // What derivative and update see is not shown where it is stored apart.
  if (!arithmetic_.at(Point::stored_activation).empty()) return after_;
  for (const Tensor& tensor : shown) {
    const std::size_t l = tensor.layer - 1;
    const auto codec = step_->codec(Point::activation, l, after_);
    std::vector<BinaryNumber> numbers;
    if (codec) numbers = shown_activations(*codec, tensor.codes);
    if (numbers.size() != tensor.count) return after_;
    numbers_.layers[l].a = numbers_.layers[l].stored = std::move(numbers);
  }
  DeclaredState state = before_;
  step_->train_from_activations(state, sample, learning_rate, numbers_);
  return state;
}

}  // namespace lsgd
