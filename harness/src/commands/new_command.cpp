// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <string>

#include "commands/commands.hpp"
#include "commands/write_kit.hpp"
#include "files/input_error.hpp"
#include "kit/new_project.hpp"

namespace lsgd {
namespace {

struct NewFolder {
  std::string name;
  ProjectKind kind = ProjectKind::port;
  std::string out;
};

void write_project(const NewFolder& options) {
  if (!is_port_name(options.name))
    throw InputError(
        options.name, 0,
        "a name of lower-case letters, digits and _, no digit first, at most 31 characters");
  write_new_folder(options.out.empty() ? options.name : options.out,
                   new_project(options.kind, options.name));
}

}  // namespace

void add_new_command(CLI::App& app, int&) {
  auto* command = app.add_subcommand(
      "new", "A folder to begin with: a port, an adapter, a program, a board, a core");
  const auto options = std::make_shared<NewFolder>();
  command->add_option("NAME", options->name, "Of the port, and of the folder")->required();
  std::map<std::string, ProjectKind> kinds;
  for (const auto& [name, kind] : project_kinds) kinds.emplace(name, kind);
  command
      ->add_option("--kind", options->kind,
                   "port: the algorithm in C; adapter: a library that has it; program: Python; "
                   "board: a port on a board; core: a core for rtl/cores")
      ->required()
      ->transform(CLI::CheckedTransformer(kinds));
  command->add_option("--out", options->out, "Folder to write, which does not exist; NAME");
  command->callback([options] { write_project(*options); });
}

}  // namespace lsgd
