// SPDX-License-Identifier: Apache-2.0
#include "selftest_counts.hpp"

#include <fmt/format.h>

#include "number_format.hpp"

namespace lsgd {

std::string selftest_counts(const nlohmann::json& counts, const std::string& kind) {
  const auto of = [&](const char* member) {
    return grouped(counts.at(member).get<std::uint64_t>());
  };
  const bool has_late = counts.contains("late") && counts.at("late") != 0;
  return fmt::format("{}: {} caught{}, {} missed, {} equivalent",
                     counted(counts.at("mutants").get<std::uint64_t>(), kind + " mutant"),
                     of("caught"), has_late ? fmt::format(" ({} of them late)", of("late")) : "",
                     of("missed"), of("equivalent"));
}

std::string selftest_sentence(const nlohmann::json& selftest) {
  const auto& legal = selftest.at("legal");
  const std::string left_out =
      legal.contains("left_out")
          ? fmt::format(" ({} left out)", grouped(legal.at("left_out").get<std::uint64_t>()))
          : "";
  return fmt::format("The self-test {}: {}; {}; {} of {} accepted{}.",
                     selftest.at("verdict") == "pass" ? "passes" : "fails",
                     selftest_counts(selftest.at("semantic"), "semantic"),
                     selftest_counts(selftest.at("generated"), "generated"),
                     grouped(legal.at("accepted").get<std::uint64_t>()),
                     counted(legal.at("targets").get<std::uint64_t>(), "legal target"), left_out);
}

std::string caught_by_text(const nlohmann::json& mutant) {
  const auto& by = mutant.at("caught_by");
  if (by.is_null()) return "nothing";
  return fmt::format(
      "level {}, {}, {}", by.at("level").dump(), by.at("clause").get_ref<const std::string&>(),
      by.at(by.at("case").is_null() ? "message" : "case").get_ref<const std::string&>());
}

}  // namespace lsgd
