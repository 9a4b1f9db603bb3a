// SPDX-License-Identifier: Apache-2.0
#include "commands/result_package.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "description/program_digest.hpp"
#include "description/version.hpp"
#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/scratch_directory.hpp"
#include "files/sha256.hpp"
#include "files/text_file.hpp"
#include "reports/render_reports.hpp"
#include "result/packed_results.hpp"
#include "run/checked_results.hpp"
#include "run/evidence.hpp"
#include "run/waivers.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// What results may have that follows from nothing in the package.
constexpr const char* measured_elsewhere[] = {"claims", "benchmark", "recorded_selftest"};

const std::string& member(const ArchiveMembers& members, std::string_view name,
                          const std::string& shown) {
  const auto found = members.find(std::string(name));
  if (found == members.end()) throw InputError(shown, 0, fmt::format("a member {}", name));
  return found->second;
}

void require_known_members(const ArchiveMembers& members, const std::string& shown) {
  std::set<std::string> known(report_members().begin(), report_members().end());
  known.insert({results_member, statement_member, waivers_member});
  for (const auto& [name, content] : members)
    if (!known.contains(name) && !name.starts_with("evidence/"))
      throw InputError(shown, 0, "no member but those of a package, found " + name);
}

void require_judgeable(const nlohmann::json& results, const std::string& shown) {
  if (results.contains("selftest")) throw InputError(shown, 0, "a run, not a self-test");
  const auto& tool = results.at("tool");
  if (tool.at("specification") != specification_version)
    throw InputError(
        shown, 0,
        fmt::format("results by specification {}, as this program judges", specification_version));
  if (!tool.contains("sha256")) throw InputError(shown, 0, "results that say which program judged");
  for (const auto& target : results.at("targets"))
    for (const auto& level : target.at("levels"))
      if (level.at("verdict") == "device_failure" || level.at("verdict") == "incomplete")
        throw InputError(shown, 0,
                         fmt::format("a device that answered every case, not level {} of {}: {}",
                                     level.at("level").dump(), target.at("name").get<std::string>(),
                                     level.at("verdict").get<std::string>()));
}

/// The results of the second judgement with what only the first can know, as a run writes them.
Json completed(Json again, const Json& first) {
  again["tool"] = first.at("tool");
  again["timing"] = first.at("timing");
  again["totals"]["cases_resumed"] = first.at("totals").at("cases_resumed");
  for (const auto& [key, value] : first.items())
    if (std::ranges::count(measured_elsewhere, key) > 0) again[key] = value;
  return again;
}

void put_packaged_waivers(const ArchiveMembers& members, const nlohmann::json& results,
                          const std::string& shown, Json& again) {
  const bool has_file = members.contains(waivers_member);
  if (has_file != results.contains("waivers"))
    throw InputError(shown, 0, "waivers.toml where results.json has waivers, and only there");
  if (has_file)
    put_waivers(parse_waivers(members.at(waivers_member), shown + ":" + waivers_member,
                              results.at("waivers").at("today")),
                again);
}

/// Whether the reports are those that this program renders.
bool are_own_reports(const ArchiveMembers& members, const Json& results, const fs::path& scratch,
                     const std::string& shown) {
  const bool is_own = results.at("tool").at("sha256") == program_digest();
  render_reports(results, sha256_of(members.at(results_member)), scratch);
  for (const std::string& name : report_members())
    if (member(members, name, shown) != read_text(scratch / name, longest_results)) {
      if (is_own) throw InputError(shown, 0, name + " as this program renders results.json");
      return false;
    }
  return true;
}

std::vector<std::string> unchecked_of(const nlohmann::json& results,
                                      const ArchiveMembers& members) {
  std::vector<std::string> unchecked{
      "that the answers are those of the devices named, and when they gave them"};
  std::set<std::string> found;
  for (const auto& target : results.at("targets")) {
    for (const auto& test_case : target.at("cases")) {
      if (!test_case.contains("resources")) continue;
      found.insert("stack and heap that devices measured");
      const auto& step = test_case.at("resources").at("step");
      if (!step.at("cycles_median").is_null() || !step.at("instructions_median").is_null())
        found.insert("cycles and instructions that devices counted");
    }
    for (const auto& file : target.value("files", nlohmann::json::array()))
      if (!members.contains("evidence/files/" + file.at("sha256").get<std::string>()))
        found.insert(fmt::format("{}, a program of the system, of which the digest alone is kept",
                                 file.at("name").get<std::string>()));
  }
  for (const char* part : measured_elsewhere)
    if (results.contains(part)) found.insert(fmt::format("\"{}\" of results.json", part));
  if (results.contains("waivers"))
    found.insert(fmt::format("that the run was on {}, when its waivers held",
                             results.at("waivers").at("today").get<std::string>()));
  found.insert("durations, and how many cases were resumed");
  unchecked.insert(unchecked.end(), found.begin(), found.end());
  return unchecked;
}

Json subject(const std::string& name, const std::string& sha256) {
  return {{"name", name}, {"digest", {{"sha256", sha256}}}};
}

}  // namespace

const std::vector<std::string>& report_members() {
  static const std::vector<std::string> names{"index.html", "junit.xml", "summary.md", "cases.csv"};
  return names;
}

std::string sums_of(const ArchiveMembers& members) {
  std::string text;
  for (const auto& [name, content] : members)
    if (name != sums_member && name != signature_member)
      text += fmt::format("{}  {}\n", sha256_of(content), name);
  return text;
}

/// What was run less of than the suite that the statement names, a line for each.
Json what_was_left_out(const nlohmann::json& results) {
  Json parts = Json::array();
  for (const char* part : {"filter", "shard"})
    if (const auto& of = results.at("suite").at(part); !of.is_null())
      parts.push_back(fmt::format("only of {} {}", part, of.get<std::string>()));
  for (const auto& target : results.at("targets"))
    for (const auto& part : target.value("shortened", nlohmann::json::array()))
      parts.push_back(
          fmt::format("{}: {}", target.at("name").get<std::string>(), part.get<std::string>()));
  return parts;
}

std::string statement_of(const nlohmann::json& results, const ArchiveMembers& members) {
  Json subjects = Json::array({subject(results_member, sha256_of(members.at(results_member)))});
  Json passed = Json::array(), warned = Json::array(), failed = Json::array();
  std::set<std::pair<std::string, std::string>> waived;
  if (results.contains("waivers"))
    for (const auto& entry : results.at("waivers").at("entries"))
      for (const auto& of : entry.at("waived")) waived.emplace(of.at("target"), of.at("case"));
  for (const auto& target : results.at("targets")) {
    const std::string name = target.at("name");
    for (const auto& file : target.value("files", nlohmann::json::array()))
      subjects.push_back(
          subject(name + "/" + file.at("name").get<std::string>(), file.at("sha256")));
    for (const auto& found : target.at("cases")) {
      const std::string id = found.at("id");
      const bool is_failure = !found.at("failure").is_null();
      if (!is_failure && found.at("verdict") != "pass") continue;
      (!is_failure                   ? passed
       : waived.contains({name, id}) ? warned
                                     : failed)
          .push_back(name + "/" + id);
    }
  }
  for (const auto& part : what_was_left_out(results)) warned.push_back(part);
  Json configuration = Json::array();
  for (const auto& file : results.at("suite").at("files"))
    configuration.push_back(subject(file.at("name"), file.at("sha256")));
  const auto& tool = results.at("tool");
  configuration.push_back(subject(tool.at("name"), tool.at("sha256")));
  const std::string result = !failed.empty() ? "FAILED" : !warned.empty() ? "WARNED" : "PASSED";
  const Json statement{{"_type", "https://in-toto.io/Statement/v1"},
                       {"subject", std::move(subjects)},
                       {"predicateType", "https://in-toto.io/attestation/test-result/v0.1"},
                       {"predicate",
                        {{"result", result},
                         {"configuration", std::move(configuration)},
                         {"passedTests", std::move(passed)},
                         {"warnedTests", std::move(warned)},
                         {"failedTests", std::move(failed)}}}};
  return statement.dump(2) + '\n';
}

VerifiedPackage verify_members(const ArchiveMembers& members, const std::string& shown,
                               unsigned jobs) {
  require_known_members(members, shown);
  const ScratchDirectory scratch;
  const std::string& text = member(members, results_member, shown);
  const fs::path file = scratch.path() / results_member;
  write_file(file, text);
  const nlohmann::json results = read_results(file).value;
  require_judgeable(results, shown);
  RunRequest request = request_of_evidence(members, results, scratch.path(), shown);
  request.jobs = jobs;
  Json again = completed(run_suite(request), Json::parse(text));
  put_packaged_waivers(members, results, shown, again);
  // Packages from before this format hold its text.
  for (const std::string_view before :
       {results_format_of_named_members, results_format_of_whole_identities})
    if (results.at("format") == before) again["format"] = before;
  const std::string place = shown + ":" + results_member;
  if (const std::string difference = first_difference(results, again); !difference.empty())
    throw InputError(place, 0, difference);
  if (packed_results(again) != text)
    throw InputError(place, 0, "the text that follows from the devices' answers");
  if (member(members, statement_member, shown) != statement_of(results, members))
    throw InputError(shown + ":" + statement_member, 0, "the statement that results.json gives");
  VerifiedPackage verified{results, unchecked_of(results, members)};
  if (!are_own_reports(members, again, scratch.path() / "reports", shown))
    verified.unchecked.push_back("the reports, which another program rendered");
  return verified;
}

}  // namespace lsgd
