// SPDX-License-Identifier: Apache-2.0
#include "result/repeat_command.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fmt/format.h>

namespace lsgd {
namespace {

constexpr std::string_view installed_name = "lsgd-conform";
constexpr std::string_view script_name = "./conform";

std::string before_suite(std::string_view name) { return fmt::format("{} run --suite ", name); }

std::string after_target(std::string_view case_id, std::uint64_t seed) {
  return fmt::format(" --filter '{}' --seed {}", case_id, seed);
}

}  // namespace

std::string_view called_name() {
  const char* const caller = std::getenv("LSGD_CALLED_BY");
  return caller != nullptr && caller == script_name ? script_name : installed_name;
}

std::string repeat_command(std::string_view suite, std::string_view target,
                           std::string_view case_id, std::uint64_t seed, std::string_view caller) {
  return fmt::format("{}{} --target {}{}", before_suite(caller), suite, target,
                     after_target(case_id, seed));
}

std::string_view caller_of(std::string_view command) {
  return command.starts_with(before_suite(script_name)) ? script_name : installed_name;
}

std::optional<std::string_view> caller_of_results(const nlohmann::json& results) {
  for (const nlohmann::json& target : results.at("targets"))
    for (const nlohmann::json& found : target.at("cases"))
      if (const nlohmann::json& failure = found.at("failure"); !failure.is_null())
        return caller_of(failure.at("repeat").get_ref<const std::string&>());
  return std::nullopt;
}

bool repeats_case(std::string_view command, std::string_view suite, std::string_view case_id,
                  std::uint64_t seed) {
  return std::ranges::any_of(std::array{installed_name, script_name}, [&](std::string_view name) {
    const std::string before = before_suite(name);
    if (!command.starts_with(before) || !command.ends_with(after_target(case_id, seed)))
      return false;
    return command.starts_with(fmt::format("{}{} --target ", before, suite)) ||
           command.find(".toml --target ") != std::string_view::npos;
  });
}

}  // namespace lsgd
