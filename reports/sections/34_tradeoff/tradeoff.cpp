// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "convergence_cases.hpp"
#include "footprint.hpp"
#include "measured_cost.hpp"
#include "number_format.hpp"
#include "section.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::json;

using Trainings = std::vector<const Json*>;

/// Of each port the trainings on a workload that tell its accuracy: those of the target that
/// trained longest from the most initialisations.
std::map<std::string, Trainings> best_trainings(const Json& results, const std::string& workload) {
  std::map<std::string, Trainings> best;
  const auto length = [](const Trainings& trainings) {
    return trainings.empty() ? std::pair<std::size_t, std::size_t>{0, 0}
                             : std::pair{trainings.front()->at("epochs").size(), trainings.size()};
  };
  for (const auto& target : results.at("targets")) {
    Trainings trainings = find_trainings(target, workload);
    Trainings& longest = best[target.at("port")];
    if (length(trainings) > length(longest)) longest = std::move(trainings);
  }
  return best;
}

/// One target with its accuracy and what it costs; null where cost or accuracy is unknown.
Json point(const Json& target, const std::string& workload, const Trainings& trainings) {
  const Json* cost = find_cost(target, workload);
  const Json* footprint = find_footprint(target, workload);
  if (cost == nullptr || footprint == nullptr || trainings.empty()) return nullptr;
  return {{"name", target.at("name")},
          {"port", target.at("port")},
          {"platform", fmt::format("{} {}", target.at("platform").get<std::string>(),
                                   target.at("variant").get<std::string>())},
          {"profile", target.at("profile")},
          {"accuracy", mean_figure(trainings, "accuracy")},
          {"epochs", trainings.front()->at("epochs").size()},
          {"initialisations", trainings.size()},
          {"ram", static_ram(*footprint)},
          {"cycles", cost->at("step").at("cycles_median")},
          {"instructions", cost->at("step").at("instructions_median")}};
}

Json figure_of(const Json& value) {
  const auto known = figure(value);
  return known ? Json(grouped(*known)) : Json();
}

Json tradeoff_row(const Json& point) {
  return {
      {"name", point.at("name")},
      {"profile", point.at("profile")},
      {"accuracy", fmt::format("{:.1f} %", 100 * point.at("accuracy").get<double>())},
      {"trained",
       fmt::format("{} from {}", counted(point.at("epochs").get<std::uint64_t>(), "epoch"),
                   counted(point.at("initialisations").get<std::uint64_t>(), "initialisation"))},
      {"ram", grouped(point.at("ram").get<std::uint64_t>())},
      {"cycles", figure_of(point.at("cycles"))},
      {"instructions", figure_of(point.at("instructions"))}};
}

/// As accurate as float32: no more than 0.2 points below.
constexpr double equal_accuracy = 0.002;

/// Cost of a point's step, for comparison on one platform: cycles, or instructions where an
/// emulator knows no cycles; nothing where neither is known.
std::optional<std::pair<std::uint64_t, const char*>> step_cost(const Json& point) {
  for (const char* unit : {"cycles", "instructions"})
    if (const auto known = figure(point.at(unit))) return std::pair(*known, unit);
  return std::nullopt;
}

/// The cheapest of the points that pass; null where none does.
template <class Passes>
const Json* cheapest(const std::vector<const Json*>& points, const Passes& passes) {
  const Json* best = nullptr;
  for (const Json* point : points)
    if (passes(*point) && (best == nullptr || step_cost(*point)->first < step_cost(*best)->first))
      best = point;
  return best;
}

/// Which port of a platform needs least for float32's accuracy; null where nothing is to be
/// compared.
Json advice(const std::string& platform, const std::vector<const Json*>& points) {
  const auto is_float32 = [](const Json& p) { return p.at("profile") == "float32"; };
  const Json* const float32 = cheapest(points, is_float32);
  if (float32 == nullptr ||
      std::ranges::all_of(points, [&](const Json* p) { return is_float32(*p); }))
    return nullptr;
  const double accuracy = float32->at("accuracy");
  const auto is_accurate = [&](const Json& p) {
    return p.at("accuracy").get<double>() >= accuracy - equal_accuracy;
  };
  const Json* const best = cheapest(points, is_accurate);
  const auto [cost, unit] = *step_cost(*best);
  const double ratio = static_cast<double>(step_cost(*float32)->first) / static_cast<double>(cost);
  return {{"platform", platform},
          {"port", best->at("port")},
          {"profile", best->at("profile")},
          {"cost", fmt::format("{} {}", grouped(cost), unit)},
          {"accuracy", fmt::format("{:.1f} %", 100 * best->at("accuracy").get<double>())},
          {"float32_port", float32->at("port")},
          {"float32_accuracy", fmt::format("{:.1f} %", 100 * accuracy)},
          {"ratio", fmt::format("{:.1f}", ratio)},
          {"is_float32", best == float32}};
}

/// One piece of advice for each platform with several profiles.
Json advice_by_platform(const Json& points) {
  std::map<std::string, std::vector<const Json*>> platforms;
  for (const Json& point : points)
    if (step_cost(point)) platforms[point.at("platform")].push_back(&point);
  Json all = Json::array();
  for (const auto& [platform, on_it] : platforms)
    if (Json found = advice(platform, on_it); !found.is_null()) all.push_back(std::move(found));
  return all;
}

}  // namespace

std::optional<Section> tradeoff_section(const Json& results) {
  Json charts = Json::array(), networks = Json::array();
  for (const std::string& workload : trained_workloads(results)) {
    Json points = Json::array(), rows = Json::array(), plots = Json::array();
    const auto trainings = best_trainings(results, workload);
    for (const auto& target : results.at("targets"))
      if (Json known = point(target, workload, trainings.at(target.at("port"))); !known.is_null()) {
        rows.push_back(tradeoff_row(known));
        points.push_back(std::move(known));
      }
    if (points.empty()) continue;
    const auto add_plot = [&](const char* cost, const char* caption) {
      if (std::ranges::all_of(points, [&](const Json& p) { return p.at(cost).is_null(); })) return;
      plots.push_back({{"index", fmt::format("{}", charts.size())}, {"caption", caption}});
      charts.push_back({{"cost", cost}, {"points", points}});
    };
    add_plot("ram", "Test accuracy against static RAM of the port, bytes");
    add_plot("cycles", "Test accuracy against cycles per training step");
    add_plot("instructions", "Test accuracy against instructions per training step");
    networks.push_back({{"network", workload},
                        {"advice", advice_by_platform(points)},
                        {"plots", plots},
                        {"rows", rows}});
  }
  if (networks.empty()) return std::nullopt;
  return Section{"Accuracy against cost", {{"networks", networks}}, charts};
}

}  // namespace lsgd
