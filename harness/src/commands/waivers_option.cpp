// SPDX-License-Identifier: Apache-2.0
#include "commands/waivers_option.hpp"

namespace lsgd {

void add_waivers_option(CLI::App& command, WaiversOption& option) {
  auto* file = command.add_option("--waivers", option.file,
                                  "File of known failures, each with reason, owner and expiry");
  command
      .add_option("--today", option.today,
                  "Day on which waivers must hold, YYYY-MM-DD; default: that of the clock, in UTC")
      ->needs(file);
}

std::optional<Waivers> waivers_of(const WaiversOption& option) {
  if (option.file.empty()) return std::nullopt;
  return read_waivers(option.file, option.today.empty() ? day_of_clock() : option.today);
}

}  // namespace lsgd
