// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <lsgd/input_error.hpp>
#include <lsgd/project_files.hpp>
#include <lsgd/sha256.hpp>
#include <lsgd/suite_file.hpp>
#include <lsgd/text_file.hpp>
#include <lsgd/toml_table.hpp>
#include <set>

namespace lsgd {
namespace {

Workload workload(TomlTable& table) {
  Workload workload;
  workload.name = table.name("name");
  workload.model = table.text("model");
  workload.data = table.text("data");
  workload.chunks = static_cast<std::size_t>(table.integer("chunks", 1, 10'000));
  workload.steps = static_cast<std::size_t>(table.integer("steps", 1, 1'000'000));
  workload.learning_rate = static_cast<float>(table.number("learning_rate", 1e-30, 1e3));
  workload.restart = table.boolean_or("restart", false);
  table.reject_unknown_keys();
  return workload;
}

Workload resources(TomlTable& table) {
  Workload workload;
  workload.name = table.name("network");
  workload.model = table.text("model");
  workload.data = table.text("data");
  workload.steps = static_cast<std::size_t>(table.integer("steps", 1, 1'000'000));
  workload.learning_rate = static_cast<float>(table.number("learning_rate", 1e-30, 1e3));
  table.reject_unknown_keys();
  return workload;
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
  suite.golden = table.texts("golden");
  std::set<std::string> names;
  for (TomlTable& entry : table.tables("workload")) {
    suite.workloads.push_back(workload(entry));
    if (!names.insert(suite.workloads.back().name).second)
      entry.fail("name", "every workload to have its own name");
  }
  names.clear();
  for (TomlTable& entry : table.tables("resources")) {
    suite.resources.push_back(resources(entry));
    if (!names.insert(suite.resources.back().name).second)
      entry.fail("network", "resources of every network once");
  }
  table.reject_unknown_keys();
  suite.digest = sha256_of(text);
  return suite;
}

std::vector<std::string> built_in_suites() { return {"smoke", "standard", "full"}; }

Suite read_built_in_suite(const std::string& name) {
  const std::vector<std::string> names = built_in_suites();
  if (std::ranges::find(names, name) == names.end())
    throw InputError("--suite", 0, fmt::format("smoke, standard or full, not {}", in_quotes(name)));
  const std::filesystem::path file = suites_directory() / (name + ".toml");
  return parse_suite(read_text(file, 1 << 20), file.string());
}

}  // namespace lsgd
