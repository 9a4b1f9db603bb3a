// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/data_file.hpp"
#include "description/convergence_workload.hpp"
#include "description/pace.hpp"
#include "judging/reference_training.hpp"
#include "levels/conformance_case.hpp"
#include "steps/profile.hpp"

namespace lsgd {

class ReferenceTrainings;

/// No training computed yet.
std::shared_ptr<ReferenceTrainings> new_reference_trainings();

/// A convergence workload with its data and the reference's trainings, which are computed when they
/// are first needed and shared by all targets.
struct LoadedConvergence {
  ConvergenceWorkload workload;
  DataSet training;
  DataSet test;
  std::shared_ptr<ReferenceTrainings> references;
  std::string lack = {};  ///< as of LoadedWorkload
};

/// Loads the data of a convergence workload, as load_workload does. Throws InputError.
std::shared_ptr<const LoadedConvergence> load_convergence(const ConvergenceWorkload& workload);

/// Trains on the device and judges its trajectory. Throws DeviceError.
/// @param workload a name for the result
CaseResult run_level3(const std::string& workload, const TrainingTask& task, const Profile& profile,
                      AgentSession& session, const ArithmeticModel& model,
                      ReferenceTrainings& references);

/// The cases of level 3 (SPEC 12): one per initialisation, level3/<name>/<seed>, in which the
/// device trains without being resynchronised, and level3/<name>/outcome, which judges them
/// together. What a target of this pace does not run is skipped and says so.
std::vector<ConformanceCase> level3_cases(std::shared_ptr<const LoadedConvergence> loaded,
                                          const Profile& profile, Pace pace);

}  // namespace lsgd
