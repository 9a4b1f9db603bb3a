// SPDX-License-Identifier: Apache-2.0
#include "result/measured_resources.hpp"

#include <algorithm>
#include <stdexcept>

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

std::optional<CountSummary> summary(const std::vector<Measurement>& measurements,
                                    std::uint64_t Measurement::*count) {
  std::vector<std::uint64_t> counts;
  for (const Measurement& measurement : measurements) counts.push_back(measurement.*count);
  std::ranges::sort(counts);
  if (counts.front() == 0) return std::nullopt;
  return CountSummary{counts[(counts.size() - 1) / 2], counts.back()};
}

Json cost_json(const OperationCost& cost) {
  Json json;
  const auto append = [&json](const std::string& name, const std::optional<CountSummary>& count) {
    json[name + "_median"] = count ? Json(count->median) : Json(nullptr);
    json[name + "_worst"] = count ? Json(count->worst) : Json(nullptr);
  };
  append("cycles", cost.cycles);
  append("instructions", cost.instructions);
  return json;
}

}  // namespace

OperationCost cost_of(const std::vector<Measurement>& measurements) {
  if (measurements.empty()) throw std::invalid_argument("no measurement");
  return {summary(measurements, &Measurement::cycles),
          summary(measurements, &Measurement::instructions)};
}

nlohmann::ordered_json resources_json(const MeasuredResources& resources) {
  const bool painted = resources.stack_bytes != 0;
  return {{"network", resources.network},
          {"forward", cost_json(resources.forward)},
          {"step", cost_json(resources.step)},
          {"stack_bytes", painted ? Json(resources.stack_bytes) : Json(nullptr)},
          {"heap_bytes", resources.heap_bytes}};
}

}  // namespace lsgd
