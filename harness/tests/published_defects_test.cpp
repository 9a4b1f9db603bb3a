// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cases/golden_source.hpp"
#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "files/text_file.hpp"
#include "run/conformance_run.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using testing::IsEmpty;
using testing::Not;

/// A row of the table of SPEC 10.
struct PublishedDefect {
  int number = 0;
  std::vector<std::string> cases;    ///< identities
  std::vector<std::string> mutants;  ///< port.name
};

std::vector<std::string> in_backquotes(const std::string& text) {
  static const std::regex quoted("`([^`]+)`");
  std::vector<std::string> names;
  for (std::sregex_iterator match(text.begin(), text.end(), quoted), end; match != end; ++match)
    names.push_back((*match)[1]);
  return names;
}

std::vector<PublishedDefect> published_defects() {
  static const std::regex row(R"(\| (\d+) \| [^|]+ \| [^|]+ \| ([^|]+) \| ([^|]+) \|)");
  const std::string text = read_text(source_directory() / "reference" / "SPEC.md", 1 << 20);
  std::istringstream clause(text.substr(text.find("## 10 Defects")));
  std::vector<PublishedDefect> defects;
  std::smatch cells;
  for (std::string line; std::getline(clause, line);)
    if (std::regex_match(line, cells, row))
      defects.push_back({std::stoi(cells[1]), in_backquotes(cells[2]), in_backquotes(cells[3])});
  return defects;
}

/// Mutants by the names that SPEC 10 gives them.
std::map<std::string, Target> mutants() {
  std::map<std::string, Target> mutants;
  for (const Target& target : built_in_targets()) {
    if (target.kind != TargetKind::mutant) continue;
    const std::string variant = "-" + target.platform + "-" + target.variant;
    mutants.emplace(target.name.substr(0, target.name.size() - variant.size()), target);
  }
  return mutants;
}

TEST(PublishedDefects, AreAllNamedWithTheMutantsThatDeclareThem) {
  std::map<int, std::set<std::string>> declared;
  for (const auto& [name, target] : mutants())
    if (target.modification && target.modification->erratum)
      declared[*target.modification->erratum].insert(name);
  int number = 0;
  for (const PublishedDefect& defect : published_defects()) {
    EXPECT_EQ(defect.number, ++number);
    EXPECT_EQ(std::set(defect.mutants.begin(), defect.mutants.end()), declared[number])
        << "defect " << number;
  }
  EXPECT_EQ(number, 19);
}

bool is_golden(const std::string& identity) {
  const auto cases = golden_case_list(profile_named("float32"));
  return std::ranges::any_of(
      cases, [&](const GoldenCase& golden) { return "level1/" + golden.name == identity; });
}

/// The names of those targets that failed one case of the standard suite.
std::set<std::string> rejected_by(const std::string& identity, const std::vector<Target>& targets) {
  const TemporaryDirectory directory;
  RunRequest request;
  request.suite = read_built_in_suite("standard");
  request.targets = targets;
  request.selection.filter = identity;
  request.is_explained = false;
  request.out = directory.path();
  const nlohmann::ordered_json results = run_suite(request);
  std::set<std::string> rejected;
  for (const auto& target : results.at("targets"))
    for (const auto& finished : target.at("cases"))
      if (finished.at("verdict") == "fail") rejected.insert(target.at("name"));
  return rejected;
}

TEST(PublishedDefects, AreRejectedByTheCasesNamedBesideThem) {
  const std::map<std::string, Target> all = mutants();
  for (const PublishedDefect& defect : published_defects()) {
    std::vector<Target> targets;
    std::set<std::string> missed;
    for (const std::string& name : defect.mutants) {
      targets.push_back(all.at(name));
      missed.insert(all.at(name).name);
    }
    for (const std::string& identity : defect.cases) {
      if (targets.empty()) {
        EXPECT_TRUE(is_golden(identity)) << identity;
        continue;
      }
      const std::set<std::string> rejected = rejected_by(identity, targets);
      EXPECT_THAT(rejected, Not(IsEmpty())) << "defect " << defect.number << ", " << identity;
      for (const std::string& name : rejected) missed.erase(name);
    }
    EXPECT_THAT(missed, IsEmpty()) << "defect " << defect.number;
  }
}

}  // namespace
}  // namespace lsgd
