// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace lsgd {

/// Arithmetic profile a port claims (SPEC 3, 4, 11, 13).
enum class Profile : std::uint8_t { float32, int8_hybrid, int8_integer, int32_fixed };

inline constexpr std::array all_profiles{Profile::float32, Profile::int8_hybrid,
                                         Profile::int8_integer, Profile::int32_fixed};

constexpr std::string_view name_of(Profile profile) {
  switch (profile) {
    case Profile::float32:
      return "float32";
    case Profile::int8_hybrid:
      return "int8_hybrid";
    case Profile::int8_integer:
      return "int8_integer";
    case Profile::int32_fixed:
      return "int32_fixed";
  }
  throw std::invalid_argument("unknown profile");
}

constexpr std::optional<Profile> profile_from_text(std::string_view name) {
  for (const Profile profile : all_profiles)
    if (name_of(profile) == name) return profile;
  return std::nullopt;
}

}  // namespace lsgd
