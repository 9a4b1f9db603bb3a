// SPDX-License-Identifier: Apache-2.0
#include "run/results_difference.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <set>
#include <utility>

#include "files/input_error.hpp"
#include "files/number_text.hpp"

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

constexpr std::array<std::pair<std::string_view, Quantity>, 5> names_of_quantities{
    {{"verdict", Quantity::verdict},
     {"error", Quantity::error},
     {"cycles", Quantity::cycles},
     {"instructions", Quantity::instructions},
     {"memory", Quantity::memory}}};

std::string_view name_of(Quantity quantity) {
  const auto found = std::ranges::find(names_of_quantities, quantity,
                                       &std::pair<std::string_view, Quantity>::second);
  return found == names_of_quantities.end() ? std::string_view() : found->first;
}

/// What a figure of resources is of, by its place.
Quantity quantity_of(std::string_view place) {
  if (place == "network" || place.ends_with("/network")) return Quantity::none;
  if (place.find("cycles") != place.npos) return Quantity::cycles;
  return place.find("instructions") != place.npos ? Quantity::instructions : Quantity::memory;
}

std::optional<double> number_of(const nlohmann::json& figure) {
  return figure.is_number() ? std::optional(figure.get<double>()) : std::nullopt;
}

/// Of verdicts of the cases of a target that changed alike.
constexpr std::size_t cases_shown = 5;

std::string line_of(const ResultChange& change) {
  return fmt::format("{}: {}{} -> {}{}{}", change.place,
                     change.what == "verdict" ? "" : change.what + " ", change.before, change.after,
                     change.relative.empty() ? "" : fmt::format(" ({})", change.relative),
                     change.is_worse ? " (worse)" : "");
}

class Differ {
 public:
  /// Cases drawn with other seeds have other errors.
  void compare_seeds(const nlohmann::json& before, const nlohmann::json& after) {
    compare_text("suite", "seed", before.at("seed").dump(), after.at("seed").dump());
    difference_.is_of_same_seed = before.at("seed") == after.at("seed");
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
                          compare_worst(id, old_case.at("worst"), new_case.at("worst"));
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
      if (prefix.empty()) target_ = name;
      compare_verdict(prefix + name, had ? text_of(was.at(name), "verdict") : "missing",
                      has ? text_of(is.at(name), "verdict") : "missing");
      if (had && has) compare(prefix + name, *was.at(name), *is.at(name));
    }
  }

  void compare_verdict(const std::string& name, const std::string& was, const std::string& is) {
    if (was == is) return;
    const bool worse = badness(is) > (was == "missing" ? 0 : badness(was));
    add({name, "verdict", was, is, "", worse, target_, Quantity::verdict});
    difference_.verdict_got_worse = difference_.verdict_got_worse || worse;
  }

  void compare_text(const std::string& name, std::string_view what, const std::string& was,
                    const std::string& is) {
    if (was != is) add({name, std::string(what), was, is, "", false, target_});
  }

  void compare_figures(const std::string& name, std::map<std::string, nlohmann::json> was,
                       std::map<std::string, nlohmann::json> is) {
    std::set<std::string> places;
    for (const auto& [place, figure] : was) places.insert(place);
    for (const auto& [place, figure] : is) places.insert(place);
    for (const std::string& place : places)
      if (was[place] != is[place])
        add({name, place, was[place].dump(), is[place].dump(),
             relative_change(was[place], is[place]), false, target_, quantity_of(place),
             number_of(was[place]), number_of(is[place])});
  }

  void compare_worst(const std::string& name, const nlohmann::json& was, const nlohmann::json& is) {
    const std::string before = worst_text(was), after = worst_text(is);
    if (before != after)
      add({name, "worst |error| / bound", before, after, "", false, target_, Quantity::error,
           worst_of(was), worst_of(is)});
  }

  static std::string worst_text(const nlohmann::json& worst) {
    return worst.is_null() ? "none" : worst.at("bound_fraction").dump();
  }

  /// What is no number is beyond all bounds.
  static std::optional<double> worst_of(const nlohmann::json& worst) {
    if (worst.is_null()) return std::nullopt;
    return number_of(worst.at("bound_fraction")).value_or(std::numeric_limits<double>::infinity());
  }

  void add(ResultChange change) {
    difference_.text += line_of(change) + "\n";
    difference_.changes.push_back(std::move(change));
  }

  std::string target_;  ///< that is compared
  ResultsDifference difference_;
};

/// What a figure grew by: relative to what it was, where that is not 0.
double growth_of(const ResultChange& change) {
  const double was = change.was.value_or(0), is = change.is.value_or(0);
  if (was == 0) return is == 0 ? 0 : std::numeric_limits<double>::infinity();
  return is / was - 1;
}

AllowedGrowth allowed_growth(std::string_view text) {
  AllowedGrowth growth;
  growth.is_percent = text.ends_with('%');
  if (growth.is_percent) text.remove_suffix(1);
  const auto limit = float_from_text(text);
  if (!limit || *limit < 0)
    throw InputError("--fail-on", 0,
                     fmt::format("a limit such as 1% or 0, not {}", in_quotes(text)));
  growth.limit = static_cast<double>(*limit);
  return growth;
}

/// Changes of the verdicts of cases by target and by what they changed from and to.
std::string verdicts_text(const ResultsDifference& difference) {
  std::string text;
  std::map<std::array<std::string, 3>, std::size_t> counts;
  const auto kind_of = [](const ResultChange& change) {
    return std::array{change.target, change.before, change.after};
  };
  for (const bool is_worse : {true, false})
    for (const ResultChange& change : difference.changes) {
      if (change.quantity != Quantity::verdict || change.is_worse != is_worse) continue;
      if (change.place == change.target || ++counts[kind_of(change)] <= cases_shown)
        text += line_of(change) + "\n";
    }
  for (const auto& [kind, count] : counts)
    if (count > cases_shown)
      text += fmt::format("{}: {} more cases {} -> {}\n", kind[0], count - cases_shown, kind[1],
                          kind[2]);
  return text;
}

std::string figures_text(const ResultsDifference& difference, const DifferenceGate& gate) {
  std::set<std::string> judged_otherwise;
  for (const ResultChange& change : difference.changes)
    if (change.quantity == Quantity::verdict) judged_otherwise.insert(change.place);
  std::map<std::pair<std::string, Quantity>, std::vector<const ResultChange*>> figures;
  for (const ResultChange& change : difference.changes) {
    const bool is_error = change.quantity == Quantity::error;
    if (change.quantity == Quantity::none || change.quantity == Quantity::verdict ||
        gate.is_noise(change))
      continue;
    // Errors of a wrong case are told by its verdict, and those of other samples are others.
    if (is_error && (judged_otherwise.contains(change.place) || !difference.is_of_same_seed))
      continue;
    figures[{change.target, change.quantity}].push_back(&change);
  }
  std::string text;
  for (const auto& [of, changes] : figures) {
    const auto worst = std::ranges::max_element(
        changes, {}, [](const ResultChange* change) { return growth_of(*change); });
    text += line_of(**worst);
    if (changes.size() > 1)
      text += fmt::format(", the most of {} figures of {}", changes.size(), name_of(of.second));
    text += '\n';
  }
  return text;
}

}  // namespace

ResultsDifference compare_results(const nlohmann::json& before, const nlohmann::json& after) {
  Differ differ;
  differ.compare_seeds(before.at("suite"), after.at("suite"));
  differ.compare_targets(before.at("targets"), after.at("targets"));
  return std::move(differ).finish();
}

DifferenceGate DifferenceGate::parse(std::string_view text) {
  DifferenceGate gate;
  while (true) {
    const std::string_view entry = text.substr(0, text.find(','));
    const std::size_t equals = entry.find('=');
    const std::string_view name = entry.substr(0, equals);
    const auto found =
        std::ranges::find(names_of_quantities, name, &std::pair<std::string_view, Quantity>::first);
    const bool is_verdict =
        found != names_of_quantities.end() && found->second == Quantity::verdict;
    if (found == names_of_quantities.end() || is_verdict != (equals == entry.npos))
      throw InputError("--fail-on", 0,
                       fmt::format("verdict, or error, cycles, instructions or memory with a limit "
                                   "such as cycles=1%, not {}",
                                   in_quotes(entry)));
    const bool is_new =
        is_verdict
            ? !std::exchange(gate.has_verdict_, true)
            : gate.limits_.emplace(found->second, allowed_growth(entry.substr(equals + 1))).second;
    if (!is_new)
      throw InputError("--fail-on", 0, fmt::format("each name once, found {} twice", name));
    if (entry.size() == text.size()) return gate;
    text.remove_prefix(entry.size() + 1);
  }
}

bool DifferenceGate::is_noise(const ResultChange& change) const {
  const auto found = limits_.find(change.quantity);
  if (found == limits_.end() || change.was.has_value() != change.is.has_value()) return false;
  const auto& [limit, is_percent] = found->second;
  return std::abs(is_percent ? 100 * growth_of(change) : *change.is - *change.was) <= limit;
}

bool DifferenceGate::refuses(const ResultChange& change) const {
  if (change.quantity == Quantity::verdict) return has_verdict_ && change.is_worse;
  if (!limits_.contains(change.quantity) || is_noise(change)) return false;
  // A figure that is gone keeps no limit.
  return change.was && (!change.is || *change.is > *change.was);
}

std::string summary_of(const ResultsDifference& difference, const DifferenceGate& gate) {
  std::string text = verdicts_text(difference) + figures_text(difference, gate);
  std::set<std::string> rebuilt;
  for (const ResultChange& change : difference.changes) {
    if (change.place == "suite") text += line_of(change) + "\n";
    if (change.what == "build identity") rebuilt.insert(change.place);
  }
  if (rebuilt.size() == 1) text += fmt::format("{}: another build\n", *rebuilt.begin());
  if (rebuilt.size() > 1) text += fmt::format("{} targets: another build\n", rebuilt.size());
  return text.empty() ? "no difference\n" : text;
}

}  // namespace lsgd
