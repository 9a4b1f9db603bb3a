// SPDX-License-Identifier: Apache-2.0
#include "capability_cells.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "number_format.hpp"

namespace lsgd {
namespace {

void append(std::string& list, const std::string& name) {
  list += (list.empty() ? "" : ", ") + name;
}

std::string count_of(const nlohmann::json& capacities, const char* key, const char* noun) {
  return fmt::format("{} {}", grouped(capacities.at(key).get<std::uint64_t>()), noun);
}

}  // namespace

CapabilityCells capability_cells(const nlohmann::json& target, std::string_view key) {
  const nlohmann::json& capabilities = target.at("capabilities");
  const nlohmann::json& stated = capabilities.at("stated");
  CapabilityCells cells;
  for (const auto& [name, state] : capabilities.at("found").at(std::string(key)).items()) {
    const auto is_name = [&name = name](const nlohmann::json& other) { return other == name; };
    const bool is_stated =
        stated.is_null() || std::ranges::any_of(stated.at(std::string(key)), is_name);
    if (state == "tested") append(is_stated ? cells.tested : cells.wrong, name);
    if (state == "refused")
      append(is_stated && !stated.is_null() ? cells.wrong : cells.refused, name);
    if (state == "untested" && is_stated) append(cells.untested, name);
  }
  return cells;
}

std::string untested_capabilities(const nlohmann::json& target) {
  std::string text;
  if (!target.contains("capabilities") || target.at("capabilities").at("stated").is_null())
    return text;
  for (const std::string_view key : capability_keys)
    if (const std::string names = capability_cells(target, key).untested; !names.empty())
      text += fmt::format("{}{} {}", text.empty() ? "" : "; ", key, names);
  return text;
}

std::string stated_shapes(const nlohmann::json& target) {
  std::string text;
  if (target.contains("networks"))
    for (const auto& network : target.at("networks"))
      append(text, fmt::format("{} {} {}", network.at("sizes").get<std::string>(),
                               network.at("activations").get<std::string>(),
                               network.at("loss").get<std::string>()));
  if (!text.empty()) return text;
  const nlohmann::json& capacities = target.at("capabilities").at("capacities");
  if (capacities.is_null()) return "unknown: the device never answered";
  for (const auto& [key, noun] : {std::pair{"layers", "layers"},
                                  {"inputs", "inputs"},
                                  {"width", "outputs of a layer"},
                                  {"activations", "of all layers"},
                                  {"parameters", "parameters"}})
    append(text, count_of(capacities, key, noun));
  return "up to " + text;
}

}  // namespace lsgd
