// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lsgd {

/// What is measured of a port to check a claim.
enum class ClaimQuantity : std::uint8_t {
  parameter_bytes,       ///< parameters and their fraction bits, nothing else
  training_state_bytes,  ///< static RAM of the port built for the network alone
  peak_bytes,            ///< the same, the deepest stack and the heap
  extra_bytes,           ///< static RAM beyond the parameters
  forward_cycles,        ///< median of a forward pass
  step_cycles,           ///< median of a training step
  // Of the test set, in percent, after training on from parameters that are
  trained_accuracy,         ///< trained until little changes
  partly_trained_accuracy,  ///< trained for a few epochs, mean of several initialisations
  random_accuracy,          ///< random, mean of several initialisations
};

/// How two values are compared.
enum class ClaimComparison : std::uint8_t {
  times,   ///< baseline / subject: how many times less or faster
  share,   ///< 100 subject / baseline: percent
  points,  ///< subject - baseline: percentage points
};

/// A statement of the papers on L-SGD and its int8 variant, and how this project checks it.
struct Claim {
  std::string id;
  std::string statement;            ///< what is published
  std::optional<double> published;  ///< in the unit of the comparison; nothing without a figure
  std::string definition;           ///< what exactly is measured here
  ClaimQuantity quantity = ClaimQuantity::parameter_bytes;
  ClaimComparison comparison = ClaimComparison::times;
  std::string network;      ///< car or fashion_mnist
  std::string baseline;     ///< port that the claim compares with
  std::string subject;      ///< port that the claim is about
  std::string explanation;  ///< why the figures differ, or what they do not show
};

/// Parses the format of harness/claims. Throws InputError naming the line.
std::vector<Claim> parse_claims(std::string_view text, const std::string& file);

/// The claims of harness/claims/published.toml, in the order of the report.
std::span<const Claim> claim_list();

/// Names of quantities and comparisons in results.json, and the unit of a quantity.
std::string_view name_of(ClaimQuantity quantity);
std::string_view unit_of(ClaimQuantity quantity);
std::string_view name_of(ClaimComparison comparison);

/// The comparison of two values; nothing where it divides by 0.
std::optional<double> compared(ClaimComparison comparison, double baseline, double subject);

}  // namespace lsgd
