// SPDX-License-Identifier: Apache-2.0
#include "selftest/mutant_causes.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "explanation/wrong_stage.hpp"
#include "files/toml_table.hpp"

namespace lsgd {

MutantCauses::MutantCauses(std::string_view text, const std::string& file) {
  const toml::table document = parse_toml(text, file);
  TomlTable table(document, file);
  if (table.text("format") != "lsgd-mutant-causes/1")
    table.fail("format", "format \"lsgd-mutant-causes/1\"");
  for (TomlTable& entry : table.tables("cause")) {
    const std::string port = entry.text("port");
    const std::vector<std::string> causes = entry.texts("causes");
    for (const std::string& mutant : entry.texts("mutants"))
      if (!causes_[port].emplace(mutant, causes).second)
        entry.fail("mutants", fmt::format("mutants that are named once, not {} again", mutant));
    entry.reject_unknown_keys();
  }
  if (table.contains("function"))
    for (TomlTable& entry : table.tables("function")) {
      const std::string port = entry.text("port");
      const std::vector<std::string> stages = entry.texts("stages");
      for (const std::string& stage : stages)
        if (std::ranges::find(all_stages, stage, [](Stage each) { return name_of(each); }) ==
            all_stages.end())
          entry.fail("stages", fmt::format("parts of a step, not {}", stage));
      for (const std::string& name : entry.texts("names"))
        if (!stages_[port].emplace(name, stages).second)
          entry.fail("names", fmt::format("functions that are named once, not {} again", name));
      entry.reject_unknown_keys();
    }
  table.reject_unknown_keys();
}

std::vector<std::string> MutantCauses::stages_of(const std::string& port,
                                                 const std::string& function) const {
  if (const auto of_port = stages_.find(port); of_port != stages_.end())
    if (const auto found = of_port->second.find(function); found != of_port->second.end())
      return found->second;
  return {};
}

std::vector<std::string> MutantCauses::of(const std::string& port,
                                          const std::string& mutant) const {
  if (const auto of_port = causes_.find(port); of_port != causes_.end())
    if (const auto found = of_port->second.find(mutant); found != of_port->second.end())
      return found->second;
  return {mutant};
}

}  // namespace lsgd
