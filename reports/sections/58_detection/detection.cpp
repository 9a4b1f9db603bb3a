// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "number_format.hpp"
#include "port_groups.hpp"
#include "section.hpp"

namespace lsgd {
namespace {

/// What is detected in every target of a port, of one tensor in one case.
struct Detection {
  bool has_results = false;
  std::map<std::string, bool> told = {};  ///< inverted, zeroed, scaled, stale
  int gain = 24;                          ///< 0 where nothing is told
  int cut = 23;

  void add(const nlohmann::json& found) {
    if (!found.at("has_results").get<bool>()) return;
    has_results = true;
    for (const char* change : {"inverted", "zeroed", "scaled", "stale"}) {
      if (found.at(change).is_null()) continue;
      const auto entry = told.emplace(change, true).first;
      entry->second = entry->second && found.at(change).get<bool>();
    }
    const auto number = [&](const char* name) {
      return found.at(name).is_null() ? 0 : found.at(name).get<int>();
    };
    gain = std::min(gain, number("gain"));
    cut = std::min(cut, number("cut"));
  }
};

/// Of a change that alters no code nothing can be told.
nlohmann::json mark(const std::map<std::string, bool>& told, const std::string& change) {
  const auto found = told.find(change);
  if (found == told.end()) return {{"key", "note"}, {"word", "the same codes"}};
  return {{"key", found->second ? "pass" : "incomplete"},
          {"word", found->second ? "refused" : "accepted"}};
}

nlohmann::json detection_row(const Detection& found) {
  nlohmann::json row{{"unchanged", !found.has_results}};
  if (!found.has_results) return row;
  for (const char* change : {"inverted", "zeroed", "scaled", "stale"})
    row[change] = nlohmann::json::array({mark(found.told, change)});
  row["gain"] = found.gain == 0 ? std::string("more than half")
                                : significant(100 * std::ldexp(1, -found.gain)) + " %";
  row["cut"] = found.cut == 0 ? std::string("none") : fmt::format("{}", found.cut);
  return row;
}

/// A row for those tensors of a case of which the same is told, and for all cases that agree in it,
/// in the order of the first. Of many arithmetics each takes the place of a case, since their own
/// would be most of the page.
nlohmann::json detection_rows(const PortGroup& group) {
  std::vector<std::pair<std::string, std::string>> order;
  std::map<std::pair<std::string, std::string>, Detection> detections;
  for (const auto* target : group.targets)
    for (const auto& test_case : target->at("cases")) {
      if (!test_case.contains("detected")) continue;
      for (const auto& found : test_case.at("detected")) {
        const std::pair<std::string, std::string> place =
            group.is_family
                ? std::pair<std::string, std::string>(target->at("profile"), "all of all cases")
                : std::pair<std::string, std::string>(test_case.at("id"), found.at("tensor"));
        const auto [entry, is_new] = detections.try_emplace(place);
        if (is_new) order.push_back(place);
        entry->second.add(found);
      }
    }
  std::map<std::string, std::vector<std::pair<nlohmann::json, std::string>>> told;  // by case
  for (const auto& place : order) {
    auto& rows_of_case = told[place.first];
    nlohmann::json row = detection_row(detections.at(place));
    const auto same =
        std::ranges::find(rows_of_case, row, [](const auto& one) { return one.first; });
    if (same == rows_of_case.end())
      rows_of_case.emplace_back(std::move(row), place.second);
    else
      same->second += " " + place.second;
  }
  nlohmann::json rows = nlohmann::json::array();
  std::vector<std::string> cases;
  std::map<nlohmann::json, std::size_t> places;
  for (const auto& place : order)
    for (auto& [row, tensors] : std::exchange(told[place.first], {})) {
      row["tensors"] = tensors;
      const auto [entry, is_new] = places.try_emplace(row, rows.size());
      if (is_new) {
        rows.push_back(std::move(row));
        cases.push_back(place.first);
      } else {
        cases[entry->second] += " " + place.first;
      }
    }
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i]["cases"] = cases[i];
  return rows;
}

/// Of each network and quantity of level 4 the least that every target of a port refuses. Of what
/// some target has no limit for, nothing is said.
nlohmann::json cost_rows(const PortGroup& group) {
  struct Limit {
    std::uint64_t from = 0;
    std::size_t targets = 0;
  };
  std::vector<std::pair<std::string, std::string>> order;
  std::map<std::pair<std::string, std::string>, Limit> limits;
  std::map<std::string, std::size_t> measuring;  // targets, by case
  for (const auto* target : group.targets)
    for (const auto& test_case : target->at("cases")) {
      if (!test_case.contains("resources")) continue;
      const auto& resources = test_case.at("resources");
      if (!resources.contains("refused_from")) continue;
      const std::string id = test_case.at("id");
      ++measuring[id];
      for (const auto& [quantity, from] : resources.at("refused_from").items()) {
        const auto [entry, is_new] = limits.try_emplace({id, quantity});
        if (is_new) order.push_back(entry->first);
        entry->second.from = std::max(entry->second.from, from.get<std::uint64_t>());
        ++entry->second.targets;
      }
    }
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& place : order) {
    const auto& [from, targets] = limits.at(place);
    if (targets < measuring.at(place.first)) continue;
    std::string words = place.second;
    std::ranges::replace(words, '_', ' ');
    rows.push_back({{"case", place.first}, {"quantity", words}, {"from", grouped(from)}});
  }
  return rows;
}

}  // namespace

std::optional<Section> detection_section(const nlohmann::json& results) {
  nlohmann::json groups = nlohmann::json::array();
  for (const PortGroup& group : port_groups(results)) {
    nlohmann::json rows = detection_rows(group), costs = cost_rows(group);
    if (!rows.empty() || !costs.empty())
      groups.push_back({{"port", group.port},
                        {"arithmetic", group.arithmetic},
                        {"is_family", group.is_family},
                        {"has_rows", !rows.empty()},
                        {"rows", std::move(rows)},
                        {"has_costs", !costs.empty()},
                        {"costs", std::move(costs)}});
  }
  if (groups.empty()) return std::nullopt;
  return Section{"What would have been told", {{"groups", std::move(groups)}}};
}

}  // namespace lsgd
