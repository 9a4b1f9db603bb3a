// SPDX-License-Identifier: Apache-2.0
#include "cost/claim.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "claim_texts.hpp"
#include "files/toml_table.hpp"

namespace lsgd {
namespace {

constexpr std::array<std::string_view, 9> quantity_names{
    "parameter_bytes",  "training_state_bytes",    "peak_bytes",
    "extra_bytes",      "forward_cycles",          "step_cycles",
    "trained_accuracy", "partly_trained_accuracy", "random_accuracy"};
constexpr std::array<std::string_view, 3> comparison_names{"times", "share", "points"};

/// The enumerator whose name stands at `key`; `names` are in the order of the enumeration.
template <class Enumeration, std::size_t count>
Enumeration enumerator(TomlTable& table, std::string_view key,
                       const std::array<std::string_view, count>& names) {
  const std::string name = table.text(key);
  const auto found = std::ranges::find(names, name);
  if (found == names.end())
    table.fail(key, fmt::format("{} to be one of {}, not {}", in_quotes(key),
                                fmt::join(names, ", "), in_quotes(name)));
  return static_cast<Enumeration>(found - names.begin());
}

Claim claim_of(TomlTable& table) {
  Claim claim;
  claim.id = table.name("id");
  claim.statement = table.text("statement");
  if (table.contains("published")) claim.published = table.number("published", 0, 1e6);
  claim.definition = table.text("definition");
  claim.quantity = enumerator<ClaimQuantity>(table, "quantity", quantity_names);
  claim.comparison = enumerator<ClaimComparison>(table, "comparison", comparison_names);
  claim.network = table.name("network");
  claim.baseline = table.name("baseline");
  claim.subject = table.name("subject");
  if (claim.baseline == claim.subject) table.fail("subject", "another port than the baseline");
  claim.explanation = table.text("explanation");
  table.reject_unknown_keys();
  return claim;
}

}  // namespace

std::vector<Claim> parse_claims(std::string_view text, const std::string& file) {
  const toml::table document = parse_toml(text, file);
  TomlTable table(document, file);
  if (table.text("format") != "lsgd-claims/1") table.fail("format", "format \"lsgd-claims/1\"");
  std::vector<Claim> claims;
  for (TomlTable& entry : table.tables("claim")) {
    Claim claim = claim_of(entry);
    if (std::ranges::find(claims, claim.id, &Claim::id) != claims.end())
      entry.fail("id", "every claim to have its own id");
    claims.push_back(std::move(claim));
  }
  table.reject_unknown_keys();
  return claims;
}

std::span<const Claim> claim_list() {
  static const std::vector<Claim> claims = [] {
    const EmbeddedText& file = claim_texts.front();
    return parse_claims(file.text, std::string(file.path));
  }();
  return claims;
}

std::string_view name_of(ClaimQuantity quantity) {
  return quantity_names.at(static_cast<std::size_t>(quantity));
}

std::string_view unit_of(ClaimQuantity quantity) {
  const std::string_view name = name_of(quantity);
  if (name.ends_with("bytes")) return "bytes";
  return name.ends_with("cycles") ? "cycles" : "percent";
}

std::string_view name_of(ClaimComparison comparison) {
  return comparison_names.at(static_cast<std::size_t>(comparison));
}

std::optional<double> compared(ClaimComparison comparison, double baseline, double subject) {
  if (comparison == ClaimComparison::points) return subject - baseline;
  const double divisor = comparison == ClaimComparison::times ? subject : baseline;
  if (divisor == 0) return std::nullopt;
  return comparison == ClaimComparison::times ? baseline / subject : 100 * subject / baseline;
}

}  // namespace lsgd
