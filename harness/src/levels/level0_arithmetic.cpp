// SPDX-License-Identifier: Apache-2.0
#include "levels/level0_arithmetic.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "cases/arithmetic_operation.hpp"
#include "judging/comparison.hpp"
#include "judging/detected_changes.hpp"
#include "levels/vector_flags.hpp"

namespace lsgd {
namespace {

using Rows = std::vector<const ArithmeticCase*>;

bool accepts(const ArithmeticCase& row, std::uint32_t got, const ArithmeticModel& golden,
             const ArithmeticModel& model) {
  if (model == golden) return got == row.bits || std::ranges::find(row.also, got) != row.also.end();
  return arithmetic_accepts(row.operation, row.a, row.b, got, model);
}

CaseResult run(const ArithmeticSet& set, const Rows& rows, AgentSession& session,
               const ArithmeticModel& model) {
  std::vector<ArithmeticOperands> operands;
  for (const ArithmeticCase* row : rows) operands.push_back({row->a, row->b});
  const lsgd_operation operation = rows.front()->operation;
  const auto results = session.arithmetic(operation, operands);
  if (!results)
    return CaseResult::skipped(fmt::format("{} {}", operation_not_offered, name_of(operation)));
  Comparison comparison;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ArithmeticCase& row = *rows[i];
    comparison.set_flags(described_flags(row.flags, set.manifest));
    comparison.arithmetic(row, i, accepts(row, (*results)[i], set.manifest.arithmetic, model),
                          (*results)[i]);
  }
  for (const ArithmeticOperands& outside : operands_out_of_range(operation))
    comparison.refusal(operation, outside, session.refuses_as_out_of_range(operation, outside));
  CaseResult result = std::move(comparison).result();
  if (!result.failure)
    result.detected.push_back(
        detected_change(operation, *results, [&](std::size_t row, std::uint32_t got) {
          return accepts(*rows[row], got, set.manifest.arithmetic, model);
        }));
  return result;
}

}  // namespace

std::vector<ConformanceCase> level0_cases(std::shared_ptr<const ArithmeticSet> set) {
  std::vector<ConformanceCase> cases;
  for (const ArithmeticOperation operation : all_arithmetic_operations) {
    Rows rows;
    for (const ArithmeticCase& row : set->cases)
      if (row.operation == operation) rows.push_back(&row);
    if (rows.empty()) continue;
    const double cost = static_cast<double>(rows.size());
    cases.push_back(
        {fmt::format("level0/{}", name_of(operation)), std::string(clause_of(operation)), 0, cost,
         [set, rows = std::move(rows)](AgentSession& session, const ArithmeticModel& model) {
           return run(*set, rows, session, model);
         }});
  }
  return cases;
}

}  // namespace lsgd
