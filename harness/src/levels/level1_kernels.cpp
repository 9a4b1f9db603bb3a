// SPDX-License-Identifier: Apache-2.0
#include "levels/level1_kernels.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include <lsgd/network/activation.hpp>

#include "device/device_error.hpp"
#include "judging/comparison.hpp"
#include "judging/detected_changes.hpp"
#include "judging/device_tensors.hpp"
#include "judging/profile_judge.hpp"
#include "judging/step_prediction.hpp"
#include "levels/stand_in.hpp"
#include "levels/vector_flags.hpp"

namespace lsgd {
namespace {

/// What a device shows of one run of a case.
struct Observation {
  TensorSet activations_of_forward;
  TensorSet parameters_after_forward;
  TensorSet activations;  ///< of the training step
  TensorSet parameters;   ///< after it
  TensorSet next_activations;
  TensorSet sample;  ///< after all of it
  Measurement peak;
};

void measure(AgentSession& session, Measurement& peak) {
  const Measurement now = session.measure();
  peak.stack_bytes = std::max(peak.stack_bytes, now.stack_bytes);
  peak.heap_bytes = std::max(peak.heap_bytes, now.heap_bytes);
}

/// The second run loads tensors and fraction bits in the reverse order and does without the forward
/// pass before the training step, so that nothing in the device can be left from it.
/// @param first  what the first run showed, in the second one
Observation observe(AgentSession& session, const GoldenCase& golden, const Profile& profile,
                    bool is_resynchronised, const Observation* first) {
  Observation seen;
  seen.parameters_after_forward = golden.parameters;
  seen.parameters = seen.parameters_after_forward;
  seen.activations = activation_tensors(profile.formats(), golden.network);
  seen.activations_of_forward = seen.activations;
  seen.next_activations = seen.activations;
  StepPrediction prediction(profile, golden.network);
  if (session.saves_bytes() && first == nullptr) {
    prediction.predict_step(golden.parameters, golden.sample, golden.learning_rate,
                            seen.activations);
    seen.activations_of_forward = seen.activations;
  }

  TensorSet loaded = golden.parameters;
  if (first != nullptr) std::ranges::reverse(loaded);
  load(session, loaded);
  load(session, golden.sample);
  if (first == nullptr) {
    session.forward();
    store(session, seen.activations_of_forward);
    store(session, seen.parameters_after_forward);
    seen.activations = seen.activations_of_forward;
  } else {
    seen.activations = first->activations;
    seen.parameters = first->parameters;
    seen.next_activations = first->next_activations;
  }
  session.train_step(golden.learning_rate);
  measure(session, seen.peak);
  store(session, seen.activations);
  if (session.saves_bytes() && first == nullptr)
    prediction.predict_parameters(golden.sample, golden.learning_rate, seen.activations,
                                  seen.parameters);
  store(session, seen.parameters);
  if (is_resynchronised && are_usable(seen.parameters)) load(session, seen.parameters);
  session.forward();
  measure(session, seen.peak);
  if (session.saves_bytes() && first == nullptr)
    prediction.predict_forward(seen.parameters, golden.sample, seen.next_activations);
  store(session, seen.next_activations);
  seen.sample = sample_tensors(golden.sample);
  store(session, seen.sample);
  return seen;
}

void compare_unchanged(const TensorSet& before, const TensorSet& after, std::string_view message,
                       Comparison& comparison) {
  for (std::size_t t = 0; t < before.size(); ++t)
    comparison.unchanged(place_of(before[t]), before[t].codes, after[t].codes,
                         static_cast<std::size_t>(before[t].format.bits), message);
}

const ExpectedTensor* find(const std::vector<ExpectedTensor>& expected, const std::string& name) {
  const auto tensor = std::ranges::find(expected, name, &ExpectedTensor::name);
  return tensor == expected.end() ? nullptr : &*tensor;
}

void compare_expected(const std::vector<ExpectedTensor>& expected, const std::string& prefix,
                      const Network& network, const Tensor& device, Comparison& comparison) {
  const ExpectedTensor* tensor = find(expected, prefix + device.name);
  if (tensor == nullptr) return;
  TensorPlace place = place_of(device);
  place.tensor = prefix + device.name;
  place.is_function_value = device.kind == TensorKind::activations &&
                            is_approximated(network.layers[device.layer - 1].activation);
  for (std::size_t i = 0; i < device.codes.size(); ++i)
    comparison.expected(place, i, tensor->elements.at(i),
                        static_cast<std::size_t>(tensor->element_bits), device.codes[i]);
}

void compare_expected(const std::vector<ExpectedTensor>& expected, const Network& network,
                      const Observation& seen, Comparison& comparison) {
  for (const Tensor& tensor : seen.activations_of_forward)
    compare_expected(expected, "", network, tensor, comparison);
  for (const Tensor& tensor : seen.activations)
    compare_expected(expected, "", network, tensor, comparison);
  // The random state has layer 0.
  for (std::size_t layer = seen.activations.size() + 1; layer-- > 0;)
    for (const Tensor& tensor : seen.parameters)
      if (tensor.layer == layer) compare_expected(expected, "", network, tensor, comparison);
  for (const Tensor& tensor : seen.next_activations)
    compare_expected(expected, "next.", network, tensor, comparison);
}

void compare_twice(const Observation& first, const Observation& second, Comparison& comparison) {
  constexpr std::string_view message = "the second run of the same case gives other bits";
  compare_unchanged(first.activations, second.activations, message, comparison);
  compare_unchanged(first.parameters, second.parameters, message, comparison);
  compare_unchanged(first.next_activations, second.next_activations, message, comparison);
}

/// What is wrong where a network does not start from zeros.
std::string_view wrong_start(const TensorSet& afresh) {
  constexpr std::uint32_t minus_zero = 0x80000000;
  bool has_fraction_bits = false, has_minus_zero = false, is_binary32 = true;
  for (const Tensor& tensor : afresh) {
    has_fraction_bits = has_fraction_bits || tensor.kind == TensorKind::fraction_bits_of_weights;
    is_binary32 = is_binary32 && tensor.format.meaning == ElementFormat::Meaning::binary32;
    for (const std::uint64_t code : tensor.codes) {
      has_minus_zero = has_minus_zero || code == minus_zero;
      is_binary32 = is_binary32 && (code == 0 || code == minus_zero);
    }
  }
  if (is_binary32 && has_minus_zero)
    return "a configured network starts from -0.0 (bits 80000000), not from 0.0 (bits 00000000)";
  return has_fraction_bits ? "a configured network does not start from zeros with 7 fraction bits"
                           : "a configured network does not start from zeros";
}

/// A network starts with nothing of an earlier one: zeros, in int8 with 7 fraction bits
/// (targets/include/lsgd/port.h).
void compare_afresh(AgentSession& session, const GoldenCase& golden, Comparison& comparison) {
  if (configure(session, golden.network))
    throw DeviceError("the device refused a network that it had taken before");
  const TensorSet expected = zeros_of(golden.parameters);
  TensorSet afresh = expected;
  store(session, afresh);
  compare_unchanged(expected, afresh, wrong_start(afresh), comparison);
}

/// The forward pass after the step, with the device's own new parameters, where the set has not
/// what they must give.
void compare_next_forward(const GoldenCase& golden, const Profile& profile,
                          const ArithmeticModel& model, const Observation& seen,
                          Comparison& comparison) {
  TensorSet next = seen.next_activations;
  for (Tensor& tensor : next) tensor.name.insert(0, "next.");
  if (find(golden.expected, next.front().name) != nullptr || !are_usable(seen.parameters)) return;
  judge_of(profile).compare_forward(golden.network, seen.parameters, golden.sample, model, next,
                                    std::nullopt, comparison);
}

/// @param injects whether the result says what would have been refused (SPEC 7.10)
CaseResult run(const GoldenSet& set, const GoldenCase& golden, bool injects, AgentSession& session,
               const ArithmeticModel& model) {
  const Profile& profile = *set.manifest.profile;
  if (auto refused = configure(session, golden.network)) return *std::move(refused);
  // Whatever a port derives from its parameters here, all zero, must not outlive them.
  load(session, golden.sample);
  session.forward();
  const bool is_resynchronised = judge_of(profile).is_resynchronised(model);
  const Observation first = observe(session, golden, profile, is_resynchronised, nullptr);
  const Observation second = observe(session, golden, profile, is_resynchronised, &first);

  Comparison comparison;
  comparison.set_flags(described_flags(golden.flags, set.manifest));
  compare_unchanged(golden.parameters, first.parameters_after_forward,
                    "the forward pass changed a parameter, or it was not stored as loaded",
                    comparison);
  if (model == set.manifest.arithmetic && !golden.expected.empty())
    compare_expected(golden.expected, golden.network, first, comparison);
  else
    compare_expected(expected_tensors(golden, profile, model), golden.network, first, comparison);
  const ObservedStep step{golden.network,       golden.parameters, golden.sample,
                          golden.learning_rate, first.activations, first.parameters};
  judge_of(profile).compare_from_activations(step, model, comparison);
  judge_of(profile).compare_order(step, model, comparison);
  compare_next_forward(golden, profile, model, first, comparison);
  for (const Observation* seen : {&first, &second})
    compare_unchanged(sample_tensors(golden.sample), seen->sample, sample_overwritten, comparison);
  compare_twice(first, second, comparison);
  compare_afresh(session, golden, comparison);
  CaseResult result = std::move(comparison).result();
  if (injects && !result.failure && are_usable(first.parameters))
    result.detected = detected_changes(judge_of(profile), {&step, 1}, model);
  result.stack_bytes = first.peak.stack_bytes;
  result.heap_bytes = first.peak.heap_bytes;
  return result;
}

/// The same on a stand-in, of which the set has no results (SPEC 7.11).
CaseResult run_on(const Network& network, const GoldenSet& set, const GoldenCase& golden,
                  bool injects, AgentSession& session, const ArithmeticModel& model) {
  if (network == golden.network) return run(set, golden, injects, session, model);
  GoldenCase stand_in = golden;
  stand_in.network = network;
  stand_in.expected.clear();
  return run(set, stand_in, false, session, model);
}

/// Every so many cases say what would have been refused.
constexpr std::size_t cases_for_each_injection = 25;

double cost_of(const GoldenCase& golden) {
  double cost = 10;
  for (const Layer& layer : golden.network.layers)
    cost += static_cast<double>(layer.weight_count());
  return cost;
}

}  // namespace

std::vector<ConformanceCase> level1_cases(std::shared_ptr<const GoldenSet> set) {
  std::vector<ConformanceCase> cases;
  for (const GoldenCase& golden : set->cases) {
    const bool injects = cases.size() % cases_for_each_injection == 0;
    cases.push_back({fmt::format("level1/{}", golden.name),
                     golden.clause,
                     1,
                     cost_of(golden),
                     [set, &golden, injects](AgentSession& session, const ArithmeticModel& model) {
                       return run_on_own_or_stand_in(golden.network, [&](const Network& network) {
                         return run_on(network, *set, golden, injects, session, model);
                       });
                     },
                     {},
                     golden.network});
  }
  return cases;
}

}  // namespace lsgd
