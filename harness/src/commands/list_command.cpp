// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "commands/commands.hpp"
#include "description/built_in_targets.hpp"
#include "description/suite_file.hpp"
#include "levels/case_list.hpp"
#include "steps/profile.hpp"

namespace lsgd {
namespace {

void list_suites() {
  for (const std::string& name : built_in_suites())
    fmt::print("{:10} {}\n", name, read_built_in_suite(name).description);
}

std::string_view name_of(TargetKind kind) {
  switch (kind) {
    case TargetKind::port:
      return "port";
    case TargetKind::mutant:
      return "mutant";
    case TargetKind::legal_variant:
      return "legal_variant";
  }
  return "";
}

void list_targets() {
  for (const Target& target : built_in_targets())
    fmt::print("{:13} {:12} {}\n", name_of(target.kind), target.profile->name(), target.name);
}

void list_profiles() {
  for (const std::string& name : built_in_arithmetics()) {
    const Arithmetic arithmetic = read_arithmetic(name);
    const auto format = [&](Point tensor) { return arithmetic.format(tensor)->name; };
    fmt::print("{:27} weights {}, biases {}, activations {}, deltas {}: {}\n", name,
               format(Point::weight), format(Point::bias), format(Point::activation),
               format(Point::delta), arithmetic.description);
  }
}

void print_cases(const std::string& suite) {
  const CaseList list = list_cases(read_suite(suite));
  for (const Profile* profile : built_in_profiles())
    for (const ConformanceCase& conformance_case : list.cases.at({profile->name(), Pace::fast}))
      fmt::print("{:12} {}\n", profile->name(), conformance_case.id);
}

/// In the form of sha256sum, as harness/suites/files.sha256 has it.
void print_files(const std::string& suite) {
  std::set<std::pair<std::string, std::string>> files;
  for (const std::string& name : suite.empty() ? built_in_suites() : std::vector{suite})
    for (const UsedFile& used : list_cases(read_suite(name)).files)
      files.emplace(used.name, used.sha256);
  for (const auto& [name, sha256] : files) fmt::print("{}  {}\n", sha256, name);
}

}  // namespace

void add_list_command(CLI::App& app, int&) {
  auto* command = app.add_subcommand("list", "List what there is");
  command->require_subcommand(1);
  command->add_subcommand("suites", "Built-in suites")->callback(list_suites);
  command->add_subcommand("targets", "Built-in targets with kind and profile")
      ->callback(list_targets);
  command->add_subcommand("profiles", "Built-in arithmetics with their formats")
      ->callback(list_profiles);
  auto* cases = command->add_subcommand("cases", "Cases of a suite with their profile");
  const auto suite = std::make_shared<std::string>("standard");
  cases->add_option("--suite", *suite, "smoke, standard or full")->capture_default_str();
  cases->callback([suite] { print_cases(*suite); });
  auto* files = command->add_subcommand("files", "What a suite's cases are made from, by SHA-256");
  const auto files_suite = std::make_shared<std::string>();
  files->add_option("--suite", *files_suite, "A suite; default: all that are built in");
  files->callback([files_suite] { print_files(*files_suite); });
}

}  // namespace lsgd
