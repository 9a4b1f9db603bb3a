// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <lsgd/arithmetic/changed_arithmetics.hpp>

#include "data/data_file.hpp"
#include "data/model_file.hpp"
#include "description/pace.hpp"
#include "description/suite_file.hpp"
#include "levels/conformance_case.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// A step whose sample and learning rate are no data set's.
struct ScriptedStep {
  Sample sample;
  float learning_rate = 0.5f;
  bool is_loaded = true;       ///< false: the sample is still there from the step before
  std::size_t unobserved = 0;  ///< steps with the same sample before it, of which nothing is read
  std::optional<Parameters<float>> start = {};  ///< loaded before it
  std::optional<std::size_t> tensor = {};       ///< of `start` the one that is loaded; else all
  std::size_t first_element = 0;                ///< of `tensor`: those before it are not loaded
};

/// A workload with its model and data, shared by its cases.
struct LoadedWorkload {
  Workload workload;
  Model model;
  DataSet data;
  /// The steps, instead of those on the data. Each is followed by a forward pass with the new
  /// parameters.
  std::vector<ScriptedStep> script = {};
  /// Whether the errors of all steps together are judged (SPEC 6.3), too.
  bool has_statistics = true;
  /// Whether its steps have the same bits in every order of evaluation, so that those of one order
  /// are required of plain binary32 whichever is declared (SPEC 6.2).
  bool every_order_agrees = false;
  std::vector<Flag> flags = {};  ///< shown with a failure
  /// Of the declaration: of these a failure names those that the device shows.
  std::vector<ChangedArithmetic> told = {};
  std::string name_of_scales = {};  ///< of draw_scales; empty: those that a training starts with
  /// Whether the report shows what the judge of its steps detects (SPEC 7.10).
  bool shows_detected_changes = false;
  /// Why the cases cannot be run here, where `data` is one blank sample; empty where they can.
  std::string lack = {};
};

/// Loads model and data of a workload. A built-in data set that this machine lacks is a lack.
/// Throws InputError.
/// @param least_samples  of the data, even where the steps are fewer
std::shared_ptr<const LoadedWorkload> load_workload(const Workload& workload,
                                                    std::size_t least_samples = 1);

/// Before a parameter outside a declared arithmetic: why steps are skipped.
inline constexpr std::string_view no_start_in_this_arithmetic = "no start in this arithmetic";

/// Runs and judges the steps of one chunk on a device, or of a stand-in (SPEC 7.3, 7.11).
/// @param first  sample of the first step
/// @param seed   of the ensemble of legal computations
CaseResult run_steps(const LoadedWorkload& loaded, const Profile& profile, std::size_t first,
                     std::uint64_t seed, AgentSession& session, const ArithmeticModel& model);

/// The cases of level 2: one per chunk of resynchronised training steps (SPEC 7.3). A chunk starts
/// from the trained parameters; then, for every step, the reference starts from the parameters that
/// the device had before it. Chunks that a target of this pace does not run are skipped and say so.
/// @param seed of the ensemble of legal computations
std::vector<ConformanceCase> level2_cases(std::shared_ptr<const LoadedWorkload> loaded,
                                          const Profile& profile, Pace pace, std::uint64_t seed);

}  // namespace lsgd
