// SPDX-License-Identifier: Apache-2.0
#include "commands/number_option.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <thread>

#include "files/input_error.hpp"
#include "files/number_text.hpp"

namespace lsgd {

std::uint64_t count_of_option(const std::string& option, const std::string& text,
                              std::uint64_t least, std::uint64_t most) {
  const std::optional<std::uint64_t> count = integer_from_text(text, most);
  if (!count || *count < least)
    throw InputError(
        option, 0, fmt::format("an integer from {} to {}, found {}", least, most, in_quotes(text)));
  return *count;
}

float rate_of_option(const std::string& option, const std::string& text) {
  const std::optional<float> rate = float_from_text(text);
  if (!rate || !(*rate > 0))
    throw InputError(
        option, 0,
        fmt::format("a number above 0 within binary32's range, found {}", in_quotes(text)));
  return *rate;
}

CLI::Option* add_jobs_option(CLI::App& command, unsigned& jobs, const std::string& what,
                             JobsByDefault by_default) {
  constexpr std::uint64_t most_jobs = 1024;
  const bool is_one_more = by_default == JobsByDefault::one_more;
  jobs = std::max(1u, std::thread::hardware_concurrency()) + (is_one_more ? 1 : 0);
  return add_count_option(command, "--jobs", jobs,
                          what + " run at the same time; default: " +
                              (is_one_more ? "one more than there are cores" : "all cores"),
                          1, most_jobs);
}

CLI::Option* add_learning_rate_option(CLI::App& command, float& rate, const std::string& note) {
  const std::string name = "--learning-rate";
  return command
      .add_option_function<std::string>(
          name, [name, &rate](const std::string& text) { rate = rate_of_option(name, text); },
          "Above 0" + note)
      ->type_name("RATE")
      ->default_str(to_text(rate));
}

}  // namespace lsgd
