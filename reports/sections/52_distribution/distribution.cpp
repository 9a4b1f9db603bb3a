// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "number_format.hpp"
#include "port_groups.hpp"
#include "section.hpp"

namespace lsgd {
namespace {

/// Sum of the histograms of all cases; empty where no element of the target has a bound.
std::vector<std::uint64_t> target_histogram(const nlohmann::json& target) {
  std::vector<std::uint64_t> sum;
  for (const auto& test_case : target.at("cases")) {
    if (test_case.at("histogram").is_null()) continue;
    const auto counts = test_case.at("histogram").get<std::vector<std::uint64_t>>();
    sum.resize(counts.size());
    for (std::size_t bin = 0; bin < counts.size(); ++bin) sum[bin] += counts[bin];
  }
  return sum;
}

bool goes_outside(const nlohmann::json& target) {
  return std::ranges::any_of(target.at("cases"), [](const nlohmann::json& test_case) {
    const auto& worst = test_case.at("worst");
    if (worst.is_null()) return false;
    const auto& fraction = worst.at("bound_fraction");
    return fraction.is_null() || fraction.get<double>() > 1;
  });
}

}  // namespace

std::optional<Section> distribution_section(const nlohmann::json& results) {
  nlohmann::json charts = nlohmann::json::array();
  nlohmann::json groups = nlohmann::json::array();
  for (const PortGroup& group : port_groups(results)) {
    nlohmann::json plots = nlohmann::json::array();
    for (const auto* target : group.targets) {
      const auto counts = target_histogram(*target);
      if (counts.empty()) continue;
      plots.push_back(
          {{"name", target->at("name")},
           {"index", fmt::format("{}", charts.size())},
           {"elements",
            counted(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}), "element")}});
      charts.push_back({{"counts", counts}, {"outside", goes_outside(*target)}});
    }
    if (!plots.empty())
      groups.push_back({{"port", group.port},
                        {"arithmetic", group.arithmetic},
                        {"is_family", group.is_family},
                        {"plots", plots}});
  }
  if (charts.empty()) return std::nullopt;
  return Section{"Distribution of error / bound", {{"groups", groups}}, charts};
}

}  // namespace lsgd
