// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <lsgd/numbers/arithmetic_model.hpp>

#include "cases/arithmetic_operation.hpp"
#include "explanation/deviation.hpp"

namespace lsgd {

/// What a device answered to an operation of level 0, as 32-bit patterns (SPEC 7.1).
struct ShownOperation {
  ArithmeticOperation operation = LSGD_OPERATION_QUANTIZE;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t result = 0;
};

/// An operation of level 0 done otherwise than SPEC says.
struct OperationChange {
  /// Of the hypothesis: that of a deviation of the step where this is what it does to the
  /// operation.
  std::string_view name;
  ArithmeticOperation operation;
  /// Behind "as one that "; empty where a deviation of the step says it.
  std::string_view sentence;
  /// Whether a device that does it may answer so.
  bool (*allows)(const ShownOperation& shown, const Changes& changes, const ArithmeticModel& model);
};

/// All that are known. What is said of one operation stands together.
std::span<const OperationChange> operation_changes();

}  // namespace lsgd
