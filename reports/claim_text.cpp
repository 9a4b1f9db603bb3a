// SPDX-License-Identifier: Apache-2.0
#include "claim_text.hpp"

#include <cmath>
#include <fmt/format.h>
#include <string_view>

#include "number_format.hpp"

namespace lsgd {
namespace {

std::string value_text(const nlohmann::json& measured, const std::string& unit) {
  if (measured.is_null()) return "not measured";
  const double value = measured.at("value");
  std::string text = unit == "percent"
                         ? fmt::format("{:.2f} %", value)
                         : grouped(static_cast<std::uint64_t>(std::llround(value))) + " " + unit;
  if (const auto& samples = measured.at("samples"); samples.size() > 1) {
    std::string all;
    for (const auto& sample : samples)
      all += fmt::format("{}{:.1f}", all.empty() ? "" : ", ", sample.get<double>());
    text += fmt::format(" (mean of {})", all);
  }
  return fmt::format("{}: {}", measured.at("target").get<std::string>(), text);
}

}  // namespace

std::string claim_figure(const nlohmann::json& claim, const char* member) {
  const auto& value = claim.at(member);
  if (value.is_null())
    return member == std::string_view("published") ? "no figure" : "not measured";
  const std::string comparison = claim.at("comparison");
  if (comparison == "points") return fmt::format("{:+.2f} points", value.get<double>());
  return significant(value.get<double>()) + (comparison == "share" ? " %" : " times");
}

std::string claim_values(const nlohmann::json& claim) {
  const std::string unit = claim.at("unit");
  return value_text(claim.at("baseline"), unit) + "; " + value_text(claim.at("subject"), unit);
}

}  // namespace lsgd
