// SPDX-License-Identifier: Apache-2.0
#include "selftest/catching_cases.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "description/suite_file.hpp"
#include "files/input_error.hpp"
#include "files/text_file.hpp"
#include "levels/case_list.hpp"
#include "levels/cases_of_target.hpp"
#include "run_in_temporary_directory.hpp"
#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

const char* const two_cases = R"toml(format = "lsgd-catching-cases/1"
[[case]]
id = "level1/odd"
mutants = ["b", "a"]

[[case]]
id = "level2/car/1"
mutants = ["c"]
)toml";

Json caught(const char* name, const Json& by) {
  return {{"name", name}, {"caught_by", by.is_null() ? Json() : Json{{"case", by}}}};
}

TEST(CatchingCases, AreReadAsTheyAreWritten) {
  const CatchingCases read(two_cases, "list.toml");
  EXPECT_EQ(read.by_mutant(),
            (std::map<std::string, std::string>{
                {"a", "level1/odd"}, {"b", "level1/odd"}, {"c", "level2/car/1"}}));
  // What nothing catches has none, nor what is refused because too few cases were run.
  const Json mutants{caught("c", "level2/car/1"),
                     caught("b", "level1/odd"),
                     caught("a", "level1/odd"),
                     caught("missed", nullptr),
                     {{"name", "of one network"}, {"caught_by", {{"case", nullptr}}}}};
  EXPECT_EQ(CatchingCases(catching_cases_text(mutants), "written").by_mutant(), read.by_mutant());
}

TEST(CatchingCases, NameAMutantOnce) {
  const std::string twice = std::string(two_cases) + "[[case]]\nid = \"x\"\nmutants = [\"c\"]\n";
  try {
    CatchingCases(twice, "list.toml");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "list.toml:11: expected mutants that are named once, not c again");
  }
}

TEST(CatchingCases, AreOldWhereOthersCatchOrNoneIsRecorded) {
  const CatchingCases recorded(two_cases, "list.toml");
  const Json mutants{caught("a", "level1/odd"), caught("b", "level1/even"),
                     caught("new", "level1/odd"), caught("c", nullptr)};
  EXPECT_EQ(caught_by_other_cases(mutants, recorded), 2u);
}

/// Those of the project: what was renamed would cost time and say nothing.
TEST(CatchingCases, AreOfCasesAndMutantsThatThereAre) {
  const CatchingCases recorded(read_text(catching_cases_file(), 1 << 20), "catching_cases.toml");
  const CaseList list = list_cases(read_built_in_suite("standard"));
  std::vector<std::pair<Target, std::set<std::string>>> identities;  // of targets of the same cases
  const auto identities_of = [&](const Target& target) {
    const auto found = std::ranges::find_if(identities, [&](const auto& known) {
      return known.first.profile == target.profile && known.first.pace == target.pace &&
             known.first.networks == target.networks;
    });
    if (found != identities.end()) return found->second;
    std::set<std::string> ids;
    for (const ConformanceCase& each :
         cases_of_target(list, *target.profile, target.pace, target.networks))
      ids.insert(each.id);
    return identities.emplace_back(target, ids).second;
  };
  std::size_t mutants = 0, named = 0;
  for (const Target& target : built_in_targets()) {
    if (target.kind != TargetKind::mutant || target.platform != "host" ||
        is_declared(*target.profile))
      continue;
    ++mutants;
    const auto found = recorded.by_mutant().find(target.name);
    if (found == recorded.by_mutant().end()) continue;
    ++named;
    EXPECT_TRUE(identities_of(target).contains(found->second))
        << target.name << ": " << found->second;
  }
  EXPECT_GE(named * 100, mutants * 98);
}

/// The cases that a mutant finished when it began with `first`, of which the last one failed.
std::vector<std::string> finished_by(const std::string& mutant, const std::string& first) {
  RunRequest request = short_run_of(select_targets({mutant}).front());
  request.first_cases = {{mutant, first}};
  request.stop_at_first_failure = true;
  request.is_explained = false;
  const Json results = run_in_temporary_directory(std::move(request));
  std::vector<std::string> finished;
  for (const Json& each : results.at("targets").at(0).at("cases")) {
    finished.push_back(each.at("id"));
    EXPECT_EQ(each.at("failure").is_null(),
              &each != &results.at("targets").at(0).at("cases").back());
  }
  return finished;
}

TEST(CatchingCases, AreRunFirstAndAllOthersWhereTheyPass) {
  const std::string mutant = "float32_c99.bias_not_updated-host-gcc_O2";
  const std::vector<std::string> in_order = finished_by(mutant, "level1/no_such_case");
  ASSERT_GT(in_order.size(), 2u);
  EXPECT_EQ(finished_by(mutant, in_order.back()), std::vector{in_order.back()});
  // The second of those that pass does not show what is wrong, whatever a list says.
  std::vector<std::string> others = in_order;
  std::rotate(others.begin(), others.begin() + 1, others.begin() + 2);
  EXPECT_EQ(finished_by(mutant, in_order[1]), others);
}

}  // namespace
}  // namespace lsgd
