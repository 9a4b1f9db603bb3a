// SPDX-License-Identifier: Apache-2.0
#include "measuring/measured_arithmetic.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdexcept>
#include <utility>

#include "measuring/float32_measurement.hpp"
#include "measuring/int32_fixed_measurement.hpp"
#include "measuring/int8_hybrid_measurement.hpp"

namespace lsgd {
namespace {

struct NamedMeasurement {
  std::string_view profile;
  MeasuredArithmetic (*measure)(const Target&, ProbedDevice&, std::uint64_t,
                                const MeasuringProgress&);
};

constexpr std::array measurements_by_profile{NamedMeasurement{"float32", measure_float32},
                                             NamedMeasurement{"int8_hybrid", measure_int8_hybrid},
                                             NamedMeasurement{"int32_fixed", measure_int32_fixed}};

/// How many bits sums keep shows in single results that are rare: it stays as it is declared.
void keep_declared_sum_bits(const ArithmeticModel& declared, MeasuredArithmetic& measured) {
  if (declared.sum_bits == ArithmeticModel::widest_sum_bits) return;
  measured.model.sum_bits = declared.sum_bits;
  measured.findings.push_back({"sum_bits", fmt::format("{}", declared.sum_bits),
                               "not measured: what the target file says"});
}

template <class Value>
void compare_choice(std::string_view key, Value declared, Value measured,
                    DeclarationDifference& difference) {
  if (declared == measured) return;
  auto& keys = declared == Value::any   ? difference.narrower
               : measured == Value::any ? difference.wider
                                        : difference.other;
  keys.emplace_back(key);
}

/// Of what allows the more the larger it is.
template <class Number>
void compare_allowance(std::string_view key, Number declared, Number measured,
                       DeclarationDifference& difference) {
  if (measured < declared) difference.narrower.emplace_back(key);
  if (measured > declared) difference.wider.emplace_back(key);
}

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
    if (measurement.profile == target.profile->name()) {
      MeasuredArithmetic measured = measurement.measure(target, device, seed, progress);
      keep_declared_sum_bits(target.arithmetic, measured);
      return measured;
    }
  throw std::invalid_argument("a profile whose arithmetic is measured");
}

DeclarationDifference compare_declarations(const ArithmeticModel& declared,
                                           const ArithmeticModel& measured) {
  DeclarationDifference difference;
  compare_choice("fused_multiply_add", declared.fused_multiply_add, measured.fused_multiply_add,
                 difference);
  compare_choice("summation_order", declared.summation_order, measured.summation_order, difference);
  compare_choice("bias_position", declared.bias_position, measured.bias_position, difference);
  compare_choice("update_product", declared.update_product, measured.update_product, difference);
  compare_allowance("significand_bits", -declared.significand_bits, -measured.significand_bits,
                    difference);
  compare_allowance("sum_bits", -declared.sum_bits, -measured.sum_bits, difference);
  compare_allowance("flush_to_zero", declared.flush_to_zero, measured.flush_to_zero, difference);
  compare_allowance("activation_ulps", declared.activation_ulps, measured.activation_ulps,
                    difference);
  compare_allowance("activation_absolute_error", declared.activation_absolute_error,
                    measured.activation_absolute_error, difference);
  compare_allowance("kept_wider", declared.kept_wider, measured.kept_wider, difference);
  compare_allowance("zero_cuts_from_half", declared.zero_cuts_from_half,
                    measured.zero_cuts_from_half, difference);
  return difference;
}

std::string difference_text(const DeclarationDifference& difference) {
  std::vector<std::string> parts;
  for (const auto& [keys, words] : {std::pair{&difference.narrower, "narrower than declared"},
                                    std::pair{&difference.wider, "wider than declared"},
                                    std::pair{&difference.other, "other than declared"}})
    if (!keys->empty()) parts.push_back(fmt::format("{}: {}", words, fmt::join(*keys, ", ")));
  return parts.empty() ? "as declared" : fmt::format("{}", fmt::join(parts, "; "));
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
