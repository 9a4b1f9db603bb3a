// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "commands/write_kit.hpp"
#include "files/input_error.hpp"
#include "kit/agent_files.hpp"

namespace lsgd {
namespace {

struct ExportedPieces {
  std::vector<std::string> pieces;
  AgentLayout layout = AgentLayout::plain;
  std::string out;
};

using Piece = std::vector<KitFile> (*)();

const std::map<std::string, Piece>& pieces() {
  static const std::map<std::string, Piece> by_name{
      {"agent", [] { return agent_files(AgentLayout::plain); }},
      {"host", &host_platform_files},
      {"mailbox", &mailbox_files},
      {"adapter", &adapter_files},
      {"python", &python_files}};
  return by_name;
}

void export_pieces(const ExportedPieces& options) {
  const bool is_agent_alone = options.pieces == std::vector<std::string>{"agent"};
  if (options.layout != AgentLayout::plain && !is_agent_alone)
    throw InputError("--layout", 0, "agent, and nothing else, in another layout than plain");
  std::vector<KitFile> files;
  for (const std::string& name : options.pieces) {
    const std::vector<KitFile> piece =
        is_agent_alone ? agent_files(options.layout) : pieces().at(name)();
    files.insert(files.end(), piece.begin(), piece.end());
  }
  write_replaceable_folder(options.out, files);
}

}  // namespace

void add_export_command(CLI::App& app, int&) {
  auto* command = app.add_subcommand("export", "Sources for builds of others");
  const auto options = std::make_shared<ExportedPieces>();
  std::vector<std::string> names;
  for (const auto& [name, piece] : pieces()) names.push_back(name);
  command
      ->add_option(
          "PIECE", options->pieces,
          "agent: lsgd.h and lsgd_agent.c; host: its platform as a process of this "
          "machine; mailbox: the link of a board that has none but its debugger; adapter: a "
          "port by the functions of a library; python: the protocol in Python")
      ->required()
      ->check(CLI::IsMember(names));
  std::map<std::string, AgentLayout> layouts;
  for (const auto& [name, layout] : agent_layouts) layouts.emplace(name, layout);
  command
      ->add_option("--layout", options->layout,
                   "Of the agent: plain, cmake, arduino, platformio, zephyr or esp-idf")
      ->transform(CLI::CheckedTransformer(layouts));
  command->add_option("--out", options->out, "Directory to write")->required();
  command->callback([options] { export_pieces(*options); });
}

}  // namespace lsgd
