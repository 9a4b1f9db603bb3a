// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <limits>

#include "footprint.hpp"
#include "measured_cost.hpp"
#include "reports/render_history.hpp"

namespace lsgd {
namespace {

std::optional<double> worst_error(const nlohmann::json& target) {
  std::optional<double> worst;
  for (const auto& found : target.at("cases")) {
    if (found.at("worst").is_null()) continue;
    const nlohmann::json& fraction = found.at("worst").at("bound_fraction");
    worst = std::max(worst.value_or(0), fraction.is_null() ? std::numeric_limits<double>::infinity()
                                                           : fraction.get<double>());
  }
  return worst;
}

/// Cycles where the platform counts them, else instructions, of the steps on every network.
std::vector<PastFigure> counts_of(const nlohmann::json& target) {
  std::vector<PastFigure> figures;
  for (const auto& found : target.at("cases")) {
    if (!found.contains("resources")) continue;
    const nlohmann::json& cost = found.at("resources");
    const std::string network = cost.at("network");
    for (const char* part : {"forward", "step"})
      for (const char* unit : {"cycles", "instructions"}) {
        const auto count = figure(cost.at(part).at(fmt::format("{}_median", unit)));
        if (!count) continue;
        figures.push_back({fmt::format("{}, {}: {}", network,
                                       part == std::string("step") ? "step" : "forward pass", unit),
                           *count});
        break;
      }
  }
  return figures;
}

std::vector<PastFigure> bytes_of(const nlohmann::json& target) {
  std::vector<PastFigure> figures;
  for (const auto& found : target.at("cases"))
    if (found.contains("resources"))
      if (const auto stack = figure(found.at("resources").at("stack_bytes")))
        figures.push_back(
            {fmt::format("{}: stack", found.at("resources").at("network").get<std::string>()),
             *stack});
  if (target.at("resources").is_null()) return figures;
  for (const auto& footprint : target.at("resources").at("footprints")) {
    const std::string network = footprint.at("network");
    figures.push_back({network + ": static RAM", static_ram(footprint)});
    figures.push_back({network + ": text", footprint.at("text").get<std::uint64_t>()});
  }
  return figures;
}

PastTarget past_target(const nlohmann::json& target) {
  PastTarget past{.name = target.at("name"),
                  .port = target.at("port"),
                  .platform = target.at("platform"),
                  .profile = target.at("profile"),
                  .verdict = target.at("verdict"),
                  .worst = worst_error(target),
                  .counts = counts_of(target),
                  .bytes = bytes_of(target)};
  past.is_shortened = target.contains("shortened") && !target.at("shortened").empty();
  for (const auto& level : target.at("levels")) {
    past.executed += level.at("cases_executed").get<std::uint64_t>();
    past.failed += level.at("cases_failed").get<std::uint64_t>();
  }
  return past;
}

}  // namespace

PastRun past_run(const nlohmann::json& results, const std::string& file,
                 const std::string& sha256) {
  const nlohmann::json &suite = results.at("suite"), &tool = results.at("tool");
  PastRun run{.file = file,
              .sha256 = sha256,
              .suite = suite.at("name"),
              .seed = suite.at("seed"),
              .program = fmt::format("{} {}, specification {}", tool.at("name").get<std::string>(),
                                     tool.at("version").get<std::string>(),
                                     tool.at("specification").get<std::string>()),
              .program_sha256 = tool.value("sha256", std::string()),
              .targets = {}};
  for (const char* part : {"filter", "shard"})
    if (!suite.at(part).is_null())
      run.suite += fmt::format(", {} {}", part, suite.at(part).get<std::string>());
  for (const auto& target : results.at("targets")) run.targets.push_back(past_target(target));
  return run;
}

}  // namespace lsgd
