// SPDX-License-Identifier: Apache-2.0
#include "convergence_cases.hpp"

#include <algorithm>

namespace lsgd {

std::vector<const nlohmann::json*> find_trainings(const nlohmann::json& target,
                                                  const std::string& workload) {
  std::vector<const nlohmann::json*> found;
  for (const auto& test_case : target.at("cases"))
    if (test_case.contains("convergence") && test_case.at("convergence").at("workload") == workload)
      found.push_back(&test_case.at("convergence"));
  return found;
}

const nlohmann::json* find_outcome(const nlohmann::json& target, const std::string& workload) {
  for (const auto& test_case : target.at("cases"))
    if (test_case.contains("outcome") && test_case.at("outcome").at("workload") == workload)
      return &test_case.at("outcome");
  return nullptr;
}

std::vector<std::string> trained_workloads(const nlohmann::json& results) {
  std::vector<std::string> names;
  for (const auto& target : results.at("targets"))
    for (const auto& test_case : target.at("cases")) {
      if (!test_case.contains("convergence")) continue;
      const std::string name = test_case.at("convergence").at("workload");
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  return names;
}

double mean_figure(const std::vector<const nlohmann::json*>& trainings, const char* figure) {
  double sum = 0;
  for (const nlohmann::json* training : trainings)
    sum += training->at("test").at(figure).get<double>();
  return sum / static_cast<double>(trainings.size());
}

}  // namespace lsgd
