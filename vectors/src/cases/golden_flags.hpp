// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "steps/profile.hpp"
#include "steps/vector_set.hpp"

namespace lsgd {

/// What a flag means in the golden sets of some profiles.
struct GoldenFlag {
  int level = 0;  ///< 0 operations of arithmetic, 1 training steps
  std::string name;
  std::vector<std::string> profiles;  ///< their names
  VectorFlag meaning;
};

/// Parses the format of golden_flags.toml, beside this file. Throws InputError naming the line.
std::vector<GoldenFlag> parse_golden_flags(std::string_view text, const std::string& file);

/// What the flags of a profile's golden set mean, by name.
std::map<std::string, VectorFlag> golden_flags(int level, const Profile& profile);

}  // namespace lsgd
