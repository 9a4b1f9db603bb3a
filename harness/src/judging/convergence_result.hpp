// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lsgd/statistics/equivalence_test.hpp>
#include <lsgd/statistics/learning_figures.hpp>

#include "judging/reference_training.hpp"

namespace lsgd {

/// Whether the trajectory of a device with this declared error of sigmoid and tanh is judged (SPEC
/// 12.4). From half an ulp of 1 on it may train another function than the ensemble.
constexpr bool trajectory_is_judged(double activation_absolute_error) {
  return activation_absolute_error < 0x1p-24;
}

/// One quantity of a device after one epoch, beside the reference (SPEC 12.4).
struct JudgedQuantity {
  double value = 0;
  double exact = 0;  ///< of the exact trajectory
  Interval envelope;

  bool passed() const { return envelope.contains(value); }
};

struct JudgedEpoch {
  std::array<JudgedQuantity, trajectory_quantities.size()> quantities;
  float learning_rate = 0;
  std::vector<int> weight_fraction_bits;  ///< per layer; empty for profiles without
};

/// The last epoch's value of what the outcome is judged by (SPEC 12.5).
struct OutcomeFigure {
  double value = 0;
  double reference_mean = 0;      ///< of the ensemble
  double reference_variance = 0;  ///< of the ensemble
  double standard_error = 0;      ///< of the figure as measured on the test set
};

/// Free-running training from one initialisation (SPEC 12.4).
struct ConvergenceResult {
  std::string workload;
  std::uint64_t seed = 0;
  std::size_t steps_per_epoch = 0;
  std::vector<JudgedEpoch> epochs;
  OutcomeFigure test_loss;
  OutcomeFigure test_accuracy;
  LearningFigures figures;            ///< of the device on the test set, at the end
  LearningFigures reference_figures;  ///< of the exact trajectory
};

/// The verdict over all initialisations of a workload (SPEC 12.5).
struct OutcomeResult {
  std::string workload;
  std::size_t seeds = 0;
  EquivalenceTest test_loss;
  EquivalenceTest test_accuracy;

  bool passed() const { return test_loss.passed() && test_accuracy.passed(); }
};

nlohmann::ordered_json convergence_json(const ConvergenceResult& result);
nlohmann::ordered_json outcome_json(const OutcomeResult& result);

/// Judges the outcome from what convergence_json made of each initialisation.
OutcomeResult judge_outcome(const std::string& workload,
                            const std::vector<nlohmann::ordered_json>& initialisations);

}  // namespace lsgd
