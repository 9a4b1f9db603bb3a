// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "convergence_cases.hpp"
#include "footprint.hpp"
#include "measured_cost.hpp"
#include "number_format.hpp"
#include "section.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::json;

/// Accuracy of a profile after a workload, from the target that trained longest from the most
/// initialisations; null where none did.
const Json* best_trained(const Json& results, const Json& target, const std::string& workload) {
  const Json* best = nullptr;
  std::pair<std::size_t, std::size_t> longest{0, 0};
  for (const auto& candidate : results.at("targets")) {
    if (candidate.at("port") != target.at("port")) continue;
    const auto trainings = find_trainings(candidate, workload);
    if (trainings.empty()) continue;
    const std::pair length{trainings.front()->at("epochs").size(), trainings.size()};
    if (length > longest) {
      longest = length;
      best = &candidate;
    }
  }
  return best;
}

/// One target with its accuracy and what it costs; null where cost or accuracy is unknown.
Json point(const Json& results, const Json& target, const std::string& workload) {
  const Json* cost = find_cost(target, workload);
  const Json* footprint = find_footprint(target, workload);
  const Json* trained = best_trained(results, target, workload);
  if (cost == nullptr || footprint == nullptr || trained == nullptr) return nullptr;
  const auto trainings = find_trainings(*trained, workload);
  return {{"name", target.at("name")},
          {"profile", target.at("profile")},
          {"accuracy", mean_figure(trainings, "accuracy")},
          {"epochs", trainings.front()->at("epochs").size()},
          {"initialisations", trainings.size()},
          {"ram", static_ram(*footprint)},
          {"cycles", cost->at("step").at("cycles_median")},
          {"instructions", cost->at("step").at("instructions_median")}};
}

Json count(const Json& value) {
  const auto known = figure(value);
  return known ? Json(grouped(*known)) : Json();
}

Json row(const Json& point) {
  return {{"name", point.at("name")},
          {"profile", point.at("profile")},
          {"accuracy", fmt::format("{:.1f} %", 100 * point.at("accuracy").get<double>())},
          {"trained",
           fmt::format("{} epochs from {} initialisations", point.at("epochs").get<std::size_t>(),
                       point.at("initialisations").get<std::size_t>())},
          {"ram", grouped(point.at("ram").get<std::uint64_t>())},
          {"cycles", count(point.at("cycles"))},
          {"instructions", count(point.at("instructions"))}};
}

}  // namespace

std::optional<Section> tradeoff_section(const Json& results) {
  Json charts = Json::array(), networks = Json::array();
  for (const std::string& workload : trained_workloads(results)) {
    Json points = Json::array(), rows = Json::array(), plots = Json::array();
    for (const auto& target : results.at("targets"))
      if (Json known = point(results, target, workload); !known.is_null()) {
        rows.push_back(row(known));
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
    networks.push_back({{"network", workload}, {"plots", plots}, {"rows", rows}});
  }
  if (networks.empty()) return std::nullopt;
  return Section{"Accuracy against cost", {{"networks", networks}}, charts};
}

}  // namespace lsgd
