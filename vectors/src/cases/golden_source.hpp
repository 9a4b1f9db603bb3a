// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include <lsgd/numbers/arithmetic_model.hpp>

#include "cases/golden_set.hpp"
#include "cases/typed_golden_case.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// What the committed golden sets of a profile are made from.
struct GoldenSource {
  std::string_view profile;
  ArithmeticModel arithmetic;  ///< that the sets' bounds hold for
  std::vector<ArithmeticCase> (*operations)();
  std::vector<GoldenCase> (*steps)();
  std::vector<Binary32GoldenCase> (*edges)();  ///< come after them, with the nearest parameters
};

/// Throws std::invalid_argument for a profile without golden sets.
const GoldenSource& golden_source(const Profile& profile);

/// The cases of the committed set of level 1, without what is expected: inputs and flags.
std::vector<GoldenCase> golden_case_list(const Profile& profile);

}  // namespace lsgd
