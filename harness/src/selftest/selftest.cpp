// SPDX-License-Identifier: Apache-2.0
#include "selftest/selftest.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <string_view>
#include <utility>

#include "description/built_in_targets.hpp"
#include "files/input_error.hpp"
#include "files/json_file.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

// What the suite promises of itself (README): every semantic mutant at the level that it names or
// before, and of the generated ones that do not conform at least this share.
constexpr std::size_t generated_percent_required = 98;

struct Counts {
  std::size_t mutants = 0;
  std::size_t caught = 0;
  std::size_t late = 0;  // of those caught
  std::size_t missed = 0;
  std::size_t equivalent = 0;

  bool enough(std::size_t percent) const {
    return late == 0 && caught * 100 >= percent * (caught + missed);
  }
  Json json(std::size_t percent) const {
    return {{"mutants", mutants}, {"caught", caught},         {"late", late},
            {"missed", missed},   {"equivalent", equivalent}, {"percent_required", percent}};
  }
};

/// Whether the device said what it is: the suite catches nothing by what does not run at all.
bool has_started(const Json& run) { return run.at("build_identity") != ""; }

/// Whether it was caught at a level behind the one that it names; a generated mutant names none.
bool is_late(const Json& by, const Modification& modification) {
  return !by.is_null() && modification.level && by.at("level") > *modification.level;
}

/// The first case or level that did not pass; null where all did, or nothing was run. A skipped
/// level 0 is no failure.
Json caught_by(const Json& run) {
  if (run.is_null() || run.at("verdict") == "pass" || !has_started(run)) return nullptr;
  for (const Json& finished : run.at("cases")) {
    const Json& failure = finished.at("failure");
    if (failure.is_null()) continue;
    return {{"level", finished.at("level")},
            {"clause", finished.at("clause")},
            {"case", finished.at("id")},
            {"message", failure.at("message")}};
  }
  for (const Json& level : run.at("levels"))
    if (level.at("level") != 0 && !level.at("reason").is_null())
      return {{"level", level.at("level")},
              {"clause", "SPEC 7.5"},
              {"case", nullptr},
              {"message", level.at("reason")}};
  return {
      {"level", 0}, {"clause", "SPEC 7.5"}, {"case", nullptr}, {"message", "no case was executed"}};
}

Json optional_json(const std::optional<int>& value) { return value ? Json(*value) : Json(nullptr); }

/// A deviation is the same whether it is said to happen everywhere or in places only.
std::string without_places(std::string name) {
  constexpr std::string_view in_places = "_in_places";
  if (name.ends_with(in_places)) name.resize(name.size() - in_places.size());
  return name;
}

/// The place of the true cause among the hypotheses of a mutant's explanation, from 1; null where
/// none of them is right.
Json rank_of_cause(const Target& mutant, const Json& run, const MutantCauses& causes) {
  if (!run.contains("explanation")) return nullptr;
  // PORT.NAME-PLATFORM-VARIANT, or with NETWORK_alone_NAME.
  std::string name = mutant.name.substr(mutant.name.find('.') + 1);
  name = name.substr(0, name.find('-'));
  constexpr std::string_view alone = "_alone_";
  if (const auto at = name.find(alone); at != std::string::npos)
    name = name.substr(at + alone.size());
  std::vector<std::string> right = causes.of(mutant.port, name);
  for (std::string& each : right) each = without_places(std::move(each));
  std::size_t rank = 0;
  for (const Json& hypothesis : run.at("explanation").at("hypotheses")) {
    ++rank;
    if (std::ranges::count(right, without_places(hypothesis.at("name"))) > 0) return rank;
  }
  return nullptr;
}

// A statement that names more than so many names none.
constexpr std::size_t most_of_a_set = 3;

/// Whether the first hypotheses are said as one of few, which the device was asked to tell apart.
bool is_asked_set(const Json& explanation) {
  const std::size_t equal = explanation.at("equally_good");
  return equal > 1 && equal <= most_of_a_set && explanation.at("asked") > 0;
}

/// @param run null where an equivalent mutant was not run
/// @param causes null where nothing was explained
Json mutant_json(const Target& mutant, const Json& run, const EquivalentMutants& equivalents,
                 const MutantCauses* causes) {
  const EquivalentMutant* const entry =
      mutant.source_mutation ? equivalents.find(*mutant.source_mutation) : nullptr;
  Json by = caught_by(run);
  const Modification modification = mutant.modification.value_or(Modification{});
  if (entry != nullptr && !by.is_null())
    equivalents.fail_as_caught(*entry, by.at("case").is_null() ? "the suite" : by.at("case"));
  Json json = {{"name", mutant.name},
               {"port", mutant.port},
               {"kind", mutant.source_mutation ? "generated" : "semantic"},
               {"description", modification.description},
               {"expected_level", optional_json(modification.level)},
               {"erratum", optional_json(modification.erratum)},
               {"verdict", entry != nullptr ? "equivalent"
                           : by.is_null()   ? "missed"
                                            : "caught"},
               {"is_late", is_late(by, modification)},
               {"reason", entry != nullptr                      ? Json(entry->reason)
                          : !run.is_null() && !has_started(run) ? Json("the device does not start")
                                                                : Json(nullptr)},
               {"caught_by", std::move(by)}};
  if (causes == nullptr) return json;
  json["profile"] = mutant.profile->name();
  const bool has_stage = run.contains("explanation") && run.at("explanation").contains("stage");
  json["stage"] = has_stage ? run.at("explanation").at("stage").at("name") : Json(nullptr);
  if (mutant.source_mutation) {
    const auto stages = causes->stages_of(mutant.port, mutant.source_mutation->function);
    json["stages_of_function"] = stages;
    json["is_function_named"] =
        has_stage && std::ranges::count(stages, json.at("stage").get<std::string>()) > 0;
  } else {
    const Json rank = rank_of_cause(mutant, run, *causes);
    json["rank_of_cause"] = rank;
    json["is_as_good_as_the_first"] =
        !rank.is_null() && rank <= run.at("explanation").at("equally_good");
    json["first_of"] =
        run.contains("explanation") ? run.at("explanation").at("equally_good") : Json(0);
    json["is_in_first_set"] = !rank.is_null() && is_asked_set(run.at("explanation")) &&
                              rank <= run.at("explanation").at("equally_good");
    const bool has_first =
        run.contains("explanation") && !run.at("explanation").at("hypotheses").empty();
    json["first_hypothesis"] =
        has_first ? run.at("explanation").at("hypotheses").front().at("name") : Json(nullptr);
  }
  return json;
}

/// Whether no case of a suite fails, and a mutant is caught because too few were run, as of a port
/// of one network: there is nothing to explain.
bool has_no_failed_case(const Json& mutant) { return mutant.at("caught_by").at("case").is_null(); }

/// For each profile how often the true cause of a semantic mutant that was caught is the first of
/// its hypotheses, for how many of these as one of two or three that the device, when it was asked,
/// told not apart, and how often it is among three; and how often that part of the step is named of
/// which the function of a generated mutant is, of those that steps show. Empty where nothing was
/// explained.
Json explanation_counts(const Json& mutants) {
  std::map<std::string, std::array<std::size_t, 6>> counts;
  for (const Json& mutant : mutants) {
    if (!mutant.contains("profile") || mutant.at("verdict") != "caught" ||
        has_no_failed_case(mutant))
      continue;
    auto& [all, first, in_a_set, among_three, generated, named] = counts[mutant.at("profile")];
    if (mutant.contains("is_function_named")) {
      if (mutant.at("stage").is_null() || mutant.at("stages_of_function").empty()) continue;
      ++generated;
      named += std::size_t{mutant.at("is_function_named") == true};
      continue;
    }
    const Json& rank = mutant.at("rank_of_cause");
    ++all;
    const bool is_in_a_set = mutant.at("is_in_first_set") == true;
    const bool is_first = rank == 1 && mutant.at("first_of") <= most_of_a_set;
    first += std::size_t{is_first || is_in_a_set};
    in_a_set += std::size_t{is_in_a_set};
    among_three += std::size_t{!rank.is_null() && rank <= 3};
  }
  Json rows = Json::array();
  for (const auto& [profile, count] : counts)
    rows.push_back({{"profile", profile},
                    {"mutants", count[0]},
                    {"first", count[1]},
                    {"in_a_set", count[2]},
                    {"among_three", count[3]},
                    {"functions", count[4]},
                    {"functions_named", count[5]}});
  return rows;
}

std::string explanations_text(const Json& rows) {
  if (rows.empty()) return {};
  std::string text =
      fmt::format("\n{:13}  {:>7}  {:>11}  {:>17}  {:>11}  {:>9}  {:>14}\n", "explained", "mutants",
                  "cause first", "of these in a set", "among three", "generated", "function named");
  for (const Json& row : rows)
    text +=
        fmt::format("{:13}  {:>7}  {:>11}  {:>17}  {:>11}  {:>9}  {:>14}\n",
                    row.at("profile").get<std::string>(), row.at("mutants").dump(),
                    row.at("first").dump(), row.at("in_a_set").dump(), row.at("among_three").dump(),
                    row.at("functions").dump(), row.at("functions_named").dump());
  return text;
}

Counts count(const Json& mutants, std::string_view kind) {
  Counts counts;
  for (const Json& mutant : mutants) {
    if (mutant.at("kind") != kind) continue;
    ++counts.mutants;
    const Json& verdict = mutant.at("verdict");
    ++(verdict == "caught"   ? counts.caught
       : verdict == "missed" ? counts.missed
                             : counts.equivalent);
    counts.late += std::size_t{mutant.at("is_late") == true};
  }
  return counts;
}

/// What level 3 adds: mutants that nothing earlier caught, and legal targets that trained freely.
Json convergence_json(const Json& mutants, const Json& legal_runs) {
  const auto caught = std::ranges::count_if(mutants, [](const Json& mutant) {
    const Json& by = mutant.at("caught_by");
    return !by.is_null() && by.at("level") == 3;
  });
  const auto passed = std::ranges::count_if(legal_runs.at("targets"), [](const Json& target) {
    return std::ranges::any_of(target.at("levels"), [](const Json& level) {
      return level.at("level") == 3 && level.at("verdict") == "pass";
    });
  });
  return {{"mutants_caught_first", caught}, {"legal_targets_passed", passed}};
}

std::string counts_text(const Json& counts, std::string_view kind) {
  return fmt::format("{:9}  {:>7}  {:>6}  {:>4}  {:>6}  {:>10}\n", kind,
                     counts.at("mutants").dump(), counts.at("caught").dump(),
                     counts.at("late").dump(), counts.at("missed").dump(),
                     counts.at("equivalent").dump());
}

std::string mutant_text(const Json& mutant) {
  std::string text = fmt::format("{:10} {}: {}\n", mutant.at("verdict").get<std::string>(),
                                 mutant.at("name").get<std::string>(),
                                 mutant.at("description").get<std::string>());
  if (const Json& by = mutant.at("caught_by"); !by.is_null())
    text += fmt::format(
        "           by level {}{}, {}, {}\n", by.at("level").dump(),
        mutant.at("is_late") == true
            ? fmt::format(" (late: expected at level {})", mutant.at("expected_level").dump())
            : "",
        by.at("clause").get<std::string>(),
        by.at("case").is_null() ? by.at("message").get<std::string>()
                                : by.at("case").get<std::string>());
  if (!mutant.at("reason").is_null())
    text += fmt::format("           {}\n", mutant.at("reason").get<std::string>());
  return text;
}

}  // namespace

GeneratedMutants read_generated_mutants(const std::filesystem::path& directory) {
  GeneratedMutants generated;
  std::error_code error;
  std::vector<std::filesystem::path> summaries;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    if (entry.path().extension() == ".toml") summaries.push_back(entry.path());
  std::ranges::sort(summaries);
  for (const std::filesystem::path& file : summaries) {
    for (Target& target : targets_in(directory / file.stem()))
      generated.targets.push_back(std::move(target));
    const toml::table document = parse_toml(read_text(file, 1 << 24), file.string());
    TomlTable summary(document, file.string());
    for (const auto& [key, counter] : {std::pair{"not_selected", &generated.not_selected},
                                       {"not_compiled", &generated.not_compiled},
                                       {"same_object", &generated.same_object}})
      *counter += static_cast<std::size_t>(summary.integer(key, 0, INT64_MAX));
    for (std::string& digest : summary.texts("candidates"))
      generated.digests.insert(std::move(digest));
  }
  generated.candidates = generated.digests.size();
  return generated;
}

nlohmann::ordered_json selftest_json(const std::vector<Target>& mutants,
                                     const nlohmann::ordered_json& mutant_runs,
                                     const nlohmann::ordered_json& legal_runs,
                                     const EquivalentMutants& equivalents,
                                     const GeneratedMutants& generated,
                                     const MutantCauses* causes) {
  Json list = Json::array();
  for (std::size_t i = 0; i < mutants.size(); ++i)
    list.push_back(mutant_json(mutants[i], mutant_runs.at("targets").at(i), equivalents, causes));
  const Counts semantic = count(list, "semantic");
  const Counts of_generated = count(list, "generated");
  const std::size_t legal = legal_runs.at("targets").size();
  const std::size_t accepted = legal_runs.at("totals").at("passed");
  Json explanation = explanation_counts(list);
  const bool passes =
      accepted == legal && semantic.enough(100) && of_generated.enough(generated_percent_required);
  return {{"verdict", passes ? "pass" : "fail"},
          {"semantic", semantic.json(100)},
          {"generated", of_generated.json(generated_percent_required)},
          {"legal", {{"targets", legal}, {"accepted", accepted}}},
          {"convergence", convergence_json(list, legal_runs)},
          {"explanation", std::move(explanation)},
          {"generation",
           {{"candidates", generated.candidates},
            {"not_selected", generated.not_selected},
            {"not_compiled", generated.not_compiled},
            {"same_object", generated.same_object}}},
          {"mutants", std::move(list)}};
}

void keep_failed_cases_only(nlohmann::ordered_json& results) {
  for (Json& target : results.at("targets")) {
    Json kept = Json::array();
    for (Json& finished : target.at("cases"))
      if (!finished.at("failure").is_null()) kept.push_back(std::move(finished));
    target.at("cases") = std::move(kept);
    target.erase("capabilities");
  }
  // Durations of cases are in the order of all.
  if (results.contains("timing"))
    for (Json& timed : results.at("timing").at("targets")) timed.erase("case_seconds");
}

std::string selftest_summary(const nlohmann::ordered_json& results) {
  const Json& selftest = results.at("selftest");
  std::string text;
  for (const Json& mutant : selftest.at("mutants")) text += mutant_text(mutant);
  for (const Json& target : results.at("targets"))
    if (target.at("verdict") != "pass")
      text += fmt::format("refused    {}\n", target.at("name").get<std::string>());
  text += "\nmutants        all  caught  late  missed  equivalent\n";
  for (const char* kind : {"semantic", "generated"}) text += counts_text(selftest.at(kind), kind);
  const Json& legal = selftest.at("legal");
  const Json& convergence = selftest.at("convergence");
  text += explanations_text(selftest.at("explanation"));
  const std::string left_out =
      legal.contains("left_out") ? fmt::format(", {} left out", legal.at("left_out").dump()) : "";
  return text + fmt::format(
                    "\n{} of {} legal targets accepted{}\n"
                    "level 3 was the first to catch {} mutants, and {} legal targets "
                    "passed it\nself-test: {}\n",
                    legal.at("accepted").dump(), legal.at("targets").dump(), left_out,
                    convergence.at("mutants_caught_first").dump(),
                    convergence.at("legal_targets_passed").dump(),
                    selftest.at("verdict").get<std::string>());
}

}  // namespace lsgd
