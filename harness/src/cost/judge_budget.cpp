// SPDX-License-Identifier: Apache-2.0
#include "cost/judge_budget.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "cost/target_sizes.hpp"

namespace lsgd {
namespace {

using Quantities = std::map<std::string_view, std::optional<std::uint64_t>>;

std::optional<std::uint64_t> worst(const std::optional<CountSummary>& count) {
  return count ? std::optional(count->worst) : std::nullopt;
}

Quantities measured_quantities(const Target& target, const MeasuredResources& measured) {
  Quantities quantities{{"cycles_per_step", worst(measured.step.cycles)},
                        {"instructions_per_step", worst(measured.step.instructions)},
                        {"cycles_per_forward", worst(measured.forward.cycles)},
                        {"instructions_per_forward", worst(measured.forward.instructions)}};
  if (measured.stack_bytes != 0) quantities["stack_bytes"] = measured.stack_bytes;
  if (const auto sizes = sizes_for(target, measured.network)) {
    quantities["text_bytes"] = sizes->text;
    quantities["static_ram_bytes"] = sizes->data + sizes->bss;
  }
  return quantities;
}

std::string in_words(std::string_view quantity) {
  std::string words(quantity);
  std::ranges::replace(words, '_', ' ');
  return words;
}

void fail(CaseResult& result, std::string_view quantity, std::uint64_t limit,
          const std::optional<std::uint64_t>& measured) {
  const std::string got = measured ? fmt::format("{}", *measured) : "unknown";
  const std::string overrun = fmt::format("{} {}, budget {}", in_words(quantity), got, limit);
  result.verdict = std::max(result.verdict, Verdict::fail);
  if (result.failure) {
    result.failure->message += "; " + overrun;
    return;
  }
  result.failure.emplace();
  result.failure->expected = fmt::format("at most {}", limit);
  result.failure->got = got;
  result.failure->message = overrun;
}

}  // namespace

void judge_budget(const Target& target, CaseResult& result) {
  if (!result.resources) return;
  const auto budget =
      std::ranges::find(target.budgets, result.resources->network, &Budget::network);
  if (budget == target.budgets.end()) return;
  Quantities measured = measured_quantities(target, *result.resources);
  for (const std::string_view quantity : budget_quantities) {
    const auto limit = budget->limits.find(quantity);
    if (limit == budget->limits.end()) continue;
    const auto& value = measured[quantity];
    if (!value || *value > limit->second) fail(result, quantity, limit->second, value);
  }
}

std::map<std::string, std::uint64_t> refused_from(const Target& target, std::string_view network) {
  std::map<std::string, std::uint64_t> least{{"heap_bytes", 1}};
  const auto budget = std::ranges::find(target.budgets, network, &Budget::network);
  if (budget == target.budgets.end()) return least;
  for (const auto& [quantity, limit] : budget->limits) least[quantity] = limit + 1;
  return least;
}

}  // namespace lsgd
