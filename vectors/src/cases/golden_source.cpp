// SPDX-License-Identifier: Apache-2.0
#include "cases/golden_source.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "cases/arithmetic_case_list.hpp"
#include "cases/edge_cases.hpp"
#include "cases/golden_case_list.hpp"
#include "cases/seeded_numbers.hpp"

namespace lsgd {
namespace {

/// An accurate function in 32 bits is nearer than one in binary32: few enough results to list.
constexpr ArithmeticModel accurate_int32{.activation_ulps = 0.125};

constexpr std::array sources{
    GoldenSource{"float32", {}, float32_operation_cases, float32_golden_cases, float32_edge_cases},
    GoldenSource{"int8_hybrid",
                 {},
                 int8_hybrid_operation_cases,
                 int8_hybrid_golden_cases,
                 int8_hybrid_edge_cases},
    GoldenSource{"int8_integer",
                 {},
                 int8_integer_operation_cases,
                 int8_integer_golden_cases,
                 int8_integer_edge_cases},
    GoldenSource{"int32_fixed", accurate_int32, int32_fixed_operation_cases,
                 int32_fixed_golden_cases, int32_fixed_edge_cases}};

}  // namespace

const GoldenSource& golden_source(const Profile& profile) {
  const auto found = std::ranges::find(sources, profile.name(), &GoldenSource::profile);
  if (found == sources.end()) throw std::invalid_argument("a profile with golden sets");
  return *found;
}

std::vector<GoldenCase> golden_case_list(const Profile& profile) {
  const GoldenSource& source = golden_source(profile);
  std::vector<GoldenCase> cases = source.steps();
  for (const Binary32GoldenCase& edge : source.edges())
    cases.push_back({edge,
                     profile.nearest_parameters(edge.network, edge.parameters,
                                                random_state_drawn_by(edge.name)),
                     {}});
  return cases;
}

}  // namespace lsgd
