// SPDX-License-Identifier: Apache-2.0
#include "import/data_coding.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "data/data_file.hpp"
#include "files/input_error.hpp"
#include "files/json_file.hpp"
#include "files/number_text.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

constexpr std::string_view coding_suffix = ".coding.json";

std::string shortest_number(double number) { return to_text(number == 0 ? 0.0 : number); }

/// The number that a name is. Beyond 2^53 different ones would become the same: these are names.
std::optional<double> exact_number_of(std::string_view name) {
  constexpr double largest_exact = 9007199254740992;  // 2^53
  const std::optional<double> number = number_of(name);
  return number && std::abs(*number) < largest_exact ? number : std::nullopt;
}

/// All numbers that texts are, or nothing.
std::optional<std::vector<double>> numbers_of(const std::vector<std::string>& texts) {
  std::vector<double> numbers;
  for (const std::string& text : texts) {
    const std::optional<double> number = exact_number_of(text);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

template <class T>
void sort_without_doubles(std::vector<T>& values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

float finite_float(const JsonDocument& document, const std::string& pointer,
                   const nlohmann::json& value) {
  const double number = value.get<double>();
  const auto nearest = static_cast<float>(number);
  if (!std::isfinite(nearest))
    throw document.error(pointer, fmt::format("a finite binary32 number, found {}", number));
  return nearest;
}

InputCoding parsed_input(const JsonDocument& document, std::size_t place) {
  const nlohmann::json& value = document.value["inputs"][place];
  const std::string pointer = fmt::format("/inputs/{}", place);
  InputCoding input{.column = value["column"].get<std::string>()};
  const bool has_names = value.contains("names");
  for (const char* const member : {"smallest", "largest", "mean"})
    if (value.contains(member) == has_names)
      throw document.error(pointer, "either names, or smallest, largest and mean");
  if (has_names) {
    input.names = value["names"].get<std::vector<std::string>>();
    if (ordered_names(input.names) != input.names)
      throw document.error(pointer + "/names", "different names in the order of their codes");
    return input;
  }
  input.smallest = finite_float(document, pointer + "/smallest", value["smallest"]);
  input.largest = finite_float(document, pointer + "/largest", value["largest"]);
  input.mean = finite_float(document, pointer + "/mean", value["mean"]);
  if (input.smallest > input.largest)
    throw document.error(pointer, "a smallest number that is at most the largest");
  return input;
}

std::vector<std::string> parsed_classes(const JsonDocument& document) {
  auto classes = document.value["label"]["classes"].get<std::vector<std::string>>();
  try {
    if (class_names(classes) == classes) return classes;
  } catch (const std::invalid_argument& fault) {
    throw document.error("/label/classes", fault.what());
  }
  throw document.error("/label/classes",
                       "different names of classes in the order of their numbers");
}

}  // namespace

InputScale input_scale_from_text(std::string_view text) {
  if (text == "none") return {};
  if (text == "min-max") return {InputScale::Kind::min_max};
  const std::optional<float> divisor = float_from_text(text);
  if (divisor && *divisor > 0) return {InputScale::Kind::divisor, *divisor};
  throw std::invalid_argument(fmt::format(
      "none, min-max, or a number above 0 to divide inputs by, found {}", in_quotes(text)));
}

std::string to_text(const InputScale& scale) {
  switch (scale.kind) {
    case InputScale::Kind::none:
      return "none";
    case InputScale::Kind::min_max:
      return "min-max";
    case InputScale::Kind::divisor:
      return to_text(scale.divisor);
  }
  throw std::invalid_argument("a scale of inputs");
}

std::string in_small_letters(std::string text) {
  for (char& letter : text)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return text;
}

std::optional<double> number_of(std::string_view text) {
  const bool has_plus = text.size() > 1 && text.front() == '+' && text[1] != '-';
  if (has_plus) text.remove_prefix(1);
  const std::optional<float> nearest = float_from_text(text);
  if (!nearest) return std::nullopt;
  double number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_read = result.ec == std::errc{} && result.ptr == text.data() + text.size();
  return is_read ? number : double{*nearest};
}

std::vector<std::string> ordered_names(std::vector<std::string> texts) {
  std::optional<std::vector<double>> numbers = numbers_of(texts);
  if (!numbers) {
    sort_without_doubles(texts);
    return texts;
  }
  sort_without_doubles(*numbers);
  std::vector<std::string> names;
  for (const double number : *numbers) names.push_back(shortest_number(number));
  return names;
}

std::vector<std::string> class_names(const std::vector<std::string>& texts) {
  std::vector<std::string> names = ordered_names(texts);
  if (const auto numbers = numbers_of(names); numbers && !numbers->empty()) {
    const auto real = std::ranges::find_if(*numbers, [](double x) { return x != std::floor(x); });
    if (real != numbers->end()) {
      throw std::invalid_argument(
          fmt::format("labels that are names or integers, found {} (real targets: --targets)",
                      in_quotes(shortest_number(*real))));
    }
    if (numbers->front() == 0 && numbers->back() <= largest_label) {
      names.clear();
      for (int label = 0; label <= static_cast<int>(numbers->back()); ++label)
        names.push_back(std::to_string(label));
    }
  }
  if (names.size() > std::size_t{largest_label} + 1)
    throw std::invalid_argument(fmt::format("at most {} classes", largest_label + 1));
  return names;
}

NamePlaces::NamePlaces(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    are_numbers_ = are_numbers_ && exact_number_of(name);
    places_.emplace(name, static_cast<std::uint32_t>(places_.size()));
  }
}

std::optional<std::uint32_t> NamePlaces::find(std::string_view text) const {
  auto found = places_.find(text);
  const std::optional<double> number =
      found == places_.end() && are_numbers_ ? exact_number_of(text) : std::nullopt;
  if (number) found = places_.find(shortest_number(*number));
  if (found == places_.end()) return std::nullopt;
  return found->second;
}

float scaled(const InputCoding& input, const InputScale& scale, float value) {
  switch (scale.kind) {
    case InputScale::Kind::none:
      return value;
    case InputScale::Kind::min_max: {
      const double range = double{input.largest} - double{input.smallest};
      return range == 0 ? 0 : static_cast<float>((double{value} - double{input.smallest}) / range);
    }
    case InputScale::Kind::divisor:
      return value / scale.divisor;
  }
  throw std::invalid_argument("a scale of inputs");
}

std::filesystem::path coding_path(const std::filesystem::path& path) {
  if (path.string().ends_with(coding_suffix)) return path;
  return path.string() + std::string(coding_suffix);
}

DataCoding parse_coding(std::string_view text, const std::string& file) {
  const JsonDocument document = parse_json(text, file);
  validate_json(document, "coding");
  const nlohmann::json& value = document.value;
  DataCoding coding;
  try {
    coding.scale = input_scale_from_text(value["scale"].get<std::string>());
  } catch (const std::invalid_argument& fault) {
    throw document.error("/scale", fault.what());
  }
  for (std::size_t i = 0; i < value["inputs"].size(); ++i)
    coding.inputs.push_back(parsed_input(document, i));
  if (value.contains("label") == value.contains("targets"))
    throw document.error("/inputs", "either a label or targets");
  if (value.contains("label")) {
    coding.label = value["label"]["column"].get<std::string>();
    coding.classes = parsed_classes(document);
  } else {
    coding.targets = value["targets"].get<std::vector<std::string>>();
  }
  if (value.contains("ignored")) coding.ignored = value["ignored"].get<std::vector<std::string>>();
  return coding;
}

DataCoding read_coding(const std::filesystem::path& path) {
  return parse_coding(read_text(path, longest_json_file), path.string());
}

void write_coding(const std::filesystem::path& path, const DataCoding& coding) {
  nlohmann::ordered_json document;
  document["format"] = "lsgd-coding/1";
  document["scale"] = to_text(coding.scale);
  document["inputs"] = nlohmann::ordered_json::array();
  for (const InputCoding& input : coding.inputs) {
    nlohmann::ordered_json member{{"column", input.column}};
    if (input.names.empty()) {
      member["smallest"] = input.smallest;
      member["largest"] = input.largest;
      member["mean"] = input.mean;
    } else {
      member["names"] = input.names;
    }
    document["inputs"].push_back(std::move(member));
  }
  if (coding.targets.empty())
    document["label"] = {{"column", coding.label}, {"classes", coding.classes}};
  else
    document["targets"] = coding.targets;
  if (!coding.ignored.empty()) document["ignored"] = coding.ignored;
  write_json(path, document);
}

}  // namespace lsgd
