// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cases/golden_set.hpp"
#include "steps/step_vectors.hpp"

namespace lsgd {

/// A tensor in a VectorTable: `count` elements from `first` of its role's columns.
struct TableTensor {
  std::uint32_t case_number = 0;
  bool is_given = false;
  std::string name;
  int element_bits = 32;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

struct TableCase {
  std::string name;
  Network network;
  float learning_rate = 0;
};

/// A vector set of level 1 or 2 in columns, as exports need it. A step of a level 2 set is a case;
/// only the first has given parameters. No built-in profile has codes of more than 32 bits.
struct VectorTable {
  std::string suite;
  std::vector<TableCase> cases;
  std::vector<TableTensor> tensors;  ///< by case
  std::vector<std::uint32_t> given_bits;
  std::vector<std::uint32_t> expected_bits;
  std::vector<double> exact;  ///< of each expected element, rounded to double
  std::vector<double> bound;  ///< of each: distance from `exact`; -1 where bits must match
  std::vector<std::uint32_t> also_index;  ///< expected elements with further acceptable patterns
  std::vector<std::uint32_t> also_bits;   ///< and these patterns
};

/// What exports say of an element: the exact value in double, and a bound on the distance from
/// that; -1 where bits must match.
struct ExportedBound {
  double exact = 0;
  double bound = -1;
};
ExportedBound exported_bound(const ExpectedElement& element);

VectorTable table_of(const GoldenSet& set);
VectorTable table_of(const StepVectors& vectors, const std::string& suite);

}  // namespace lsgd
