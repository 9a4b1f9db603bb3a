// SPDX-License-Identifier: Apache-2.0
#include "device/board_hook.hpp"

#include <fmt/format.h>

#include "device/device_error.hpp"
#include "device/process_stream.hpp"

namespace lsgd {
namespace {

constexpr std::size_t shown_output = 300;

/// The end of a text in one line.
std::string last_of(const std::string& text) {
  std::string line;
  for (const char c : text.substr(text.size() - std::min(text.size(), shown_output)))
    line += c >= 0x20 && c < 0x7f ? c : c == '\n' ? '|' : ' ';
  while (!line.empty() && (line.back() == '|' || line.back() == ' ')) line.pop_back();
  return line.empty() ? "" : "; it said: " + line;
}

}  // namespace

void run_board_hook(const std::string& name, const std::vector<std::string>& command,
                    const std::filesystem::path& directory, std::chrono::milliseconds limit) {
  std::string output;
  const auto fail = [&](const std::string& what) {
    throw DeviceError(fmt::format("hook {}: {}{}", name, what, last_of(output)));
  };
  try {
    ProcessStream process(command, directory);
    const int status = process.run_to_end(output, std::chrono::steady_clock::now() + limit);
    if (status != 0) fail(fmt::format("{} ended with status {}", command.front(), status));
  } catch (const TimeOutError&) {
    fail(fmt::format("{} took longer than {} s", command.front(),
                     std::chrono::duration<double>(limit).count()));
  } catch (const DeviceError& error) {
    if (std::string(error.what()).starts_with("hook ")) throw;
    fail(error.what());
  }
}

}  // namespace lsgd
