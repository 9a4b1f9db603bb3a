// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <lsgd/statistics/draw_statistics.hpp>

namespace lsgd {

/// A unit that rounds remainders of 16 bits up or down.
struct SimulatedUnit {
  std::string name;
  bool is_right = false;
  /// A fresh one: rounds fraction / 65,536 up?
  std::function<std::function<bool(std::uint32_t)>(std::uint64_t seed)> make;
};

/// How often a unit goes up that compares `bits` random bits with the cut remainder.
inline double chance_of_cut(double fraction, int bits) {
  const double steps = std::ldexp(1.0, bits);
  return std::floor(fraction * steps) / steps;
}

/// How often mean_draws remainders occur among so many in the same order, a multiple of 32.
inline FractionCounts fractions_of_mean(std::size_t draws) {
  FractionCounts counts;
  const std::vector<std::uint32_t> fractions = fractions_to_draw();
  for (std::size_t i = 0; i < draws; ++i)
    counts[fractions.at(repetition_draws + i % mean_draws) / fractions_of_unit] += 1;
  return counts;
}

/// The fewest remainders, a multiple of 32, of which the mean refuses a unit of cut remainders with
/// at least this power: a theorem about independent draws.
inline std::size_t fewest_draws(int bits, double power) {
  const FractionCounts pattern = fractions_of_mean(32);
  std::size_t low = 0, high = 1 << 20;
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    FractionCounts counts = pattern;
    for (auto& [fraction, count] : counts) count *= static_cast<double>(middle);
    const double missed = log_accepted(counts, [&](double f) { return chance_of_cut(f, bits); });
    (missed <= std::log(1 - power) ? high : low) = middle;
  }
  return 32 * high;
}

/// A unit that compares `bits` random bits with the remainder, cut, or to the nearest.
inline SimulatedUnit unit_of_bits(const std::string& name, int bits, bool is_cut) {
  return {name, !is_cut || bits >= 16, [bits, is_cut](std::uint64_t seed) {
            return [engine = std::mt19937_64(seed), bits, is_cut](std::uint32_t fraction) mutable {
              const std::uint32_t drawn = static_cast<std::uint32_t>(engine() >> (64 - bits));
              const int lost = 16 - bits;
              const std::uint32_t half = is_cut || lost == 0 ? 0 : 1u << (lost - 1);
              return ((fraction + half) >> lost) + drawn >= 1u << bits;
            };
          }};
}

/// One that gives the same 16 bits again after `period` draws.
inline SimulatedUnit unit_of_period(std::size_t period) {
  return {"repeats after " + std::to_string(period) + " draws", false,
          [period](std::uint64_t seed) {
            std::mt19937_64 engine(seed);
            std::vector<std::uint32_t> words(period);
            for (std::uint32_t& word : words) word = static_cast<std::uint32_t>(engine() >> 48);
            return [words, next = std::size_t{0}](std::uint32_t fraction) mutable {
              const std::uint32_t drawn = words[next];
              next = (next + 1) % words.size();
              return fraction + drawn >= 65536;
            };
          }};
}

inline std::vector<SimulatedUnit> simulated_units() {
  const auto constant = [](bool goes_up) {
    return [goes_up](std::uint64_t) { return [goes_up](std::uint32_t) { return goes_up; }; };
  };
  std::vector<SimulatedUnit> units{
      unit_of_bits("16 random bits", 16, true),
      unit_of_bits("8 bits, remainder to the nearest", 8, false),
      unit_of_bits("4 bits, remainder to the nearest", 4, false),
      {"lcg32/1", true,
       [](std::uint64_t seed) {
         return [state = static_cast<std::uint32_t>(seed)](std::uint32_t fraction) mutable {
           state = state * 1664525u + 1013904223u;
           return fraction + (state >> 16) >= 65536;
         };
       }},
      {"always down", false, constant(false)},
      {"always up", false, constant(true)},
      unit_of_bits("4 bits, remainder cut", 4, true),
      unit_of_bits("8 bits, remainder cut", 8, true)};
  for (const std::size_t period : {1, 2, 64, 820, 2048}) units.push_back(unit_of_period(period));
  return units;
}

inline std::vector<ObservedDraw> draws_of(const SimulatedUnit& unit, std::uint64_t seed) {
  const auto goes_up = unit.make(seed);
  std::vector<ObservedDraw> draws;
  for (const std::uint32_t fraction : fractions_to_draw())
    draws.push_back({fraction, goes_up(fraction)});
  return draws;
}

}  // namespace lsgd
