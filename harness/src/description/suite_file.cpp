// SPDX-License-Identifier: Apache-2.0
#include "description/suite_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <stdexcept>

#include "data/built_in_data_set.hpp"
#include "data/network_text.hpp"
#include "description/project_files.hpp"
#include "files/input_error.hpp"
#include "files/sha256.hpp"
#include "files/text_file.hpp"
#include "files/toml_table.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;

/// The pace of a table that shortens something for it.
Pace shortened_pace(TomlTable& table) {
  table.text("pace");
  return table.choice_or<Pace>("pace", {{"moderate", Pace::moderate}, {"slow", Pace::slow}},
                               Pace::slow);
}

SuiteInput input_of(TomlTable& table, const char* key, const fs::path& suite) {
  SuiteInput input{table.text(key), {}};
  if (std::ranges::count(built_in_data_set_names(), input.name) > 0) return input;
  std::error_code error;
  input.file = suite.parent_path() / input.name;
  if (!fs::exists(input.file, error)) input.file = data_directory() / input.name;
  return input;
}

Workload workload(TomlTable& table, const fs::path& suite) {
  Workload workload;
  workload.name = table.name("name");
  workload.model = input_of(table, "model", suite);
  workload.data = input_of(table, "data", suite);
  workload.chunks = static_cast<std::size_t>(table.integer("chunks", 1, 10'000));
  workload.steps = static_cast<std::size_t>(table.integer("steps", 1, 1'000'000));
  workload.learning_rate = static_cast<float>(table.number("learning_rate", 1e-30, 1e3));
  workload.restart = table.boolean_or("restart", false);
  for (TomlTable& entry : table.tables("shortened")) {
    workload.shortened[static_cast<std::size_t>(shortened_pace(entry))] = static_cast<std::size_t>(
        entry.integer("chunks", 1, static_cast<std::int64_t>(workload.chunks)));
    entry.reject_unknown_keys();
  }
  table.reject_unknown_keys();
  return workload;
}

Workload resources(TomlTable& table, const fs::path& suite) {
  Workload workload;
  workload.name = table.name("network");
  workload.model = input_of(table, "model", suite);
  workload.data = input_of(table, "data", suite);
  workload.steps = static_cast<std::size_t>(table.integer("steps", 1, 1'000'000));
  workload.learning_rate = static_cast<float>(table.number("learning_rate", 1e-30, 1e3));
  table.reject_unknown_keys();
  return workload;
}

TrainingLength training_length(TomlTable& table, const TrainingLength& whole) {
  TrainingLength length;
  length.seeds =
      static_cast<std::size_t>(table.integer("seeds", 1, static_cast<std::int64_t>(whole.seeds)));
  length.epochs =
      static_cast<std::size_t>(table.integer("epochs", 1, static_cast<std::int64_t>(whole.epochs)));
  length.samples = static_cast<std::size_t>(table.integer_or("samples", 1, 1'000'000, 0));
  return length;
}

ConvergenceWorkload convergence(TomlTable& table) {
  ConvergenceWorkload workload;
  workload.name = table.name("name");
  try {
    workload.network =
        network_from_text(table.text("sizes"), table.text("activations"), table.text("loss"));
  } catch (const std::invalid_argument& error) {
    table.fail("sizes", error.what());
  }
  workload.data = table.text("data");
  workload.learning_rate = static_cast<float>(table.number("learning_rate", 1e-30, 1e3));
  // Two one-sided tests need a variance; with fewer than five they are blind (SPEC 12.5).
  TrainingLength whole;
  whole.seeds = static_cast<std::size_t>(table.integer("seeds", 5, 1000));
  whole.epochs = static_cast<std::size_t>(table.integer("epochs", 1, 10'000));
  workload.lengths.fill(whole);
  for (TomlTable& entry : table.tables("shortened")) {
    workload.lengths[static_cast<std::size_t>(shortened_pace(entry))] =
        training_length(entry, whole);
    entry.reject_unknown_keys();
  }
  table.reject_unknown_keys();
  return workload;
}

void require_new(std::set<std::string>& names, const std::string& name, TomlTable& entry,
                 const char* key, const char* expected) {
  if (!names.insert(name).second) entry.fail(key, expected);
  if (names.size() > most_workloads_of_a_level)
    entry.fail(key, fmt::format("at most {} of them", most_workloads_of_a_level));
}

}  // namespace

Suite parse_suite(std::string_view text, const std::string& file) {
  const toml::table document = parse_toml(text, file);
  TomlTable table(document, file);
  if (table.text("format") != "lsgd-suite/1") table.fail("format", "format \"lsgd-suite/1\"");
  Suite suite;
  suite.name = table.name("name");
  suite.description = table.text("description");
  suite.conformance = table.boolean_or("conformance", false);
  suite.seed = static_cast<std::uint64_t>(table.integer("seed", 0, INT64_MAX));
  if (table.contains("golden")) suite.golden = table.texts("golden");
  suite.capacities = table.boolean_or("capacities", false);
  suite.whole_at_every_pace = table.boolean_or("whole_at_every_pace", false);
  suite.golden_stride = static_cast<std::size_t>(table.integer_or("golden_stride", 1, 10'000, 1));
  if (suite.conformance && suite.golden_stride != 1)
    table.fail("golden_stride", "a conformance suite to run every golden case");
  if (table.contains("brief")) suite.brief = table.texts("brief");
  std::set<std::string> names;
  for (TomlTable& entry : table.tables("workload")) {
    suite.workloads.push_back(workload(entry, file));
    require_new(names, suite.workloads.back().name, entry, "name",
                "every workload to have its own name");
  }
  names.clear();
  for (TomlTable& entry : table.tables("convergence")) {
    suite.convergence.push_back(convergence(entry));
    require_new(names, suite.convergence.back().name, entry, "name",
                "every convergence workload to have its own name");
  }
  names.clear();
  for (TomlTable& entry : table.tables("resources")) {
    suite.resources.push_back(resources(entry, file));
    require_new(names, suite.resources.back().name, entry, "network",
                "resources of every network once");
  }
  table.reject_unknown_keys();
  if (suite.golden.empty() && suite.workloads.empty() && suite.convergence.empty() &&
      suite.resources.empty())
    table.fail("name", "golden sets, workloads, convergence or resources: a suite of some cases");
  suite.file = std::filesystem::path(file).filename().string();
  suite.selector = file;
  suite.digest = sha256_of(text);
  return suite;
}

std::vector<std::string> built_in_suites() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(suites_directory(), error))
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

Suite read_built_in_suite(const std::string& name) {
  const std::vector<std::string> names = built_in_suites();
  if (names.empty())
    throw InputError(suites_directory().string(), 0,
                     "the built-in suites; $LSGD_DATA is the directory above harness/");
  if (std::ranges::find(names, name) == names.end())
    throw InputError(
        "--suite", 0,
        fmt::format("{} or a file NAME.toml, not {}", fmt::join(names, ", "), in_quotes(name)));
  Suite suite = read_suite((suites_directory() / (name + ".toml")).string());
  suite.file = "harness/suites/" + suite.file;
  suite.selector = name;
  return suite;
}

Suite read_suite(const std::string& name_or_file) {
  if (!name_or_file.ends_with(".toml")) return read_built_in_suite(name_or_file);
  return parse_suite(read_text(name_or_file, 1 << 20), name_or_file);
}

}  // namespace lsgd
