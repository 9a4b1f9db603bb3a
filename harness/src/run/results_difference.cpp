// SPDX-License-Identifier: Apache-2.0
#include "run/results_difference.hpp"

#include <fmt/format.h>
#include <map>
#include <set>
#include <string_view>

namespace lsgd {
namespace {

int badness(const std::string& verdict) {
  static const std::map<std::string_view, int> order{
      {"pass", 0},    {"skipped", 1}, {"refused", 1},       {"incomplete", 2},
      {"missing", 2}, {"fail", 3},    {"device_failure", 3}};
  return order.at(verdict);
}

std::map<std::string, const nlohmann::json*> by_key(const nlohmann::json& array, const char* key) {
  std::map<std::string, const nlohmann::json*> entries;
  for (const nlohmann::json& entry : array)
    entries.emplace(entry.at(key).get<std::string>(), &entry);
  return entries;
}

std::string text_of(const nlohmann::json* owner, const char* key) {
  const nlohmann::json& value = owner->at(key);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// Every figure of an entry's resources by its place, such as step/cycles_median.
std::map<std::string, nlohmann::json> figures_of(const nlohmann::json& entry) {
  std::map<std::string, nlohmann::json> figures;
  const nlohmann::json resources = entry.value("resources", nlohmann::json());
  if (!resources.is_object()) return figures;
  const nlohmann::json flat = resources.flatten();
  for (const auto& [place, figure] : flat.items()) figures.emplace(place.substr(1), figure);
  return figures;
}

std::string relative_change(const nlohmann::json& was, const nlohmann::json& is) {
  if (!was.is_number() || !is.is_number() || was == 0) return "";
  const double change = is.get<double>() / was.get<double>() - 1;
  return fmt::format("{:+.2f} %", 100 * change);
}

class Differ {
 public:
  /// Cases drawn with other seeds have other errors.
  void compare_seeds(const nlohmann::json& before, const nlohmann::json& after) {
    compare_text("suite", "seed", before.at("seed").dump(), after.at("seed").dump());
  }

  void compare_targets(const nlohmann::json& before, const nlohmann::json& after) {
    for_each_pair(
        before, after, "name", "",
        [this](const std::string& name, const nlohmann::json& was, const nlohmann::json& is) {
          compare_text(name, "build identity", text_of(&was, "build_identity"),
                       text_of(&is, "build_identity"));
          compare_figures(name, figures_of(was), figures_of(is));
          for_each_pair(was.at("cases"), is.at("cases"), "id", name + " ",
                        [this](const std::string& id, const nlohmann::json& old_case,
                               const nlohmann::json& new_case) {
                          compare_text(id, "worst |error| / bound", worst_of(old_case),
                                       worst_of(new_case));
                          compare_figures(id, figures_of(old_case), figures_of(new_case));
                        });
        });
  }

  ResultsDifference finish() && {
    if (difference_.text.empty()) difference_.text = "no difference\n";
    return std::move(difference_);
  }

 private:
  /// Compares the verdicts of all entries and calls `compare` for those on both sides.
  template <class Compare>
  void for_each_pair(const nlohmann::json& before, const nlohmann::json& after, const char* key,
                     const std::string& prefix, const Compare& compare) {
    const auto was = by_key(before, key), is = by_key(after, key);
    std::set<std::string> names;
    for (const auto& [name, entry] : was) names.insert(name);
    for (const auto& [name, entry] : is) names.insert(name);
    for (const std::string& name : names) {
      const bool had = was.contains(name), has = is.contains(name);
      compare_verdict(prefix + name, had ? text_of(was.at(name), "verdict") : "missing",
                      has ? text_of(is.at(name), "verdict") : "missing");
      if (had && has) compare(prefix + name, *was.at(name), *is.at(name));
    }
  }

  void compare_verdict(const std::string& name, const std::string& was, const std::string& is) {
    if (was == is) return;
    const bool worse = badness(is) > (was == "missing" ? 0 : badness(was));
    add({name, "verdict", was, is, "", worse});
    difference_.verdict_got_worse = difference_.verdict_got_worse || worse;
  }

  void compare_text(const std::string& name, std::string_view what, const std::string& was,
                    const std::string& is) {
    if (was != is) add({name, std::string(what), was, is, "", false});
  }

  void compare_figures(const std::string& name, std::map<std::string, nlohmann::json> was,
                       std::map<std::string, nlohmann::json> is) {
    std::set<std::string> places;
    for (const auto& [place, figure] : was) places.insert(place);
    for (const auto& [place, figure] : is) places.insert(place);
    for (const std::string& place : places)
      if (was[place] != is[place])
        add({name, place, was[place].dump(), is[place].dump(),
             relative_change(was[place], is[place]), false});
  }

  static std::string worst_of(const nlohmann::json& entry) {
    const nlohmann::json& worst = entry.at("worst");
    return worst.is_null() ? "none" : worst.at("bound_fraction").dump();
  }

  void add(ResultChange change) {
    const std::string what = change.what == "verdict" ? "" : change.what + " ";
    const std::string relative =
        change.relative.empty() ? "" : fmt::format(" ({})", change.relative);
    difference_.text += fmt::format("{}: {}{} -> {}{}{}\n", change.place, what, change.before,
                                    change.after, relative, change.is_worse ? " (worse)" : "");
    difference_.changes.push_back(std::move(change));
  }

  ResultsDifference difference_;
};

}  // namespace

ResultsDifference compare_results(const nlohmann::json& before, const nlohmann::json& after) {
  Differ differ;
  differ.compare_seeds(before.at("suite"), after.at("suite"));
  differ.compare_targets(before.at("targets"), after.at("targets"));
  return std::move(differ).finish();
}

}  // namespace lsgd
