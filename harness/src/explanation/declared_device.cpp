// SPDX-License-Identifier: Apache-2.0
#include "explanation/declared_device.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "explanation/tensor_agreement.hpp"

namespace lsgd {
namespace {

/// Whatever stands above the bits of the format is no part of a code.
std::int64_t code_of(const Tensor& tensor, std::uint64_t pattern) {
  const int unused_bits = 64 - tensor.format.bits;
  return static_cast<std::int64_t>(pattern << unused_bits) >> unused_bits;
}

/// What a step requires of a tensor; nothing is required of one that it does not compute, or of
/// which it gives bounds alone.
TensorAgreement compare_expected(const Tensor& shown, const std::vector<ExpectedTensor>& expected) {
  TensorAgreement agreement{shown.name};
  const auto found = std::ranges::find(expected, shown.name, &ExpectedTensor::name);
  if (!is_shown(shown) || found == expected.end()) return agreement;
  const auto code = [&](std::uint64_t pattern) { return code_of(shown, pattern); };
  for (std::size_t i = 0; i < shown.count && i < found->elements.size(); ++i) {
    const ExpectedElement& required = found->elements[i];
    const auto is_it = [&](std::uint64_t pattern) { return code(pattern) == code(shown.codes[i]); };
    if (required.bound)
      add_unjudged_element(agreement);
    else if (is_it(required.bits) || std::ranges::any_of(required.also, is_it))
      add_exact_element(agreement);
    else
      add_element(agreement, {i, static_cast<double>(code(shown.codes[i])),
                              static_cast<double>(code(required.bits)), 0});
  }
  return agreement;
}

/// What other random bits make of a tensor: each code is that of the step, or the next one. The
/// state may be anything.
TensorAgreement compare_drawn(const Tensor& shown, const std::vector<ExpectedTensor>& expected) {
  if (shown.kind != TensorKind::weights && shown.kind != TensorKind::biases) {
    TensorAgreement agreement{shown.name};
    for (std::size_t i = 0; is_shown(shown) && i < shown.count; ++i)
      add_unjudged_element(agreement);
    return agreement;
  }
  TensorAgreement agreement = compare_expected(shown, expected);
  const auto found = std::ranges::find(expected, shown.name, &ExpectedTensor::name);
  if (agreement.wrong == 0) return agreement;
  TensorAgreement drawn{shown.name};
  for (std::size_t i = 0; i < shown.count && i < found->elements.size(); ++i)
    if (found->elements[i].bound)
      add_unjudged_element(drawn);
    else
      add_element(drawn, {i, static_cast<double>(code_of(shown, shown.codes[i])),
                          static_cast<double>(code_of(shown, found->elements[i].bits)), 1});
  return drawn;
}

class DeclaredDevice final : public DeviatingDevice {
 public:
  DeclaredDevice(const Profile& profile, const Changes& changes)
      : DeviatingDevice(changes),
        profile_(changes.declaration == nullptr ? profile : *changes.declaration) {}

 private:
  StepAgreement compare_step(const ShownStep& step) override {
    std::vector<ExpectedTensor> expected;
    try {
      expected = profile_.expected_step(*step.network, step.before, taken_sample(step),
                                        step.learning_rate, ArithmeticModel());
    } catch (const std::domain_error&) {  // nothing is required of such a step
    }
    StepAgreement agreement;
    for (const Tensor& shown : step.activations)
      agreement.push_back(compare_expected(shown, expected));
    const bool is_lost = changes_.makes(Deviation::update_lost) && keeps_every_parameter(step);
    if (!step.trains || is_lost)
      compare_kept(step, agreement);
    else
      for (std::size_t t = 0; t < step.after.size(); ++t)
        agreement.push_back(
            changes_.makes(Deviation::other_random_bits)
                ? compare_drawn(step.after[t], expected)
                : compare_expected(step.after[t],
                                   with_what_is_kept(step, step.before[t], expected)));
    compare_sample(step, changes_, agreement);
    return agreement;
  }

  /// The tensors of a step with those codes in the place of new ones that the hypothesis keeps.
  std::vector<ExpectedTensor> with_what_is_kept(const ShownStep& step, const Tensor& before,
                                                const std::vector<ExpectedTensor>& all) const {
    const auto found = std::ranges::find(all, before.name, &ExpectedTensor::name);
    if (found == all.end()) return {};
    std::vector<ExpectedTensor> expected{*found};
    std::vector<ExpectedElement>& elements = expected.front().elements;
    const std::size_t row =
        before.kind == TensorKind::weights ? step.network->layers[before.layer - 1].inputs : 1;
    for (std::size_t i = 0; i < before.codes.size() && i < elements.size(); ++i)
      if (is_kept(before.kind, i, before.count, row)) require(before.codes[i], elements[i]);
    return expected;
  }

  static void require(std::uint64_t code, ExpectedElement& element) {
    element.bits = code;
    element.bound.reset();
    element.also.clear();
  }

  bool is_kept(TensorKind kind, std::size_t index, std::size_t count, std::size_t row) const {
    const bool is_weight = kind == TensorKind::weights, is_bias = kind == TensorKind::biases;
    if (!is_weight && !is_bias) return false;
    if (changes_.makes(Deviation::nothing_updated)) return true;
    if (is_bias && changes_.makes(Deviation::bias_not_updated)) return true;
    if (is_weight && changes_.makes(Deviation::weights_not_updated)) return true;
    if (is_weight && changes_.makes(Deviation::last_input_not_updated) && index % row + 1 == row)
      return true;
    return changes_.makes(Deviation::last_neuron_not_updated) && index + row >= count;
  }

  const Profile& profile_;
};

}  // namespace

std::unique_ptr<DeviatingDevice> deviating_declared(const Profile& profile,
                                                    const Changes& changes) {
  return std::make_unique<DeclaredDevice>(profile, changes);
}

}  // namespace lsgd
