// SPDX-License-Identifier: Apache-2.0
#include "target_anchor.hpp"

#include <fmt/format.h>
#include <string_view>

namespace lsgd {

std::string target_anchor(const nlohmann::json& target, const std::string& case_id) {
  const std::string name = target.at("name");
  std::string anchor = "target-";
  for (const char c : case_id.empty() ? name : name + "/" + case_id) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool is_plain = is_letter || (c >= '0' && c <= '9') ||
                          std::string_view("_.-/").find(c) != std::string_view::npos;
    if (is_plain)
      anchor += c;
    else
      anchor += fmt::format(":{:02x}", static_cast<unsigned char>(c));
  }
  return anchor;
}

}  // namespace lsgd
