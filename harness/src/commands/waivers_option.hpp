// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "run/waivers.hpp"

namespace lsgd {

/// What `--waivers` and `--today` say.
struct WaiversOption {
  std::string file;
  std::string today;  ///< empty: that of the clock
};

void add_waivers_option(CLI::App& command, WaiversOption& option);

/// Nothing where there is no file. Throws InputError.
std::optional<Waivers> waivers_of(const WaiversOption& option);

}  // namespace lsgd
