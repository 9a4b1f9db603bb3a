// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <map>
#include <set>
#include <string>

#include "number_format.hpp"
#include "section.hpp"
#include "selftest_counts.hpp"
#include "verdict_label.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::json;

constexpr const char* section_title = "Self-test: does the suite bite?";

Json kind_row(const Json& counts, const char* name) {
  Json row{{"name", name}, {"required", fmt::format("{} %", counts.at("percent_required").dump())}};
  for (const char* member : {"mutants", "caught", "missed", "equivalent"})
    row[member] = grouped(counts.at(member).get<std::uint64_t>());
  row["key"] = verdict_label(counts.at("missed") == 0 ? "pass" : "fail").key;
  // Results of before late ones were counted have none.
  row["late"] = counts.contains("late") ? grouped(counts.at("late").get<std::uint64_t>()) : "-";
  row["late_key"] = verdict_label(counts.value("late", 0) == 0 ? "pass" : "fail").key;
  return row;
}

/// Mutants of each kind by what caught them first: a row for each level and clause.
Json first_catchers(const Json& mutants) {
  std::map<std::pair<int, std::string>, std::map<std::string, std::uint64_t>> counts;
  for (const Json& mutant : mutants) {
    const Json& by = mutant.at("caught_by");
    if (by.is_null()) continue;
    ++counts[{by.at("level"), by.at("clause")}][mutant.at("kind")];
  }
  Json rows = Json::array();
  for (const auto& [place, kinds] : counts) {
    const auto of = [&by_kind = kinds](const char* kind) {
      const auto found = by_kind.find(kind);
      return found == by_kind.end() ? "0" : grouped(found->second);
    };
    rows.push_back({{"level", level_title(place.first)},
                    {"clause", place.second},
                    {"semantic", of("semantic")},
                    {"generated", of("generated")}});
  }
  return rows;
}

Json mutant_row(const Json& mutant) {
  const auto text = [&](const char* member) {
    return mutant.at(member).is_null() ? Json() : Json(mutant.at(member).dump());
  };
  return {{"name", mutant.at("name")},
          {"description", mutant.at("description")},
          {"erratum", text("erratum")},
          {"expected", text("expected_level")},
          {"later", mutant.value("is_late", false)},
          {"caught_by", caught_by_text(mutant)},
          {"reason", mutant.at("reason")}};
}

Json rows_of(const Json& mutants, const char* member, const char* value) {
  Json rows = Json::array();
  for (const Json& mutant : mutants)
    if (mutant.at(member) == value) rows.push_back(mutant_row(mutant));
  return rows;
}

/// A list that the template leaves out when it is empty.
Json shown(Json rows) {
  if (rows.empty()) return nullptr;
  const std::string count = grouped(rows.size());
  return Json::array({{{"count", count}, {"rows", std::move(rows)}}});
}

/// How often explanations name the true cause of semantic mutants; null where nobody counted.
Json explained(const Json& selftest) {
  if (!selftest.contains("explanation") || selftest.at("explanation").empty()) return nullptr;
  Json rows = Json::array();
  for (const Json& row : selftest.at("explanation")) {
    Json shown{{"profile", row.at("profile")}};
    for (const char* member : {"mutants", "first", "among_three"})
      shown[member] = grouped(row.at(member).get<std::uint64_t>());
    // Results of before they were counted have neither.
    for (const char* member : {"in_a_set", "functions", "functions_named"})
      shown[member] = row.contains(member) ? grouped(row.at(member).get<std::uint64_t>()) : "-";
    rows.push_back(std::move(shown));
  }
  return Json::array({{{"rows", std::move(rows)}}});
}

Json section_data(const Json& selftest) {
  const Json& mutants = selftest.at("mutants");
  const Json& generation = selftest.at("generation");
  const Json& convergence = selftest.at("convergence");
  const VerdictLabel label = verdict_label(selftest.at("verdict").get<std::string>());
  Json data{{"key", label.key},
            {"symbol", label.symbol},
            {"sentence", selftest_sentence(selftest)},
            {"kinds",
             {kind_row(selftest.at("semantic"), "semantic"),
              kind_row(selftest.at("generated"), "generated")}},
            {"catchers", first_catchers(mutants)},
            {"explained", explained(selftest)},
            {"missed", shown(rows_of(mutants, "verdict", "missed"))},
            {"caught_at_level_3",
             counted(convergence.at("mutants_caught_first").get<std::uint64_t>(), "mutant")},
            {"passed_level_3",
             counted(convergence.at("legal_targets_passed").get<std::uint64_t>(), "legal target")}};
  for (const char* member : {"candidates", "not_selected", "not_compiled", "same_object"})
    data[member] = grouped(generation.at(member).get<std::uint64_t>());
  return data;
}

/// Every mutant, on the page of the self-test itself.
void add_mutants(const Json& mutants, Json& data) {
  data["semantic"] = shown(rows_of(mutants, "kind", "semantic"));
  data["equivalent"] = shown(rows_of(mutants, "verdict", "equivalent"));
  data["generated"] = shown(rows_of(mutants, "kind", "generated"));
}

}  // namespace

/// A run that is no self-test shows the counts of the one recorded for its builds, or that there is
/// none.
std::optional<Section> selftest_section(const nlohmann::json& results) {
  if (const auto own = results.find("selftest"); own != results.end()) {
    Json data = section_data(*own);
    add_mutants(own->at("mutants"), data);
    return Section{section_title, data};
  }
  if (const auto recorded = results.find("recorded_selftest"); recorded != results.end()) {
    Json data = section_data(*recorded);
    data["recorded"] = true;
    return Section{section_title, data};
  }
  if (results.at("suite").at("conformance") == true)
    return Section{section_title, {{"unproven", true}}};
  return std::nullopt;
}

}  // namespace lsgd
