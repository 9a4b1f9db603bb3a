// SPDX-License-Identifier: Apache-2.0
#include "levels/shown_changes.hpp"

#include <algorithm>
#include <iterator>

#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

bool is_shown(const ChangedArithmetic& change, const std::vector<ObservedStep>& steps,
              const ArithmeticModel& model) {
  const auto judge = judge_of(profile_of_change(change.arithmetic, change.name))
                         .step_judge(steps.front().network, model, /*seed=*/std::nullopt);
  Comparison comparison;
  for (const ObservedStep& step : steps) judge->judge(step, comparison);
  return !comparison.has_failed();
}

}  // namespace

std::vector<ChangedArithmetic> shown_changes(const std::vector<ChangedArithmetic>& changes,
                                             const std::vector<ObservedStep>& steps,
                                             const ArithmeticModel& model) {
  std::vector<ChangedArithmetic> shown;
  if (steps.empty()) return shown;
  std::ranges::copy_if(changes, std::back_inserter(shown), [&](const ChangedArithmetic& change) {
    return is_shown(change, steps, model);
  });
  return shown;
}

}  // namespace lsgd
