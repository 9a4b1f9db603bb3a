// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lsgd {

/// Arithmetic profile a port claims (SPEC 3).
enum class Profile : std::uint8_t { float32, int8_hybrid };

inline constexpr std::array all_profiles{Profile::float32, Profile::int8_hybrid};

constexpr std::string_view name_of(Profile profile) {
  return profile == Profile::float32 ? "float32" : "int8_hybrid";
}

}  // namespace lsgd
