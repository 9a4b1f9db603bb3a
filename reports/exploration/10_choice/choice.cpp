// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "number_format.hpp"
#include "section.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::json;

std::string with_interval(const Json& interval, const char* format) {
  const auto percent = [&](const char* name) {
    return fmt::format(fmt::runtime(format), 100 * interval.at(name).get<double>());
  };
  return fmt::format("{} ({} to {})", percent("mean"), percent("low"), percent("high"));
}

struct OutcomeLabel {
  const char* outcome;
  const char* word;
  const char* color;
};

constexpr std::array outcome_labels{OutcomeLabel{"learns", "learns", "pass"},
                                    OutcomeLabel{"unreliable", "not from every seed", "incomplete"},
                                    OutcomeLabel{"does_not_learn", "does not learn", "fail"},
                                    OutcomeLabel{"not_trained", "not trained", "skipped"}};

std::vector<std::string> cores_of(const Json& exploration) {
  std::set<std::string> cores;
  for (const Json& arithmetic : exploration.at("arithmetics"))
    for (const Json& cost : arithmetic.at("cycles")) cores.insert(cost.at("core"));
  return {cores.begin(), cores.end()};
}

/// By core: the port with the fewest cycles, or null.
Json costs_on(const std::vector<std::string>& cores, const Json& cycles) {
  std::map<std::string, Json> known;
  for (const Json& cost : cycles)
    known[cost.at("core")] = {{"known", true},
                              {"cycles", grouped(cost.at("cycles").get<std::uint64_t>())},
                              {"port", cost.at("port")},
                              {"is_fewest", cost.at("is_fewest")}};
  Json cells = Json::array();
  for (const std::string& core : cores)
    cells.push_back(known.contains(core) ? known.at(core) : Json{{"known", false}});
  return cells;
}

Json row_of(const Json& arithmetic, const std::vector<std::string>& cores) {
  const auto label =
      std::ranges::find(outcome_labels, arithmetic.at("outcome").get<std::string>(),
                        [](const OutcomeLabel& l) { return std::string(l.outcome); });
  const Json &accuracy = arithmetic.at("accuracy"), &difference = arithmetic.at("difference");
  return {
      {"name", arithmetic.at("name")},
      {"description", arithmetic.at("description")},
      {"outcome", label->word},
      {"color", label->color},
      {"why", arithmetic.at("why")},
      {"accuracy", accuracy.is_null() ? Json() : Json(with_interval(accuracy, "{:.1f}"))},
      {"difference", difference.is_null() ? Json() : Json(with_interval(difference, "{:+.1f}"))},
      {"bytes", grouped(arithmetic.at("state_bytes").get<std::uint64_t>())},
      {"is_cheapest", arithmetic.at("is_cheapest")},
      {"costs", costs_on(cores, arithmetic.at("cycles"))}};
}

}  // namespace

std::optional<Section> choice_section(const Json& exploration) {
  const std::vector<std::string> cores = cores_of(exploration);
  Json rows = Json::array();
  for (const Json& arithmetic : exploration.at("arithmetics"))
    rows.push_back(row_of(arithmetic, cores));
  const Json& benchmark = exploration.at("benchmark");
  Json data{{"rows", rows}, {"cores", cores}};
  data["compiler"] = benchmark.is_null() ? Json() : benchmark.at("compiler");
  data["network"] = benchmark.is_null() ? Json() : benchmark.at("network");
  return Section{"Which still learns", data};
}

}  // namespace lsgd
