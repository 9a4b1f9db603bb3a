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

#include <lsgd/statistics/statistic_verdict.hpp>

#include "result/detected_change.hpp"
#include "result/measured_resources.hpp"

namespace lsgd {

/// Verdict on a case, a level or a target. `skipped` was not asked for or is optional; `refused` is
/// a network that the device does not take.
enum class Verdict : std::uint8_t { pass, skipped, refused, incomplete, fail, device_failure };

std::string_view name_of(Verdict verdict);

/// A note of a vector: the defect it was made to catch.
struct Flag {
  std::string name;
  std::string description;
};

/// First wrong element of a case, or what the device did. Empty members do not apply.
struct Failure {
  std::optional<std::size_t> step;    ///< from 0
  std::optional<std::size_t> layer;   ///< from 1
  std::optional<std::string> tensor;  ///< such as W1
  std::optional<std::size_t> neuron;  ///< row of a weight, from 0
  std::optional<std::size_t> index;   ///< row-major, from 0
  std::optional<std::string> expected;
  std::optional<std::string> got;
  std::optional<std::string> tolerance;
  std::string message;
  std::vector<Flag> flags;
};

/// The element with the largest error in units of its bound.
struct WorstError {
  double bound_fraction = 0;  ///< |error| / bound; not finite where the device gave no number
  double ulp = 0;             ///< |error| in ulp of the exact value; likewise
  std::string tensor;
  std::size_t index = 0;
  std::optional<std::size_t> step;
};

/// Bit-for-bit comparison with the declared evaluation order.
struct ExactOrder {
  std::size_t compared = 0;
  std::size_t mismatches = 0;
};

/// Elements counted by |error| / bound in equal bins over [0, 1]; the last bin also counts more.
using BoundHistogram = std::array<std::uint64_t, 20>;

/// What one case found on one target.
struct CaseResult {
  Verdict verdict = Verdict::pass;
  std::optional<std::string> reason;  ///< why it was left out; the stand-in it ran with (SPEC 7.11)
  std::size_t elements = 0;
  std::optional<WorstError> worst;
  std::optional<BoundHistogram> histogram;
  std::vector<StatisticVerdict> statistics;
  std::optional<ExactOrder> exact_order;
  std::optional<MeasuredResources> resources;  ///< level 4 only
  /// Level 3 only: one initialisation, or all of them, as results.json shows them.
  std::optional<nlohmann::ordered_json> convergence, outcome;
  std::vector<DetectedChange> detected;  ///< of the first chunk of a workload, see SPEC 7.10
  std::optional<Failure> failure;
  std::uint32_t stack_bytes = 0;  ///< peak over the case
  std::uint32_t heap_bytes = 0;
  std::vector<NetworkAnswer> network_answers;  ///< of the device, in order
  AnswerRecord answers;                        ///< all that the device answered

  static CaseResult skipped(std::string reason);
  static CaseResult refused(std::string reason);
};

/// A case as results.json shows it (vectors/schema/results.schema.json).
/// @param repeat the command line that runs this case again
nlohmann::ordered_json case_json(const CaseResult& result, std::string_view id,
                                 std::string_view clause, int level, const std::string& repeat);

}  // namespace lsgd
