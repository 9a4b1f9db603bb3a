// SPDX-License-Identifier: Apache-2.0
#include "description/arithmetic_page.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "data/network_text.hpp"
#include "description/format_words.hpp"
#include "steps/expected_step.hpp"

namespace lsgd {
namespace {

std::string direction_in_words(const Rounding& rounding) {
  switch (rounding.direction) {
    case RoundingDirection::nearest_even:
      return "to the nearest, ties to even";
    case RoundingDirection::nearest_away:
      return "to the nearest, ties away from zero";
    case RoundingDirection::nearest_up:
      return "to the nearest, ties up";
    case RoundingDirection::nearest_down:
      return "to the nearest, ties down";
    case RoundingDirection::nearest_zero:
      return "to the nearest, ties towards zero";
    case RoundingDirection::zero:
      return "towards zero";
    case RoundingDirection::up:
      return "up";
    case RoundingDirection::down:
      return "down, as an arithmetic right shift does";
    case RoundingDirection::away:
      return "away from zero";
    case RoundingDirection::odd:
      return "to the neighbour whose last bit is 1";
    case RoundingDirection::stochastic:
      return rounding.random_bits == 0
                 ? "up or down at random, with as many random bits as there are digits to round"
                 : fmt::format("up or down at random, with {} random bits", rounding.random_bits);
    case RoundingDirection::any:
      return "to either neighbour";
    case RoundingDirection::none:
      return "";
  }
  throw std::invalid_argument("unknown rounding direction");
}

std::string overflow_in_words(Overflow overflow) {
  switch (overflow) {
    case Overflow::saturate:
      return "what leaves the range saturates";
    case Overflow::infinity:
      return "what leaves the range becomes infinite";
    case Overflow::infinity_or_nan:
      return "what leaves the range becomes infinite, or NaN where there is no infinity";
    case Overflow::wrap:
      return "what leaves the range wraps";
    case Overflow::outside_domain:
      return "what leaves the range is not judged";
  }
  throw std::invalid_argument("unknown overflow");
}

std::string requantization_in_words(Requantization requantization) {
  switch (requantization) {
    case Requantization::exact:
      return "";
    case Requantization::double_rounding:
      return ", requantized by a doubling high multiplication and a rounding shift";
    case Requantization::single_rounding:
      return ", requantized by one 64-bit product and one shift";
    case Requantization::float_rounding:
      return ", requantized by a product in binary32";
  }
  throw std::invalid_argument("unknown requantization");
}

std::string rounding_in_words(const Rounding& rounding) {
  const std::string direction = direction_in_words(rounding);
  if (direction.empty())
    return fmt::format("kept in `{}` with every digit; {}", rounding.format.name,
                       overflow_in_words(rounding.overflow));
  return fmt::format("rounded to `{}`, {}{}; {}", rounding.format.name, direction,
                     requantization_in_words(rounding.requantization),
                     overflow_in_words(rounding.overflow));
}

/// A number of the step and its formula, with W, b, x, t, r, z, a, e and delta as in SPEC 2.
struct NamedPoint {
  Point point;
  std::string_view words;
  bool is_told_where_exact;  ///< because a reader would expect it to be rounded
};

struct Section {
  std::string_view title;
  std::vector<NamedPoint> points;
};

const std::vector<Section>& sections() {
  static const std::vector<Section> all{
      {"What goes in",
       {{Point::initial_weight, "A weight of the model", false},
        {Point::initial_bias, "A bias of the model", false},
        {Point::input, "An input x", true},
        {Point::target, "A target t", false},
        {Point::learning_rate, "The learning rate r", false}}},
      {"Forward pass",
       {{Point::effective_weight, "The weight W that both passes see", false},
        {Point::forward_product, "A product W a", true},
        {Point::bias_aligned, "The bias b, as it enters the sum", false},
        {Point::forward_sum, "The sum, after each addition", true},
        {Point::pre_activation, "The finished sum z", false},
        {Point::activation, "The activation a = f(z)", true}}},
      {"Backward pass",
       {{Point::stored_activation, "The activation that the backward pass sees", false},
        {Point::output_error, "The error of an output e = a - t", true},
        {Point::scaled_error, "e times the factor of the loss", false},
        {Point::backward_product, "A product W delta", true},
        {Point::backward_sum, "Their sum, after each addition", true},
        {Point::hidden_error, "The finished sum e of a hidden neuron", false},
        {Point::derivative_term, "a a of tanh and 1 - a of sigmoid", false},
        {Point::derivative, "The derivative f' = 1 - a a, or a (1 - a)", true},
        {Point::delta, "delta = e f'", true}}},
      {"Update",
       {{Point::learning_rate_times_delta, "s = r delta", false},
        {Point::delta_times_activation, "delta a", false},
        {Point::change, "The change of a weight, s a or r (delta a)", true},
        {Point::bias_change, "The change of a bias", true},
        {Point::weight, "The new weight W - change", true},
        {Point::bias, "The new bias b - change", true},
        {Point::weight_widened, "A weight of a tensor that loses a fraction bit", false}}}};
  return all;
}

std::string sum_in_words(const EvaluationOrder& order) {
  std::string text;
  switch (order.sum) {
    case SumOrder::any:
      text = "Terms are added in any order";
      break;
    case SumOrder::ascending:
      text = "Terms are added from the first to the last";
      break;
    case SumOrder::descending:
      text = "Terms are added from the last to the first";
      break;
    case SumOrder::tree:
      text = fmt::format("Terms are added as a tree, {} neighbours at a time", order.width);
      break;
    case SumOrder::lanes:
      text = fmt::format("Terms are added in {} lanes, then the lanes", order.width);
      break;
  }
  switch (order.bias) {
    case BiasPosition::any:
      return text + ", the bias wherever the port likes.";
    case BiasPosition::first:
      return text + ", and the bias before all.";
    case BiasPosition::last:
      return text + ", and the bias behind all.";
  }
  throw std::invalid_argument("unknown position of the bias");
}

std::string saturation_in_words(SumSaturation saturation) {
  switch (saturation) {
    case SumSaturation::each:
      return "";
    case SumSaturation::lane:
      return " The range of a sum is enforced after each lane.";
    case SumSaturation::end:
      return " The range of a sum is enforced once, at its end.";
  }
  throw std::invalid_argument("unknown saturation");
}

std::string order_in_words(const Arithmetic& arithmetic) {
  std::string text = sum_in_words(arithmetic.order);
  if (arithmetic.at(Point::forward_sum).size() + arithmetic.at(Point::backward_sum).size() > 0)
    text += saturation_in_words(arithmetic.order.saturate);
  if (arithmetic.order.fused == FusedMultiplyAdd::yes)
    text += " A product and its addition are rounded once.";
  if (arithmetic.order.fused == FusedMultiplyAdd::any)
    text += " A product may be fused with its addition.";
  if (arithmetic.order.intermediates == Intermediates::any)
    text += " What is not stored may be kept in more digits.";
  return text;
}

std::string functions_in_words(const Arithmetic& arithmetic) {
  std::string text;
  for (const Activation function : approximated_activations) {
    if (!arithmetic.has(function)) continue;
    const ActivationDefinition& definition = arithmetic.activation(function);
    text += fmt::format("- `{}` is ", name_of(function));
    switch (definition.rule) {
      case ActivationRule::correctly_rounded:
        text += "computed as if with infinitely many digits, and rounded once.\n";
        break;
      case ActivationRule::within:
        text += fmt::format(
            "within {} {} of the exact value{}, unless a target declares something else.\n",
            definition.ulps,
            definition.ulp_exponent ? fmt::format("times 2^{}", *definition.ulp_exponent)
                                    : std::string(definition.ulps == 1 ? "unit in the last place"
                                                                       : "units in the last place"),
            definition.absolute_error > 0 ? fmt::format(" plus {}", definition.absolute_error)
                                          : "");
        break;
      case ActivationRule::table:
        text += fmt::format("a table of {} codes.\n", definition.table.size());
        break;
    }
  }
  return text;
}

/// "[-2, 2]", or "[-4, 4] (tanh) or [-8, 8] (sigmoid, softmax)" by the function of the layer.
std::string ranges_in_words(
    const std::array<std::optional<ScaleRange>, all_activations.size()>& ranges) {
  std::vector<std::pair<ScaleRange, std::string>> functions;
  for (const Activation function : all_activations) {
    const std::optional<ScaleRange>& range = ranges.at(static_cast<std::size_t>(function));
    if (!range) continue;
    const auto known =
        std::ranges::find(functions, *range, &std::pair<ScaleRange, std::string>::first);
    if (known == functions.end())
      functions.emplace_back(*range, name_of(function));
    else
      known->second += fmt::format(", {}", name_of(function));
  }
  std::string text;
  for (const auto& [range, names] : functions)
    text += fmt::format("{}[{}, {}]{}", text.empty() ? "" : " or ", range.lowest, range.highest,
                        functions.size() == 1 ? "" : fmt::format(" ({})", names));
  return text;
}

std::string calibration_in_words(const ScaleDefinition& scale) {
  const std::string samples =
      fmt::format("what the first {} samples give in binary32", scale.samples);
  switch (scale.calibration) {
    case Calibration::none:
      break;
    case Calibration::max:
      return samples + ", from the smallest to the largest number";
    case Calibration::percentile:
      return fmt::format(
          "{0}, of which {1} % are not above the highest and {1} % not below the "
          "lowest number that codes reach",
          samples, scale.percent);
    case Calibration::mean_square_error:
      return samples + ", or so many 32nds of it that the squares of what is lost are smallest";
  }
  throw std::invalid_argument("a calibration");
}

std::string scale_rule_in_words(const ScaleDefinition& scale) {
  switch (scale.rule) {
    case ScaleRule::given:
      if (scale.calibration != Calibration::none)
        return fmt::format(
            "part of the model, and never changed; a training starts with codes that reach {}, one "
            "without samples with {}",
            calibration_in_words(scale), ranges_in_words(scale.ranges.value()));
      if (scale.ranges)
        return fmt::format(
            "part of the model, and never changed; in a model that says nothing else the codes "
            "reach {}",
            ranges_in_words(*scale.ranges));
      return "part of the model, and never changed; in a model that says nothing else the largest "
             "magnitude at the start just fits";
    case ScaleRule::max_abs:
      return "chosen so that the largest magnitude has the largest code";
    case ScaleRule::max_abs_power_of_two:
      return "chosen so that the largest magnitude just fits";
    case ScaleRule::mean_abs:
      return "the mean magnitude of the tensor";
    case ScaleRule::widen_on_saturation:
      return fmt::format(
          "chosen so that the largest magnitude just fits; one fraction bit less, but not below "
          "{}, once a weight saturated",
          scale.minimum);
    case ScaleRule::fixed:
      return fmt::format("fixed by the declaration: the codes reach {}",
                         ranges_in_words(scale.ranges.value()));
  }
  throw std::invalid_argument("unknown scale rule");
}

std::string numbers_table(const Arithmetic& arithmetic) {
  std::string text = "| Tensor | Format | What it is | Range |\n|---|---|---|---|\n";
  for (const Point tensor : stored_tensors)
    if (const NumberFormat* format = arithmetic.format(tensor))
      text += fmt::format("| {} | `{}` | {} | {} |\n", name_of(tensor), format->name,
                          format_in_words(*format), range_in_words(*format));
  for (const ScaleDefinition& scale : arithmetic.scales)
    text += fmt::format(
        "\n{} of `{}`: {}.\n",
        arithmetic.format(scale.tensor)->kind == FormatKind::fixed ? "Fraction bits" : "Scale",
        name_of(scale.tensor), scale_rule_in_words(scale));
  return text;
}

std::string section_text(const Arithmetic& arithmetic, const Section& section) {
  std::string text = fmt::format("\n## {}\n\n", section.title);
  if (section.title == "Forward pass") text += order_in_words(arithmetic) + "\n\n";
  for (const NamedPoint& named : section.points) {
    const std::vector<Rounding>& roundings = arithmetic.at(named.point);
    if (roundings.empty()) {
      if (named.is_told_where_exact) text += fmt::format("- {}: not rounded.\n", named.words);
      continue;
    }
    text += fmt::format("- {}: ", named.words);
    for (const Rounding& rounding : roundings)
      text += (&rounding == roundings.data() ? "" : "; then ") + rounding_in_words(rounding);
    text += ".\n";
  }
  if (section.title == "Forward pass") text += functions_in_words(arithmetic);
  return text;
}

std::string training_in_words(const Arithmetic& arithmetic) {
  const TrainingRules& training = arithmetic.training;
  std::string text;
  if (arithmetic.random.generator != RandomGenerator::none)
    text += fmt::format("- Random bits come from `{}`, in the order `{}`{}.\n",
                        name_of(arithmetic.random.generator), name_of(arithmetic.random.order),
                        arithmetic.random.skip_zero ? ", none for a neuron whose delta is 0" : "");
  if (!training.trained_layers.empty())
    text += fmt::format("- Only these layers are trained: {}.\n",
                        fmt::join(training.trained_layers, ", "));
  if (training.first_layer_input == FirstLayerInput::given)
    text += "- The first layer's update takes the input as it was given.\n";
  switch (training.loss_scale) {
    case LossScale::half_sum:
      break;
    case LossScale::sum:
      text += "- The loss is a sum without the half: mse multiplies e by 2.\n";
      break;
    case LossScale::half_mean:
      text +=
          "- The loss is divided by the number n of outputs, but for cross_entropy: e is "
          "multiplied "
          "by 1 / n.\n";
      break;
    case LossScale::mean:
      text +=
          "- The loss is a mean over the n outputs, but for cross_entropy: e is multiplied by 2 / "
          "n "
          "for mse, by 1 / n for bce.\n";
      break;
  }
  if (training.gradient_scale == GradientScale::inverse_square_of_scale)
    text += "- Gradients are divided by the square of the scale before the update.\n";
  if (training.clamp_mask) text += "- The delta of a neuron whose z left its range is 0.\n";
  if (training.algorithm == TrainingAlgorithm::target_projection)
    text +=
        "- Deltas of hidden neurons come from the target by seeded matrices, not from the next "
        "layer.\n";
  return text.empty() ? text : "\n" + text;
}

std::string judged_in_words(const Arithmetic& arithmetic) {
  std::string text = "\n## What is judged\n\n| Tensor | Must be | Because |\n|---|---|---|\n";
  for (const TensorJudgement& judgement : judgements_of(arithmetic)) {
    std::string_view must;
    switch (judgement.kind) {
      case VerdictKind::bits:
        must = "right in every bit";
        break;
      case VerdictKind::bound:
        must = "within a bound of the exact value";
        break;
      case VerdictKind::acceptance_set:
        must = "what a value within its bound can round to";
        break;
      case VerdictKind::neighbours:
        must = "a neighbour of the exact value, with the right frequency";
        break;
    }
    text += fmt::format("| {} | {} | {} |\n", name_of(judgement.tensor), must, judgement.why);
  }
  for (const std::string& gap : not_judged(arithmetic))
    text += fmt::format("\nNot judged: {}.\n", gap);
  return text;
}

std::string state_in_words(const Arithmetic& arithmetic) {
  std::string text =
      "\n## Training state\n\n| Network | Bytes | Weights and biases | Activations | "
      "Two rows of deltas | Other |\n|---|---|---|---|---|---|\n";
  for (const auto& [sizes, activations] :
       {std::pair{"6-32-16-4", "tanh-tanh-sigmoid"}, {"784-16-10", "tanh-sigmoid"}}) {
    const TrainingStateBytes bytes =
        training_state_bytes(arithmetic, network_from_text(sizes, activations, "mse"));
    text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", sizes, bytes.total(),
                        bytes.weights + bytes.biases, bytes.activations, bytes.deltas,
                        bytes.tensor_state + bytes.random_state);
  }
  return text;
}

/// Nine digits of a decimal number.
std::string shortened(const std::string& decimal) {
  double value = 0;
  std::from_chars(decimal.data(), decimal.data() + decimal.size(), value);
  return fmt::format("{:.9g}", value);
}

std::string required_of(const ExpectedElement& element, int element_bits) {
  if (element.bound) return fmt::format("within {:.2g}", *element.bound);
  std::string text = "every bit";
  for (const std::uint64_t code : element.also)
    text += fmt::format(", or {:0{}x}", code, element_bits / 4);
  return text;
}

/// The real number of each element of a training step, by tensor and element; none of what real
/// numbers do not have, such as scales.
std::map<std::pair<std::string, std::size_t>, std::string> real_numbers(
    const Network& network, const Parameters<float>& parameters, const Sample& sample,
    float learning_rate) {
  std::map<std::pair<std::string, std::size_t>, std::string> numbers;
  for (const ExpectedTensor& tensor :
       expected_float32_step(network, parameters, sample, learning_rate, ArithmeticModel{}))
    for (std::size_t i = 0; i < tensor.elements.size(); ++i)
      numbers[{tensor.name, i}] = shortened(tensor.elements[i].exact);
  return numbers;
}

/// One step of 2-2-1 from parameters that most formats can hold.
std::string example_text(const Profile& profile) {
  const Network network = network_from_text("2-2-1", "tanh-sigmoid", "mse");
  if (!profile.includes(network)) return {};
  const Parameters<float> parameters{{{0.75f, -0.5f, 0.25f, 1.0f}, {0.125f, -0.25f}},
                                     {{0.5f, -0.75f}, {0.25f}}};
  const Sample sample{{0.6f, -0.4f}, {1.0f}};
  constexpr float learning_rate = 0.5f;
  const auto real = real_numbers(network, parameters, sample, learning_rate);
  std::string text =
      "\n## One step with numbers\n\n"
      "Two inputs, two hidden neurons with tanh, one output with sigmoid, and mse.\n"
      "W1 = (0.75, -0.5; 0.25, 1), b1 = (0.125, -0.25), W2 = (0.5, -0.75), b2 = 0.25; x = (0.6, "
      "-0.4), t = 1, r = 0.5.\n"
      "Parameters are those after the step.\n\n"
      "| Number | Code | Stands for | In real numbers | Must be right |\n|---|---|---|---|---|\n";
  for (const ExpectedTensor& tensor : profile.expected_step(
           network, profile.nearest_parameters(network, parameters, first_random_state), sample,
           learning_rate, ArithmeticModel{}))
    for (std::size_t i = 0; i < tensor.elements.size(); ++i) {
      const ExpectedElement& element = tensor.elements[i];
      const auto found = real.find({tensor.name, i});
      text += fmt::format("| {}{} | {:0{}x} | {} | {} | {} |\n", tensor.name,
                          tensor.elements.size() == 1 ? "" : fmt::format("[{}]", i), element.bits,
                          tensor.element_bits / 4, shortened(element.value),
                          found == real.end() ? "" : found->second,
                          required_of(element, tensor.element_bits));
    }
  return text;
}

}  // namespace

std::string arithmetic_page(const Profile& profile) {
  const Arithmetic& arithmetic = profile.declaration();
  std::string text = fmt::format(
      "# {}\n\n{}.\n\nDigest `{}`. Made from the declaration by `lsgd-conform profile page`.\n\n"
      "## Numbers\n\n",
      arithmetic.name, arithmetic.description, digest_of(arithmetic));
  text += numbers_table(arithmetic);
  for (const Section& section : sections()) text += section_text(arithmetic, section);
  text += training_in_words(arithmetic);
  text += judged_in_words(arithmetic);
  text += state_in_words(arithmetic);
  text += example_text(profile);
  return text;
}

}  // namespace lsgd
