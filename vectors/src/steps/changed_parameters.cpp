// SPDX-License-Identifier: Apache-2.0
#include "steps/changed_parameters.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace lsgd {
namespace {

/// W1, b1, ..., but not W1.fraction_bits.
bool is_parameter(std::string_view tensor) {
  return tensor.size() > 1 && (tensor.front() == 'W' || tensor.front() == 'b') &&
         tensor.find_first_not_of("0123456789", 1) == tensor.npos;
}

std::string_view take_field(std::string_view& line) {
  const std::string_view field = line.substr(0, line.find(','));
  line.remove_prefix(std::min(field.size() + 1, line.size()));
  return field;
}

}  // namespace

std::string in_words(const ParameterChange& change, std::string_view remedy) {
  std::string words = fmt::format("{} of {} parameters changed", change.changed, change.parameters);
  if (change.changed < change.parameters / 10)
    words += fmt::format(
        ": it hardly moves, and a device that leaves the others alone would do as well ({})",
        remedy);
  return words;
}

void ChangedParameters::take(std::string_view line, std::size_t tensor_field) {
  for (std::size_t i = 0; i < tensor_field; ++i) take_field(line);
  const std::string_view tensor = take_field(line);
  if (!is_parameter(tensor)) return;
  take_field(line);
  take_field(line);
  const std::string_view value = take_field(line);
  auto found = tensors_.find(tensor);
  if (found == tensors_.end()) found = tensors_.emplace(tensor, Tensor{}).first;
  if (tensor_field == 0) {
    found->second.parameters.push_back({std::string(value)});
    return;
  }
  Tensor& seen = found->second;
  Parameter& parameter = seen.parameters.at(seen.next);
  parameter.has_changed = parameter.has_changed || parameter.value != value;
  seen.next = (seen.next + 1) % seen.parameters.size();
}

ParameterChange ChangedParameters::count() const {
  ParameterChange change;
  for (const auto& [name, tensor] : tensors_) {
    change.parameters += tensor.parameters.size();
    change.changed += static_cast<std::size_t>(
        std::ranges::count(tensor.parameters, true, &Parameter::has_changed));
  }
  return change;
}

}  // namespace lsgd
