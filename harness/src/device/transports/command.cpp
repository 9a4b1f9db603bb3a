// SPDX-License-Identifier: Apache-2.0
#include "description/target_file.hpp"
#include "device/process_stream.hpp"

namespace lsgd {

/// `command = ["program", "argument", ...]`: a program that speaks the protocol on its standard
/// input and output, started in the directory of the target file.
Transport command_transport() {
  return {"command",
          [](TomlTable& target) {
            std::vector<std::string> command = target.texts("command");
            if (command.front().empty()) target.fail("command", "\"command\" to name a program");
            return command;
          },
          [](const Target& target) -> std::unique_ptr<ByteStream> {
            return std::make_unique<ProcessStream>(target.command, target.directory);
          },
          true};
}

}  // namespace lsgd
