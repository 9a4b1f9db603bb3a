// SPDX-License-Identifier: Apache-2.0
#include "run/command_files.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>

#include "files/sha256.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

std::optional<fs::path> program_file(const Target& target) {
  const std::string& name = target.command.front();
  if (name.find('/') != std::string::npos) return target.directory / name;
  const char* const variable = std::getenv("PATH");
  std::istringstream directories(variable == nullptr ? "/bin:/usr/bin" : variable);
  for (std::string directory; std::getline(directories, directory, ':');)
    if (const fs::path found = target.directory / directory / name; is_file(found)) return found;
  return std::nullopt;
}

/// What the command names behind its program, and the hook that flashes a board.
void append_arguments(const Target& target, std::vector<fs::path>& files) {
  const auto append = [&](const fs::path& path) {
    if (is_file(path)) files.push_back(path);
  };
  for (const std::string& argument : target.hooks.start) append(target.directory / argument);
  for (std::size_t a = target.transport->starts_program ? 1 : 0; a < target.command.size(); ++a) {
    const std::string& argument = target.command[a];
    append(target.directory / argument);
    if (const std::size_t equals = argument.find('='); equals != std::string::npos)
      append(target.directory / argument.substr(equals + 1));
  }
}

}  // namespace

std::vector<UsedFile> command_files(const Target& target) {
  std::vector<fs::path> paths;
  if (target.transport->starts_program)
    if (const auto program = program_file(target); program && is_file(*program))
      paths.push_back(*program);
  append_arguments(target, paths);
  std::vector<UsedFile> files;
  for (const fs::path& path : paths)
    files.push_back({path.filename().string(), sha256_of_file(path)});
  return files;
}

std::vector<fs::path> own_files(const Target& target) {
  std::vector<fs::path> files;
  if (target.transport->starts_program) {
    const std::string& program = target.command.front();
    if (program.find('/') != std::string::npos && is_file(target.directory / program))
      files.push_back(target.directory / program);
  }
  append_arguments(target, files);
  return files;
}

}  // namespace lsgd
