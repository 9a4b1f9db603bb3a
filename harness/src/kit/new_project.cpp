// SPDX-License-Identifier: Apache-2.0
#include "kit/new_project.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

#include "kit/agent_files.hpp"

namespace lsgd {
namespace {

constexpr std::size_t longest_name = 31;

struct Project {
  std::string folder;
  std::vector<std::string> files;    ///< of that folder
  std::string sources;               ///< that the image is made of beside agent and platform
  std::vector<std::string> further;  ///< files of other folders
};

Project project_of(ProjectKind kind) {
  const std::string kit = "targets/kit/";
  const std::vector<std::string> c_project{
      kit + "c_project/Makefile", kit + "c_project/CMakeLists.txt", kit + "c_project/target.toml"};
  std::vector<std::string> with_port = c_project;
  with_port.push_back(kit + "port/port.c");
  switch (kind) {
    case ProjectKind::port:
      return {kit + "port", {"README.md"}, "port.c", with_port};
    case ProjectKind::adapter:
      return {kit + "adapter",
              {"README.md", "adapter.c", "library.c", "library.h"},
              "adapter.c library.c lsgd_adapter.c",
              c_project};
    case ProjectKind::program:
      return {kit + "program",
              {"README.md", "Makefile", "CMakeLists.txt", "target.toml", "device.py"},
              "",
              {}};
    case ProjectKind::board:
      return {
          kit + "board", {"README.md", "board.c", "board.mk", "board.toml"}, "port.c", with_port};
    case ProjectKind::core:
      return {"rtl/template",
              {"README.md", "core.f", "core.toml", "core_wrapper.sv", "waivers.vlt"},
              "",
              {}};
  }
  throw std::invalid_argument("a kind of project");
}

/// Where a file of a template lies in the project.
std::string path_in_project(std::string_view file, const std::string& name) {
  const std::string_view last = file.substr(file.rfind('/') + 1);
  if (last == "target.toml") return name + ".toml";
  if (last == "board.toml") return name + "-board.toml";
  if (last == "waivers.vlt") return name + ".vlt";
  return std::string(last);
}

}  // namespace

bool is_port_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && name.size() <= longest_name && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::vector<KitFile> new_project(ProjectKind kind, const std::string& name) {
  const Project project = project_of(kind);
  std::vector<std::string> paths = project.further;
  for (const std::string& file : project.files) paths.push_back(project.folder + "/" + file);
  std::vector<KitFile> files;
  for (const std::string& path : paths)
    files.push_back({path_in_project(path, name),
                     filled_in(kit_text(path), {{"NAME", name}, {"SOURCES", project.sources}})});
  if (kind == ProjectKind::core) return files;
  const auto add = [&](const std::vector<KitFile>& more) {
    files.insert(files.end(), more.begin(), more.end());
  };
  if (kind == ProjectKind::program) {
    add(python_files());
    return files;
  }
  add(agent_files(AgentLayout::plain));
  add(host_platform_files());
  if (kind == ProjectKind::adapter) add(adapter_files());
  return files;
}

}  // namespace lsgd
