// SPDX-License-Identifier: Apache-2.0
#include "kit/kit_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

#include "kit_texts.hpp"

namespace lsgd {

std::string kit_text(std::string_view path) {
  const auto* const found = std::ranges::find(kit_texts, path, &EmbeddedText::path);
  if (found == kit_texts.end())
    throw std::invalid_argument(fmt::format("a text of the kit, not {}", path));
  return std::string(found->text);
}

std::string filled_in(std::string text,
                      const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [key, value] : values) {
    const std::string place = "@" + key + "@";
    for (std::size_t at = text.find(place); at != std::string::npos;
         at = text.find(place, at + value.size()))
      text.replace(at, place.size(), value);
  }
  return text;
}

}  // namespace lsgd
