// SPDX-License-Identifier: Apache-2.0
#include "explanation/telling_questions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <stdexcept>
#include <utility>

#include <lsgd/numbers/draw_below.hpp>

#include "judging/device_tensors.hpp"
#include "judging/profile_judge.hpp"

namespace lsgd {
namespace {

constexpr std::size_t most_questions = 32;
constexpr std::size_t steps_of_a_question = 6;
constexpr std::size_t steps_about_a_wrong_one = 4;
constexpr std::uint64_t seed_of_questions = 2509;

// Numbers have few bits, so that most products are exact.
constexpr std::size_t parts_of_a_number = 64;

// Parts of a number that is asked for in place of one of a wrong step.
constexpr std::size_t least_parts = 40, most_parts = 72;

// Of an exponent, in a question about usual numbers, large ones, and ones at the end of binary32.
constexpr std::array usual_exponents{0, -1, -2, 1};
constexpr std::array large_exponents{0, 1, 2, 3, 4, 6, 8};
constexpr std::array tiny_exponents{0, -1, -20, -63, -100, -125, -126, -127, -130, -140};

/// Parameters of a wrong step in other places of their tensors.
TensorSet turned(TensorSet parameters, std::mt19937_64& engine) {
  for (Tensor& tensor : parameters) {
    const bool may_be_turned =
        tensor.kind == TensorKind::weights || tensor.kind == TensorKind::biases;
    if (!may_be_turned || tensor.codes.empty()) continue;
    const std::size_t places = draw_below(engine, tensor.codes.size());
    std::ranges::rotate(tensor.codes, tensor.codes.begin() + static_cast<std::ptrdiff_t>(places));
  }
  return parameters;
}

/// Steps like one that went wrong: from its parameters, and from these in other places, with its
/// numbers a little smaller or larger.
Question question_about(const ShownStep& step, std::mt19937_64& engine) {
  const auto altered = [&](float number) {
    const std::size_t parts = least_parts + draw_below(engine, most_parts - least_parts + 1);
    return number * static_cast<float>(parts) / parts_of_a_number;
  };
  Question question{step.network, {}};
  for (std::size_t s = 0; s < steps_about_a_wrong_one; ++s) {
    AskedStep& asked = question.steps.emplace_back();
    asked.loaded = s % 2 == 0 ? step.before : turned(step.before, engine);
    asked.sample = step.sample;
    std::ranges::transform(asked.sample.inputs, asked.sample.inputs.begin(), altered);
    if (step.network->loss == Loss::mse)
      std::ranges::transform(asked.sample.target, asked.sample.target.begin(), altered);
    asked.trains = step.trains;
    asked.learning_rate = s < 2 ? step.learning_rate : altered(step.learning_rate);
  }
  return question;
}

class QuestionDraw {
 public:
  QuestionDraw(const Profile& profile, std::uint64_t number)
      : profile_(profile), engine_(seed_of_questions + number) {
    const bool may_be_tiny = profile.has_binary32_weights() || profile.has_int8_preactivations();
    exponents_ = number % 3 == 1                  ? std::span<const int>(large_exponents)
                 : number % 3 == 2 && may_be_tiny ? std::span<const int>(tiny_exponents)
                                                  : std::span<const int>(usual_exponents);
  }

  Question question(const std::shared_ptr<const Network>& network) {
    Question question{network, {}};
    for (std::size_t s = 0; s < steps_of_a_question; ++s) {
      AskedStep& step = question.steps.emplace_back();
      // Behind a load come two steps that go on; the first of all is a forward pass.
      if (s % 3 == 0) step.loaded = parameters(*network);
      step.trains = s % 3 != 0 || s > 0;
      step.sample = sample(*network);
      // What is kept of a pass shows where the same inputs come again.
      if (s == steps_of_a_question - 1 || (s > 0 && !step.loaded.empty()))
        step.sample.inputs = question.steps[s - 1].sample.inputs;
      step.learning_rate = std::abs(number());
    }
    return question;
  }

 private:
  float number() {
    const auto part = static_cast<int>(draw_below(engine_, 2 * parts_of_a_number + 1)) -
                      static_cast<int>(parts_of_a_number);
    const int exponent = exponents_[draw_below(engine_, exponents_.size())];
    return std::ldexp(static_cast<float>(part) / parts_of_a_number, exponent);
  }

  TensorSet parameters(const Network& network) {
    Parameters<float> drawn;
    for (const Layer& layer : network.layers) {
      LayerParameters<float>& own = drawn.emplace_back();
      for (std::size_t i = 0; i < layer.weight_count(); ++i) own.weights.push_back(number());
      for (std::size_t j = 0; j < layer.outputs; ++j) own.biases.push_back(number());
    }
    return profile_.nearest_parameters(network, drawn, first_random_state);
  }

  Sample sample(const Network& network) {
    Sample drawn;
    for (std::size_t i = 0; i < network.inputs(); ++i) drawn.inputs.push_back(number());
    const std::size_t label = draw_below(engine_, network.outputs());
    const bool is_soft = draw_below(engine_, 2) == 0;
    for (std::size_t j = 0; j < network.outputs(); ++j) {
      const float label_of_j = j == label ? 1 : 0;
      const float part =
          static_cast<float>(draw_below(engine_, parts_of_a_number + 1)) / parts_of_a_number;
      drawn.target.push_back(network.loss == Loss::mse              ? number()
                             : network.loss == Loss::bce && is_soft ? part
                                                                    : label_of_j);
    }
    return drawn;
  }

  const Profile& profile_;
  std::mt19937_64 engine_;
  std::span<const int> exponents_;
};

}  // namespace

std::vector<Question> telling_questions(const Profile& profile,
                                        const std::vector<std::shared_ptr<const Network>>& networks,
                                        std::span<const ShownStep* const> wrong_steps) {
  std::vector<Question> questions;
  std::mt19937_64 engine(seed_of_questions + most_questions);
  for (std::size_t number = 0; !wrong_steps.empty() && number < most_questions / 2; ++number)
    questions.push_back(question_about(*wrong_steps[number % wrong_steps.size()], engine));
  const std::size_t left = most_questions - questions.size();
  for (std::size_t number = 0; !networks.empty() && number < left; ++number) {
    QuestionDraw draw(profile, number);
    try {
      questions.push_back(draw.question(networks[number / 3 % networks.size()]));
    } catch (const std::domain_error&) {  // an arithmetic without such numbers
    }
  }
  return questions;
}

std::vector<std::vector<ShownStep>> ask(AgentSession& session, const Profile& profile,
                                        const std::vector<Question>& questions) {
  const auto shown = std::make_shared<ShownSteps>(profile);
  session.listen([shown](auto request, auto reply) { shown->hear(request, reply); });
  std::vector<std::vector<ShownStep>> answers;
  for (const Question& question : questions) {
    shown->take();
    if (configure(session, *question.network)) continue;
    TensorSet activations = activation_tensors(profile.formats(), *question.network);
    TensorSet parameters = parameter_tensors(profile.formats(), *question.network);
    bool is_usable = true;
    for (const AskedStep& step : question.steps) {
      if (!step.loaded.empty()) load(session, step.loaded);
      if (step.loaded.empty() && !is_usable) continue;  // no start for another step (SPEC 5.8)
      load(session, step.sample);
      if (step.trains)
        session.train_step(step.learning_rate);
      else
        session.forward();
      store(session, activations);
      store(session, parameters);
      session.settle();
      is_usable = are_usable(parameters);
    }
    answers.push_back(shown->take());
  }
  session.listen({});
  return answers;
}

}  // namespace lsgd
