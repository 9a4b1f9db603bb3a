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

/// What has been found of some cases and tensors that agree in what is told.
struct SharedDetection {
  Detection found;
  std::vector<std::string> cases, tensors;  ///< each once, in their order
};

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

/// The names, or how many they are where that is shorter.
std::string listed(const std::vector<std::string>& names, const std::string& many) {
  constexpr std::size_t most_named = 6;
  if (names.size() > most_named) return fmt::format("{} {}", names.size(), many);
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

/// A row for all cases of a level and tensors that agree in which changes are refused; gain and cut
/// are those of the worst. Of many arithmetics each takes the place of a case.
nlohmann::json detection_rows(const PortGroup& group) {
  struct Place {
    std::string key, test_case, tensor;
  };
  std::vector<Place> order;
  std::map<std::pair<std::string, std::string>, Detection> detections;
  for (const auto* target : group.targets)
    for (const auto& test_case : target->at("cases")) {
      if (!test_case.contains("detected")) continue;
      for (const auto& found : test_case.at("detected")) {
        const std::string level =
            fmt::format("cases of level {}", test_case.at("level").get<int>());
        const Place place = group.is_family
                                ? Place{"arithmetics", target->at("profile"), "all of all cases"}
                                : Place{level, test_case.at("id"), found.at("tensor")};
        const auto [entry, is_new] = detections.try_emplace({place.test_case, place.tensor});
        if (is_new) order.push_back(place);
        entry->second.add(found);
      }
    }
  std::vector<std::pair<std::string, SharedDetection>> shared;  // by what is named together
  for (const Place& place : order) {
    const Detection& found = detections.at({place.test_case, place.tensor});
    const auto same = std::ranges::find_if(shared, [&](const auto& other) {
      return other.first == place.key && other.second.found.has_results == found.has_results &&
             other.second.found.told == found.told;
    });
    SharedDetection& own =
        same == shared.end() ? shared.emplace_back(place.key, SharedDetection{found, {}, {}}).second
                             : same->second;
    own.found.gain = std::min(own.found.gain, found.gain);
    own.found.cut = std::min(own.found.cut, found.cut);
    add_once(own.cases, place.test_case);
    add_once(own.tensors, place.tensor);
  }
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& [many, own] : shared) {
    nlohmann::json row = detection_row(own.found);
    row["cases"] = listed(own.cases, many);
    row["tensors"] = listed(own.tensors, "tensors");
    rows.push_back(std::move(row));
  }
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
