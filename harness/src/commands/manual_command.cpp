// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <string>
#include <string_view>

#include "commands/commands.hpp"
#include "description/version.hpp"

namespace lsgd {
namespace {

/// Text as it is, in the language of man pages: no line begins a request, no hyphen is typographic.
std::string verbatim(std::string_view text) {
  std::string page;
  bool begins_line = true;
  for (const char c : text) {
    if (begins_line && (c == '.' || c == '\'')) page += "\\&";
    if (c == '\\')
      page += "\\e";
    else if (c == '-')
      page += "\\-";
    else
      page += c;
    begins_line = c == '\n';
  }
  return page;
}

/// The help of a command and of all commands below it.
std::string sections(const CLI::App& command, const std::string& above) {
  const std::string name = above + " " + command.get_name();
  std::string page = fmt::format(".SS \"{}\"\n.nf\n{}.fi\n", name, verbatim(command.help(above)));
  for (const CLI::App* below : command.get_subcommands({})) page += sections(*below, name);
  return page;
}

std::string manual_of(const CLI::App& program) {
  std::string page = fmt::format(
      ".TH LSGD\\-CONFORM 1 \"\" \"lsgd\\-conform {}\" \"User Commands\"\n"
      ".SH NAME\nlsgd\\-conform \\- {}\n"
      ".SH SYNOPSIS\n.B lsgd\\-conform\n.I COMMAND\n[\\fIOPTION\\fR]...\n"
      ".SH COMMANDS\n",
      tool_version, verbatim(program.get_description()));
  for (const CLI::App* command : program.get_subcommands({}))
    page += sections(*command, "lsgd-conform");
  return page +
         ".SH \"EXIT STATUS\"\n"
         ".TP\n0\nEverything that was asked for passed.\n"
         ".TP\n1\nSomething does not conform, or got worse.\n"
         ".TP\n2\nThe command line or a file is wrong; one line says what was expected.\n"
         ".TP\n3\nA device failed.\n"
         ".SH ENVIRONMENT\n"
         ".TP\nLSGD_DATA\nDirectory of suites, golden vectors, models and C sources, in place of "
         "those that came with the program.\n"
         ".TP\nLSGD_CACHE\nDirectory where reference trainings are kept for later runs, in place "
         "of "
         "lsgd\\-conform in $XDG_CACHE_HOME or $HOME/.cache; empty: none are kept.\n";
}

}  // namespace

void add_manual_command(CLI::App& app, int&) {
  auto* command = app.add_subcommand("manual", "Print these texts as a man page");
  command->callback([&app] { fmt::print("{}", manual_of(app)); });
}

}  // namespace lsgd
