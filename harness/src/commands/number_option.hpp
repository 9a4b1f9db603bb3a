// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>

namespace lsgd {

/// `text` as a decimal integer of digits only. CLI11 would take -1 as 2^64 - 1, 010 as 8, and what
/// has too many digits as the largest. Throws InputError, which names the option.
std::uint64_t count_of_option(const std::string& option, const std::string& text,
                              std::uint64_t least, std::uint64_t most);

/// `text` as the binary32 nearest to it. Throws InputError unless that is above 0 and finite.
float rate_of_option(const std::string& option, const std::string& text);

/// An option that takes an integer from `least` to `most` into a Count, an unsigned integer or an
/// optional one, of any range that holds them. Results and suite files have integers up to 2^63
/// - 1.
template <class Count>
CLI::Option* add_count_option(CLI::App& command, const std::string& name, Count& value,
                              const std::string& description, std::uint64_t least = 0,
                              std::uint64_t most = std::numeric_limits<std::int64_t>::max()) {
  const auto take = [name, &value, least, most](const std::string& text) {
    if constexpr (std::is_unsigned_v<Count>)
      value = static_cast<Count>(count_of_option(name, text, least, most));
    else
      value = count_of_option(name, text, least, most);
  };
  return command.add_option_function<std::string>(name, take, description)->type_name("COUNT");
}

/// How many run at the same time by default. What computes alone keeps a core busy; a target on a
/// device and its host wait for each other, so that one more than there are cores keep all busy.
enum class JobsByDefault : std::uint8_t { cores, one_more };

/// An option that takes as many simulations or targets as run at the same time; sets the default.
CLI::Option* add_jobs_option(CLI::App& command, unsigned& jobs, const std::string& what,
                             JobsByDefault by_default = JobsByDefault::cores);

/// `--learning-rate`, which stands at `rate` where it is not given. `note` goes on with its
/// description.
CLI::Option* add_learning_rate_option(CLI::App& command, float& rate, const std::string& note = {});

}  // namespace lsgd
