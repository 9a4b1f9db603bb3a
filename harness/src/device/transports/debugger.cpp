// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "description/target_file.hpp"
#include "device/debugger_stream.hpp"
#include "device/process_stream.hpp"
#include "device/tcp_stream.hpp"

namespace lsgd {
namespace {

// Target::command: the ELF file, whether it is there already, host and port (empty for a server
// that is started), how many monitor commands follow, these, and the words of the server's command.
constexpr std::size_t elf_word = 0, loaded_word = 1, host_word = 2, port_word = 3, count_word = 4;

std::vector<std::string> read_debugger(TomlTable& target) {
  TomlTable table = target.table("debugger");
  const bool is_started = table.contains("server");
  std::vector<std::string> words{table.text("elf"),
                                 table.boolean_or("load", true) ? "load" : "loaded"};
  if (words.front().empty()) table.fail("elf", "\"elf\" to be the path of the firmware");
  if (is_started && (table.contains("host") || table.contains("port")))
    table.fail("server",
               "either \"server\", a command that speaks on its standard streams, or "
               "\"host\" and \"port\"");
  words.push_back(is_started ? "" : table.text_or("host", "127.0.0.1"));
  words.push_back(is_started ? "" : fmt::format("{}", table.integer("port", 1, 65535)));
  std::vector<std::string> monitor;
  if (table.contains("monitor")) monitor = table.texts("monitor");
  words.push_back(fmt::format("{}", monitor.size()));
  words.insert(words.end(), monitor.begin(), monitor.end());
  if (is_started) {
    const std::vector<std::string> server = table.texts("server");
    if (server.front().empty()) table.fail("server", "\"server\" to name a program");
    words.insert(words.end(), server.begin(), server.end());
  }
  table.reject_unknown_keys();
  return words;
}

std::unique_ptr<ByteStream> open_debugger(const Target& target) {
  const auto& words = target.command;
  const Deadline deadline = std::chrono::steady_clock::now() + target.timeout();
  const FirmwareFile firmware = read_firmware_file(target.directory / words.at(elf_word));
  const auto monitor_begin = words.begin() + count_word + 1;
  const auto monitor_end = monitor_begin + std::stol(words.at(count_word));
  std::unique_ptr<ByteStream> server;
  if (words.at(host_word).empty())
    server =
        std::make_unique<ProcessStream>(std::vector(monitor_end, words.end()), target.directory);
  else
    server = std::make_unique<TcpStream>(words.at(host_word), words.at(port_word), deadline);
  return std::make_unique<DebuggerStream>(std::move(server), firmware,
                                          words.at(loaded_word) == "loaded",
                                          std::vector(monitor_begin, monitor_end), deadline);
}

}  // namespace

/// `[debugger]` with `elf`, and `server` (a command) or `host` and `port` of what speaks GDB's
/// remote protocol: a board without any link but its debug probe.
Transport debugger_transport() { return {"debugger", read_debugger, open_debugger, false}; }

}  // namespace lsgd
