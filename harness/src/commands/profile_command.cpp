// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "commands/commands.hpp"
#include "data/network_text.hpp"
#include "description/arithmetic_page.hpp"
#include "description/format_words.hpp"
#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

void print_tensors(const Arithmetic& arithmetic) {
  fmt::print("\ntensors\n");
  for (const Point tensor : stored_tensors) {
    const NumberFormat* format = arithmetic.format(tensor);
    if (format == nullptr) continue;
    fmt::print("  {:16} {}: {}; range {}\n", name_of(tensor), format->name,
               format_in_words(*format), range_in_words(*format));
    if (const ScaleDefinition* scale = arithmetic.scale(tensor))
      fmt::print(
          "  {:16} {} by {}{}{}\n", "",
          format->kind == FormatKind::fixed ? "fraction bits" : "scale", name_of(scale->rule),
          scale->rule == ScaleRule::widen_on_saturation
              ? fmt::format(", not below {}", scale->minimum)
              : "",
          scale->calibration != Calibration::none
              ? fmt::format(", calibrated by {}{} of {} samples", name_of(scale->calibration),
                            scale->calibration == Calibration::percentile
                                ? fmt::format(" {}", scale->percent)
                                : "",
                            scale->samples)
              : "");
  }
}

std::string rounding_in_words(const Rounding& rounding) {
  std::string text = fmt::format("{}, {}", rounding.format.name, name_of(rounding.direction));
  if (rounding.direction == RoundingDirection::stochastic)
    text += rounding.random_bits == 0 ? " with all bits"
                                      : fmt::format(" with {} bits ({})", rounding.random_bits,
                                                    name_of(rounding.mapping));
  text += fmt::format(", {}", name_of(rounding.overflow));
  if (rounding.requantization != Requantization::exact)
    text += fmt::format(", {} requantization", name_of(rounding.requantization));
  return text;
}

void print_points(const Arithmetic& arithmetic) {
  fmt::print("\nroundings, in the order of a step\n");
  for (std::size_t p = 0; p < point_count; ++p)
    for (const Rounding& rounding : arithmetic.points.at(p))
      fmt::print("  {:26} {}\n", name_of(static_cast<Point>(p)), rounding_in_words(rounding));
}

void print_order(const Arithmetic& arithmetic) {
  const EvaluationOrder& order = arithmetic.order;
  const std::array fused{"no", "yes", "any"};
  fmt::print("\norder: sum {}{}, bias {}, fused {}, update {}, derivative {}, intermediates {}\n",
             name_of(order.sum), order.width == 0 ? "" : fmt::format(":{}", order.width),
             name_of(order.bias), fused.at(static_cast<std::size_t>(order.fused)),
             name_of(order.update), name_of(order.derivative), name_of(order.intermediates));
  for (const Activation function : approximated_activations) {
    const ActivationDefinition& definition = arithmetic.activation(function);
    fmt::print("{}: {}", name_of(function), name_of(definition.rule));
    if (definition.rule == ActivationRule::within)
      fmt::print(
          " {} ulps{}{}", definition.ulps,
          definition.ulp_exponent ? fmt::format(" of 2^{}", *definition.ulp_exponent) : "",
          definition.absolute_error > 0 ? fmt::format(" and {}", definition.absolute_error) : "");
    fmt::print("\n");
  }
  if (arithmetic.random.generator != RandomGenerator::none)
    fmt::print("random bits: {}, in the order {}{}\n", name_of(arithmetic.random.generator),
               name_of(arithmetic.random.order),
               arithmetic.random.skip_zero ? ", none for a neuron whose delta is 0" : "");
}

void print_verdicts(const Arithmetic& arithmetic) {
  fmt::print("\nverdicts, unless a target declares more\n");
  for (const TensorJudgement& judgement : judgements_of(arithmetic))
    fmt::print("  {:16} {}: {}\n", name_of(judgement.tensor), name_of(judgement.kind),
               judgement.why);
  const std::vector<std::string> gaps = not_judged(arithmetic);
  fmt::print("\nnot judged{}\n", gaps.empty() ? ": nothing" : "");
  for (const std::string& gap : gaps) fmt::print("  {}\n", gap);
}

void print_training_state(const Arithmetic& arithmetic, const Network& network) {
  const TrainingStateBytes bytes = training_state_bytes(arithmetic, network);
  fmt::print("\ntraining state of {} {}: {} bytes\n", sizes_text(network),
             activations_text(network), bytes.total());
  fmt::print(
      "  weights {}, biases {}, scales and fraction bits {}, random state {}, activations {}, "
      "two rows of deltas {}\n",
      bytes.weights, bytes.biases, bytes.tensor_state, bytes.random_state, bytes.activations,
      bytes.deltas);
}

struct ProfileOptions {
  std::string profile;
  std::string sizes;
  std::string activations;
};

void show(const ProfileOptions& options) {
  const Arithmetic arithmetic = read_arithmetic(options.profile);
  fmt::print("{}: {}\ndigest {}\n", arithmetic.name, arithmetic.description, digest_of(arithmetic));
  print_tensors(arithmetic);
  print_points(arithmetic);
  print_order(arithmetic);
  print_verdicts(arithmetic);
  if (!options.sizes.empty())
    print_training_state(arithmetic, network_from_text(options.sizes, options.activations, "mse"));
}

}  // namespace

void add_profile_command(CLI::App& app, int&) {
  auto* command =
      app.add_subcommand("profile", "What follows from the declaration of an arithmetic");
  command->require_subcommand(1);
  const auto options = std::make_shared<ProfileOptions>();
  constexpr const char* profile = "Name of a built-in profile, or a TOML file";
  auto* show_command = command->add_subcommand(
      "show", "Formats, ranges, roundings, kinds of verdict, what is not judged, digest");
  show_command->add_option("PROFILE", options->profile, profile)->required();
  auto* sizes = show_command->add_option("--network", options->sizes,
                                         "Layer sizes, such as 6-32-16-4: adds bytes of state");
  auto* activations =
      show_command->add_option("--activations", options->activations, "Such as tanh-tanh-sigmoid");
  sizes->needs(activations);
  activations->needs(sizes);
  show_command->callback([options] { show(*options); });
  auto* canonical_command = command->add_subcommand(
      "canonical", "The text of which the digest is taken, itself a declaration without a name");
  canonical_command->add_option("PROFILE", options->profile, profile)->required();
  canonical_command->callback(
      [options] { fmt::print("{}", canonical_text(read_arithmetic(options->profile))); });
  auto* page = command->add_subcommand(
      "page", "What a profile computes, in words and with an example, as Markdown");
  page->add_option("PROFILE", options->profile, profile)->required();
  page->callback([options] { fmt::print("{}", arithmetic_page(profile_of(options->profile))); });
  add_profile_exports(*command);
}

}  // namespace lsgd
