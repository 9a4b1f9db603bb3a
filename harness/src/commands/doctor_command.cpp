// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdlib>
#include <fmt/format.h>
#include <map>
#include <string>
#include <string_view>
#include <unistd.h>

#include "commands/commands.hpp"
#include "data/built_in_data_set.hpp"
#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "files/input_error.hpp"

namespace lsgd {
namespace {

struct Tool {
  std::string_view program;
  std::string_view package;
  std::string_view purpose;
};

constexpr std::array tools{
    Tool{"gcc", "gcc", "host targets"},
    Tool{"clang", "clang", "host targets"},
    Tool{"cmake", "cmake", "building"},
    Tool{"ninja", "ninja-build", "building"},
    Tool{"chromium", "chromium", "the report's own tests"},
};

bool is_installed(std::string_view program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const std::string file = fmt::format("{}/{}", rest.substr(0, colon), program);
    if (access(file.c_str(), X_OK) == 0) return true;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return false;
}

void report_tools() {
  for (const auto& [program, package, purpose] : tools)
    if (is_installed(program))
      fmt::print("ok       {:24} for {}\n", program, purpose);
    else
      fmt::print("missing  {:24} for {}; apt-get install {}\n", program, purpose, package);
}

void report_data_sets() {
  for (const std::string& name : built_in_data_set_names()) try {
      load_built_in_data_set(name, DataSetPart::training, 1);
      fmt::print("ok       data set {}\n", name);
    } catch (const InputError& error) {
      fmt::print("missing  data set {}: {}\n", name, error.what());
    }
}

void report_targets() {
  std::map<std::string, std::size_t> built;
  for (const Target& target : built_in_targets())
    if (target.kind == TargetKind::port) ++built[target.platform];
  for (const auto& [platform, count] : built)
    fmt::print("ok       platform {}: {} targets\n", platform, count);
  if (built.empty()) fmt::print("missing  targets; build the CMake target lsgd_targets\n");
}

}  // namespace

void add_doctor_command(CLI::App& app, int&) {
  app.add_subcommand("doctor", "What is installed, what is missing and how to get it")
      ->callback([] {
        report_tools();
        report_data_sets();
        report_targets();
      });
}

}  // namespace lsgd
