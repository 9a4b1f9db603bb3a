// SPDX-License-Identifier: Apache-2.0
#include "selftest/mutant_causes.hpp"

#include <fmt/format.h>

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
  table.reject_unknown_keys();
}

std::vector<std::string> MutantCauses::of(const std::string& port,
                                          const std::string& mutant) const {
  if (const auto of_port = causes_.find(port); of_port != causes_.end())
    if (const auto found = of_port->second.find(mutant); found != of_port->second.end())
      return found->second;
  return {mutant};
}

}  // namespace lsgd
