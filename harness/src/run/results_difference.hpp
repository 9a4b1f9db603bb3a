// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lsgd {

/// One thing that changed.
struct ResultChange {
  std::string place;  ///< suite, a target, or a target and a case
  std::string what;   ///< verdict, build identity, worst |error| / bound, or a figure
  std::string before, after;
  std::string relative;  ///< of figures, such as +1.25 %; else empty
  bool is_worse = false;
};

/// What changed from one results.json to another.
struct ResultsDifference {
  std::vector<ResultChange> changes;
  std::string text;  ///< one line per change, or that there is none
  bool verdict_got_worse = false;
};

/// Compares targets and cases by name: verdicts, worst errors, build identities, resources. A
/// target or case that is missing afterwards counts as worse; one that is new, as its verdict says.
ResultsDifference compare_results(const nlohmann::json& before, const nlohmann::json& after);

}  // namespace lsgd
