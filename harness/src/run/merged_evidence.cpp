// SPDX-License-Identifier: Apache-2.0
#include "run/merged_evidence.hpp"

#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <map>
#include <string>
#include <utility>

#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/json_file.hpp"
#include "files/scratch_directory.hpp"
#include "files/text_file.hpp"
#include "result/case_result.hpp"
#include "result/packed_results.hpp"
#include "run/evidence.hpp"
#include "run/journal.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// The evidence of one shard.
class ShardEvidence {
 public:
  /// @param scratch  a place for its answers
  ShardEvidence(const fs::path& file, const fs::path& results, const fs::path& scratch)
      : shown_(file.string()),
        members_(members_of_tar(read_text(file, longest_evidence), shown_)),
        results_(read_whole_results(results).value) {
    const JsonDocument run = parse_json(member(run_member), shown_ + ":" + run_member);
    validate_json(run, "evidence");
    run_ = Json::parse(member(run_member));
    write_file(scratch, member(answers_member));
    answers_.emplace(scratch, true, shown_ + ":" + answers_member);
  }

  const Json& run() const { return run_; }
  const nlohmann::json& results() const { return results_; }

  [[noreturn]] void refuse(const std::string& expected) const {
    throw InputError(shown_, 0, expected);
  }

  /// Adds the files of this shard to those of others.
  void add_files(ArchiveMembers& all) const {
    for (const auto& [name, content] : members_)
      if (name != run_member && name != answers_member &&
          all.emplace(name, content).first->second != content)
        refuse(fmt::format("{} as the other shards have it", name));
  }

  /// Where the answers to each case are, by the place of its target and its identity. They stand in
  /// the order of the results, without cases that are judged from others.
  void add_cases(std::map<std::pair<std::size_t, std::string>, AnsweredCase>& all) const {
    if (answers_->seed() != results_.at("suite").at("seed").get<std::uint64_t>())
      refuse("answers to cases of the seed of its results");
    const auto cases = answers_->cases();
    auto next = cases.begin();
    for (std::size_t t = 0; t < results_.at("targets").size(); ++t) {
      std::string key_of_target;
      for (const nlohmann::json& found : results_.at("targets").at(t).at("cases")) {
        if (next == cases.end() || found.at("id") != next->second) continue;
        const auto& [key, id] = *next;
        if (!key_of_target.empty() && key != key_of_target) continue;
        key_of_target = key;
        all.insert_or_assign({t, id}, AnsweredCase{&*answers_, key, id});
        ++next;
      }
    }
    if (next != cases.end())
      refuse(fmt::format("answers to the cases of its results, found {}", next->second));
  }

 private:
  const std::string& member(const char* name) const {
    const auto found = members_.find(name);
    if (found == members_.end()) refuse(fmt::format("a member {}", name));
    return found->second;
  }

  std::string shown_;
  ArchiveMembers members_;
  nlohmann::json results_;
  Json run_;
  std::optional<Journal> answers_;
};

/// evidence/run.json of the whole run.
Json merged_run(const std::deque<ShardEvidence>& parts) {
  Json merged = parts.front().run();
  for (const ShardEvidence& part : parts) {
    if (part.run().at("compiler") != merged.at("compiler"))
      part.refuse("evidence of the same program as the other shards");
    if (part.run().at("targets") != merged.at("targets"))
      part.refuse("evidence of the same targets, unchanged, as the other shards");
    for (const Json& host : part.run().at("hosts"))
      if (std::ranges::count(merged.at("hosts"), host) == 0) merged.at("hosts").push_back(host);
  }
  return merged;
}

}  // namespace

std::optional<ArchiveMembers> merged_evidence(const std::vector<fs::path>& files,
                                              const Json& merged) {
  const auto of = [](const fs::path& results) { return results.parent_path() / evidence_file; };
  const auto has_evidence = [&](const fs::path& results) { return fs::exists(of(results)); };
  if (std::ranges::none_of(files, has_evidence)) return std::nullopt;
  const ScratchDirectory scratch;
  std::deque<ShardEvidence> parts;
  for (const fs::path& results : files) {
    if (!has_evidence(results))
      throw InputError(of(results).string(), 0, "evidence, which other shards have");
    parts.emplace_back(of(results), results, scratch.path() / std::to_string(parts.size()));
  }
  ArchiveMembers members;
  std::map<std::pair<std::size_t, std::string>, AnsweredCase> found;
  for (const ShardEvidence& part : parts) {
    part.add_files(members);
    part.add_cases(found);
  }
  std::vector<AnsweredCase> answered;
  for (std::size_t t = 0; t < merged.at("targets").size(); ++t)
    for (const Json& one : merged.at("targets").at(t).at("cases"))
      if (const auto place = found.find({t, one.at("id")}); place != found.end())
        answered.push_back(place->second);
  members[run_member] = merged_run(parts).dump(2) + '\n';
  members[answers_member] = answers_text(merged.at("suite").at("seed"), answered);
  return members;
}

void explain_merged(const ArchiveMembers& evidence, unsigned jobs, Json& merged) {
  const Json& totals = merged.at("totals");
  const auto none = [&](const char* verdict) { return totals.at(verdict) == 0; };
  if (none("failed") || !none("device_failures") || !none("incomplete") ||
      !merged.at("tool").contains("sha256"))
    return;
  const ScratchDirectory scratch;
  RunRequest request =
      request_of_evidence(evidence, nlohmann::json(merged), scratch.path(), evidence_file);
  request.jobs = jobs;
  Json again = run_suite(request);
  Json explained = again.at("targets");
  for (Json& target : again.at("targets")) target.erase("explanation");
  if (const std::string difference = first_difference(merged, again); !difference.empty())
    throw InputError(run_member, 0, difference);
  merged["targets"] = std::move(explained);
}

}  // namespace lsgd
