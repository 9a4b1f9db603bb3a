// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <utility>

#include <lsgd/arithmetic/predefined_format.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "arithmetic/check_arithmetic.hpp"
#include "arithmetic/format_reader.hpp"
#include "arithmetic/schema_value.hpp"
#include "arithmetic_texts.hpp"
#include "files/text_file.hpp"
#include "files/toml_json.hpp"

namespace lsgd {
namespace {

using nlohmann::json;

constexpr std::size_t longest_declaration = std::size_t{1} << 20;

/// Turns a declaration that fits the schema into an Arithmetic.
class DeclarationReader {
 public:
  explicit DeclarationReader(const JsonDocument& document)
      : document_(document), formats_(document) {}

  Arithmetic read() {
    Arithmetic arithmetic;
    arithmetic.name = document_.value.at("name");
    arithmetic.description = document_.value.value("description", "");
    for (std::size_t p = 0; p < point_count; ++p)
      arithmetic.points.at(p) = roundings_at(static_cast<Point>(p));
    arithmetic.order = order();
    for (const Activation function : approximated_activations)
      arithmetic.activations.at(static_cast<std::size_t>(function)) = activation(function);
    // As near as sigmoid, which it is of two outputs.
    arithmetic.activations.at(static_cast<std::size_t>(Activation::softmax)) =
        arithmetic.activation(Activation::sigmoid);
    arithmetic.scales = scales();
    arithmetic.random = random();
    arithmetic.training = training();
    check_arithmetic(arithmetic, document_, formats_);
    formats_.require_all_used();
    fill_defaults(arithmetic);
    return arithmetic;
  }

 private:
  /// A table of the file; an empty one where it is absent.
  json table(const std::string& name) const { return document_.value.value(name, json::object()); }

  std::vector<Rounding> roundings_at(Point point) {
    const json& points = document_.value.at("at");
    const std::string name(name_of(point));
    if (!points.contains(name)) return {};
    const json& value = points.at(name);
    const json array = value.is_array() ? value : json::array({value});
    std::vector<Rounding> roundings;
    for (std::size_t i = 0; i < array.size(); ++i) {
      const std::string pointer = pointer_of(document_, point, i);
      if (!array[i].is_object())
        throw document_.error(pointer, fmt::format("tables in at.{}", name));
      const Rounding rounding = read_rounding(array[i], pointer);
      if (rounding.format.kind != FormatKind::exact) roundings.push_back(rounding);
    }
    return roundings;
  }

  Rounding read_rounding(const json& table, const std::string& pointer) {
    Rounding rounding;
    rounding.format = formats_.named(table.at("format"), pointer + "/format");
    rounding.direction = enumerator(table, "rounding", rounding.direction);
    const bool has_infinity =
        rounding.format.kind == FormatKind::floating && rounding.format.specials == Specials::ieee;
    rounding.overflow =
        enumerator(table, "overflow", has_infinity ? Overflow::infinity : Overflow::saturate);
    const bool is_stochastic = rounding.direction == RoundingDirection::stochastic;
    if (is_stochastic != table.contains("random_bits"))
      throw document_.error(is_stochastic ? pointer : pointer + "/random_bits",
                            is_stochastic
                                ? "random_bits = \"all\" or a number of a stochastic rounding"
                                : "rounding = \"stochastic\" where there are random_bits");
    if (is_stochastic && table.at("random_bits") != "all")
      rounding.random_bits = table.at("random_bits");
    if (table.contains("mapping") && rounding.random_bits == 0)
      throw document_.error(pointer + "/mapping",
                            "a mapping only with a number of random_bits, since \"all\" leave "
                            "nothing to cut or round");
    rounding.mapping = enumerator(table, "mapping", rounding.mapping);
    rounding.requantization = enumerator(table, "requantization", rounding.requantization);
    return rounding;
  }

  EvaluationOrder order() const {
    const json keys = table("order");
    EvaluationOrder order;
    const std::string sum = keys.value("sum", "any");
    const std::string kind = sum.substr(0, sum.find(':'));
    order.sum = from_name<SumOrder>(kind).value();
    if (kind.size() < sum.size()) order.width = std::stoi(sum.substr(kind.size() + 1));
    order.bias = enumerator(keys, "bias", order.bias);
    if (keys.contains("fused") && keys.at("fused").is_boolean())
      order.fused = keys.at("fused").get<bool>() ? FusedMultiplyAdd::yes : FusedMultiplyAdd::no;
    order.saturate = enumerator(keys, "saturate", order.saturate);
    order.update = enumerator(keys, "update", order.update);
    order.derivative = enumerator(keys, "derivative", order.derivative);
    order.intermediates = enumerator(keys, "intermediates", order.intermediates);
    return order;
  }

  ActivationDefinition activation(Activation function) const {
    ActivationDefinition definition;
    const std::string name(name_of(function));
    const json functions = table("activation");
    if (!functions.contains(name)) return definition;
    const json& keys = functions.at(name);
    definition.rule = enumerator(keys, "definition", definition.rule);
    const std::array<std::pair<std::string_view, ActivationRule>, 4> keys_of_rules{
        {{"ulps", ActivationRule::within},
         {"absolute_error", ActivationRule::within},
         {"ulp_exponent", ActivationRule::within},
         {"table", ActivationRule::table}}};
    for (const auto& [key, rule] : keys_of_rules)
      if (keys.contains(key) && rule != definition.rule)
        throw document_.error(
            fmt::format("/activation/{}/{}", name, key),
            fmt::format("definition = \"{}\" where there is {}", name_of(rule), key));
    const bool is_table = definition.rule == ActivationRule::table;
    const bool is_within = definition.rule == ActivationRule::within;
    if ((is_table && !keys.contains("table")) || (is_within && !keys.contains("ulps")))
      throw document_.error("/activation/" + name, fmt::format("key {} in activation.{}",
                                                               is_table ? "table" : "ulps", name));
    definition.ulps = keys.value("ulps", 0.0);
    definition.absolute_error = keys.value("absolute_error", 0.0);
    if (keys.contains("ulp_exponent")) definition.ulp_exponent = keys.at("ulp_exponent").get<int>();
    definition.table = keys.value("table", definition.table);
    return definition;
  }

  std::vector<ScaleDefinition> scales() const {
    std::vector<ScaleDefinition> scales;
    const json tensors = table("scale");
    for (const auto& [tensor, keys] : tensors.items()) {
      ScaleDefinition scale;
      scale.tensor = from_name<Point>(tensor).value();
      scale.rule = enumerator(keys, "rule", scale.rule);
      const bool widens = scale.rule == ScaleRule::widen_on_saturation;
      if (widens != keys.contains("minimum"))
        throw document_.error(
            "/scale/" + tensor + (widens ? "" : "/minimum"),
            widens ? fmt::format("key minimum in scale.{}", tensor)
                   : fmt::format("no minimum with rule \"{}\": fraction_bits_range of the format "
                                 "limits it",
                                 name_of(scale.rule)));
      if (widens) scale.minimum = keys.at("minimum");
      if (keys.contains("range"))
        scale.ranges = ranges(keys.at("range"), "/scale/" + tensor + "/range");
      read_calibration(keys, "/scale/" + tensor, scale);
      scales.push_back(scale);
    }
    std::ranges::sort(scales, {}, &ScaleDefinition::tensor);
    return scales;
  }

  void read_calibration(const json& keys, const std::string& pointer,
                        ScaleDefinition& scale) const {
    scale.calibration = enumerator(keys, "calibration", scale.calibration);
    const bool calibrates = scale.calibration != Calibration::none;
    const bool has_percent = scale.calibration == Calibration::percentile;
    const std::array<std::pair<std::string_view, bool>, 2> numbers{
        {{"samples", calibrates}, {"percent", has_percent}}};
    for (const auto& [key, is_needed] : numbers)
      if (keys.contains(key) != is_needed)
        throw document_.error(is_needed ? pointer : fmt::format("{}/{}", pointer, key),
                              is_needed ? fmt::format("key {} in {}", key, pointer.substr(1))
                                        : fmt::format("no {} with calibration = \"{}\"", key,
                                                      name_of(scale.calibration)));
    scale.samples = keys.value("samples", 0);
    scale.percent = keys.value("percent", 0);
  }

  std::array<std::optional<ScaleRange>, all_activations.size()> ranges(
      const json& value, const std::string& pointer) const {
    std::array<std::optional<ScaleRange>, all_activations.size()> ranges;
    for (std::size_t f = 0; f < ranges.size(); ++f) {
      const std::string function(name_of(all_activations.at(f)));
      // One range for all is that of the functions that a table has to name.
      if ((value.is_array() || !value.contains(function)) && may_be_left_out(all_activations.at(f)))
        continue;
      if (!value.is_array() && !value.contains(function))
        throw document_.error(pointer, fmt::format("a range of all of {}, but {} is missing",
                                                   activations_in_words(), function));
      const json& ends = value.is_array() ? value : value.at(function);
      const ScaleRange range{ends.at(0).get<double>(), ends.at(1).get<double>()};
      constexpr double most = 0x1p40, least = 0x1p-40;
      // 0 is a number of every affine format.
      if (!(range.lowest <= 0 && range.highest >= 0) || !(range.highest - range.lowest >= least) ||
          !(range.highest - range.lowest <= most))
        throw document_.error(value.is_array() ? pointer : pointer + "/" + function,
                              "a range [lowest, highest] around 0, from 2^-40 to 2^40 wide");
      ranges.at(f) = range;
    }
    return ranges;
  }

  RandomSource random() const {
    const json keys = table("random");
    RandomSource random;
    random.generator = enumerator(keys, "generator", random.generator);
    random.order = enumerator(keys, "order", random.order);
    random.skip_zero = keys.value("skip_zero", false);
    return random;
  }

  TrainingRules training() const {
    const json keys = table("training");
    TrainingRules training;
    if (keys.contains("trained_layers") && keys.at("trained_layers").is_array())
      training.trained_layers = keys.at("trained_layers").get<std::vector<std::uint32_t>>();
    training.first_layer_input = enumerator(keys, "first_layer_input", training.first_layer_input);
    training.loss_scale = enumerator(keys, "loss_scale", training.loss_scale);
    training.gradient_scale = enumerator(keys, "gradient_scale", training.gradient_scale);
    training.algorithm = enumerator(keys, "algorithm", training.algorithm);
    training.projection_generator =
        enumerator(keys, "projection_generator", training.projection_generator);
    training.projection_seed = keys.value("projection_seed", std::uint32_t{0});
    training.clamp_mask = keys.value("clamp_mask", training.clamp_mask);
    return training;
  }

  /// What an absent point stands for: the binary32 numbers as they are given, or the start of what
  /// the update keeps.
  static void fill_defaults(Arithmetic& arithmetic) {
    const Rounding given{predefined_format("binary32").value(),
                         RoundingDirection::nearest_even,
                         Overflow::infinity,
                         0,
                         RandomMapping::truncate,
                         Requantization::exact};
    const auto fill = [&](Point point, const Rounding& rounding) {
      std::vector<Rounding>& roundings = arithmetic.points.at(static_cast<std::size_t>(point));
      if (roundings.empty()) roundings = {rounding};
    };
    fill(Point::target, given);
    fill(Point::learning_rate, given);
    fill(Point::initial_weight, arithmetic.at(Point::weight).back());
    fill(Point::initial_bias, arithmetic.at(Point::bias).back());
  }

  const JsonDocument& document_;
  FormatReader formats_;
};

}  // namespace

Arithmetic parse_arithmetic(std::string_view text, const std::string& file) {
  if (text.size() > longest_declaration)
    throw InputError(file, 0, "a declaration of at most 1 MiB");
  const JsonDocument document = parse_toml_as_json(text, file);
  validate_json(document, "arithmetic");
  return DeclarationReader(document).read();
}

Arithmetic read_arithmetic(const std::string& name_or_file) {
  const std::string path = fmt::format("reference/arithmetics/{}.toml", name_or_file);
  const auto built_in = std::ranges::find(arithmetic_texts, path, &EmbeddedText::path);
  if (built_in != arithmetic_texts.end()) return parse_arithmetic(built_in->text, path);
  if (name_or_file.find('/') == std::string::npos && !name_or_file.ends_with(".toml"))
    throw InputError(name_or_file, 0,
                     "an arithmetic that `lsgd-conform list profiles` shows or a file that ends in "
                     ".toml");
  return parse_arithmetic(read_text(name_or_file, longest_declaration), name_or_file);
}

const std::vector<std::string>& built_in_arithmetics() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> built_in;
    for (const EmbeddedText& text : arithmetic_texts)
      built_in.push_back(std::filesystem::path(text.path).stem());
    return built_in;
  }();
  return names;
}

}  // namespace lsgd
