// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <string>
#include <vector>

#include "cases/arithmetic_operation.hpp"

namespace lsgd {

/// An integer as the operand of an operation.
inline std::uint32_t operand(int value) { return static_cast<std::uint32_t>(value); }

/// Adds cases of one operation, numbered within each flag.
class OperationCases {
 public:
  OperationCases(std::vector<ArithmeticCase>& cases, ArithmeticOperation operation)
      : cases_(cases), operation_(operation) {}

  void add(const std::string& flag, std::uint32_t a, std::uint32_t b) {
    cases_.push_back({fmt::format("{}_{}_{}", name_of(operation_), flag, numbers_[flag]++),
                      operation_,
                      a,
                      b,
                      0,
                      {},
                      {flag}});
  }

 private:
  std::vector<ArithmeticCase>& cases_;
  ArithmeticOperation operation_;
  std::map<std::string, int> numbers_;
};

}  // namespace lsgd
