// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <lsgd/numbers/arithmetic_model.hpp>

#include "description/target_file.hpp"
#include "device/agent_session.hpp"
#include "measuring/order_evidence.hpp"

namespace lsgd {

/// What a device's arithmetic was found to be.
struct MeasuredArithmetic {
  ArithmeticModel model;  ///< the narrowest declaration that allows all that the device showed
  std::vector<Finding> findings;
  /// What no declaration allows, such as results that no rounding gives; empty where all is legal.
  std::vector<std::string> illegal;
};

/// The profiles whose arithmetic is measured; in the others every bit is required.
std::vector<std::string> measured_profiles();

/// Told what is measured next.
using MeasuringProgress = std::function<void(std::string_view what)>;

/// Determines the arithmetic of a device from networks that show one operation each, whatever its
/// target file declares but for `sum_bits`, which is taken from there. The same requests for the
/// same seed and the same answers. Throws DeviceError.
MeasuredArithmetic measure_arithmetic(const Target& target, AgentSession& session,
                                      std::uint64_t seed, const MeasuringProgress& progress);

/// The findings as lines for people.
std::string findings_text(const MeasuredArithmetic& measured);

/// The keys in which what was measured is not what is declared.
struct DeclarationDifference {
  std::vector<std::string> narrower;  ///< more could be declared
  std::vector<std::string> wider;     ///< less is true, or no result tells
  std::vector<std::string> other;     ///< another value: what is declared is wrong
};

DeclarationDifference compare_declarations(const ArithmeticModel& declared,
                                           const ArithmeticModel& measured);

/// The same in a sentence.
std::string difference_text(const DeclarationDifference& difference);

/// The table `[arithmetic]` of a target file, each key with its evidence as a comment.
std::string arithmetic_table(const MeasuredArithmetic& measured);

}  // namespace lsgd
