// SPDX-License-Identifier: Apache-2.0
#include "number_format.hpp"

#include <fmt/format.h>

namespace lsgd {

std::string significant(double value) {
  if (value == 0) return "0";
  const std::string scientific = fmt::format("{:.2e}", value);
  const auto mark = scientific.find('e');
  const int exponent = std::stoi(scientific.substr(mark + 1));
  if (exponent >= -3 && exponent <= 2) return fmt::format("{:.{}f}", value, 2 - exponent);
  return fmt::format("{}e{}", scientific.substr(0, mark), exponent);
}

std::string grouped(std::uint64_t value) {
  std::string text = fmt::format("{}", value);
  for (std::size_t i = text.size(); i > 3;) text.insert(i -= 3, ",");
  return text;
}

std::string counted(std::uint64_t value, const std::string& singular) {
  return grouped(value) + " " + singular + (value == 1 ? "" : "s");
}

}  // namespace lsgd
