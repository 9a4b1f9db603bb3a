// SPDX-License-Identifier: Apache-2.0
#include "levels/level2_step.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <lsgd/statistics/error_statistics.hpp>
#include <lsgd/step/float32_step.hpp>
#include <lsgd/step/int32_fixed_step.hpp>
#include <lsgd/step/int8_hybrid_step.hpp>
#include <lsgd/step/int8_integer_step.hpp>

#include "data/built_in_data_set.hpp"
#include "description/project_files.hpp"
#include "judging/comparison.hpp"
#include "judging/device_tensors.hpp"
#include "judging/exact_order.hpp"
#include "judging/float32_comparison.hpp"
#include "steps/expected_step.hpp"
#include "steps/step_vectors.hpp"
#include "steps/typed_parameters.hpp"

namespace lsgd {
namespace {

/// What a device shows of one step.
struct ObservedStep {
  std::size_t number = 0;
  Sample sample;
  TensorSet activations;
  TensorSet after;
  TensorSet next_activations;  ///< of a forward pass after it
};

/// Judges the steps of one chunk on a device of profile float32.
class Float32Judge {
 public:
  using DeviceParameters = Parameters<float>;

  Float32Judge(const Network& network, const ArithmeticModel& model, std::uint64_t seed)
      : network_(network), model_(model), statistics_(network, model, seed) {}

  static DeviceParameters start(const Model& model) { return model.parameters; }

  /// Whether the device's parameters can be the start of another step.
  static bool usable(const DeviceParameters& parameters) {
    const auto finite = [](float value) { return std::isfinite(value); };
    return std::ranges::all_of(parameters, [&](const LayerParameters<float>& layer) {
      return std::ranges::all_of(layer.weights, finite) &&
             std::ranges::all_of(layer.biases, finite);
    });
  }

  void judge(const DeviceParameters& before, const ObservedStep& step, float learning_rate,
             Comparison& comparison) {
    float32_step(network_, before, step.sample, learning_rate, model_, trace_);
    compare_activations(trace_, step.activations, step.number, comparison);
    compare_parameters(trace_, step.after, step.number, comparison);
    const auto after = parameters_of<DeviceParameters>(step.after);
    const auto activations = numbers_of<float>(step.activations);
    if (!usable(after) || !are_finite(activations)) return;
    float32_backward_from_activations(network_, before, activations, step.sample, learning_rate,
                                      model_, trace_);
    compare_parameters(trace_, step.after, step.number, comparison);
    statistics_.observe(before, step.sample, learning_rate, activations, after);
  }

  void judge_forward(const DeviceParameters& parameters, const ObservedStep& step,
                     Comparison& comparison) {
    float32_forward(network_, parameters, step.sample.inputs, model_, trace_);
    compare_activations(trace_, step.next_activations, step.number, comparison);
  }

  void finish(Comparison& comparison) const {
    for (const StatisticVerdict& verdict : statistics_.verdicts()) comparison.statistic(verdict);
  }

 private:
  const Network& network_;
  const ArithmeticModel& model_;
  StepTrace<Exact> trace_;
  ErrorStatistics statistics_;
};

/// Judges the steps of one chunk on a device of profile int8_hybrid.
class Int8HybridJudge {
 public:
  using DeviceParameters = Int8Parameters;

  Int8HybridJudge(const Network& network, const ArithmeticModel& model, std::uint64_t)
      : network_(network), model_(model) {}

  static DeviceParameters start(const Model& model) {
    return quantized_parameters(model.parameters);
  }

  static bool usable(const DeviceParameters& parameters) {
    const auto in_range = [](const Int8Tensor& tensor) {
      return tensor.fraction_bits >= 0 && tensor.fraction_bits <= 7;
    };
    return std::ranges::all_of(parameters, [&](const Int8LayerParameters& layer) {
      return in_range(layer.weights) && in_range(layer.biases);
    });
  }

  void judge(const DeviceParameters& before, const ObservedStep& step, float learning_rate,
             Comparison& comparison) {
    int8_hybrid_step(network_, before, step.sample, learning_rate, model_, trace_);
    judge_activations(step.activations, step.number, comparison);
    const auto after = parameters_of<DeviceParameters>(step.after);
    for (std::size_t layer = network_.layers.size(); layer > 0; --layer)
      for (const Tensor& tensor : step.after)
        if (tensor.layer == layer) judge(tensor, after[layer - 1], step.number, comparison);
  }

  void judge_forward(const DeviceParameters& parameters, const ObservedStep& step,
                     Comparison& comparison) {
    int8_hybrid_forward(network_, parameters, step.sample.inputs, trace_);
    judge_activations(step.next_activations, step.number, comparison);
  }

  void finish(Comparison&) const {}

 private:
  void judge_activations(const TensorSet& activations, std::size_t step,
                         Comparison& comparison) const {
    for (const Tensor& tensor : activations) {
      const std::vector<std::int8_t>& expected = trace_.layers[tensor.layer - 1].a;
      for (std::size_t i = 0; i < tensor.codes.size(); ++i)
        comparison.range(place_of(tensor, step), i, expected[i], expected[i],
                         static_cast<std::int8_t>(tensor.codes.at(i)));
    }
  }

  void judge(const Tensor& tensor, const Int8LayerParameters& after, std::size_t step,
             Comparison& comparison) const {
    const Int8LayerTrace<Exact>& exact = trace_.layers[tensor.layer - 1];
    const TensorPlace place = place_of(tensor, step);
    switch (tensor.kind) {
      case TensorKind::weights:
        return judge(place, exact.new_weights, after.weights, comparison);
      case TensorKind::biases:
        return judge(place, exact.new_biases, after.biases, comparison);
      case TensorKind::fraction_bits_of_weights:
        return judge(place, exact.weights_fraction_bits, after.weights, comparison);
      case TensorKind::fraction_bits_of_biases:
        return judge(place, exact.biases_fraction_bits, after.biases, comparison);
      case TensorKind::preactivations:
      case TensorKind::activations:
      case TensorKind::deltas:
      case TensorKind::input:
      case TensorKind::target:
      case TensorKind::random_state:
        throw std::logic_error("a parameter of profile int8_hybrid");
    }
  }

  static void judge(const TensorPlace& place, const FractionBitsRange& range,
                    const Int8Tensor& device, Comparison& comparison) {
    comparison.range(place, 0, range.lowest, range.highest, device.fraction_bits);
  }

  /// Where the fraction bits are wrong they are what failed; the elements follow from them.
  static void judge(const TensorPlace& place, const BoundedTensor<Exact>& exact,
                    const Int8Tensor& device, Comparison& comparison) {
    if (device.fraction_bits < 0 || device.fraction_bits > 7) return;
    for (std::size_t i = 0; i < device.values.size(); ++i)
      comparison.acceptable(place, i, exact.exact[i], exact.bound[i], device.fraction_bits,
                            device.values[i]);
  }

  const Network& network_;
  const ArithmeticModel& model_;
  Int8StepTrace<Exact> trace_;
};

/// Judges the steps of one chunk on a device of profile int8_integer: bit for bit (SPEC 11).
class Int8IntegerJudge {
 public:
  using DeviceParameters = Int8IntegerParameters;

  Int8IntegerJudge(const Network& network, const ArithmeticModel&, std::uint64_t)
      : network_(network) {}

  static DeviceParameters start(const Model& model) {
    return int8_integer_parameters(model.parameters, first_random_state);
  }

  static bool usable(const DeviceParameters& parameters) {
    return std::ranges::all_of(parameters.layers, [](const Int8IntegerLayerParameters& layer) {
      return layer.weights.fraction_bits >= 0 && layer.weights.fraction_bits <= 7;
    });
  }

  void judge(const DeviceParameters& before, const ObservedStep& step, float learning_rate,
             Comparison& comparison) {
    DeviceParameters after = before;
    int8_integer_step(network_, after, step.sample, learning_rate, trace_);
    judge_activations(step.activations, step.number, comparison);
    judge_parameters(after, step, comparison);
  }

  /// Judges the parameters after `count` steps with one sample: every bit is known.
  void judge_after(DeviceParameters state, std::size_t count, const ObservedStep& step,
                   float learning_rate, Comparison& comparison) {
    for (; count > 0; --count)
      int8_integer_step(network_, state, step.sample, learning_rate, trace_);
    judge_parameters(state, step, comparison);
  }

  void judge_forward(const DeviceParameters& parameters, const ObservedStep& step,
                     Comparison& comparison) {
    int8_integer_forward(network_, parameters, step.sample.inputs, trace_);
    judge_activations(step.next_activations, step.number, comparison);
  }

  void finish(Comparison&) const {}

 private:
  /// In the order of the backward pass, the random state at last.
  void judge_parameters(const DeviceParameters& after, const ObservedStep& step,
                        Comparison& comparison) const {
    const TensorSet required = tensors_of(network_, after);
    for (std::size_t layer = network_.layers.size() + 1; layer-- > 0;)
      for (std::size_t t = 0; t < required.size(); ++t)
        if (required[t].layer == layer) judge(required[t], step.after[t], step.number, comparison);
  }

  void judge_activations(const TensorSet& activations, std::size_t step,
                         Comparison& comparison) const {
    for (const Tensor& tensor : activations)
      for (std::size_t j = 0; j < tensor.codes.size(); ++j)
        comparison.bits(place_of(tensor, step), j,
                        static_cast<std::uint8_t>(trace_.a[tensor.layer - 1][j]),
                        tensor.codes.at(j), 8);
  }

  static void judge(const Tensor& required, const Tensor& device, std::size_t step,
                    Comparison& comparison) {
    for (std::size_t i = 0; i < required.codes.size(); ++i)
      comparison.bits(place_of(required, step), i, required.codes[i], device.codes[i],
                      static_cast<std::size_t>(required.format.bits));
  }

  const Network& network_;
  Int8IntegerTrace trace_;
};

/// Judges the steps of one chunk on a device of profile int32_fixed (SPEC 13).
class Int32FixedJudge {
 public:
  using DeviceParameters = Int32Parameters;

  Int32FixedJudge(const Network& network, const ArithmeticModel& model, std::uint64_t)
      : network_(network), model_(model) {}

  static DeviceParameters start(const Model& model) {
    return int32_fixed_parameters(model.parameters);
  }

  static bool usable(const DeviceParameters&) { return true; }

  void judge(const DeviceParameters& before, const ObservedStep& step, float learning_rate,
             Comparison& comparison) {
    int32_fixed_step(network_, before, step.sample, learning_rate, model_, trace_);
    compare_activations(trace_, step.activations, step.number, comparison);
    compare_parameters(trace_, step.after, step.number, comparison);
    int32_fixed_backward_from_activations(network_, before,
                                          numbers_of<std::int32_t>(step.activations), step.sample,
                                          learning_rate, trace_);
    compare_parameters(trace_, step.after, step.number, comparison);
  }

  void judge_forward(const DeviceParameters& parameters, const ObservedStep& step,
                     Comparison& comparison) {
    int32_fixed_forward(network_, parameters, step.sample.inputs, model_, trace_);
    compare_activations(trace_, step.next_activations, step.number, comparison);
  }

  void finish(Comparison&) const {}

 private:
  const Network& network_;
  const ArithmeticModel& model_;
  StepTrace<Exact> trace_;
};

/// Whether the profile's evaluation order can be declared and simulated (SPEC 6.2).
template <class Judge>
constexpr bool has_order =
    std::is_same_v<Judge, Float32Judge> || std::is_same_v<Judge, Int8HybridJudge>;

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

template <class Judge>
concept knows_every_bit = requires(Judge& judge, const typename Judge::DeviceParameters& before,
                                   const ObservedStep& step, Comparison& comparison) {
  judge.judge_after(before, std::size_t{1}, step, 1.0f, comparison);
};

template <class Judge>
CaseResult run_chunk(const LoadedWorkload& loaded, Profile profile, std::size_t first,
                     std::uint64_t seed, AgentSession& session, const ArithmeticModel& model) {
  const Network& network = loaded.model.network;
  if (auto refused = configure(session, network)) return *std::move(refused);
  const std::vector<ScriptedStep>& script = loaded.script;
  const std::size_t steps = script.empty() ? loaded.workload.steps : script.size();
  auto before = Judge::start(loaded.model);
  const TensorSet loaded_parameters = tensors_of(network, before);
  Judge judge(network, model, seed);
  Comparison comparison;
  Measurement peak;
  ObservedStep step;
  step.activations = activation_tensors(tensor_formats(profile), network);
  step.next_activations = step.activations;
  for (Tensor& tensor : step.next_activations) tensor.name.insert(0, "next.");
  step.after = loaded_parameters;
  load(session, loaded_parameters);

  for (; step.number < steps && Judge::usable(before); ++step.number) {
    ScriptedStep asked;
    if (script.empty())
      asked = {loaded.data.sample((first + step.number) % loaded.data.size(), network.outputs()),
               loaded.workload.learning_rate};
    else
      asked = script[step.number];
    const float learning_rate = asked.learning_rate;
    step.sample = std::move(asked.sample);
    if (asked.is_loaded) load(session, step.sample);
    if (asked.unobserved > 0) {
      session.train_steps(learning_rate, asked.unobserved);
      store(session, step.after);
      if constexpr (knows_every_bit<Judge>)
        judge.judge_after(before, asked.unobserved, step, learning_rate, comparison);
      before = parameters_of<typename Judge::DeviceParameters>(step.after);
      if (!Judge::usable(before)) break;
    }
    if (step.number == 0) {
      session.forward();
      store(session, step.after);
      for (std::size_t t = 0; t < step.after.size(); ++t)
        comparison.unchanged(
            place_of(step.after[t], 0), loaded_parameters[t].codes, step.after[t].codes,
            static_cast<std::size_t>(step.after[t].format.bits),
            "the forward pass changed a parameter, or it was not stored as loaded");
    }
    session.train_step(learning_rate);
    const Measurement measured = session.measure();
    peak.stack_bytes = std::max(peak.stack_bytes, measured.stack_bytes);
    peak.heap_bytes = std::max(peak.heap_bytes, measured.heap_bytes);
    store(session, step.activations);
    store(session, step.after);
    judge.judge(before, step, learning_rate, comparison);
    if constexpr (has_order<Judge>)
      if (can_be_simulated(model))
        compare_exact_order(network, before, step.sample, learning_rate, model, step.activations,
                            step.after, step.number, comparison);
    if (step.number == 0 || !script.empty())
      compare_sample(session, step.sample, step.number, comparison);
    if (!script.empty()) {
      const auto after = parameters_of<typename Judge::DeviceParameters>(step.after);
      session.forward();
      store(session, step.next_activations);
      if (Judge::usable(after)) judge.judge_forward(after, step, comparison);
    }
    if (loaded.workload.restart)
      load(session, loaded_parameters);
    else
      before = parameters_of<typename Judge::DeviceParameters>(step.after);
  }
  if (step.number < steps)
    comparison.stopped(step.number, "the parameters are no start for another step");
  if (loaded.has_statistics) judge.finish(comparison);
  CaseResult result = std::move(comparison).result();
  result.stack_bytes = peak.stack_bytes;
  result.heap_bytes = peak.heap_bytes;
  return result;
}

}  // namespace

std::shared_ptr<const LoadedWorkload> load_workload(const Workload& workload) {
  const bool built_in = std::ranges::count(built_in_data_set_names(), workload.data) > 0;
  Model model = read_model(source_directory() / workload.model);
  const std::string data = built_in ? workload.data : (source_directory() / workload.data).string();
  DataSet samples =
      load_data(data, DataSetPart::training, workload.chunks * workload.steps, &model.network);
  return std::make_shared<LoadedWorkload>(
      LoadedWorkload{workload, std::move(model), std::move(samples), {}});
}

CaseResult run_steps(const LoadedWorkload& loaded, Profile profile, std::size_t first,
                     std::uint64_t seed, AgentSession& session, const ArithmeticModel& model) {
  const auto run = [&] {
    switch (profile) {
      case Profile::float32:
        return run_chunk<Float32Judge>;
      case Profile::int8_hybrid:
        return run_chunk<Int8HybridJudge>;
      case Profile::int8_integer:
        return run_chunk<Int8IntegerJudge>;
      case Profile::int32_fixed:
        return run_chunk<Int32FixedJudge>;
    }
    throw std::invalid_argument("unknown profile");
  }();
  return run(loaded, profile, first, seed, session, model);
}

std::vector<ConformanceCase> level2_cases(std::shared_ptr<const LoadedWorkload> loaded,
                                          Profile profile, Pace pace, std::uint64_t seed) {
  const Workload& workload = loaded->workload;
  const std::string shortened =
      fmt::format("a target of pace {} runs {} of {} chunks of {}", name_of(pace),
                  workload.chunks_at(pace), workload.chunks, workload.name);
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
             {}};
    if (is_run)
      added.run = [=](AgentSession& session, const ArithmeticModel& model) {
        return run_steps(*loaded, profile, chunk * loaded->workload.steps, seed + chunk, session,
                         model);
      };
    else
      added.judge = [=](const std::vector<FinishedCase>&) {
        return CaseResult::skipped(shortened);
      };
  }
  return cases;
}

}  // namespace lsgd
