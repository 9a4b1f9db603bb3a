// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <string_view>
#include <utility>

#include "number_format.hpp"
#include "port_groups.hpp"
#include "section.hpp"
#include "verdict_label.hpp"

namespace lsgd {
namespace {

constexpr double not_finite = 1e9;

/// Place of a value against its legal interval: -1 is the lower end, 1 the upper.
double position(const nlohmann::json& statistic) {
  if (statistic.at("value").is_null()) return not_finite;
  const double value = statistic.at("value");
  const double low = statistic.at("low");
  const double high = statistic.at("high");
  const double centre = low + (high - low) / 2;
  const double half_width = (high - low) / 2;
  if (half_width > 0) return (value - centre) / half_width;
  return value == centre ? 0 : std::copysign(not_finite, value - centre);
}

/// From the middle of the interval towards an end; of a root mean square, which may be any smaller,
/// towards the upper one.
double place_towards_end(const nlohmann::json& statistic) {
  const double place = position(statistic);
  return statistic.at("name") == "root_mean_square" ? place : std::abs(place);
}

/// The least by which the value would have to be larger, or smaller, to fail, whichever is more: a
/// root mean square may be any smaller.
std::string shift_told(const nlohmann::json& statistic) {
  if (statistic.at("value").is_null()) return "";
  const double value = statistic.at("value");
  const double above = statistic.at("high").get<double>() - value;
  if (statistic.at("name") == "root_mean_square") return significant(std::max(above, 0.0));
  return significant(std::max({above, value - statistic.at("low").get<double>(), 0.0}));
}

std::string words(const std::string& name) {
  if (name == "root_mean_square") return "root mean square";
  if (name == "update_bias") return "update bias";
  return name == "directed_bias" ? "directed bias" : name;
}

struct Entry {
  const nlohmann::json* target;
  const nlohmann::json* test_case;
  const nlohmann::json* statistic;
  bool fails;
  double distance;  ///< from the middle of its interval
};

/// What a page has room for, of each target, of many arithmetics of one port together: what fails,
/// and of each statistic those nearest to an end of their intervals. results.json and cases.csv
/// have all.
constexpr std::size_t most_failures_shown = 20;
constexpr std::size_t most_passes_shown = 2;

/// Statistics of targets, furthest from the middle of its interval first, failures before all.
std::vector<Entry> entries_of(const std::vector<const nlohmann::json*>& targets) {
  std::vector<Entry> entries;
  for (const auto* target : targets)
    for (const auto& test_case : target->at("cases"))
      for (const auto& statistic : test_case.at("statistics"))
        entries.push_back({target, &test_case, &statistic, statistic.at("verdict") == "fail",
                           place_towards_end(statistic)});
  std::ranges::stable_sort(entries, [](const Entry& a, const Entry& b) {
    return a.fails != b.fails ? a.fails : a.distance > b.distance;
  });
  return entries;
}

/// The entries that are shown, of those of a target in their order.
std::vector<Entry> shown_of(const std::vector<Entry>& entries) {
  std::map<std::string_view, std::size_t> passes;
  std::size_t failures = 0;
  std::vector<Entry> shown;
  for (const Entry& entry : entries) {
    std::size_t& count =
        entry.fails ? failures : passes[entry.statistic->at("name").get<std::string_view>()];
    if (count++ < (entry.fails ? most_failures_shown : most_passes_shown)) shown.push_back(entry);
  }
  return shown;
}

nlohmann::json row(const Entry& entry) {
  const auto& statistic = *entry.statistic;
  const VerdictLabel label = verdict_label(statistic.at("verdict").get<std::string>());
  return {{"target", entry.target->at("name")},
          {"key", label.key},
          {"symbol", label.symbol},
          {"word", label.word},
          {"statistic", words(statistic.at("name"))},
          {"tensor", statistic.at("tensor")},
          {"case", entry.test_case->at("id")},
          {"value",
           statistic.at("value").is_null() ? "not finite" : significant(statistic.at("value"))},
          {"low", significant(statistic.at("low"))},
          {"high", significant(statistic.at("high"))},
          {"told", shift_told(statistic)}};
}

nlohmann::json points(const std::vector<Entry>& entries, const nlohmann::json* target) {
  nlohmann::json list = nlohmann::json::array();
  for (const Entry& entry : entries)
    if (entry.target == target)
      list.push_back({{"name", entry.statistic->at("name")},
                      {"tensor", entry.statistic->at("tensor")},
                      {"case", entry.test_case->at("id")},
                      {"position", position(*entry.statistic)},
                      {"fails", entry.fails}});
  return list;
}

struct EntryCounts {
  std::uint64_t statistics = 0;
  std::uint64_t outside = 0;

  std::string text() const {
    return fmt::format("{}, {} outside", counted(statistics, "statistic"),
                       outside == 0 ? "none" : grouped(outside));
  }
};

EntryCounts counts_of(const std::vector<Entry>& entries) {
  EntryCounts counts{entries.size(), 0};
  for (const Entry& entry : entries) counts.outside += entry.fails ? 1 : 0;
  return counts;
}

/// Of which targets the nearest statistics are shown: of each, of a family of all.
std::vector<std::vector<const nlohmann::json*>> shown_together(const PortGroup& group) {
  if (group.is_family) return {group.targets};
  std::vector<std::vector<const nlohmann::json*>> all;
  for (const auto* target : group.targets) all.push_back({target});
  return all;
}

}  // namespace

std::optional<Section> statistics_section(const nlohmann::json& results) {
  nlohmann::json plots = nlohmann::json::array();
  nlohmann::json charts = nlohmann::json::array();
  for (const PortGroup& group : port_groups(results)) {
    nlohmann::json lines = nlohmann::json::array();
    nlohmann::json rows = nlohmann::json::array();
    EntryCounts sum;
    for (const auto& targets : shown_together(group)) {
      const auto entries = entries_of(targets);
      const auto shown = shown_of(entries);
      const EntryCounts counts = counts_of(entries);
      sum.statistics += counts.statistics;
      sum.outside += counts.outside;
      for (const Entry& entry : shown) rows.push_back(row(entry));
      for (const auto* target : targets)
        if (nlohmann::json marks = points(shown, target); !marks.empty())
          lines.push_back({{"name", target->at("name")}, {"points", std::move(marks)}});
    }
    if (lines.empty()) continue;
    plots.push_back({{"port", group.port},
                     {"index", fmt::format("{}", charts.size())},
                     {"lines", fmt::format("{}", lines.size())},
                     {"count", sum.text()},
                     {"open", sum.outside > 0},
                     {"rows", std::move(rows)}});
    charts.push_back({{"targets", std::move(lines)}});
  }
  if (plots.empty()) return std::nullopt;
  return Section{"Bias and spread", {{"plots", std::move(plots)}}, std::move(charts)};
}

}  // namespace lsgd
