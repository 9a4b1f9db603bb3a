// SPDX-License-Identifier: Apache-2.0
#include "number_format.hpp"
#include "section.hpp"

namespace lsgd {
namespace {

nlohmann::json line_row(const nlohmann::json& target) {
  const nlohmann::json& line = target.at("line");
  const auto count = [&](const char* quantity) { return line.at(quantity).get<std::uint64_t>(); };
  const double seconds = line.at("seconds");
  const auto moved = count("bytes_sent") + count("bytes_received");
  const auto exchanges = count("exchanges");
  const auto sent = exchanges + count("repeated_requests");
  const auto share = [](std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  };
  return {{"name", target.at("name")},
          {"exchanges", grouped(exchanges)},
          {"bytes_sent", grouped(count("bytes_sent"))},
          {"bytes_received", grouped(count("bytes_received"))},
          {"throughput", significant(seconds == 0 ? 0 : static_cast<double>(moved) / seconds)},
          {"repeated_requests", grouped(count("repeated_requests"))},
          {"error_rate", significant(100 * share(count("repeated_requests"), sent))},
          {"skipped_bytes", grouped(count("skipped_bytes"))},
          {"repeated_cases", grouped(count("repeated_cases"))},
          {"connections", grouped(count("connections"))}};
}

}  // namespace

std::optional<Section> lines_section(const nlohmann::json& results) {
  const nlohmann::json& timing = results.at("timing");
  nlohmann::json rows = nlohmann::json::array();
  if (timing.contains("targets"))
    for (const auto& target : timing.at("targets"))
      if (target.contains("line")) rows.push_back(line_row(target));
  if (rows.empty()) return std::nullopt;
  return Section{"Lines to the devices", {{"targets", rows}}};
}

}  // namespace lsgd
