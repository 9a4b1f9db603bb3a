// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace lsgd {

/// Numbers drawn from a generator that is seeded with a name: the same on every machine.
class SeededNumbers {
 public:
  explicit SeededNumbers(std::string_view name) : engine_(hash_of(name)) {}

  /// A uniform integer in [0, count), drawn by rejection.
  std::uint64_t below(std::uint64_t count) {
    const std::uint64_t largest = UINT64_MAX - UINT64_MAX % count;
    std::uint64_t drawn = engine_();
    while (drawn >= largest) drawn = engine_();
    return drawn % count;
  }

  /// A multiple of 2^-23 in (-1, 1): 24 significant bits at most, so that products round.
  float signed_unit() {
    constexpr std::int64_t steps = std::int64_t{1} << 23;
    const auto drawn = static_cast<std::int64_t>(below(2 * steps - 1)) - (steps - 1);
    return std::ldexp(static_cast<float>(drawn), -23);
  }

 private:
  /// FNV-1a.
  static std::uint64_t hash_of(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : name) {
      hash ^= static_cast<unsigned char>(c);
      hash *= 0x100000001b3U;
    }
    return hash;
  }

  std::mt19937_64 engine_;
};

/// The random state from which a case of this name starts.
inline std::uint32_t random_state_drawn_by(const std::string& name) {
  SeededNumbers numbers("random state of " + name);
  return static_cast<std::uint32_t>(numbers.below(std::uint64_t{1} << 32));
}

}  // namespace lsgd
