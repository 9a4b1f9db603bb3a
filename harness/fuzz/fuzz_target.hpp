// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "files/input_error.hpp"

/// Feeds bytes to what the program is named after; each program links one such function. Rejecting
/// them is fine, anything but the documented error is a defect, and what is accepted must keep its
/// meaning when it is written and read again. Returns 0, or aborts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace lsgd {

inline void require(bool condition) {
  if (!condition) std::abort();
}

inline std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

/// Runs `parse`, which may throw InputError with a message of one line and a line that lies inside
/// `text`.
template <class Parse>
void require_only_input_error(std::string_view text, Parse&& parse) {
  try {
    parse();
  } catch (const InputError& error) {
    require(error.line() <= 1 + static_cast<std::size_t>(std::ranges::count(text, '\n')));
    require(std::string_view(error.what()).find('\n') == std::string_view::npos);
  }
}

}  // namespace lsgd
