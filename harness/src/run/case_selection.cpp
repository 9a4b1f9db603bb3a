// SPDX-License-Identifier: Apache-2.0
#include "run/case_selection.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fnmatch.h>
#include <functional>
#include <numeric>
#include <queue>
#include <utility>

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

namespace {

/// The shard of each case, from 0.
std::vector<std::size_t> shards_of(const std::vector<const ConformanceCase*>& cases,
                                   std::size_t count) {
  std::vector<std::size_t> order(cases.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater(),
                           [&](std::size_t c) { return cases[c]->cost; });
  // Cost that a shard has, and its number; the least is on top.
  using Load = std::pair<double, std::size_t>;
  std::priority_queue<Load, std::vector<Load>, std::greater<>> loads;
  for (std::size_t shard = 0; shard < std::min(count, cases.size()); ++shard)
    loads.emplace(0, shard);
  std::vector<std::size_t> shards(cases.size());
  for (const std::size_t c : order) {
    const auto [cost, shard] = loads.top();
    loads.pop();
    shards[c] = shard;
    // Cases that are left out cost nothing, and still a little.
    loads.emplace(cost + std::max(cases[c]->cost, 1.0), shard);
  }
  return shards;
}

}  // namespace

std::vector<const ConformanceCase*> select(const std::vector<ConformanceCase>& all,
                                           const CaseSelection& selection) {
  std::vector<const ConformanceCase*> selected;
  for (const ConformanceCase& candidate : all)
    if (!selection.filter || fnmatch(selection.filter->c_str(), candidate.id.c_str(), 0) == 0)
      selected.push_back(&candidate);
  if (!selection.shard) return selected;
  const std::vector<std::size_t> shards = shards_of(selected, selection.shard->count);
  std::vector<const ConformanceCase*> part;
  for (std::size_t c = 0; c < selected.size(); ++c)
    if (shards[c] == selection.shard->index - 1) part.push_back(selected[c]);
  return part;
}

}  // namespace lsgd
