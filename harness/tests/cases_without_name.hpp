// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// The cases of a target in results.json, without its name in the commands that repeat them, and
/// without the sizes of objects and what budgets refuse, which not every target has.
inline std::string cases_without_name(nlohmann::json target) {
  for (nlohmann::json& found : target.at("cases"))
    if (found.contains("resources"))
      for (const char* member :
           {"text_bytes", "data_bytes", "bss_bytes", "static_ram_bytes", "refused_from"})
        found.at("resources").erase(member);
  std::string text = target.at("cases").dump();
  const std::string name = target.at("name");
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at))
    text.replace(at, name.size(), "TARGET");
  return text;
}

}  // namespace lsgd
