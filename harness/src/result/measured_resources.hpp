// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "device/agent_session.hpp"

namespace lsgd {

/// Counts of several runs of one operation.
struct CountSummary {
  std::uint64_t median = 0;  ///< the lower one of an even number: always a count that occurred
  std::uint64_t worst = 0;
};

/// What one operation costs; nothing where the platform cannot count.
struct OperationCost {
  std::optional<CountSummary> cycles;
  std::optional<CountSummary> instructions;
};

/// Summary of the measurements of one operation, at least one. A count that is 0 in any of them is
/// unknown.
OperationCost cost_of(const std::vector<Measurement>& measurements);

/// What forward passes and training steps of one network cost on a device (level 4).
struct MeasuredResources {
  std::string network;
  OperationCost forward;
  OperationCost step;
  std::uint32_t stack_bytes = 0;  ///< peak; 0 where unknown
  std::uint32_t heap_bytes = 0;
};

/// As results.json shows it, with null for what is unknown.
nlohmann::ordered_json resources_json(const MeasuredResources& resources);

}  // namespace lsgd
