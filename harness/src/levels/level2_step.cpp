// SPDX-License-Identifier: Apache-2.0
#include "levels/level2_step.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <ranges>
#include <stdexcept>
#include <utility>

#include "cases/drawn_scales.hpp"
#include "data/built_in_data_set.hpp"
#include "description/project_files.hpp"
#include "judging/comparison.hpp"
#include "judging/detected_changes.hpp"
#include "judging/device_tensors.hpp"
#include "judging/profile_judge.hpp"
#include "judging/step_prediction.hpp"
#include "levels/shown_changes.hpp"
#include "levels/stand_in.hpp"

namespace lsgd {
namespace {

/// A port writes neither to its input nor to its target (targets/include/lsgd/port.h).
void compare_sample(AgentSession& session, const Sample& sample, std::size_t step,
                    Comparison& comparison) {
  const TensorSet given = sample_tensors(sample);
  TensorSet now = given;
  store(session, now);
  for (std::size_t t = 0; t < given.size(); ++t)
    comparison.unchanged(place_of(given[t], step), given[t].codes, now[t].codes,
                         static_cast<std::size_t>(given[t].format.bits), sample_overwritten);
}

void compare_loaded(const TensorSet& loaded, const TensorSet& stored, Comparison& comparison) {
  for (std::size_t t = 0; t < stored.size(); ++t)
    comparison.unchanged(place_of(stored[t], 0), loaded[t].codes, stored[t].codes,
                         static_cast<std::size_t>(stored[t].format.bits),
                         "the forward pass changed a parameter, or it was not stored as loaded");
}

/// The largest network into whose steps changes are injected: it takes a second at most.
constexpr std::size_t most_parameters_with_injections = 5000;

/// The first tensor whose results may become opposite, zero or a quarter smaller as the device is
/// declared, and what of these; empty where each is refused.
std::string what_is_not_judged(const std::vector<DetectedChange>& detected) {
  for (const DetectedChange& change : detected)
    for (const auto& [refused, words] :
         {std::pair{change.inverted, "of the opposite sign"}, std::pair{change.zeroed, "of zero"},
          std::pair{change.scaled, "times 0.72"}})
      if (refused == false) return fmt::format("results of {} {}", change.tensor, words);
  return {};
}

/// What else a device computes that fails.
std::string in_words(const std::vector<ChangedArithmetic>& shown) {
  std::string text;
  for (const ChangedArithmetic& change : shown)
    text += (text.empty() ? "; the device computes as where " : ", or where ") + change.description;
  return text;
}

/// A declared order for devices of plain binary32 that declare none.
ArithmeticModel in_some_order(ArithmeticModel model) {
  if (model.order_is_declared()) return model;
  if (model.fused_multiply_add == FusedMultiplyAdd::any)
    model.fused_multiply_add = FusedMultiplyAdd::no;
  model.summation_order = SummationOrder::ascending;
  model.bias_position = BiasPosition::first;
  model.update_product = UpdateProduct::learning_rate_times_delta;
  return model;
}

/// The nearest parameters that the arithmetic has; else false, and what is outside of it.
bool round_parameters(const Profile& profile, const Network& network,
                      const Parameters<float>& parameters, TensorSet& rounded,
                      std::string& outside) {
  try {
    rounded = profile.nearest_parameters(network, parameters, first_random_state);
    return true;
  } catch (const std::domain_error& problem) {
    outside = problem.what();
    return false;
  }
}

/// Step `number` of a chunk that begins with sample `first`.
ScriptedStep step_of(const LoadedWorkload& loaded, std::size_t first, std::size_t number) {
  if (!loaded.script.empty()) return loaded.script[number];
  const std::size_t sample = (first + number) % loaded.data.size();
  return {loaded.data.sample(sample, loaded.model.network.outputs()),
          loaded.workload.learning_rate};
}

/// @param may_end  whether parameters that are no start for another step end the case: functions
///                 in place of bounded ones may make them infinite, which the steps before show
CaseResult run_steps_of_own_network(const LoadedWorkload& loaded, bool may_end,
                                    const Profile& profile, std::size_t first, std::uint64_t seed,
                                    AgentSession& session, const ArithmeticModel& model) {
  const Network& network = loaded.model.network;
  TensorSet start;
  std::string outside;
  if (!round_parameters(profile, network, loaded.model.parameters, start, outside))
    return CaseResult::skipped(fmt::format("{}: {}", no_start_in_this_arithmetic, outside));
  if (!loaded.name_of_scales.empty()) draw_scales(profile, loaded.name_of_scales, start);
  if (auto refused = configure(session, network)) return *std::move(refused);
  const bool is_scripted = !loaded.script.empty();
  const std::size_t steps = is_scripted ? loaded.script.size() : loaded.workload.steps;
  const ProfileJudge& profile_judge = judge_of(profile);
  const auto judge = profile_judge.step_judge(
      network, model, loaded.has_statistics ? std::optional(seed) : std::nullopt);
  const ArithmeticModel ordered = loaded.every_order_agrees ? in_some_order(model) : model;
  const bool is_resynchronised = profile_judge.is_resynchronised(model);
  Comparison comparison;
  comparison.set_flags(loaded.flags);
  Measurement peak;
  ObservedStep step{network, start, {}, 0, activation_tensors(profile.formats(), network), start};
  TensorSet next_activations = step.activations;
  for (Tensor& tensor : next_activations) tensor.name.insert(0, "next.");
  StepPrediction prediction(profile, network);
  load(session, start);

  std::vector<ObservedStep> observed;
  const bool injects = first == 0 && loaded.shows_detected_changes &&
                       parameter_count(network) <= most_parameters_with_injections;

  std::size_t number = 0, left_out = 0;
  bool was_judged = true;  // what the last steps made of the parameters
  for (; number < steps && are_usable(step.before); ++number) {
    ScriptedStep asked = step_of(loaded, first, number);
    step.number = number;
    step.learning_rate = asked.learning_rate;
    step.sample = std::move(asked.sample);
    if (asked.start) {
      TensorSet given;
      if (!round_parameters(profile, network, *asked.start, given, outside)) {
        ++left_out;
        continue;
      }
      if (asked.tensor) {
        load_from(session, given[*asked.tensor], asked.first_element);
        const auto first_loaded = static_cast<std::ptrdiff_t>(asked.first_element);
        std::ranges::copy(given[*asked.tensor].codes | std::views::drop(first_loaded),
                          step.before[*asked.tensor].codes.begin() + first_loaded);
      } else {
        load(session, given);
        step.before = std::move(given);
      }
    }
    if (asked.is_loaded) load(session, step.sample);
    if (asked.unobserved > 0) {
      for (std::size_t i = 0; i < asked.unobserved; ++i) session.train_step(step.learning_rate);
      store(session, step.after);
      judge->judge_unobserved(step, asked.unobserved, comparison);
      step.before = step.after;
      if (!are_usable(step.before)) {
        was_judged = false;
        break;
      }
      if (is_resynchronised) load(session, step.before);
    }
    if (number == 0) {
      session.forward();
      step.after = step.before;  // as it should be
      store(session, step.after);
      compare_loaded(step.before, step.after, comparison);
    }
    session.train_step(step.learning_rate);
    const Measurement measured = session.measure();
    peak.stack_bytes = std::max(peak.stack_bytes, measured.stack_bytes);
    peak.heap_bytes = std::max(peak.heap_bytes, measured.heap_bytes);
    if (session.saves_bytes())
      prediction.predict_step(step.before, step.sample, step.learning_rate, step.activations);
    store(session, step.activations);
    if (session.saves_bytes())
      prediction.predict_parameters(step.sample, step.learning_rate, step.activations, step.after);
    store(session, step.after);
    judge->judge(step, comparison);
    profile_judge.compare_order(step, ordered, comparison);
    if ((injects && are_usable(step.after)) || !loaded.told.empty()) observed.push_back(step);
    if (number == 0 || is_scripted) compare_sample(session, step.sample, number, comparison);
    if (is_resynchronised && are_usable(step.after)) load(session, step.after);
    if (is_scripted) {
      session.forward();
      if (session.saves_bytes())
        prediction.predict_forward(step.after, step.sample, next_activations);
      store(session, next_activations);
      if (are_usable(step.after))
        profile_judge.compare_forward(network, step.after, step.sample, model, next_activations,
                                      number, comparison);
    }
    if (loaded.workload.restart)
      load(session, start);
    else
      step.before = step.after;
  }
  if (left_out == steps)
    return CaseResult::skipped(fmt::format("{}: {}", no_start_in_this_arithmetic, outside));
  // Where the step before kept its bounds, it may overflow (SPEC 5.8).
  const bool has_overflowed = number > 0 && was_judged && !comparison.has_failed();
  if (number < steps && !may_end && !has_overflowed)
    comparison.stopped(number, "the parameters are no start for another step");
  judge->finish(comparison);
  CaseResult result = std::move(comparison).result();
  if (injects && !result.failure)
    result.detected = detected_changes(profile_judge, observed, model);
  if (result.failure && !loaded.told.empty())
    result.failure->message += in_words(shown_changes(loaded.told, observed, model));
  // Where changes outweigh the parameters, a step is more than its rounding errors.
  const std::string accepted =
      loaded.workload.restart ? what_is_not_judged(result.detected) : std::string();
  if (!accepted.empty()) {
    result.verdict = Verdict::fail;
    result.failure.emplace().message =
        fmt::format("with so much declared, {} are accepted: nothing is judged", accepted);
  }
  result.stack_bytes = peak.stack_bytes;
  result.heap_bytes = peak.heap_bytes;
  return result;
}

}  // namespace

std::shared_ptr<const LoadedWorkload> load_workload(const Workload& workload,
                                                    std::size_t least_samples) {
  LoadedWorkload loaded{.workload = workload,
                        .model = read_model(workload.model.file),
                        .data = {},
                        .shows_detected_changes = workload.data.file.empty()};
  const Network& network = loaded.model.network;
  try {
    loaded.data = load_data(workload.data.location(), DataSetPart::training,
                            std::max(workload.chunks * workload.steps, least_samples), &network);
  } catch (const MissingDataSet& missing) {
    loaded.data = blank_sample(network.inputs());
    loaded.lack = missing.lack_of(workload.data.name);
  }
  return std::make_shared<LoadedWorkload>(std::move(loaded));
}

CaseResult run_steps(const LoadedWorkload& loaded, const Profile& profile, std::size_t first,
                     std::uint64_t seed, AgentSession& session, const ArithmeticModel& model) {
  const auto run_own = [&](const LoadedWorkload& own, bool may_end) {
    return run_steps_of_own_network(own, may_end, profile, first, seed, session, model);
  };
  // With other functions, orders would give other bits.
  if (loaded.every_order_agrees) return run_own(loaded, false);
  return run_on_own_or_stand_in(loaded.model.network, [&](const Network& network) {
    if (network == loaded.model.network) return run_own(loaded, false);
    LoadedWorkload stand_in = loaded;
    stand_in.model.network = network;
    stand_in.shows_detected_changes = false;  // what is detected there is said of its own network
    return run_own(stand_in, network.layers != loaded.model.network.layers);
  });
}

std::vector<ConformanceCase> level2_cases(std::shared_ptr<const LoadedWorkload> loaded,
                                          const Profile& profile, Pace pace, std::uint64_t seed) {
  const Workload& workload = loaded->workload;
  const std::string shortened = fmt::format("{} of {} chunks of {}", workload.chunks_at(pace),
                                            workload.chunks, workload.name);
  std::vector<ConformanceCase> cases;
  for (std::size_t chunk = 0; chunk < workload.chunks; ++chunk) {
    const double cost = static_cast<double>(parameter_count(loaded->model.network)) *
                        static_cast<double>(workload.steps);
    const bool is_run = chunk < workload.chunks_at(pace);
    ConformanceCase& added = cases.emplace_back();
    added = {fmt::format("level2/{}/{}", workload.name, chunk + 1),
             "SPEC 7.3",
             2,
             is_run ? cost : 0,
             {},
             {},
             loaded->model.network};
    if (is_run)
      added.run = [=, &profile](AgentSession& session, const ArithmeticModel& model) {
        return run_steps(*loaded, profile, chunk * loaded->workload.steps, seed + chunk, session,
                         model);
      };
    else {
      added.shortened = shortened;
      added.judge = [=](const std::vector<FinishedCase>&) {
        return CaseResult::skipped(
            fmt::format("a target of pace {} runs {}", name_of(pace), shortened));
      };
    }
  }
  return cases;
}

}  // namespace lsgd
