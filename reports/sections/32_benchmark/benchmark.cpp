// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "number_format.hpp"
#include "section.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::json;

constexpr std::size_t shown_bars = 14;

Json summary_of_count(const Json& value) {
  return value.is_null() ? Json() : Json(grouped(value.get<std::uint64_t>()));
}

/// Null where the core does not count both.
Json benchmarked_cpi(const Json& cost) {
  const Json &cycles = cost.at("cycles"), &instructions = cost.at("instructions");
  if (cycles.is_null() || instructions.is_null()) return nullptr;
  return fmt::format("{:.3f}", cycles.get<double>() / instructions.get<double>());
}

/// Null in results from before there was such a count.
Json later_count(const Json& object, const char* name) {
  return object.contains(name) ? summary_of_count(object.at(name)) : Json();
}

Json measured_row(const Json& row) {
  return {{"port", row.at("port")},
          {"core", row.at("core")},
          {"network", row.at("network")},
          {"samples", later_count(row, "samples")},
          {"forward", summary_of_count(row.at("forward").at("cycles"))},
          {"step", summary_of_count(row.at("step").at("cycles"))},
          {"worst", later_count(row.at("step"), "cycles_worst")},
          {"instructions", summary_of_count(row.at("step").at("instructions"))},
          {"cpi", benchmarked_cpi(row.at("step"))},
          {"ram", summary_of_count(row.at("static_ram_bytes"))},
          {"stack", summary_of_count(row.at("stack_bytes"))},
          {"text", summary_of_count(row.at("text_bytes"))},
          {"linked", later_count(row, "linked_text_bytes")}};
}

/// The functions that take most, and the others in one bar.
Json shown_functions(const Json& functions) {
  Json shown = Json::array();
  std::uint64_t others = 0;
  for (const Json& function : functions)
    if (shown.size() < shown_bars)
      shown.push_back({{"name", function.at("name")},
                       {"phase", function.at("phase")},
                       {"cycles", function.at("cycles")}});
    else
      others += function.at("cycles").get<std::uint64_t>();
  if (others != 0)
    shown.push_back({{"name", counted(functions.size() - shown_bars, "smaller one")},
                     {"phase", ""},
                     {"cycles", others}});
  return shown;
}

/// Cycles of each phase, and how far the step is above its lower bound.
Json roofline_row(const Json& row) {
  const Json &profile = row.at("profile"), &bounds = profile.at("bounds");
  Json shown{{"port", row.at("port")}, {"core", row.at("core")}};
  for (const auto& [phase, cycles] : profile.at("phases").items()) {
    Json bound;
    if (bounds.contains(phase)) bound = summary_of_count(bounds.at(phase));
    shown[phase] = {{"cycles", summary_of_count(cycles)}, {"bound", bound}};
  }
  std::uint64_t least = 0;
  for (const auto& bound : bounds) least += bound.get<std::uint64_t>();
  shown["total"] = {{"cycles", summary_of_count(profile.at("cycles"))}, {"bound", grouped(least)}};
  shown["times"] = significant(profile.at("cycles").get<double>() / static_cast<double>(least));
  return shown;
}

}  // namespace

std::optional<Section> benchmark_section(const Json& results) {
  if (!results.contains("benchmark")) return std::nullopt;
  Json rows = Json::array(), roofline = Json::array(), plots = Json::array();
  Json charts = Json::array();
  for (const auto& row : results.at("benchmark").at("rows")) {
    rows.push_back(measured_row(row));
    if (!row.contains("profile")) continue;
    roofline.push_back(roofline_row(row));
    const Json functions = shown_functions(row.at("profile").at("functions"));
    plots.push_back({{"port", row.at("port")},
                     {"core", row.at("core")},
                     {"index", fmt::format("{}", charts.size())},
                     {"lines", fmt::format("{}", functions.size())}});
    charts.push_back({{"functions", functions}, {"cycles", row.at("profile").at("cycles")}});
  }
  return Section{"Benchmark of the ports",
                 {{"compiler", results.at("benchmark").at("compiler")},
                  {"rows", std::move(rows)},
                  {"roofline", std::move(roofline)},
                  {"plots", std::move(plots)}},
                 std::move(charts)};
}

}  // namespace lsgd
