// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cases/golden_set.hpp"
#include "steps/typed_parameters.hpp"

namespace lsgd {

/// A case while its parameters are still numbers that can be changed.
template <class TypedParameters>
struct TypedGoldenCase : GoldenStep {
  TypedParameters parameters;
};

using Binary32GoldenCase = TypedGoldenCase<Parameters<float>>;

/// The same cases with the codes of their parameters.
template <class TypedParameters>
std::vector<GoldenCase> golden_cases_of(
    const std::vector<TypedGoldenCase<TypedParameters>>& cases) {
  std::vector<GoldenCase> result;
  for (const auto& typed : cases)
    result.push_back({typed, tensors_of(typed.network, typed.parameters), {}});
  return result;
}

/// The same cases with parameters that are made from theirs: convert(typed case).
template <class TypedParameters, class Convert>
std::vector<TypedGoldenCase<TypedParameters>> converted_cases(
    const std::vector<Binary32GoldenCase>& cases, const Convert& convert) {
  std::vector<TypedGoldenCase<TypedParameters>> result;
  for (const Binary32GoldenCase& binary32 : cases) result.push_back({binary32, convert(binary32)});
  return result;
}

}  // namespace lsgd
