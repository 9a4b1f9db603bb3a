// SPDX-License-Identifier: Apache-2.0
#include "result/detected_change.hpp"

namespace lsgd {

nlohmann::ordered_json detected_change_json(const DetectedChange& change) {
  const auto json = [](const auto& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
  };
  return {{"tensor", change.tensor},           {"has_results", change.has_results},
          {"inverted", json(change.inverted)}, {"zeroed", json(change.zeroed)},
          {"scaled", json(change.scaled)},     {"stale", json(change.stale)},
          {"gain", json(change.gain)},         {"cut", json(change.cut)}};
}

}  // namespace lsgd
