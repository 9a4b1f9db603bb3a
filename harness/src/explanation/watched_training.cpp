// SPDX-License-Identifier: Apache-2.0
#include "explanation/watched_training.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>

#include <lsgd/numbers/draw_below.hpp>

#include "explanation/deviating_device.hpp"
#include "judging/device_tensors.hpp"
#include "judging/profile_judge.hpp"
#include "levels/stand_in.hpp"
#include "training/training.hpp"

namespace lsgd {
namespace {

// Counters of 12 bits and what ports do every few hundred steps show in these.
constexpr std::size_t most_watched_steps = 4500;
constexpr std::size_t most_wrong_steps = 24;
constexpr std::size_t steps_for_each_right_one = 256;

// Counters of 13 to 16 bits run over in these steps, and what comes with them shows there.
constexpr std::array<std::size_t, 4> late_steps{8192, 16'384, 32'768, 65'536};
constexpr std::size_t watched_before_a_late_step = 4, watched_behind_a_late_step = 12;

// Steps on one sample that nobody sees should change little.
constexpr float rate_of_an_unseen_step = 0x1p-12f;

constexpr std::uint64_t seed_of_the_training = 2509;

// Every number is a multiple of it, so that none needs rounding.
constexpr std::size_t parts_of_a_drawn_one = 4096;

float drawn_part_of_one(std::mt19937_64& engine) {
  return static_cast<float>(draw_below(engine, parts_of_a_drawn_one + 1)) / parts_of_a_drawn_one;
}

Sample sample_of_a_watched_step(const Network& network, std::mt19937_64& engine) {
  Sample sample;
  for (std::size_t i = 0; i < network.inputs(); ++i)
    sample.inputs.push_back(2 * drawn_part_of_one(engine) - 1);
  const std::size_t label = draw_below(engine, network.outputs() + 1);
  for (std::size_t j = 0; j < network.outputs(); ++j)
    sample.target.push_back(network.loss == Loss::mse ? drawn_part_of_one(engine)
                                                      : (j == label ? 1 : 0));
  if (network.loss == Loss::cross_entropy && label == network.outputs()) sample.target.front() = 1;
  return sample;
}

/// From 2^-7 to 2^-3.
float rate_of_a_watched_step(std::mt19937_64& engine) {
  const auto exponent = -7 + static_cast<int>(draw_below(engine, 4));
  return std::ldexp(1 + drawn_part_of_one(engine), exponent);
}

/// Steps whose right bits are known are wrong where one differs.
bool is_right_step(const StepAgreement& agreement, const ArithmeticModel& model) {
  return is_within(agreement) && (!model.order_is_declared() || has_equal_bits(agreement));
}

/// What a training leaves unseen may show where numbers are large or tiny.
void add_answers(AgentSession& session, const Profile& profile, const ArithmeticModel& model,
                 const Network& network, std::vector<CaseEvidence>& cases) {
  const Changes none;
  const auto questions = telling_questions(profile, {std::make_shared<const Network>(network)});
  for (std::vector<ShownStep>& steps : ask(session, profile, questions)) {
    const auto reference = deviating_device(profile, model, none);
    CaseEvidence answer{fmt::format("question {}", cases.size())};
    for (const ShownStep& step : steps)
      answer.failed = !is_right_step(reference->compare(step), model) || answer.failed;
    answer.steps = std::move(steps);
    cases.push_back(std::move(answer));
  }
}

}  // namespace

std::optional<WatchedTraining> watch_training(AgentSession& session, const Profile& profile,
                                              const ArithmeticModel& model,
                                              const Network& network) {
  const Changes none;
  const auto reference = deviating_device(profile, model, none);
  if (!reference) return std::nullopt;
  std::mt19937_64 engine(seed_of_the_training);
  TensorSet parameters;
  try {
    parameters = profile.nearest_parameters(
        network, initial_parameters(network, seed_of_the_training), first_random_state);
  } catch (const std::domain_error&) {
    return std::nullopt;
  }
  const auto shown = std::make_shared<ShownSteps>(profile);
  session.listen([shown](auto request, auto reply) { shown->hear(request, reply); });
  if (configure(session, network)) return std::nullopt;
  load(session, parameters);
  WatchedTraining watched;
  watched.steps.network = network_text(network);
  const auto samples = std::make_shared<EarlierSamples>();
  CaseEvidence right{"right steps of a watched training"};
  TensorSet activations = activation_tensors(profile.formats(), network);
  std::optional<ShownStep> before;
  const auto goes_on = [&] {
    return watched.steps.wrong.size() < most_wrong_steps && are_usable(parameters);
  };
  const auto watch_until = [&](std::size_t last) {
    while (watched.steps.steps < last && goes_on()) {
      const std::size_t number = ++watched.steps.steps;
      samples->samples.push_back(sample_of_a_watched_step(network, engine));
      load(session, samples->samples.back());
      session.train_step(rate_of_a_watched_step(engine));
      store(session, activations);
      store(session, parameters);
      session.settle();
      std::vector<ShownStep> steps = shown->take();
      if (steps.empty()) break;
      ShownStep& step = steps.back();
      step.earlier = samples;
      if (!is_right_step(reference->compare(step), model)) {
        watched.steps.wrong.push_back(number);
        CaseEvidence wrong{fmt::format("step {} of a watched training", number)};
        wrong.failed = true;
        if (before) wrong.steps.push_back(*before);
        wrong.steps.push_back(step);
        watched.cases.push_back(std::move(wrong));
      } else if (number % steps_for_each_right_one == 1) {
        right.steps.push_back(step);
      }
      before = std::move(step);
    }
  };
  watch_until(most_watched_steps);
  for (const std::size_t late : late_steps) {
    if (!watched.steps.wrong.empty() || !goes_on()) break;
    const std::size_t unseen = late - watched_before_a_late_step - watched.steps.steps;
    for (std::size_t k = 0; k < unseen; ++k) session.train_step(rate_of_an_unseen_step);
    store(session, parameters);
    session.settle();
    shown->take();
    before.reset();
    watched.steps.steps += unseen;
    watched.steps.unseen += unseen;
    watch_until(late + watched_behind_a_late_step);
  }
  session.listen({});
  watched.cases.push_back(std::move(right));
  if (watched.steps.wrong.empty()) add_answers(session, profile, model, network, watched.cases);
  return watched;
}

}  // namespace lsgd
