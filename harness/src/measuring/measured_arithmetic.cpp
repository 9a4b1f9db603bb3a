// SPDX-License-Identifier: Apache-2.0
#include "measuring/measured_arithmetic.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <stdexcept>

#include "measuring/float32_measurement.hpp"
#include "measuring/int32_fixed_measurement.hpp"
#include "measuring/int8_hybrid_measurement.hpp"

namespace lsgd {
namespace {

/// The measurements_by_profile by profile.
struct NamedMeasurement {
  std::string_view profile;
  MeasuredArithmetic (*measure)(const Target&, ProbedDevice&, std::uint64_t,
                                const MeasuringProgress&);
};

constexpr std::array measurements_by_profile{NamedMeasurement{"float32", measure_float32},
                                             NamedMeasurement{"int8_hybrid", measure_int8_hybrid},
                                             NamedMeasurement{"int32_fixed", measure_int32_fixed}};

}  // namespace

std::vector<std::string> measured_profiles() {
  std::vector<std::string> names;
  for (const NamedMeasurement& measurement : measurements_by_profile)
    names.emplace_back(measurement.profile);
  return names;
}

MeasuredArithmetic measure_arithmetic(const Target& target, AgentSession& session,
                                      std::uint64_t seed, const MeasuringProgress& progress) {
  ProbedDevice device(session, *target.profile);
  for (const NamedMeasurement& measurement : measurements_by_profile)
    if (measurement.profile == target.profile->name())
      return measurement.measure(target, device, seed, progress);
  throw std::invalid_argument("a profile whose arithmetic is measured");
}

std::string findings_text(const MeasuredArithmetic& measured) {
  std::string text;
  for (const Finding& finding : measured.findings) {
    if (finding.key.empty())
      text += fmt::format("  {}\n", finding.value);
    else
      text += fmt::format("  {} = {}\n", finding.key, finding.value);
    text += fmt::format("      {}\n", finding.evidence);
  }
  for (const std::string& illegal : measured.illegal)
    text += fmt::format("  not legal in any declaration: {}\n", illegal);
  return text;
}

std::string arithmetic_table(const MeasuredArithmetic& measured) {
  std::string text = "[arithmetic]\n";
  for (const Finding& finding : measured.findings)
    if (!finding.key.empty())
      text += fmt::format("{} = {}  # {}\n", finding.key, finding.value, finding.evidence);
  return text;
}

}  // namespace lsgd
