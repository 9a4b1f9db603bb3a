// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cost/claim.hpp"
#include "description/target_file.hpp"
#include "run/conformance_run.hpp"

namespace lsgd {

/// Test accuracies, in percent, that a port reached in the trainings of a quantity.
struct LearnedAccuracy {
  std::string port;
  std::string target;
  std::string_view network;  ///< as a Claim names it
  ClaimQuantity quantity = ClaimQuantity::trained_accuracy;
  std::vector<double> percent;  ///< one per initialisation
};

/// The targets on the simulated core that the claims are about. Throws InputError where one is not
/// built.
std::vector<Target> claim_targets();

/// True where a run measures, unfiltered, all targets that the claims are about.
bool measures_what_is_claimed(const RunRequest& request);

/// Trains the ports of all claims on accuracy, built for this machine: the same C code as on the
/// core, and the same result up to the last bits of its library's functions. Throws InputError
/// where a port is not built, DeviceError where one fails.
std::vector<LearnedAccuracy> measure_learning();

/// The claims as results.json shows them. Bytes and cycles come from the level 4 cases and
/// resources of the targets in `results` (on the simulated core); a value that they do not hold is
/// null.
nlohmann::ordered_json claims_json(const nlohmann::ordered_json& results,
                                   const std::vector<LearnedAccuracy>& learned);

}  // namespace lsgd
