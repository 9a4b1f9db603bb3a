// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace lsgd {

/// What the user calls this program by: `./conform` where that script started it, which says so in
/// the environment variable LSGD_CALLED_BY, else `lsgd-conform`.
std::string_view called_name();

/// The command that runs one case of a target again.
/// @param suite name of a built-in suite, or a suite file
/// @param target its name, or its file
/// @param caller what the user calls this program by
std::string repeat_command(std::string_view suite, std::string_view target,
                           std::string_view case_id, std::uint64_t seed,
                           std::string_view caller = called_name());

/// What the user called this program by who got this command: one of the two names.
std::string_view caller_of(std::string_view command);

/// The same of results; nothing where no case failed.
/// @param results  whole
std::optional<std::string_view> caller_of_results(const nlohmann::json& results);

/// Whether a command runs a case of a suite, or of a file's suite, on whatever target, by any name
/// of this program.
bool repeats_case(std::string_view command, std::string_view suite, std::string_view case_id,
                  std::uint64_t seed);

}  // namespace lsgd
