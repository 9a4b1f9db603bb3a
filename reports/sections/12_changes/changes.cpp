// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <string>
#include <vector>

#include "number_format.hpp"
#include "section.hpp"
#include "verdict_label.hpp"

namespace lsgd {
namespace {

constexpr std::size_t most_changes_shown = 200;
/// In front of the table, which is folded where it is long.
constexpr std::size_t most_worse_shown_first = 5;

/// What concerns a reader first: verdicts that got worse, other verdicts, another build or seed,
/// what it costs, errors.
int rank_of(const nlohmann::json& change) {
  if (change.at("is_worse") == true) return 0;
  const std::string what = change.at("what");
  if (what == "verdict") return 1;
  if (what == "build identity" || what == "seed") return 2;
  return what == "worst |error| / bound" ? 4 : 3;
}

std::string number_of_changes(const std::map<int, std::size_t>& counts) {
  const auto count = [&](int rank) -> std::uint64_t {
    const auto found = counts.find(rank);
    return found == counts.end() ? 0 : found->second;
  };
  return fmt::format(
      "{} got worse, {} changed otherwise; other figures of cost: {}; other worst errors: {}.",
      counted(count(0), "verdict"), grouped(count(1)), grouped(count(3)), grouped(count(4)));
}

}  // namespace

std::optional<Section> changes_section(const nlohmann::json& results) {
  if (!results.contains("comparison")) return std::nullopt;
  const nlohmann::json& comparison = results.at("comparison");
  std::vector<const nlohmann::json*> changes;
  std::map<int, std::size_t> counts;
  for (const auto& change : comparison.at("changes")) {
    changes.push_back(&change);
    ++counts[rank_of(change)];
  }
  std::ranges::stable_sort(changes, {},
                           [](const nlohmann::json* change) { return rank_of(*change); });
  nlohmann::json rows = nlohmann::json::array(), worse = nlohmann::json::array();
  for (const nlohmann::json* change : changes) {
    if (rows.size() == most_changes_shown) break;
    nlohmann::json row = *change;
    if (row.at("relative") == "") row["relative"] = nullptr;
    row["symbol"] = verdict_label("fail").symbol;
    if (row.at("is_worse") == true && worse.size() < most_worse_shown_first) worse.push_back(row);
    rows.push_back(std::move(row));
  }
  const std::size_t left = changes.size() - rows.size();
  return Section{"Since the earlier run",
                 {{"suite", comparison.at("suite")},
                  {"seed", comparison.at("seed")},
                  {"sha256", comparison.at("sha256")},
                  {"summary", number_of_changes(counts)},
                  {"worse", worse},
                  {"changes", rows},
                  {"none", rows.empty()},
                  {"left", left == 0 ? nlohmann::json() : nlohmann::json(grouped(left))}}};
}

}  // namespace lsgd
