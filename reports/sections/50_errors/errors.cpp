// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <limits>

#include "number_format.hpp"
#include "port_groups.hpp"
#include "section.hpp"
#include "verdict_label.hpp"

namespace lsgd {
namespace {

/// Bound fraction for comparing: no finite number is worse than any.
double fraction_of(const nlohmann::json& worst) {
  const auto& fraction = worst.at("bound_fraction");
  return fraction.is_null() ? std::numeric_limits<double>::infinity() : fraction.get<double>();
}

/// The case with the worst element of a level; null where none was judged by a bound.
const nlohmann::json* worst_case(const nlohmann::json& target, int level) {
  const nlohmann::json* worst = nullptr;
  for (const auto& test_case : target.at("cases")) {
    if (test_case.at("level") != level || test_case.at("worst").is_null()) continue;
    if (worst == nullptr || fraction_of(test_case.at("worst")) > fraction_of(worst->at("worst")))
      worst = &test_case;
  }
  return worst;
}

std::string number(const nlohmann::json& value) {
  return value.is_null() ? "not finite" : significant(value.get<double>());
}

/// As number(), but never rounded up to the limit.
std::string fraction_text(const nlohmann::json& worst) {
  const double fraction = fraction_of(worst);
  const std::string text = number(worst.at("bound_fraction"));
  return fraction < 1 && text == significant(1) ? "< 1" : text;
}

std::string worst_place(const nlohmann::json& test_case) {
  const auto& worst = test_case.at("worst");
  return fmt::format("{}, {}{}[{}]", test_case.at("id").get<std::string>(),
                     worst.at("step").is_null() ? "" : "step " + worst.at("step").dump() + ", ",
                     worst.at("tensor").get<std::string>(), worst.at("index").dump());
}

nlohmann::json cell(const nlohmann::json* test_case) {
  if (test_case == nullptr) return {{"fraction", nullptr}};
  const auto& worst = test_case->at("worst");
  return {{"fraction", fraction_text(worst)},
          {"width", fmt::format("{:.4f}", std::min(1.0, fraction_of(worst)))},
          {"outside", fraction_of(worst) > 1},
          {"ulp", number(worst.at("ulp"))},
          {"place", worst_place(*test_case)}};
}

/// Levels that judge at least one element by a bound.
std::vector<int> bounded_levels(const nlohmann::json& results) {
  std::vector<int> levels = levels_of(results);
  std::erase_if(levels, [&](int level) {
    return std::ranges::none_of(results.at("targets"), [&](const auto& target) {
      return worst_case(target, level) != nullptr;
    });
  });
  return levels;
}

}  // namespace

std::optional<Section> errors_section(const nlohmann::json& results) {
  const auto levels = bounded_levels(results);
  if (levels.empty()) return std::nullopt;
  nlohmann::json headings = nlohmann::json::array();
  for (const int level : levels)
    headings.push_back({{"number", fmt::format("{}", level)}, {"name", level_name(level)}});
  nlohmann::json groups = nlohmann::json::array();
  for (const PortGroup& group : port_groups(results)) {
    nlohmann::json rows = nlohmann::json::array();
    for (const auto* target : group.targets) {
      nlohmann::json cells = nlohmann::json::array();
      for (const int level : levels) cells.push_back(cell(worst_case(*target, level)));
      rows.push_back({{"name", target->at("name")}, {"cells", cells}});
    }
    groups.push_back({{"port", group.port},
                      {"arithmetic", group.arithmetic},
                      {"columns", fmt::format("{}", 3 * levels.size() + 1)},
                      {"targets", rows}});
  }
  return Section{"Worst errors", {{"levels", headings}, {"groups", groups}}};
}

}  // namespace lsgd
