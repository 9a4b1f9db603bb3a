// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kit/kit_file.hpp"

namespace lsgd {

/// What somebody begins with.
enum class ProjectKind {
  port,     ///< the algorithm in C
  adapter,  ///< a library that has it already
  program,  ///< a program that speaks the protocol, in Python
  board,    ///< a port on a board without operating system
  core      ///< a core, simulated in a folder of rtl/cores
};

/// Their names on the command line.
inline constexpr std::array<std::pair<std::string_view, ProjectKind>, 5> project_kinds{
    {{"port", ProjectKind::port},
     {"adapter", ProjectKind::adapter},
     {"program", ProjectKind::program},
     {"board", ProjectKind::board},
     {"core", ProjectKind::core}}};

/// Whether a port can have this name (struct lsgd_port_description): an identifier of C in lower
/// case, with at most 31 characters.
bool is_port_name(std::string_view name);

/// A folder that builds and runs outside this project, or of a core, which its build takes in.
/// @param name  is_port_name
std::vector<KitFile> new_project(ProjectKind kind, const std::string& name);

}  // namespace lsgd
