// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace lsgd {

/// Quantities that a budget can limit: keys of [[budget]] in a target file.
inline constexpr std::array<std::string_view, 7> budget_quantities{"text_bytes",
                                                                   "static_ram_bytes",
                                                                   "stack_bytes",
                                                                   "cycles_per_step",
                                                                   "instructions_per_step",
                                                                   "cycles_per_forward",
                                                                   "instructions_per_forward"};

/// What a target may spend on one network.
struct Budget {
  std::string network;
  std::map<std::string, std::uint64_t, std::less<>> limits;  ///< by quantity, inclusive
};

}  // namespace lsgd
