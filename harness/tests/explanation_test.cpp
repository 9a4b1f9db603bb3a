// SPDX-License-Identifier: Apache-2.0
#include "explanation/explanation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <lsgd/step/ordered_step.hpp>

#include "explanation/explanation_json.hpp"
#include "explanation/watched_training.hpp"
#include "judging/device_tensors.hpp"
#include "mock_device.hpp"
#include "steps/declared_profile.hpp"
#include "steps/expected_step.hpp"
#include "steps/typed_parameters.hpp"
#include "training/training.hpp"

// Names of its own: the tests that are compiled together with it have short ones, too.
namespace lsgd::explained {
namespace {

enum class SoftmaxDefect { none, largest_kept, not_normalized, left_out, derivative, jacobian };

/// A float32 port written as plainly as can be, with what may be wrong about it.
struct PlainPort {
  bool adds_bias = true;
  bool updates_bias = true;
  bool transposes = false;
  bool multiplies_derivative = true;
  float target_sign = 1;
  float rate_factor = 1;
  float largest_rate = std::numeric_limits<float>::infinity();
  /// It lies one place before the sample, where NaN is.
  bool keeps_the_address_of_the_input = false;
  float target_unit = 0;  ///< of which targets are multiples, where not 0
  /// Targets are 0 or 1, and one half is either.
  std::optional<float> label_of_one_half = {};
  float input_factor = 1;
  bool loses_small_sigmoids = false;
  float function_error = 0;
  float added_to_weights = 0;
  std::size_t keeps_last_weights_of_layer = 0;  ///< from 1
  bool takes_the_delta_before = false;          ///< in the update of the output layer
  float hidden_factor = 1;
  bool truncates_deltas_of_tanh = false;
  float least_change = 0;  ///< of a weight that is not lost
  /// That nothing of what they are is above.
  float largest_input = std::numeric_limits<float>::infinity();
  float largest_hidden_sum = std::numeric_limits<float>::infinity();
  int bits_of_forward_sums = 24;   ///< behind which they are cut
  bool keeps_hidden_sums = false;  ///< of the step before, which those of a step are added to
  mutable std::vector<float> kept_hidden_sums = {};
  SoftmaxDefect softmax = SoftmaxDefect::none;

  float function(Activation activation, float z) const {
    if (activation == Activation::relu) return z > 0 ? z : 0;
    if (activation == Activation::sigmoid && loses_small_sigmoids) return 1 / (1 + std::exp(-z));
    if (activation == Activation::sigmoid)
      return static_cast<float>(1 / (1 + std::exp(-double{z})));
    if (activation == Activation::tanh)
      return static_cast<float>(std::tanh(double{z})) + function_error;
    return z;
  }

  float slope(Activation activation, float a) const {
    if (!multiplies_derivative) return 1;
    if (activation == Activation::relu) return a > 0 ? 1.0f : 0.0f;
    if (activation == Activation::sigmoid) return a * (1 - a);
    if (activation == Activation::tanh) return 1 - a * a;
    return 1;
  }

  /// In place of the pre-activations of a layer.
  void take_softmax(std::vector<float>& z) const {
    if (softmax == SoftmaxDefect::left_out) return;
    const float largest =
        softmax == SoftmaxDefect::largest_kept ? 0 : *std::max_element(z.begin(), z.end());
    float sum = 0;
    for (float& each : z) sum += each = std::exp(each - largest);
    if (softmax == SoftmaxDefect::not_normalized) return;
    for (float& each : z) each /= sum;
  }

  /// Of cross entropy: the difference, or what ports make of it.
  float output_delta(const std::vector<float>& a, const Sample& sample, std::size_t j) const {
    const float difference = a[j] - sample.target[j];
    if (softmax == SoftmaxDefect::derivative) return difference * (a[j] * (1 - a[j]));
    if (softmax != SoftmaxDefect::jacobian) return difference;
    float mean = 0;
    for (std::size_t k = 0; k < a.size(); ++k) mean += (a[k] - sample.target[k]) * a[k];
    return a[j] * (difference - mean);
  }

  static float times(float x, float y, bool truncates) {
    const float nearest = x * y;
    const bool is_beyond = std::abs(double{nearest}) > std::abs(double{x} * double{y});
    return truncates && is_beyond ? std::nextafter(nearest, 0.0f) : nearest;
  }

  std::vector<float> inputs_of(const Sample& sample) const {
    std::vector<float> inputs = sample.inputs;
    if (keeps_the_address_of_the_input) {
      inputs.insert(inputs.begin(), std::numeric_limits<float>::quiet_NaN());
      inputs.pop_back();
      return inputs;
    }
    for (float& input : inputs) input = std::min(input * input_factor, largest_input);
    return inputs;
  }

  std::vector<std::vector<float>> activations(const Network& network,
                                              const Parameters<float>& parameters,
                                              const Sample& sample) const {
    std::vector<std::vector<float>> all;
    std::vector<float> below = inputs_of(sample);
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const Layer& layer = network.layers[l];
      std::vector<float> a;
      for (std::size_t j = 0; j < layer.outputs; ++j) {
        float z = adds_bias ? parameters[l].biases[j] : 0;
        for (std::size_t i = 0; i < layer.inputs; ++i)
          z = cut(z + parameters[l].weights[j * layer.inputs + i] * below[i]);
        a.push_back(function(layer.activation, z));
      }
      if (layer.activation == Activation::softmax) take_softmax(a);
      all.push_back(a);
      below = a;
    }
    return all;
  }

  float cut(float number) const {
    const std::uint32_t lost = 24 - static_cast<std::uint32_t>(bits_of_forward_sums);
    return from_bits(bits_of(number) >> lost << lost);
  }

  float target_of(const Sample& sample, std::size_t j) const {
    if (label_of_one_half && sample.target[j] == 0.5f) return *label_of_one_half;
    if (label_of_one_half) return std::round(sample.target[j]);
    return target_unit == 0 ? sample.target[j]
                            : std::round(sample.target[j] / target_unit) * target_unit;
  }

  /// New parameters in the place of the old ones.
  void train(const Network& network, Parameters<float>& parameters, const Sample& sample,
             float learning_rate, const std::vector<std::vector<float>>& a) const {
    const std::size_t last = network.layers.size() - 1;
    std::vector<float> delta;
    for (std::size_t j = 0; j < a[last].size(); ++j)
      delta.push_back(network.loss == Loss::cross_entropy ? output_delta(a[last], sample, j)
                      : network.loss == Loss::bce
                          ? target_sign * (a[last][j] - target_of(sample, j))
                          : target_sign * (a[last][j] - target_of(sample, j)) *
                                slope(network.layers[last].activation, a[last][j]));
    for (std::size_t l = last + 1; l-- > 0;) {
      const Layer& layer = network.layers[l];
      const std::vector<float> below = l == 0 ? inputs_of(sample) : a[l - 1];
      std::vector<float> next(layer.inputs);
      if (l > 0 && keeps_hidden_sums && kept_hidden_sums.size() == layer.inputs)
        next = kept_hidden_sums;
      for (std::size_t i = 0; l > 0 && i < layer.inputs; ++i) {
        for (std::size_t j = 0; j < layer.outputs; ++j)
          next[i] +=
              parameters[l].weights[transposes ? i * layer.outputs + j : j * layer.inputs + i] *
              delta[j];
        next[i] = std::clamp(next[i], -largest_hidden_sum, largest_hidden_sum);
        const Activation function = network.layers[l - 1].activation;
        next[i] = times(next[i], hidden_factor * slope(function, below[i]),
                        truncates_deltas_of_tanh && function == Activation::tanh);
      }
      if (l > 0) kept_hidden_sums = next;
      for (std::size_t j = 0; j < layer.outputs; ++j) {
        const std::size_t taken = takes_the_delta_before && l == last && j > 0 ? j - 1 : j;
        const float step = rate_factor * std::min(learning_rate, largest_rate) * delta[taken];
        const std::size_t kept = keeps_last_weights_of_layer == l + 1 ? 1 : 0;
        for (std::size_t i = 0; i + kept < layer.inputs; ++i)
          if (!(std::abs(step * below[i]) < least_change))
            parameters[l].weights[j * layer.inputs + i] -= step * below[i] - added_to_weights;
        if (updates_bias) parameters[l].biases[j] -= step;
      }
      delta = next;
    }
  }
};

const Network two_layers{{{5, 4, Activation::tanh}, {4, 3, Activation::sigmoid}}, Loss::mse};

Sample sample_number(std::size_t k) {
  const auto x = static_cast<float>(k);
  return {{0.5f + x / 8, -0.75f, 1.25f - x / 16, 0.375f, -1 + x / 8},
          {1, k % 2 == 0 ? 0.0f : 0.5f, 0.3f}};
}

const Network classifier{{{5, 4, Activation::tanh}, {4, 3, Activation::softmax}},
                         Loss::cross_entropy};

/// A training step of a port from drawn parameters with biases.
CaseEvidence case_of(const PlainPort& port, std::size_t k, bool failed, float learning_rate,
                     const Network& network = two_layers, float bias_of_an_output = 0) {
  Parameters<float> parameters = initial_parameters(network, 3 + k);
  for (LayerParameters<float>& layer : parameters)
    for (std::size_t j = 0; j < layer.biases.size(); ++j)
      layer.biases[j] = 0.5f + static_cast<float>(j) / 8;
  parameters.back().biases[1] += bias_of_an_output;
  ShownStep step;
  step.network = std::make_shared<const Network>(network);
  step.is_first = step.trains = true;
  step.before = tensors_of(network, parameters);
  step.sample = sample_number(k);
  step.learning_rate = learning_rate;
  step.activations = activation_tensors(profile_named("float32").formats(), network);
  const auto a = port.activations(network, parameters, step.sample);
  for (std::size_t l = 0; l < a.size(); ++l)
    for (const float number : a[l]) step.activations[l].codes.push_back(bits_of(number));
  port.train(network, parameters, step.sample, step.learning_rate, a);
  step.after = tensors_of(network, parameters);
  step.kept_sample = sample_tensors(step.sample);
  return {"level1/case_" + std::to_string(k), failed, {step}};
}

std::vector<CaseEvidence> failing_cases(const PlainPort& port) {
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k)
    cases.push_back(case_of(port, k, true, 0.25f + static_cast<float>(k) / 8));
  return cases;
}

Explanation explanation_of(const std::vector<CaseEvidence>& cases) {
  return explain(profile_named("float32"), ArithmeticModel(), cases);
}

struct Defect {
  std::string hypothesis;
  PlainPort port;
};

void PrintTo(const Defect& defect, std::ostream* out) { *out << defect.hypothesis; }

class ExplanationOfAPort : public testing::TestWithParam<Defect> {};

TEST_P(ExplanationOfAPort, NamesItsDefectFirst) {
  const Explanation found = explanation_of(failing_cases(GetParam().port));
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, GetParam().hypothesis);
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
  EXPECT_EQ(found.hypotheses.front().contradicted, 0U);
  EXPECT_EQ(found.failing, 4U);
}

INSTANTIATE_TEST_SUITE_P(
    EveryDefect, ExplanationOfAPort,
    testing::Values(Defect{"bias_not_added", {.adds_bias = false}},
                    Defect{"bias_not_updated", {.updates_bias = false}},
                    Defect{"weights_transposed", {.transposes = true}},
                    Defect{"output_delta_sign", {.target_sign = -1}},
                    Defect{"mse_without_half", {.target_sign = 2}},
                    Defect{"derivative_missing", {.multiplies_derivative = false}},
                    Defect{"learning_rate_scaled", {.rate_factor = 0.75f}},
                    Defect{"address_of_the_input_kept", {.keeps_the_address_of_the_input = true}},
                    Defect{"inputs_limited_to", {.largest_input = 0.4375f}},
                    Defect{"hidden_sum_limited_to", {.largest_hidden_sum = 0x1p-6f}}),
    [](const auto& parameter) { return parameter.param.hypothesis; });

struct DefectOfSoftmax {
  std::string hypothesis;
  SoftmaxDefect defect;
  float bias = 0;  ///< of one output, beyond which e^z overflows
};

void PrintTo(const DefectOfSoftmax& defect, std::ostream* out) { *out << defect.hypothesis; }

class ExplanationOfSoftmax : public testing::TestWithParam<DefectOfSoftmax> {};

TEST_P(ExplanationOfSoftmax, NamesItsDefectFirst) {
  const PlainPort port{.softmax = GetParam().defect};
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k)
    cases.push_back(case_of(port, k, true, 0.25f, classifier, GetParam().bias));
  const Explanation found = explanation_of(cases);
  if (GetParam().defect == SoftmaxDefect::none) {
    EXPECT_TRUE(found.hypotheses.empty());
    return;
  }
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, GetParam().hypothesis);
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
}

INSTANTIATE_TEST_SUITE_P(
    EveryDefect, ExplanationOfSoftmax,
    testing::Values(DefectOfSoftmax{"none", SoftmaxDefect::none},
                    DefectOfSoftmax{"softmax_largest_not_subtracted", SoftmaxDefect::largest_kept,
                                    100},
                    DefectOfSoftmax{"softmax_not_normalized", SoftmaxDefect::not_normalized},
                    DefectOfSoftmax{"softmax_left_out", SoftmaxDefect::left_out},
                    DefectOfSoftmax{"softmax_derivative_in_the_delta", SoftmaxDefect::derivative},
                    DefectOfSoftmax{"softmax_jacobian_in_the_delta", SoftmaxDefect::jacobian}),
    [](const auto& parameter) { return parameter.param.hypothesis; });

TEST(Explanation, OfARightPortHasNoHypothesis) {
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k) cases.push_back(case_of({}, k, false, 0.5f));
  EXPECT_TRUE(explanation_of(cases).hypotheses.empty());
  EXPECT_EQ(explanation_of(cases).failing, 0U);
  // Nor has what failed for a reason that no step shows.
  cases.front().failed = true;
  EXPECT_TRUE(explanation_of(cases).hypotheses.empty());
}

TEST(Explanation, OfTwoDefectsIsAPair) {
  const Explanation found =
      explanation_of(failing_cases({.adds_bias = false, .updates_bias = false}));
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "bias_not_added + bias_not_updated");
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
}

TEST(Explanation, SaysThatCasesCannotTell) {
  // Half of a rate of one half is its square, a quarter whatever was asked for, and half of deltas.
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k)
    cases.push_back(case_of({.rate_factor = 0.5f}, k, true, 0.5f));
  const Explanation found = explanation_of(cases);
  ASSERT_GE(found.hypotheses.size(), 2U);
  EXPECT_EQ(found.equally_good, 4U);
  EXPECT_THAT(explanation_text(explanation_json(found)),
              testing::HasSubstr("as one of these 4, which nothing that was asked tells apart"));
}

/// Answers of a port to questions.
AskDevice answers_of(const PlainPort& port) {
  return [port](const std::vector<Question>& questions) {
    std::vector<std::vector<ShownStep>> answers;
    for (const Question& question : questions) {
      std::vector<ShownStep>& steps = answers.emplace_back();
      Parameters<float> parameters;
      for (const AskedStep& asked : question.steps) {
        if (!asked.loaded.empty()) parameters = parameters_of<Parameters<float>>(asked.loaded);
        ShownStep& step = steps.emplace_back();
        step.network = question.network;
        step.is_first = steps.size() == 1;
        step.trains = asked.trains;
        step.is_loaded = !asked.loaded.empty();
        step.before = tensors_of(*question.network, parameters);
        step.sample = asked.sample;
        step.learning_rate = asked.learning_rate;
        const auto a = port.activations(*question.network, parameters, asked.sample);
        step.activations =
            activation_tensors(profile_named("float32").formats(), *question.network);
        for (std::size_t l = 0; l < a.size(); ++l)
          for (const float number : a[l]) step.activations[l].codes.push_back(bits_of(number));
        if (asked.trains)
          port.train(*question.network, parameters, asked.sample, asked.learning_rate, a);
        step.after = tensors_of(*question.network, parameters);
        step.kept_sample = sample_tensors(asked.sample);
      }
    }
    return answers;
  };
}

TEST(Explanation, AsksTheDeviceWhatItsCasesLeaveOpen) {
  const PlainPort port{.rate_factor = 0.5f};
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k) cases.push_back(case_of(port, k, true, 0.5f));
  const Explanation found =
      explain(profile_named("float32"), ArithmeticModel(), cases, {}, answers_of(port));
  EXPECT_GT(found.asked, 0U);
  ASSERT_FALSE(found.hypotheses.empty());
  // Rates other than one half tell a half from a square and a quarter. Half of all output deltas
  // is half of all changes whatever is asked.
  EXPECT_LE(found.equally_good, 2U);
  EXPECT_THAT(found.hypotheses.front().name,
              testing::AnyOf("learning_rate_scaled", "output_delta_over_2"));
  EXPECT_EQ(found.hypotheses.front().asked_explained, found.answered_wrongly);
  EXPECT_EQ(found.hypotheses.front().asked_contradicted, 0U);
}

TEST(Explanation, ExplainsAnswersWhereCasesStartWithMemoryThatTheyDoNotShow) {
  PlainPort port{.keeps_hidden_sums = true};
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k) {
    port.kept_hidden_sums = {0.5f, -0.25f, 0.125f, 1};  // of a network that nobody saw
    cases.push_back(case_of(port, k, true, 0.25f));
  }
  const Explanation of_cases = explain(profile_named("float32"), ArithmeticModel(), cases);
  EXPECT_TRUE(std::ranges::none_of(of_cases.hypotheses, [](const Hypothesis& each) {
    return each.name == "hidden_delta_not_cleared";
  }));
  const Explanation found =
      explain(profile_named("float32"), ArithmeticModel(), cases, {}, answers_of(port));
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "hidden_delta_not_cleared");
  EXPECT_EQ(found.failing, 4U);
  EXPECT_EQ(found.hypotheses.front().explained, 0U);
  EXPECT_GT(found.hypotheses.front().asked_explained, 0U);
  EXPECT_LE(found.hypotheses.front().asked_explained, found.answered_wrongly);
}

TEST(Explanation, AsksAboutTheStepsThatWentWrong) {
  const CaseEvidence wrong = case_of({}, 0, true, 0.25f);
  const std::array steps{&wrong.steps.front()};
  const std::vector<Question> questions =
      telling_questions(profile_named("float32"), {wrong.steps.front().network}, steps);
  const auto is_about_it = [&](const Question& question) {
    return question.steps.front().loaded == wrong.steps.front().before &&
           question.steps.front().learning_rate == 0.25f;
  };
  EXPECT_EQ(2 * std::ranges::count_if(questions, is_about_it), std::ssize(questions));
  const Question& question = questions.front();
  // Other numbers of the same size, and in every second step the same parameters elsewhere.
  for (std::size_t i = 0; i < 5; ++i) {
    const float asked = question.steps.front().sample.inputs[i];
    const float given = wrong.steps.front().sample.inputs[i];
    EXPECT_GE(asked / given, 0.625f);
    EXPECT_LE(asked / given, 1.125f);
  }
  EXPECT_NE(question.steps.front().sample.inputs, wrong.steps.front().sample.inputs);
  ASSERT_FALSE(question.steps[1].loaded.empty());
  EXPECT_NE(question.steps[1].loaded, wrong.steps.front().before);
  EXPECT_THAT(question.steps[1].loaded.front().codes,
              testing::UnorderedElementsAreArray(wrong.steps.front().before.front().codes));
}

TEST(Explanation, FindsAFactorAsCloseToOneAsItsBoundsTell) {
  const Explanation found = explanation_of(failing_cases({.rate_factor = 1 + 0x1p-15f}));
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "learning_rate_scaled");
  EXPECT_THAT(found.hypotheses.front().sentence, testing::HasSubstr("1.00003"));
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
}

TEST(Explanation, NamesTheLimitOfLearningRates) {
  const PlainPort port{.largest_rate = 0.375f};
  std::vector<CaseEvidence> cases;
  for (const float rate : {0.125f, 0.25f, 0.5f, 0.75f})
    cases.push_back(case_of(port, cases.size(), rate > 0.375f, rate));
  const Explanation found = explanation_of(cases);
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "learning_rate_limited_to");
  EXPECT_EQ(found.hypotheses.front().explained, 2U);
  EXPECT_THAT(found.hypotheses.front().sentence, testing::HasSubstr("above 0.375"));
}

TEST(Explanation, NamesChangesThatAreLostBecauseTheyAreSmall) {
  const Explanation found = explanation_of(failing_cases({.least_change = 0.02f}));
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "small_changes_lost");
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
}

TEST(Explanation, AsksNothingWhereOneExplainsAll) {
  const AskDevice nobody = [](const std::vector<Question>&) {
    ADD_FAILURE() << "asked";
    return std::vector<std::vector<ShownStep>>();
  };
  const auto cases = failing_cases({.adds_bias = false});
  const Explanation found = explain(profile_named("float32"), ArithmeticModel(), cases, {}, nobody);
  EXPECT_EQ(found.asked, 0U);
  EXPECT_EQ(found.hypotheses.front().name, "bias_not_added");
}

TEST(Explanation, NamesTheDeclarationThatMakesAPortLegal) {
  const Explanation found = explanation_of(failing_cases({.function_error = 1e-4f}));
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "function_inaccurate");
  EXPECT_THAT(found.hypotheses.front().declaration,
              testing::StartsWith("activation_absolute_error = 0.0001"));
  // What is declared is no deviation.
  ArithmeticModel wider;
  wider.activation_absolute_error = 1.01e-4;
  const auto cases = failing_cases({.function_error = 1e-4f});
  EXPECT_TRUE(explain(profile_named("float32"), wider, cases).hypotheses.empty());
}

TEST(Explanation, TellsLabelsOfOneHalfApart) {
  // Labels are targets of bce.
  const Network labelled{{{5, 4, Activation::tanh}, {4, 3, Activation::sigmoid}}, Loss::bce};
  for (const auto& [label, name] :
       {std::pair{0.0f, "targets_rounded_to_labels"}, {1.0f, "targets_from_a_half_are_one"}}) {
    std::vector<CaseEvidence> cases;
    for (std::size_t k = 0; k < 4; ++k)
      cases.push_back(case_of({.label_of_one_half = label}, k, true, 0.25f, labelled));
    const Explanation found = explanation_of(cases);
    ASSERT_FALSE(found.hypotheses.empty());
    EXPECT_EQ(found.hypotheses.front().name, name);
    EXPECT_EQ(found.hypotheses.front().explained, 4U);
  }
}

TEST(Explanation, SeesSigmoidsThatAreLostAndNamesWhatDeclaresThem) {
  // 1 / (1 + e^100) is 0 in binary32, as e^100 is infinite there; the sigmoid is not.
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k)
    cases.push_back(case_of({.loses_small_sigmoids = true}, k, true, 0.25f, two_layers, -100));
  const Explanation found = explanation_of(cases);
  ASSERT_FALSE(found.hypotheses.empty());
  const auto named = std::ranges::find(found.hypotheses, "function_inaccurate", &Hypothesis::name);
  ASSERT_NE(named, found.hypotheses.end()) << explanation_text(explanation_json(found));
  EXPECT_EQ(named->explained, 4U);
  EXPECT_THAT(named->declaration, testing::StartsWith("activation_absolute_error = "));
}

TEST(Explanation, NamesTheOrderThatTheTargetFileShouldDeclare) {
  // A plain port sums from the first term on, with the bias before it.
  ArithmeticModel declared{.fused_multiply_add = FusedMultiplyAdd::no,
                           .summation_order = SummationOrder::descending,
                           .bias_position = BiasPosition::first,
                           .update_product = UpdateProduct::learning_rate_times_delta};
  const Network linear{{{5, 4, Activation::identity}, {4, 3, Activation::identity}}, Loss::mse};
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k) cases.push_back(case_of({}, k, true, 0.25f, linear));
  const Profile& profile = profile_named("float32");
  const Explanation found = explain(profile, declared, cases);
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "sums_from_the_first_term");
  EXPECT_TRUE(found.hypotheses.front().is_to_the_bit);
  EXPECT_EQ(found.hypotheses.front().declaration, "summation_order = \"ascending\"");
  declared.summation_order = SummationOrder::ascending;
  declared.bias_position = BiasPosition::last;
  const Explanation of_the_bias = explain(profile, declared, cases);
  ASSERT_FALSE(of_the_bias.hypotheses.empty());
  EXPECT_EQ(of_the_bias.hypotheses.front().name, "bias_added_first");
  declared.bias_position = BiasPosition::first;
  declared.update_product = UpdateProduct::delta_times_activation;
  // A rate that is no power of two, whose product is rounded.
  for (std::size_t k = 0; k < 4; ++k) cases[k] = case_of({}, k, true, 0.3f, linear);
  const Explanation of_the_update = explain(profile, declared, cases);
  ASSERT_FALSE(of_the_update.hypotheses.empty());
  EXPECT_EQ(of_the_update.hypotheses.front().name, "learning_rate_first");
  declared.update_product = UpdateProduct::learning_rate_times_delta;
  EXPECT_TRUE(explain(profile, declared, cases).hypotheses.empty());
}

/// What a device does, which declares the other of each two.
struct TakenOrder {
  std::string hypothesis, declaration;
  ArithmeticModel model;
};

constexpr ArithmeticModel first_orders() {
  ArithmeticModel model;
  model.fused_multiply_add = FusedMultiplyAdd::no;
  model.summation_order = SummationOrder::ascending;
  model.bias_position = BiasPosition::first;
  model.update_product = UpdateProduct::learning_rate_times_delta;
  return model;
}

template <class Value>
ArithmeticModel first_orders_but(Value ArithmeticModel::*member, Value value) {
  ArithmeticModel model = first_orders();
  model.*member = value;
  return model;
}

TEST(Explanation, NamesSumsOfFewerBitsWhereBoundsAllowThem) {
  // Bounds of 12 bits allow sums that are cut to 12: only all bits tell.
  ArithmeticModel model = first_orders();
  model.significand_bits = 12;
  const Network linear{{{5, 4, Activation::identity}, {4, 3, Activation::identity}}, Loss::mse};
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k)
    cases.push_back(case_of({.bits_of_forward_sums = 12}, k, true, 0.25f, linear));
  const Explanation found = explain(profile_named("float32"), model, cases);
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "forward_sum_cut_to_fewer_bits");
  EXPECT_THAT(found.hypotheses.front().sentence, testing::HasSubstr("12 significand bits"));
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
}

/// A step of the reference in an order.
CaseEvidence case_in_order(const ArithmeticModel& model, std::size_t k, bool failed) {
  const Network linear{{{5, 4, Activation::identity}, {4, 3, Activation::identity}}, Loss::mse};
  CaseEvidence evidence = case_of({}, k, failed, 0.3f, linear);
  ShownStep& step = evidence.steps.front();
  Parameters<float> parameters = parameters_of<Parameters<float>>(step.before);
  OrderedTrace trace;
  ordered_step(
      linear, parameters, step.sample, step.learning_rate, model,
      [](Activation, float z) { return z; }, trace);
  step.after = tensors_of(linear, parameters);
  for (std::size_t l = 0; l < linear.layers.size(); ++l) {
    step.activations[l].codes.clear();
    for (const float number : trace.layers[l].a)
      step.activations[l].codes.push_back(bits_of(number));
  }
  return evidence;
}

TEST(Explanation, NamesTheFunctionWhoseDeltasAreRoundedOtherwise) {
  // Other cases round deltas of the sigmoid as they should.
  const PlainPort port{.truncates_deltas_of_tanh = true};
  const Network of_sigmoid{{{5, 4, Activation::sigmoid}, {4, 3, Activation::identity}}, Loss::mse};
  const Network of_tanh{{{5, 4, Activation::tanh}, {4, 3, Activation::identity}}, Loss::mse};
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k) cases.push_back(case_of(port, k, true, 0.3f, of_tanh));
  for (std::size_t k = 4; k < 8; ++k) cases.push_back(case_of(port, k, false, 0.3f, of_sigmoid));
  const Explanation found = explanation_of(cases);
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "truncation_delta_derivative_of_tanh");
  EXPECT_EQ(found.hypotheses.front().contradicted, 0U);
}

void PrintTo(const TakenOrder& order, std::ostream* out) { *out << order.hypothesis; }

class ExplanationOfAnOrder : public testing::TestWithParam<TakenOrder> {};

TEST_P(ExplanationOfAnOrder, NamesTheOneThatIsTakenForADeclaredFirstOne) {
  const auto& [hypothesis, declaration, taken] = GetParam();
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k) cases.push_back(case_in_order(taken, k, true));
  const Explanation found = explain(profile_named("float32"), first_orders(), cases);
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, hypothesis);
  EXPECT_TRUE(found.hypotheses.front().is_to_the_bit);
  EXPECT_EQ(found.hypotheses.front().declaration, declaration);
}

INSTANTIATE_TEST_SUITE_P(
    EveryOrder, ExplanationOfAnOrder,
    testing::Values(
        TakenOrder{"sums_from_the_last_term", "summation_order = \"descending\"",
                   first_orders_but(&ArithmeticModel::summation_order, SummationOrder::descending)},
        TakenOrder{"bias_added_last", "bias_position = \"last\"",
                   first_orders_but(&ArithmeticModel::bias_position, BiasPosition::last)},
        TakenOrder{"products_fused", "fused_multiply_add = \"yes\"",
                   first_orders_but(&ArithmeticModel::fused_multiply_add, FusedMultiplyAdd::yes)},
        TakenOrder{"gradient_first", "update_product = \"delta_times_activation\"",
                   first_orders_but(&ArithmeticModel::update_product,
                                    UpdateProduct::delta_times_activation)}),
    [](const auto& parameter) { return parameter.param.hypothesis; });

TEST(Explanation, NamesActivationsThatAreKeptInDouble) {
  // Targets that are reached in what is shown: what is left is what is kept wider.
  const Network layer{{{5, 3, Activation::sigmoid}}, Loss::bce};
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k) {
    Parameters<float> parameters = initial_parameters(layer, 3 + k);
    ShownStep step;
    step.network = std::make_shared<const Network>(layer);
    step.is_first = step.trains = true;
    step.before = tensors_of(layer, parameters);
    step.sample = sample_number(k);
    step.learning_rate = 0.5f;
    step.activations = activation_tensors(profile_named("float32").formats(), layer);
    for (std::size_t j = 0; j < 3; ++j) {
      double z = parameters[0].biases[j];
      for (std::size_t i = 0; i < 5; ++i)
        z += double{parameters[0].weights[5 * j + i]} * double{step.sample.inputs[i]};
      const double a = 1 / (1 + std::exp(-z));
      step.sample.target[j] = static_cast<float>(a);
      step.activations[0].codes.push_back(bits_of(static_cast<float>(a)));
      const double change = 0.5 * (a - double{step.sample.target[j]});
      parameters[0].biases[j] = static_cast<float>(double{parameters[0].biases[j]} - change);
      for (std::size_t i = 0; i < 5; ++i) {
        float& weight = parameters[0].weights[5 * j + i];
        weight = static_cast<float>(double{weight} - change * double{step.sample.inputs[i]});
      }
    }
    step.after = tensors_of(layer, parameters);
    step.kept_sample = sample_tensors(step.sample);
    cases.push_back({"level1/reached_" + std::to_string(k), true, {step}});
  }
  const Explanation found = explanation_of(cases);
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "activations_kept_wider");
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
  EXPECT_EQ(found.hypotheses.front().declaration, "kept_wider = \"activations\"");
}

TEST(Explanation, NamesInputsThatAreKeptWithFewerBits) {
  const Explanation found = explanation_of(failing_cases({.input_factor = 1 + 0x1p-16f}));
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "network_input_of_fewer_bits");
  EXPECT_THAT(found.hypotheses.front().sentence, testing::HasSubstr("about 14 bits"));
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
}

TEST(Explanation, SaysOfErrorsTheLeastThatExplainsAsMuch) {
  const Explanation found = explanation_of(failing_cases({.target_unit = 0x1p-13f}));
  EXPECT_EQ(std::ranges::count(found.hypotheses, "target_of_fewer_bits", &Hypothesis::name), 1);
}

TEST(Explanation, IsNothingThatSaysNothingOfWhatIsWrong) {
  // What a device that mixes in earlier gradients does in its first step nobody knows.
  const Explanation found = explanation_of(failing_cases({.added_to_weights = 0.125f}));
  for (const Hypothesis& hypothesis : found.hypotheses)
    EXPECT_THAT(hypothesis.name, testing::Not(testing::HasSubstr("gradients_"))) << hypothesis.name;
}

TEST(Explanation, SaysWhereADeviationHoldsInSomePlacesOnly) {
  const Explanation found = explanation_of(failing_cases({.keeps_last_weights_of_layer = 2}));
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "last_input_not_updated_in_places");
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
  EXPECT_THAT(found.hypotheses.front().sentence, testing::HasSubstr("only in the last layer"));
  ASSERT_TRUE(found.stage);
  EXPECT_EQ(found.stage->stage, Stage::update);
}

TEST(Explanation, NamesTheElementThatIsTakenForTheRightOne) {
  const Explanation found = explanation_of(failing_cases({.takes_the_delta_before = true}));
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "delta_of_the_update_from_previous_in_places");
  EXPECT_THAT(found.hypotheses.front().sentence, testing::HasSubstr("layer"));
}

TEST(Explanation, NamesAPowerOfTwoAndThePartOfTheStep) {
  const Explanation found = explanation_of(failing_cases({.hidden_factor = 0.25f}));
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "hidden_sum_over_4");
  ASSERT_TRUE(found.stage);
  EXPECT_EQ(found.stage->stage, Stage::hidden_delta);
  EXPECT_EQ(found.stage->cases, 4U);
}

TEST(Explanation, CountsPassingCasesThatContradict) {
  std::vector<CaseEvidence> cases = failing_cases({.updates_bias = false});
  cases.push_back(case_of({}, 7, false, 0.5f));
  const Explanation found = explanation_of(cases);
  ASSERT_FALSE(found.hypotheses.empty());
  // Nothing tells where biases are updated and where not: in one case all are, in others none.
  const auto everywhere =
      std::ranges::find(found.hypotheses, "bias_not_updated", &Hypothesis::name);
  ASSERT_NE(everywhere, found.hypotheses.end());
  EXPECT_EQ(everywhere->contradicted, 1U);
}

TEST(Explanation, IsTheSameEveryTime) {
  const auto cases = failing_cases({.adds_bias = false, .transposes = true});
  EXPECT_EQ(explanation_json(explanation_of(cases)), explanation_json(explanation_of(cases)));
}

TEST(Explanation, ShowsEveryTensorOfTheFailingStep) {
  const Explanation found = explanation_of(failing_cases({.updates_bias = false}));
  ASSERT_TRUE(found.shown);
  EXPECT_EQ(found.shown->id, "level1/case_0");
  const auto wrong = [&](const std::string& name) {
    for (const TensorAgreement& tensor : found.shown->tensors)
      if (tensor.tensor == name) return tensor.wrong;
    return std::size_t{999};
  };
  EXPECT_EQ(wrong("a1"), 0U);
  EXPECT_EQ(wrong("W1"), 0U);
  EXPECT_EQ(wrong("W2"), 0U);
  EXPECT_EQ(wrong("b1"), 4U);
  EXPECT_EQ(wrong("b2"), 3U);
  // What a bias that stays tells is a delta of 0.
  EXPECT_EQ(wrong("delta2"), 3U);
}

/// Level 0 and steps together: the part of a port that quantizes, with the answers that it gives.
CaseEvidence answers(lsgd_operation operation, std::uint32_t (*answer)(float, int)) {
  CaseEvidence evidence{"level0/operation", true, {}};
  for (const float x : {0.5f, -0.5f, 1.25f, -2.75f, 0.3f, -0.3f, 20.0f, -20.0f})
    for (const int bits : {0, 1, 4})
      evidence.operations.push_back(
          {operation, bits_of(x), static_cast<std::uint32_t>(bits), answer(x, bits)});
  return evidence;
}

std::uint32_t int8_of(double x) {
  return static_cast<std::uint32_t>(
      static_cast<std::int32_t>(std::min(127.0, std::max(-128.0, x))));
}

struct DefectOfQuantization {
  std::string hypothesis;
  std::uint32_t (*answer)(float x, int fraction_bits);
};

void PrintTo(const DefectOfQuantization& defect, std::ostream* out) { *out << defect.hypothesis; }

class ExplanationOfQuantization : public testing::TestWithParam<DefectOfQuantization> {};

TEST_P(ExplanationOfQuantization, NamesItsDefectFirst) {
  const Explanation found = explain(profile_named("int8_hybrid"), ArithmeticModel(),
                                    {answers(LSGD_OPERATION_QUANTIZE, GetParam().answer)});
  EXPECT_EQ(found.failing, 1U);
  // What only inputs, or all numbers, are quantized by, answers of the operation do not tell.
  const auto named = std::ranges::find(found.hypotheses, GetParam().hypothesis, &Hypothesis::name);
  ASSERT_NE(named, found.hypotheses.end());
  EXPECT_LT(static_cast<std::size_t>(named - found.hypotheses.begin()), found.equally_good);
  EXPECT_EQ(named->explained, 1U);
}

INSTANTIATE_TEST_SUITE_P(
    EveryDefect, ExplanationOfQuantization,
    testing::Values(
        DefectOfQuantization{
            "truncation_for_rounding",
            [](float x, int bits) { return int8_of(std::trunc(std::ldexp(double{x}, bits))); }},
        DefectOfQuantization{"half_up_for_half_away",
                             [](float x, int bits) {
                               return int8_of(std::floor(std::ldexp(double{x}, bits) + 0.5));
                             }},
        DefectOfQuantization{
            "half_to_even",
            [](float x, int bits) { return int8_of(std::nearbyint(std::ldexp(double{x}, bits))); }},
        DefectOfQuantization{"half_to_zero",
                             [](float x, int bits) {
                               const double scaled = std::ldexp(double{x}, bits);
                               const double nearest = std::round(scaled);
                               const bool is_tie = std::abs(scaled - std::trunc(scaled)) == 0.5;
                               return int8_of(is_tie ? std::trunc(scaled) : nearest);
                             }},
        DefectOfQuantization{"quantization_wraps",
                             [](float x, int bits) {
                               const auto nearest = static_cast<std::int32_t>(
                                   std::round(std::ldexp(double{x}, bits)));
                               return static_cast<std::uint32_t>(
                                   static_cast<std::int32_t>(static_cast<std::int8_t>(nearest)));
                             }}),
    [](const auto& parameter) { return parameter.param.hypothesis; });

TEST(Explanation, OfRightAnswersIsNoneAndOfOperandsThatAreRefusedNeither) {
  const ArithmeticModel model;
  const Profile& profile = profile_named("int8_hybrid");
  const CaseEvidence right = answers(LSGD_OPERATION_QUANTIZE, [](float x, int bits) {
    return int8_of(std::round(std::ldexp(double{x}, bits)));
  });
  EXPECT_TRUE(explain(profile, model, {right}).hypotheses.empty());
  // What is answered to operands outside of the ranges says nothing for or against.
  CaseEvidence cut = answers(LSGD_OPERATION_QUANTIZE, [](float x, int bits) {
    return int8_of(std::trunc(std::ldexp(double{x}, bits)));
  });
  cut.operations.push_back({LSGD_OPERATION_QUANTIZE, bits_of(1.0f), 77, 3});
  EXPECT_FALSE(explain(profile, model, {cut}).hypotheses.empty());
}

TEST(Explanation, NamesTheProductThatOverflowsToNoInfinity) {
  CaseEvidence evidence{"level0/float_multiply", true, {}};
  const auto add = [&](float x, float y, float product) {
    evidence.operations.push_back(
        {LSGD_OPERATION_FLOAT_MULTIPLY, bits_of(x), bits_of(y), bits_of(product)});
  };
  add(3, 0.5f, 1.5f);
  add(0x1p100f, -0x1p100f, -0x1.fffffep127f);
  const Explanation found = explanation_of({evidence});
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "multiplication_limited");
  EXPECT_EQ(found.hypotheses.front().clause, "3.1");
}

TEST(Explanation, NamesTheHeapThatIsMeasured) {
  CaseEvidence evidence{"level4/car", true, {}};
  evidence.heap_bytes = 64;
  const Explanation found = explanation_of({evidence});
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "heap_allocated");
  EXPECT_FALSE(found.shown);  // no step of it
  evidence.heap_bytes = 0;
  EXPECT_TRUE(explanation_of({evidence}).hypotheses.empty());
}

TEST(Explanation, NamesLearningRatesThatAPortChoosesItself) {
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k)
    cases.push_back(case_of({.rate_factor = 0.7f + 0.2f * static_cast<float>(k)}, k, true, 0.25f));
  const Explanation found = explanation_of(cases);
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "learning_rate_of_its_own");
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
}

TEST(Explanation, NamesBiasesThatStayWhereNoStepIsWrong) {
  ArithmeticModel coarse;
  coarse.significand_bits = 2;
  const auto found_of = [&](const PlainPort& port) {
    CaseEvidence evidence = case_of(port, 0, true, 0.01f);
    for (std::size_t k = 1; k < 8; ++k)
      evidence.steps.push_back(case_of(port, k, true, 0.01f).steps.front());
    return explain(profile_named("float32"), coarse, {evidence});
  };
  const Explanation found = found_of({.updates_bias = false});
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "bias_not_updated");
  for (const Hypothesis& hypothesis : found_of({}).hypotheses)
    EXPECT_THAT(hypothesis.name, testing::Not(testing::HasSubstr("bias_not_updated")));
}

TEST(Explanation, NamesTheNumberThatIsKeptWithFewerBits) {
  const Explanation found = explanation_of(failing_cases({.target_unit = 0x1p-13f}));
  const auto named = std::ranges::find(found.hypotheses, "target_of_fewer_bits", &Hypothesis::name);
  ASSERT_NE(named, found.hypotheses.end());
  EXPECT_EQ(named->explained, 4U);
}

class ExplanationInEveryProfile : public testing::TestWithParam<const Profile*> {};

/// A device that gives the nearest numbers everywhere, but whose biases stay.
TEST_P(ExplanationInEveryProfile, FindsBiasesThatAreNotUpdated) {
  const Profile& profile = *GetParam();
  const Network& network = two_layers;
  const ArithmeticModel model;
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k) {
    ShownStep step;
    step.network = std::make_shared<const Network>(network);
    step.is_first = step.trains = true;
    step.before =
        profile.nearest_parameters(network, initial_parameters(network, 3 + k), first_random_state);
    step.sample = sample_number(k);
    step.learning_rate = 0.5f;
    const auto expected =
        profile.expected_step(network, step.before, step.sample, step.learning_rate, model);
    step.activations = activation_tensors(profile.formats(), network);
    for (Tensor& tensor : step.activations)
      for (const ExpectedTensor& found : expected)
        if (found.name == tensor.name)
          for (const ExpectedElement& element : found.elements)
            tensor.codes.push_back(element.bits);
    step.after = parameters_after(profile.formats(), network, expected);
    for (std::size_t t = 0; t < step.after.size(); ++t)
      if (step.after[t].kind == TensorKind::biases ||
          step.after[t].kind == TensorKind::fraction_bits_of_biases)
        step.after[t] = step.before[t];
    step.kept_sample = sample_tensors(step.sample);
    cases.push_back({"level1/case_" + std::to_string(k), true, {step}});
  }
  const Explanation found = explain(profile, model, cases);
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "bias_not_updated");
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
}

/// The built-in ones, and arithmetics that are declared.
std::vector<const Profile*> explained_profiles() {
  std::vector<const Profile*> profiles = built_in_profiles();
  profiles.push_back(&profile_of("q8_8_nearest"));
  profiles.push_back(&profile_of("q8_8_stochastic"));
  return profiles;
}

INSTANTIATE_TEST_SUITE_P(EveryProfile, ExplanationInEveryProfile,
                         testing::ValuesIn(explained_profiles()),
                         [](const auto& parameter) { return parameter.param->name(); });

/// A training step of a device that computes right in an arithmetic.
CaseEvidence right_case(const Profile& profile, std::size_t k) {
  ShownStep step;
  step.network = std::make_shared<const Network>(two_layers);
  step.is_first = step.trains = true;
  step.before = profile.nearest_parameters(two_layers, initial_parameters(two_layers, 3 + k),
                                           first_random_state);
  step.sample = sample_number(k);
  step.learning_rate = 0.5f;
  const auto expected = profile.expected_step(two_layers, step.before, step.sample,
                                              step.learning_rate, ArithmeticModel());
  step.activations = activation_tensors(profile.formats(), two_layers);
  for (Tensor& tensor : step.activations)
    for (const ExpectedTensor& found : expected)
      if (found.name == tensor.name)
        for (const ExpectedElement& element : found.elements) tensor.codes.push_back(element.bits);
  step.after = parameters_after(profile.formats(), two_layers, expected);
  step.kept_sample = sample_tensors(step.sample);
  return {"level1/case_" + std::to_string(k), true, {step}};
}

std::vector<CaseEvidence> right_cases(const Profile& profile) {
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k) cases.push_back(right_case(profile, k));
  return cases;
}

TEST(Explanation, NamesWhatADeviceOfADeclarationComputesOtherwise) {
  const Profile& declared = profile_of("q8_8_stochastic");
  Arithmetic other = declared.declaration();
  other.points.at(static_cast<std::size_t>(Point::forward_product)).front().direction =
      RoundingDirection::down;
  const ArithmeticModel model;
  const Explanation found =
      explain(declared, model, right_cases(profile_of_change(other, "products rounded down")));
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "forward_product_down");
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
  EXPECT_THAT(found.hypotheses.front().sentence,
              testing::HasSubstr("at.forward_product rounds down, not nearest_up"));
  EXPECT_TRUE(explain(declared, model, right_cases(declared)).hypotheses.empty());
}

TEST(Explanation, NamesOtherRandomBitsThanThoseOfTheGenerator) {
  const Profile& profile = profile_named("int8_integer");
  const ArithmeticModel model;
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k) {
    ShownStep step;
    step.network = std::make_shared<const Network>(two_layers);
    step.is_first = step.trains = true;
    step.before = profile.nearest_parameters(two_layers, initial_parameters(two_layers, 3 + k),
                                             first_random_state);
    step.sample = sample_number(k);
    step.learning_rate = 0.5f;
    // A right step, but for the state of the generator that it starts from.
    const auto drawn = profile.nearest_parameters(two_layers, initial_parameters(two_layers, 3 + k),
                                                  static_cast<std::uint32_t>(12345 + k));
    const auto expected =
        profile.expected_step(two_layers, drawn, step.sample, step.learning_rate, model);
    step.activations = activation_tensors(profile.formats(), two_layers);
    step.after = parameters_after(profile.formats(), two_layers, expected);
    step.kept_sample = sample_tensors(step.sample);
    cases.push_back({"level1/case_" + std::to_string(k), true, {step}});
  }
  const Explanation found = explain(profile, model, cases);
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "other_random_bits");
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
}

constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

struct OverflowingPort {
  std::string hypothesis;  ///< empty of a right one
  Activation activation;
  float weight;
  float shown;  ///< for an activation of infinity or its limit
};

void PrintTo(const OverflowingPort& port, std::ostream* out) { *out << port.hypothesis; }

class ExplanationOfOverflow : public testing::TestWithParam<OverflowingPort> {};

/// One product of 2^130, which no binary32 number is.
TEST_P(ExplanationOfOverflow, NamesWhatTakesThePlaceOfInfinity) {
  const Network network{{{1, 1, GetParam().activation}}, Loss::mse};
  ShownStep step;
  step.network = std::make_shared<const Network>(network);
  step.is_first = true;
  step.before = tensors_of(network, Parameters<float>{{{GetParam().weight}, {0}}});
  step.sample = {{0x1p30f}, {0}};
  step.activations = activation_tensors(profile_named("float32").formats(), network);
  step.activations.front().codes = {bits_of(GetParam().shown)};
  step.after = step.before;
  step.kept_sample = sample_tensors(step.sample);
  std::vector<CaseEvidence> cases{{"level1/overflow", true, {step}}};
  // That z itself is infinite shows where the function is the identity.
  const Network linear{{{1, 1, Activation::identity}}, Loss::mse};
  step.network = std::make_shared<const Network>(linear);
  step.activations.front().codes = {bits_of(std::copysign(infinite, GetParam().weight))};
  if (GetParam().activation != Activation::identity)
    cases.push_back({"level1/identity", false, {step}});
  const Explanation found = explanation_of(cases);
  if (GetParam().hypothesis.empty()) {
    EXPECT_TRUE(found.hypotheses.empty());
    return;
  }
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, GetParam().hypothesis);
  EXPECT_EQ(found.hypotheses.front().explained, 1U);
}

INSTANTIATE_TEST_SUITE_P(
    EveryDefect, ExplanationOfOverflow,
    testing::Values(
        OverflowingPort{"", Activation::identity, -0x1p100f, -infinite},
        OverflowingPort{"", Activation::tanh, -0x1p100f, -1},
        OverflowingPort{"overflow_early", Activation::identity, 0x1p20f, infinite},
        OverflowingPort{"overflow_limited", Activation::identity, 0x1p100f, 0x1.fffffep127f},
        OverflowingPort{"overflow_as_not_a_number", Activation::identity, 0x1p100f, not_a_number},
        OverflowingPort{"overflow_without_sign", Activation::identity, -0x1p100f, infinite},
        OverflowingPort{"infinity_as_not_a_number", Activation::tanh, 0x1p100f, not_a_number}));

struct LoadThatFails {
  std::string profile, hypothesis;
  TensorKind lost;
};

void PrintTo(const LoadThatFails& load, std::ostream* out) {
  *out << load.profile << ' ' << load.hypothesis;
}

class ExplanationOfLoading : public testing::TestWithParam<LoadThatFails> {};

/// Right steps from other parameters than those that were loaded.
TEST_P(ExplanationOfLoading, NamesWhatIsNotLoaded) {
  const Profile& profile = profile_named(GetParam().profile);
  const ArithmeticModel model;
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k) {
    ShownStep step;
    step.network = std::make_shared<const Network>(two_layers);
    step.is_first = step.trains = step.is_loaded = true;
    Parameters<float> parameters = initial_parameters(two_layers, 3 + k);
    for (LayerParameters<float>& layer : parameters) {
      for (float& weight : layer.weights) weight *= 4;
      for (std::size_t j = 0; j < layer.biases.size(); ++j)
        layer.biases[j] = 0.5f + static_cast<float>(j) / 8;
    }
    step.before = profile.nearest_parameters(two_layers, parameters, first_random_state);
    step.sample = sample_number(k);
    step.learning_rate = 0.5f;
    TensorSet held = step.before;
    const TensorSet zeros = zeros_of(step.before);
    for (std::size_t t = 0; t < held.size(); ++t)
      if (held[t].kind == GetParam().lost) held[t] = zeros[t];
    ASSERT_NE(held, step.before);
    const auto expected =
        profile.expected_step(two_layers, held, step.sample, step.learning_rate, model);
    step.activations = activation_tensors(profile.formats(), two_layers);
    for (Tensor& tensor : step.activations)
      for (const ExpectedTensor& found : expected)
        if (found.name == tensor.name)
          for (const ExpectedElement& element : found.elements)
            tensor.codes.push_back(element.bits);
    step.after = parameters_after(profile.formats(), two_layers, expected);
    step.kept_sample = sample_tensors(step.sample);
    cases.push_back({"level1/case_" + std::to_string(k), true, {step}});
  }
  const Explanation found = explain(profile, model, cases);
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, GetParam().hypothesis);
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
}

INSTANTIATE_TEST_SUITE_P(
    EveryTensor, ExplanationOfLoading,
    testing::Values(LoadThatFails{"float32", "biases_not_loaded", TensorKind::biases},
                    LoadThatFails{"int32_fixed", "biases_not_loaded", TensorKind::biases},
                    LoadThatFails{"int8_integer", "fraction_bits_not_loaded",
                                  TensorKind::fraction_bits_of_weights}));

TEST(Explanation, NamesAnOffsetOfLoadingThatIsTooShort) {
  const Network wide{{{40, 3, Activation::tanh}}, Loss::mse};
  std::vector<CaseEvidence> cases;
  for (std::size_t k = 0; k < 4; ++k) {
    const Parameters<float> loaded = initial_parameters(wide, 3 + k);
    // What the port holds in its place: of 480 bytes in parts of 232 the last 16, from 464 on, lie
    // over those from 208 on.
    Parameters<float> held = loaded;
    for (std::size_t i = 116; i < 120; ++i) {
      held[0].weights[i - 116 + 52] = loaded[0].weights[i];
      held[0].weights[i] = 0;
    }
    ShownStep step;
    step.network = std::make_shared<const Network>(wide);
    step.is_first = step.trains = step.is_loaded = true;
    step.before = tensors_of(wide, loaded);
    step.sample = {std::vector<float>(40, 0.5f), {1, 0, 0.3f}};
    step.learning_rate = 0.25f;
    const PlainPort port;
    const auto a = port.activations(wide, held, step.sample);
    step.activations = activation_tensors(profile_named("float32").formats(), wide);
    for (const float number : a[0]) step.activations[0].codes.push_back(bits_of(number));
    port.train(wide, held, step.sample, step.learning_rate, a);
    step.after = tensors_of(wide, held);
    step.kept_sample = sample_tensors(step.sample);
    cases.push_back({"level1/case_" + std::to_string(k), true, {step}});
  }
  const Explanation found = explanation_of(cases);
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "load_offset_of_8_bits");
  EXPECT_EQ(found.hypotheses.front().explained, 4U);
}

TEST(Explanation, NamesCountsOfFractionBitsThatAreAccepted) {
  ShownSteps shown(profile_named("int8_hybrid"));
  shown.hear(std::vector<std::uint8_t>{LSGD_OPCODE_CONFIGURE, 0, 2, 0, 1, 0, 0},
             std::vector<std::uint8_t>{LSGD_OK});
  const auto load = [&](std::uint8_t fraction_bits, std::uint8_t status) {
    shown.hear(std::vector<std::uint8_t>{LSGD_OPCODE_LOAD, LSGD_TENSOR_WEIGHT_FRACTION_BITS, 1, 0,
                                         0, 0, 0, fraction_bits},
               std::vector<std::uint8_t>{status});
  };
  load(7, LSGD_OK);
  load(8, LSGD_OUT_OF_RANGE);
  EXPECT_FALSE(shown.take_accepted_fraction_bits());
  load(8, LSGD_OK);
  EXPECT_TRUE(shown.take_accepted_fraction_bits());
  EXPECT_FALSE(shown.take_accepted_fraction_bits());

  CaseEvidence evidence{"level1/fraction_bits_above_7", true, {}};
  evidence.accepts_fraction_bits = true;
  const Explanation found = explain(profile_named("int8_hybrid"), ArithmeticModel(), {evidence});
  ASSERT_FALSE(found.hypotheses.empty());
  EXPECT_EQ(found.hypotheses.front().name, "fraction_bits_accepted");
}

TEST(WatchedTraining, SaysWhichStepsAreWrong) {
  MockState state{.fault = Fault::wrong_element};
  AgentSession session(std::make_unique<MockDevice>(state), std::chrono::seconds(60), 1);
  const auto watched =
      watch_training(session, profile_named("float32"), ArithmeticModel(), two_layers);
  ASSERT_TRUE(watched);
  EXPECT_EQ(watched->steps.network, "5-4-3 tanh-sigmoid mse");
  ASSERT_EQ(watched->steps.wrong.size(), 24U);
  for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(watched->steps.wrong[i], 2 * (i + 1));
  EXPECT_EQ(std::ranges::count(watched->cases, true, &CaseEvidence::failed), 24);
  Explanation found = explain(profile_named("float32"), ArithmeticModel(), watched->cases);
  found.watched = watched->steps;
  EXPECT_THAT(explanation_text(explanation_json(found)),
              testing::HasSubstr("A training of 5-4-3 tanh-sigmoid mse was watched, every step of "
                                 "48: these are wrong, the first is step 2, and one in every 2 "
                                 "behind it."));
}

TEST(WatchedTraining, LooksAgainWhereCountersOfSixteenBitsRunOver) {
  MockState state{.fault = Fault::wrong_element, .healthy_steps = 65'530};
  AgentSession session(std::make_unique<MockDevice>(state), std::chrono::seconds(60), 1);
  const Network small{{{2, 1, Activation::identity}}, Loss::mse};
  const auto watched = watch_training(session, profile_named("float32"), ArithmeticModel(), small);
  ASSERT_TRUE(watched);
  ASSERT_FALSE(watched->steps.wrong.empty());
  EXPECT_EQ(watched->steps.wrong.front(), 65'534U);
  EXPECT_EQ(watched->steps.steps, 65'548U);
  EXPECT_GT(watched->steps.unseen, 60'000U);
  Explanation found = explain(profile_named("float32"), ArithmeticModel(), watched->cases);
  found.watched = watched->steps;
  EXPECT_THAT(explanation_text(explanation_json(found)),
              testing::HasSubstr(fmt::format("was watched, {} of 65548 steps: these are wrong, the "
                                             "first is step 65534, and one in every 2 behind it.",
                                             65'548 - watched->steps.unseen)));
}

TEST(WatchedTraining, OfARightDeviceHasNoWrongStepAndNoWrongAnswer) {
  MockState state;
  AgentSession session(std::make_unique<MockDevice>(state), std::chrono::seconds(60), 1);
  const Network small{{{2, 1, Activation::tanh}}, Loss::mse};
  const auto watched = watch_training(session, profile_named("float32"), ArithmeticModel(), small);
  ASSERT_TRUE(watched);
  EXPECT_TRUE(watched->steps.wrong.empty());
  EXPECT_GT(watched->cases.size(), 20U);
  EXPECT_EQ(std::ranges::count(watched->cases, true, &CaseEvidence::failed), 0);
}

TEST(ShownSteps, HearWhatADeviceShows) {
  const Network& network = two_layers;
  MockState state;
  AgentSession session(std::make_unique<MockDevice>(state), std::chrono::seconds(5), 1);
  ShownSteps shown(profile_named("float32"));
  session.listen([&](auto request, auto reply) { shown.hear(request, reply); });
  ASSERT_EQ(session.configure(network), Configured::yes);
  const TensorSet before = tensors_of(network, initial_parameters(network, 3));
  const Sample sample = sample_number(1);
  load(session, before);
  load(session, sample);
  session.train_step(0.5f);
  TensorSet after = before;
  store(session, after);
  session.train_step(0.25f);  // of parameters that are known, since they were stored
  session.train_step(0.25f);  // of parameters that nobody saw

  const std::vector<ShownStep> steps = shown.take();
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_TRUE(steps[0].is_first);
  EXPECT_EQ(*steps[0].network, network);
  EXPECT_EQ(steps[0].before, before);
  EXPECT_EQ(steps[0].after, after);
  EXPECT_EQ(steps[0].sample.inputs, sample.inputs);
  EXPECT_EQ(steps[0].learning_rate, 0.5f);
  EXPECT_TRUE(steps[0].activations[0].codes.empty());
  EXPECT_FALSE(steps[1].is_first);
  EXPECT_EQ(steps[1].before, after);
  EXPECT_TRUE(shown.take().empty());
}

TEST(ShownSteps, HearAnswersToOperationsAndTheHeapThatWasMeasured) {
  ShownSteps shown(profile_named("float32"));
  const std::vector<std::uint8_t> sums{LSGD_OPCODE_ARITHMETIC,
                                       LSGD_OPERATION_FLOAT_ADD,
                                       1,
                                       0,
                                       0,
                                       0,
                                       2,
                                       0,
                                       0,
                                       0,  // a, b
                                       3,
                                       0,
                                       0,
                                       1,
                                       4,
                                       0,
                                       0,
                                       0};
  shown.hear(sums, std::vector<std::uint8_t>{LSGD_OK, 5, 0, 0, 0, 6, 0, 0, 2});
  shown.hear(sums, std::vector<std::uint8_t>{LSGD_OUT_OF_RANGE});
  shown.hear(sums, std::vector<std::uint8_t>{LSGD_OK, 5, 0});  // cut off
  shown.hear(std::vector<std::uint8_t>{LSGD_OPCODE_ARITHMETIC}, std::vector<std::uint8_t>{LSGD_OK});
  shown.hear(std::vector<std::uint8_t>{LSGD_OPCODE_ARITHMETIC, 200, 1, 0, 0, 0, 2, 0, 0, 0},
             std::vector<std::uint8_t>{LSGD_OK, 5, 0, 0, 0});
  const std::vector<ShownOperation> operations = shown.take_operations();
  ASSERT_EQ(operations.size(), 2U);
  EXPECT_EQ(operations[0].operation, LSGD_OPERATION_FLOAT_ADD);
  EXPECT_EQ(operations[0].a, 1U);
  EXPECT_EQ(operations[0].b, 2U);
  EXPECT_EQ(operations[0].result, 5U);
  EXPECT_EQ(operations[1].a, 0x01000003U);
  EXPECT_EQ(operations[1].result, 0x02000006U);
  EXPECT_TRUE(shown.take_operations().empty());

  std::vector<std::uint8_t> measured(1 + 24);
  measured[1 + 20] = 64;
  shown.hear(std::vector<std::uint8_t>{LSGD_OPCODE_MEASURE}, measured);
  shown.hear(std::vector<std::uint8_t>{LSGD_OPCODE_MEASURE}, std::vector<std::uint8_t>{LSGD_OK});
  EXPECT_EQ(shown.take_heap_bytes(), 64U);
  EXPECT_EQ(shown.take_heap_bytes(), 0U);
}

}  // namespace
}  // namespace lsgd::explained
