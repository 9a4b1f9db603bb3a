// SPDX-License-Identifier: Apache-2.0

// Writes a target file and an image for each mutant and legal variant that a port's modification
// files describe. The build calls it, once for every port and variant.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <fmt/format.h>
#include <iostream>
#include <string>
#include <toml++/toml.h>
#include <vector>

#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/text_file.hpp"
#include "modification_file.hpp"
#include "port_build.hpp"

namespace lsgd {
namespace {

constexpr std::size_t longest_file = 1 << 20;

struct Options {
  PortCommands port;
  std::vector<std::string> files;  ///< modification files of the port
  bool is_first_variant = false;   ///< for which modifications are built that name no variants
  std::string stamp;               ///< written when all is done
};

toml::table changes_of(const ModifiedPort& port, const toml::table& target) {
  toml::table about{{"description", port.description}};
  if (port.level) about.insert("level", *port.level);
  if (port.erratum) about.insert("erratum", *port.erratum);
  toml::table arithmetic = *target["arithmetic"].as_table();
  for (const auto& [key, value] : port.arithmetic) arithmetic.insert_or_assign(key, value);
  toml::table changes{{"kind", port.kind}, {port.kind, about}, {"arithmetic", arithmetic}};
  if (!port.pace.empty()) changes.insert("pace", port.pace);
  if (!port.networks.empty()) changes.insert("network", port.networks);
  return changes;
}

void build(const PortBuild& original, const ModificationFile& file, const ModifiedPort& port) {
  const std::filesystem::path source = original.source(port.source);
  if (source.empty())
    throw InputError(file.file, port.changes.front().line,
                     fmt::format("a source of {}, not {}", file.port, port.source));
  const std::filesystem::path directory = original.work_directory("modified");
  write_file(directory / port.source,
             modified_source(read_text(source, longest_file), port, file.file));
  std::vector<std::string> words;
  if (!file.include.empty()) words = {"-include", file.include.string()};
  const std::filesystem::path object = directory / "modified.o";
  if (!original.compile(directory, port.source, object, words))
    throw InputError(file.file, port.changes.front().line, port.name + " to compile");
  original.link(fmt::format("{}.{}", file.port, port.name), port.source, object,
                changes_of(port, original.target()));
}

void build_all(const Options& options) {
  const PortBuild original(options.port);
  const std::string variant = fmt::format("{}-{}", original.target()["platform"].value_or(""),
                                          original.target()["variant"].value_or(""));
  std::size_t built = 0;
  for (const std::string& name : options.files) {
    const ModificationFile file = parse_modifications(read_text(name, longest_file), name);
    for (const ModifiedPort& port : file.modifications) {
      const bool is_wanted = port.variants.empty()
                                 ? options.is_first_variant
                                 : std::ranges::find(port.variants, variant) != port.variants.end();
      if (!is_wanted) continue;
      build(original, file, port);
      ++built;
    }
  }
  write_file(options.stamp, fmt::format("{}\n", built));
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Builds a port's mutants and legal variants", "build_modified_ports");
  options.port.add_options(app);
  app.add_option("--file", options.files, "Modification file of the port")->required();
  app.add_flag("--first-variant", options.is_first_variant,
               "Build the modifications that name no variants");
  app.add_option("--stamp", options.stamp, "File to write when all is done")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    build_all(options);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}

}  // namespace
}  // namespace lsgd

int main(int argc, char** argv) { return lsgd::run(argc, argv); }
