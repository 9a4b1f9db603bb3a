// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "files/input_error.hpp"

namespace lsgd {

/// What is fed with the bytes `bytes` of number `size`. Rejecting them is fine, anything but the
/// documented error is a defect, and what is accepted must keep its meaning when it is written and
/// read again. Returns 0, or aborts.
using FuzzTarget = int(const std::uint8_t* bytes, std::size_t size);

/// The targets of a program by name: each adds itself before main().
inline std::map<std::string_view, FuzzTarget*>& fuzz_targets() {
  static std::map<std::string_view, FuzzTarget*> targets;
  return targets;
}

}  // namespace lsgd

/// Begins the definition of a FuzzTarget. libFuzzer's programs have one each, by a name of its
/// choice; the others are replayed by one program.
#ifdef LSGD_LIBFUZZER
#define LSGD_FUZZ_TARGET(name) \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
#else
#define LSGD_FUZZ_TARGET(name)                                         \
  static int fuzz_##name(const std::uint8_t* bytes, std::size_t size); \
  [[maybe_unused]] static const auto added_##name =                    \
      lsgd::fuzz_targets().emplace(#name, &fuzz_##name);               \
  static int fuzz_##name(const std::uint8_t* bytes, std::size_t size)
#endif

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
