// SPDX-License-Identifier: Apache-2.0
#include "selftest/equivalent_mutants.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "files/input_error.hpp"

namespace lsgd {

EquivalentMutants::EquivalentMutants(std::string_view text, std::string file)
    : file_(std::move(file)) {
  const toml::table document = parse_toml(text, file_);
  TomlTable table(document, file_);
  if (table.text("format") != "lsgd-equivalent-mutants/1")
    table.fail("format", "format \"lsgd-equivalent-mutants/1\"");
  for (TomlTable& entry : table.tables("equivalent")) {
    const SourceMutation mutation = read_source_mutation(entry);
    if (find(mutation) != nullptr) entry.fail("original", "a mutation that is not listed above");
    entries_.push_back({mutation, entry.text("reason"), entry.line()});
    entry.reject_unknown_keys();
  }
  table.reject_unknown_keys();
}

const EquivalentMutant* EquivalentMutants::find(const SourceMutation& mutation) const {
  const auto found = std::ranges::find(entries_, mutation, &EquivalentMutant::mutation);
  return found == entries_.end() ? nullptr : &*found;
}

void EquivalentMutants::require_known(const std::set<std::string>& digests) const {
  for (const EquivalentMutant& entry : entries_)
    if (!digests.contains(digest_of(entry.mutation)))
      throw InputError(file_, entry.line, "a mutation that the source as it is now can have");
}

void EquivalentMutants::fail_as_caught(const EquivalentMutant& entry, const std::string& by) const {
  throw InputError(file_, entry.line, fmt::format("a mutant that conforms; {} catches this", by));
}

}  // namespace lsgd
