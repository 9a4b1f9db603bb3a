// SPDX-License-Identifier: Apache-2.0
#include "selftest/catching_cases.hpp"

#include <fmt/format.h>
#include <set>

#include "files/toml_table.hpp"

namespace lsgd {

CatchingCases::CatchingCases(std::string_view text, const std::string& file) {
  const toml::table document = parse_toml(text, file);
  TomlTable table(document, file);
  if (table.text("format") != "lsgd-catching-cases/1")
    table.fail("format", "format \"lsgd-catching-cases/1\"");
  for (TomlTable& entry : table.tables("case")) {
    const std::string id = entry.text("id");
    for (const std::string& mutant : entry.texts("mutants"))
      if (!by_mutant_.emplace(mutant, id).second)
        entry.fail("mutants", fmt::format("mutants that are named once, not {} again", mutant));
    entry.reject_unknown_keys();
  }
  table.reject_unknown_keys();
}

std::string catching_cases_text(const nlohmann::ordered_json& mutants) {
  std::map<std::string, std::set<std::string>> by_case;
  for (const auto& mutant : mutants)
    if (const auto& by = mutant.at("caught_by"); !by.is_null() && !by.at("case").is_null())
      by_case[by.at("case")].insert(mutant.at("name").get<std::string>());
  std::string text =
      "# SPDX-License-Identifier: Apache-2.0\n"
      "#\n"
      "# The case that catches each mutant first, with which `lsgd-conform selftest` begins. "
      "Written by\n"
      "# `lsgd-conform selftest --record`.\n"
      "format = \"lsgd-catching-cases/1\"\n";
  for (const auto& [id, names] : by_case) {
    text += fmt::format("\n[[case]]\nid = \"{}\"\nmutants = [\n", id);
    for (const std::string& name : names) text += fmt::format("  \"{}\",\n", name);
    text += "]\n";
  }
  return text;
}

std::size_t caught_by_other_cases(const nlohmann::ordered_json& mutants,
                                  const CatchingCases& recorded) {
  std::size_t count = 0;
  for (const auto& mutant : mutants) {
    const auto& by = mutant.at("caught_by");
    if (by.is_null() || by.at("case").is_null()) continue;
    const auto first = recorded.by_mutant().find(mutant.at("name"));
    count += first == recorded.by_mutant().end() || by.at("case") != first->second ? 1 : 0;
  }
  return count;
}

}  // namespace lsgd
