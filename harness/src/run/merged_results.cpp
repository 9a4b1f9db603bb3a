// SPDX-License-Identifier: Apache-2.0
#include "run/merged_results.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "description/suite_file.hpp"
#include "files/input_error.hpp"
#include "files/text_file.hpp"
#include "levels/case_list.hpp"
#include "result/packed_results.hpp"
#include "result/repeat_command.hpp"
#include "run/case_selection.hpp"
#include "run/checked_results.hpp"
#include "run/conformance_claim.hpp"
#include "run/results_of_suite.hpp"
#include "run/run_results.hpp"
#include "run/shown_capabilities.hpp"
#include "run/target_run.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

/// The results of one shard.
struct Part {
  std::string file;
  nlohmann::json value;  ///< whole
  Json as_written;       ///< with cases in their table, and members in the order of the file
};

[[noreturn]] void refuse(const Part& part, const std::string& expected) {
  throw InputError(part.file, 0, expected);
}

/// What all shards of a run say alike.
nlohmann::json common_of(nlohmann::json suite) {
  for (const char* own : {"shard", "cases_expected", "conformance", "not_enough"}) suite.erase(own);
  return suite;
}

nlohmann::json description_of(nlohmann::json target) {
  for (const char* own : {"verdict", "levels", "cases", "resources", "explanation", "selector"})
    target.erase(own);
  if (target.contains("capabilities")) target["capabilities"].erase("found");
  return target;
}

/// A value with its members in the order of the one that it was made from; members that this lacks
/// come last.
Json in_order_of(const Json& model, const nlohmann::json& value) {
  if (value.is_object() && model.is_object()) {
    Json ordered = Json::object();
    for (const auto& [key, member] : model.items())
      if (value.contains(key)) ordered[key] = in_order_of(member, value.at(key));
    for (const auto& [key, member] : value.items())
      if (!ordered.contains(key)) ordered[key] = member;
    return ordered;
  }
  if (!value.is_array() || !model.is_array() || value.size() != model.size()) return value;
  Json ordered = Json::array();
  for (std::size_t i = 0; i < value.size(); ++i) ordered.push_back(in_order_of(model[i], value[i]));
  return ordered;
}

Shard shard_of(const Part& part) {
  const nlohmann::json& shard = part.value.at("suite").at("shard");
  if (part.value.contains("selftest") || shard.is_null())
    refuse(part, "the results of one shard of a run (--shard I/N)");
  return Shard::parse(shard.get<std::string>());
}

/// "2/7, 4/7", of at most so many.
std::string missing_shards(const std::map<std::size_t, const Part*>& found, std::size_t count) {
  constexpr std::size_t most = 8;
  std::string text;
  std::size_t missing = 0;
  for (std::size_t index = 1; index <= count; ++index)
    if (!found.contains(index) && ++missing <= most)
      text += (text.empty() ? "" : ", ") + Shard{index, count}.text();
  return missing > most ? fmt::format("{} and {} more", text, missing - most) : text;
}

/// One part for each shard, all of the same run.
void require_parts_of_one_run(const std::vector<Part>& parts) {
  const Part& first = parts.front();
  const std::size_t count = shard_of(first).count;
  std::map<std::size_t, const Part*> found;
  for (const Part& part : parts) {
    const nlohmann::json& suite = part.value.at("suite");
    const Shard shard = shard_of(part);
    if (shard.count != count)
      refuse(part, fmt::format("one of {} shards, as {} is, found shard {}", count, first.file,
                               shard.text()));
    const auto [place, is_new] = found.emplace(shard.index, &part);
    if (!is_new)
      refuse(part, fmt::format("another shard than {} has, {}", place->second->file, shard.text()));
    if (part.value.at("tool") != first.value.at("tool"))
      refuse(part, "the results of the same program as " + first.file);
    if (common_of(suite) != common_of(first.value.at("suite")))
      refuse(part, "the same suite, seed and filter as " + first.file);
    const nlohmann::json& targets = part.value.at("targets");
    const nlohmann::json& others = first.value.at("targets");
    const bool are_alike =
        std::ranges::equal(targets, others, [](const auto& one, const auto& other) {
          return description_of(one) == description_of(other);
        });
    if (!are_alike) refuse(part, "the same targets, unchanged, as " + first.file);
  }
  if (found.size() < count)
    refuse(first, fmt::format("the results of all {} shards, found none of {}", count,
                              missing_shards(found, count)));
}

/// The larger of two figures that may be missing.
Json larger(const Json& one, const Json& other) {
  if (one.is_null()) return other;
  return other.is_null() || one >= other ? one : other;
}

/// What those who ran the shards call the program by.
std::string_view caller_of_parts(const std::vector<Part>& parts) {
  for (const Part& part : parts)
    if (const auto caller = caller_of_results(part.value)) return *caller;
  return called_name();
}

/// A target of all parts; `t` is its place in each.
class MergedTarget {
 public:
  MergedTarget(const std::vector<Part>& parts, std::size_t t, const CaseList& list,
               std::string_view caller)
      : parts_(parts),
        t_(t),
        caller_(caller),
        suite_(parts.front().value.at("suite")),
        all_(cases_of_results(list, in(parts.front()))) {
    const nlohmann::json& filter = suite_.at("filter");
    CaseSelection selection;
    if (!filter.is_null()) selection.filter = filter.get<std::string>();
    selected_ = select(all_, selection);
    collect();
    require_honest_refusals();
  }

  Verdict verdict() const { return verdict_of(counts()); }

  std::vector<LevelCount> counts() const {
    std::vector<LevelCount> counts;
    for (const LevelResult& level : levels()) counts.push_back(level.count);
    return counts;
  }

  Json json() const {
    Json target = in_order_of(parts_.front().as_written.at("targets").at(t_), in(parts_.front()));
    target.erase("explanation");  // of the steps in one shard
    Json levels_found = Json::array(), cases = Json::array();
    for (const LevelResult& level : levels()) levels_found.push_back(level_json(level));
    for (const FinishedCase& finished : cases_) cases.push_back(finished.json);
    target["verdict"] = name_of(verdict());
    target["levels"] = std::move(levels_found);
    if (target.contains("capabilities"))
      target["capabilities"]["found"] = found_capabilities(
          target["capabilities"]["stated"], cases, all_, profile_of_results(in(parts_.front())));
    target["cases"] = std::move(cases);
    for (const Part& part : parts_)
      for (const char* peak : {"stack_bytes", "heap_bytes"})
        target["resources"][peak] =
            larger(target["resources"][peak], Json(in(part).at("resources").at(peak)));
    return target;
  }

 private:
  const nlohmann::json& in(const Part& part) const { return part.value.at("targets").at(t_); }

  const Json& case_as_written(const Part& part, std::size_t c) const {
    const Json& entry = part.as_written.at("targets").at(t_).at("cases").at(c);
    return entry.is_number() ? part.as_written.at("cases").at(entry.get<std::size_t>()) : entry;
  }

  /// Every case of the selection that some part has. What judges cases before it judges all now.
  void collect() {
    std::map<std::string_view, Json> found;
    for (const Part& part : parts_)
      for (std::size_t c = 0; c < in(part).at("cases").size(); ++c) {
        const nlohmann::json& one = in(part).at("cases").at(c);
        Json in_order = in_order_of(case_as_written(part, c), one);
        if (!found.emplace(one.at("id").get_ref<const std::string&>(), std::move(in_order)).second)
          refuse(part, fmt::format("case {} in one shard", one.at("id").dump()));
      }
    for (const ConformanceCase* expected : selected_) {
      const auto one = found.find(expected->id);
      if (one == found.end()) continue;
      cases_.push_back({expected->judge ? judged(*expected) : std::move(one->second)});
      found.erase(one);
    }
    if (!found.empty())
      refuse(parts_.front(),
             fmt::format("cases of the suite, not {}", Json(found.begin()->first).dump()));
  }

  /// What a device refused in one shard it takes in no other (SPEC 14.3).
  void require_honest_refusals() const {
    const Profile& profile = profile_of_results(in(parts_.front()));
    std::map<std::string_view, const ConformanceCase*> known;
    for (const ConformanceCase* expected : selected_) known.emplace(expected->id, expected);
    std::vector<Support> answers;
    Support all;
    for (const FinishedCase& finished : cases_) {
      answers.push_back(support_shown(
          finished.json, *known.at(finished.json.at("id").get_ref<const std::string&>()), profile));
      all.add(answers.back());
    }
    for (std::size_t c = 0; c < cases_.size(); ++c)
      if (all.contradiction(answers[c]))
        refuse(parts_.front(),
               fmt::format("a target that refuses what it takes in other shards, too, found {} {}",
                           cases_[c].json.at("id").dump(),
                           cases_[c].json.at("verdict").get<std::string>()));
  }

  Json judged(const ConformanceCase& expected) const {
    const nlohmann::json& target = in(parts_.front());
    const std::string name = target.at("name");
    const std::string repeat =
        repeat_command(suite_.at("name").get<std::string>(), target.value("selector", name),
                       expected.id, suite_.at("seed").get<std::uint64_t>(), caller_);
    return case_json(expected.judge(cases_), expected.id, expected.clause, expected.level, repeat);
  }

  std::vector<LevelResult> levels() const {
    std::string why_incomplete;
    for (const Part& part : parts_)
      for (const nlohmann::json& level : in(part).at("levels"))
        if (why_incomplete.empty() && level.at("verdict") == "incomplete")
          why_incomplete = level.at("reason");
    std::vector<LevelResult> levels;
    for (const nlohmann::json& level : in(parts_.front()).at("levels")) {
      const int number = level.at("level");
      const auto selected = std::ranges::count(selected_, number, &ConformanceCase::level);
      levels.push_back(
          judge_level(number, static_cast<std::size_t>(selected), cases_, why_incomplete));
    }
    return levels;
  }

  const std::vector<Part>& parts_;
  std::size_t t_;
  std::string_view caller_;
  const nlohmann::json& suite_;
  std::vector<ConformanceCase> all_;
  std::vector<const ConformanceCase*> selected_;
  std::vector<FinishedCase> cases_;
};

/// Adds what became of a line in one part to that in others.
void add_line(Json& sum, const nlohmann::json& part) {
  if (!part.contains("line")) return;
  if (!sum.contains("line")) {
    sum["line"] = part.at("line");
    return;
  }
  for (auto& [quantity, value] : sum["line"].items()) {
    const nlohmann::json& added = part.at("line").at(quantity);
    if (value.is_number_float())
      value = value.get<double>() + added.get<double>();
    else
      value = value.get<std::uint64_t>() + added.get<std::uint64_t>();
  }
}

/// How long each case of a merged target took, in all parts that have it; nothing where one of them
/// does not say.
std::optional<Json> seconds_of_cases(const std::vector<Part>& parts, std::size_t t,
                                     const Json& target) {
  std::map<std::string, double> seconds;
  for (const Part& part : parts) {
    const nlohmann::json& timing = part.value.at("timing").at("targets").at(t);
    if (!timing.contains("case_seconds")) return std::nullopt;
    const nlohmann::json& cases = part.value.at("targets").at(t).at("cases");
    for (std::size_t c = 0; c < cases.size(); ++c)
      seconds[cases.at(c).at("id")] += timing.at("case_seconds").at(c).get<double>();
  }
  Json in_order = Json::array();
  for (const Json& found : target.at("cases"))
    in_order.push_back(in_file(seconds.at(found.at("id").get<std::string>())));
  return in_order;
}

/// @param targets  merged
Json summed_timing(const std::vector<Part>& parts, const Json& targets) {
  Json timing = parts.front().as_written.at("timing");
  timing["wall_seconds"] = 0.0;
  for (Json& target : timing["targets"]) {
    target["wall_seconds"] = 0.0;
    target.erase("case_seconds");
    target.erase("line");
  }
  for (const Part& part : parts) {
    const nlohmann::json& own = part.value.at("timing");
    timing["wall_seconds"] =
        timing["wall_seconds"].get<double>() + own.at("wall_seconds").get<double>();
    for (std::size_t t = 0; t < timing["targets"].size(); ++t) {
      Json& sum = timing["targets"][t]["wall_seconds"];
      sum = sum.get<double>() + own.at("targets").at(t).at("wall_seconds").get<double>();
      add_line(timing["targets"][t], own.at("targets").at(t));
    }
  }
  for (std::size_t t = 0; t < timing["targets"].size(); ++t)
    if (const auto seconds = seconds_of_cases(parts, t, targets.at(t)))
      timing["targets"][t]["case_seconds"] = *seconds;
  return timing;
}

}  // namespace

nlohmann::ordered_json merged_results(const std::vector<std::filesystem::path>& files) {
  std::vector<Part> parts;
  for (const std::filesystem::path& file : files)
    parts.push_back(
        {file.string(), read_results(file).value, Json::parse(read_text(file, longest_results))});
  require_parts_of_one_run(parts);
  const nlohmann::json& first = parts.front().value;
  Suite built_in = read_built_in_suite(first.at("suite").at("name"));
  built_in.seed = first.at("suite").at("seed");
  const CaseList list = list_cases(built_in, declared_profiles_of(first));

  const std::string_view caller = caller_of_parts(parts);
  Json targets = Json::array();
  std::map<Verdict, std::size_t> verdicts;
  std::size_t expected = 0, executed = 0, resumed = 0;
  for (std::size_t t = 0; t < first.at("targets").size(); ++t) {
    const MergedTarget target(parts, t, list, caller);
    targets.push_back(target.json());
    ++verdicts[target.verdict()];
    for (const LevelCount& count : target.counts()) {
      expected += count.expected();
      executed += count.executed;
    }
  }
  for (const Part& part : parts)
    resumed += part.value.at("totals").value("cases_resumed", std::size_t{0});

  Json timing = summed_timing(parts, targets);
  const Json& as_written = parts.front().as_written;
  Json suite = in_order_of(as_written.at("suite"), first.at("suite"));
  suite["shard"] = nullptr;
  suite["cases_expected"] = expected;
  const auto obstacle = why_not_enough(suite);
  suite["conformance"] = !obstacle;
  suite["not_enough"] = obstacle ? Json(*obstacle) : Json(nullptr);
  return {{"format", results_format},
          {"tool", as_written.at("tool")},
          {"suite", std::move(suite)},
          {"targets", std::move(targets)},
          {"totals",
           {{"targets", first.at("targets").size()},
            {"passed", verdicts[Verdict::pass]},
            {"failed", verdicts[Verdict::fail]},
            {"device_failures", verdicts[Verdict::device_failure]},
            {"incomplete", verdicts[Verdict::incomplete]},
            {"cases", executed},
            {"cases_resumed", resumed}}},
          {"timing", std::move(timing)}};
}

}  // namespace lsgd
