// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace lsgd {

/// Which changes of the results of one tensor the judge of a device's steps refuses (SPEC 7.10). Of
/// parameters the change that a step makes is altered, of activations the activations.
struct DetectedChange {
  std::string tensor;  ///< a1, W1, b1, ...
  /// Whether a step had any result there other than zero; else nothing could be altered.
  bool has_results = false;
  // Whether it is refused; nothing where it changes no code.
  std::optional<bool> inverted = {};  ///< multiplied by -1
  std::optional<bool> zeroed = {};
  std::optional<bool> scaled = {};  ///< multiplied by 0.72
  std::optional<bool> stale = {};   ///< those of the step before
  /// e of the smallest error 2^-e, e from 1 to 24, of a factor 1 + 2^-e that is refused.
  std::optional<int> gain = {};
  /// The most significand bits, from 1 to 23, to which results may not be cut off.
  std::optional<int> cut = {};
};

/// As results.json shows it (vectors/schema/results.schema.json).
nlohmann::ordered_json detected_change_json(const DetectedChange& change);

}  // namespace lsgd
