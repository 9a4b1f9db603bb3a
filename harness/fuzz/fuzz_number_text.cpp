// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "files/number_text.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(number_text) {
  const std::string text(text_of(bytes, size));
  if (const auto value = float_from_text(text)) {
    // The C library rounds correctly, too, and reads everything that we do.
    char* end = nullptr;
    const float other = std::strtof(text.c_str(), &end);
    require(end == text.c_str() + text.size());
    require(std::bit_cast<std::uint32_t>(other) == std::bit_cast<std::uint32_t>(*value));
    const auto again = float_from_text(to_text(*value));
    require(again && std::bit_cast<std::uint32_t>(*again) == std::bit_cast<std::uint32_t>(*value));
  }
  constexpr std::uint64_t largest = 1'000'000;
  if (const auto value = integer_from_text(text, largest))
    require(*value <= largest && *value == std::strtoull(text.c_str(), nullptr, 10));
  return 0;
}
