// SPDX-License-Identifier: Apache-2.0
#include "run/case_selection.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include "files/input_error.hpp"
#include "files/number_text.hpp"

namespace lsgd {

Shard Shard::parse(std::string_view text) {
  constexpr std::uint64_t most = 1'000'000;
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const auto index = integer_from_text(text.substr(0, slash), most);
    const auto count = integer_from_text(text.substr(slash + 1), most);
    if (index && count && *index >= 1 && *index <= *count) return {*index, *count};
  }
  throw InputError("--shard", 0, fmt::format("I/N with 1 <= I <= N, not {}", in_quotes(text)));
}

std::string Shard::text() const { return fmt::format("{}/{}", index, count); }

std::vector<const ConformanceCase*> select(const std::vector<ConformanceCase>& all,
                                           const CaseSelection& selection) {
  std::vector<const ConformanceCase*> selected;
  std::size_t position = 0;
  for (const ConformanceCase& candidate : all) {
    if (selection.filter && fnmatch(selection.filter->c_str(), candidate.id.c_str(), 0) != 0)
      continue;
    if (!selection.shard || position % selection.shard->count == selection.shard->index - 1)
      selected.push_back(&candidate);
    ++position;
  }
  return selected;
}

}  // namespace lsgd
