// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lsgd {

/// The `convergence` objects of a target's cases on a workload, one per initialisation.
std::vector<const nlohmann::json*> find_trainings(const nlohmann::json& target,
                                                  const std::string& workload);

/// The target's outcome on a workload over all initialisations; null where it was not judged.
const nlohmann::json* find_outcome(const nlohmann::json& target, const std::string& workload);

/// Workloads on which any target trained, in order of appearance.
std::vector<std::string> trained_workloads(const nlohmann::json& results);

/// Mean of a final figure, such as accuracy, over trainings; there is at least one.
double mean_figure(const std::vector<const nlohmann::json*>& trainings, const char* figure);

}  // namespace lsgd
