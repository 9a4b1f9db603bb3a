// SPDX-License-Identifier: Apache-2.0
#include "levels/draws_case.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <memory>
#include <utility>
#include <vector>

#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/arithmetic/predefined_format.hpp>
#include <lsgd/statistics/draw_statistics.hpp>

#include "judging/comparison.hpp"
#include "judging/device_tensors.hpp"
#include "steps/declared_tensors.hpp"

namespace lsgd {
namespace {

constexpr float start_of_weights = 1.5f;
constexpr float rate_of_draws = 1;
/// Inputs, in pairs of opposite ones: a multiple of what fractions_to_draw() repeats after.
constexpr std::uint32_t most_inputs_of_draws = 768;
constexpr std::size_t fractions_in_turn = 32;
/// A device of few weights would train for too long.
constexpr std::size_t most_steps_of_draws = 2000;

Network layer_of(std::uint32_t inputs, std::uint32_t outputs) {
  return {{{inputs, outputs, Activation::identity}}, Loss::mse};
}

/// A sample whose update changes equal weights by `fractions` of a unit, each once down and once
/// up: pairs of opposite inputs cancel in the sum, and the target makes every delta 1.
Sample sample_of_fractions(const std::vector<std::uint32_t>& fractions, double unit,
                           std::uint32_t outputs) {
  Sample sample;
  for (const std::uint32_t fraction : fractions)
    for (const double sign : {1.0, -1.0})
      sample.inputs.push_back(static_cast<float>(sign * unit * fraction / fractions_of_unit));
  sample.target.assign(outputs, -1.0f);
  return sample;
}

Parameters<float> equal_weights(const Network& network) {
  return {{std::vector<float>(network.layers[0].weight_count(), start_of_weights),
           std::vector<float>(network.layers[0].outputs, 0.0f)}};
}

/// What a new weight may be, and how near it is to the upper number.
struct Draw {
  std::uint64_t lower = 0;  ///< code
  std::uint64_t upper = 0;
  /// Of the part of a unit that decides, in 65,536ths; nothing where it is no whole number of them
  /// or nothing is to be decided.
  std::optional<std::uint32_t> fraction;
};

/// Every step starts from the same weights, so that one row of them is known for all.
class DrawnRow {
 public:
  explicit DrawnRow(const Profile& profile) : profile_(profile), wide_(profile.declaration()) {
    for (const Point point : {Point::weight, Point::bias})
      wide_.points.at(static_cast<std::size_t>(point)) = {
          Rounding{.format = predefined_format("binary64").value()}};
  }

  /// Distance of the numbers around the start.
  double unit() const { return codec().unit_at(start_of_weights); }

  /// The draws of a neuron, one for each input. Throws std::domain_error where the arithmetic has
  /// no such numbers.
  std::vector<Draw> draws(const Sample& sample) const {
    const Network network = layer_of(static_cast<std::uint32_t>(sample.inputs.size()), 1);
    DeclaredState state = declared_state(
        profile_.declaration(), network,
        profile_.nearest_parameters(network, equal_weights(network), first_random_state));
    StepNumbers<BinaryNumber> numbers;
    Sample one = sample;
    one.target.resize(1);
    DeclaredStep(wide_, network).train(state, one, rate_of_draws, numbers);
    std::vector<Draw> draws;
    for (const BinaryNumber& exact : state.layers[0].weights.numbers) draws.push_back(draw(exact));
    return draws;
  }

 private:
  const Rounding& rounding() const { return profile_.declaration().at(Point::weight).back(); }
  NumberCodec codec() const {
    return NumberCodec(rounding().format,
                       {.fraction_bits = rounding().format.fraction_bits.number});
  }

  Draw draw(const BinaryNumber& exact) const {
    const NumberCodec numbers = codec();
    Rounding to = rounding();
    const auto neighbour = [&](RoundingDirection direction) {
      to.direction = direction;
      return numbers.rounded(exact, to, nullptr);
    };
    const BinaryNumber low = neighbour(RoundingDirection::down);
    const BinaryNumber high = neighbour(RoundingDirection::up);
    const auto lower = numbers.code_of(low), upper = numbers.code_of(high);
    if (!lower || !upper) throw std::domain_error("weights outside the arithmetic");
    Draw result{*lower, *upper, {}};
    const double distance = (high - low).to_double();
    const double part = (exact - low).to_double() / distance * fractions_of_unit;
    if (distance > 0 && part == std::floor(part))
      result.fraction = static_cast<std::uint32_t>(part);
    return result;
  }

  const Profile& profile_;
  Arithmetic wide_;  ///< keeps new weights as they are before they are rounded
};

/// Remainders of mean_draws in their order, from place `first` on.
std::vector<std::uint32_t> next_fractions(std::size_t first, std::size_t count) {
  const std::vector<std::uint32_t> pattern = [] {
    std::vector<std::uint32_t> all = fractions_to_draw();
    return std::vector<std::uint32_t>(
        all.begin() + repetition_draws,
        all.begin() + static_cast<std::ptrdiff_t>(repetition_draws + fractions_in_turn));
  }();
  std::vector<std::uint32_t> fractions;
  for (std::size_t i = 0; i < count; ++i)
    fractions.push_back(pattern[(first + i) % pattern.size()]);
  return fractions;
}

/// A layer as large as the device holds.
Network layer_within(const Capacities& room) {
  std::uint32_t inputs =
      std::min({most_inputs_of_draws, std::uint32_t{room.inputs}, room.parameters - 1});
  inputs -= inputs % 2;
  const std::uint32_t outputs = std::min(
      {std::uint32_t{room.width}, room.activations, room.parameters / (std::max(inputs, 2u) + 1)});
  return layer_of(inputs, outputs);
}

class DrawnSteps {
 public:
  DrawnSteps(const Profile& profile, const Network& network, AgentSession& session,
             Comparison& comparison)
      : network_(network),
        row_(profile),
        session_(session),
        comparison_(comparison),
        start_(profile.nearest_parameters(network, equal_weights(network), first_random_state)),
        shown_(start_) {}

  /// One step, whose draws are added in the order of the weights.
  void train(const std::vector<std::uint32_t>& fractions, std::vector<ObservedDraw>& out) {
    const Sample sample = sample_of_fractions(fractions, row_.unit(), network_.outputs());
    if (!known_ || sample.inputs != inputs_) known_ = row_.draws(sample);
    inputs_ = sample.inputs;
    load(session_, start_);
    load(session_, sample);
    session_.train_step(rate_of_draws);
    store(session_, shown_);
    const auto weights = std::ranges::find(shown_, TensorKind::weights, &Tensor::kind);
    for (std::size_t i = 0; i < weights->codes.size(); ++i) {
      const Draw& draw = (*known_)[i % known_->size()];
      const std::uint64_t got = weights->codes[i];
      const bool went_up = got == draw.upper;
      comparison_.bits(place_of(*weights, step_), i, went_up ? draw.upper : draw.lower, got,
                       static_cast<std::size_t>(weights->format.bits));
      if (draw.fraction) out.push_back({*draw.fraction, went_up});
    }
    ++step_;
  }

 private:
  const Network& network_;
  DrawnRow row_;
  AgentSession& session_;
  Comparison& comparison_;
  TensorSet start_;
  TensorSet shown_;
  std::vector<float> inputs_;
  std::optional<std::vector<Draw>> known_;
  std::size_t step_ = 0;
};

/// In units too high in the mean, with what is refused on either side.
StatisticVerdict mean_of(const std::vector<ObservedDraw>& draws) {
  const DrawVerdict verdict = mean_verdict(draws);
  FractionCounts counts;
  for (const ObservedDraw& draw : draws) counts[draw.fraction / fractions_of_unit] += 1;
  const auto count = static_cast<double>(draws.size());
  return {"W1",
          "bias",
          verdict.value,
          -refused_excess(counts, true) / count,
          refused_excess(counts, false) / count,
          verdict.passed};
}

CaseResult run_draws(const Profile& profile, AgentSession& session) {
  const Network network = layer_within(believed(session.description().capacities));
  if (network.outputs() == 0 || network.inputs() == 0)
    return CaseResult::refused(std::string(network_too_large));
  if (auto refused = configure(session, network)) return *std::move(refused);
  Comparison comparison;
  DrawnSteps steps(profile, network, session, comparison);
  const std::size_t pairs = network.inputs() / 2;
  std::vector<ObservedDraw> halves, draws;
  constexpr std::uint32_t half = 32768;
  for (std::size_t step = 0; step < most_steps_of_draws && halves.size() < repetition_draws; ++step)
    steps.train(std::vector<std::uint32_t>(pairs, half), halves);
  for (std::size_t step = 0; step < most_steps_of_draws && draws.size() < mean_draws; ++step)
    steps.train(next_fractions(step * pairs, pairs), draws);
  if (halves.size() < repetition_draws || draws.size() < mean_draws)
    return CaseResult::refused(std::string(network_too_large));
  halves.resize(repetition_draws);
  if (const DrawVerdict repetition = repetition_verdict(halves); !repetition.passed)
    comparison.stopped(0, fmt::format("{:.1f} % of the draws of one half are equal to those {} "
                                      "later: bits come again",
                                      100 * repetition.value, repetition.period));
  comparison.statistic(mean_of(draws));
  return std::move(comparison).result();
}

/// Whether new weights have a unit that is always the same, and the remainders are there.
bool leaves_remainders(const Profile& profile) {
  const Arithmetic& arithmetic = profile.declaration();
  if (!draws_unknown_bits(arithmetic, Point::weight) || arithmetic.at(Point::weight).size() != 1)
    return false;
  const NumberFormat& format = *arithmetic.format(Point::weight);
  const bool has_unit = format.kind == FormatKind::floating ||
                        (format.kind == FormatKind::fixed &&
                         format.fraction_bits.source == FractionBitsSource::number);
  if (!has_unit || arithmetic.training.algorithm != TrainingAlgorithm::backpropagation)
    return false;
  try {
    const DrawnRow row(profile);
    const std::vector<Draw> draws =
        row.draws(sample_of_fractions(next_fractions(0, fractions_in_turn), row.unit(), 1));
    return std::ranges::all_of(
        draws, [](const Draw& draw) { return draw.fraction && draw.lower != draw.upper; });
  } catch (const std::domain_error&) {
    return false;
  }
}

}  // namespace

std::optional<ConformanceCase> draws_case(const Profile& profile, Pace pace) {
  if (!leaves_remainders(profile)) return std::nullopt;
  ConformanceCase added{"level1/draws", "SPEC 15.8", 1, 0, {}, {}, {}};
  if (pace == Pace::fast) {
    added.cost = 1e6;
    added.run = [&profile](AgentSession& session, const ArithmeticModel&) {
      return run_draws(profile, session);
    };
  } else {
    added.shortened = "no statistics of the draws";
    added.judge = [pace](const std::vector<FinishedCase>&) {
      return CaseResult::skipped(fmt::format("a target of pace {} does without it", name_of(pace)));
    };
  }
  return added;
}

}  // namespace lsgd
