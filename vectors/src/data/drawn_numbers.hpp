// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

namespace lsgd {

/// Draws for data that are made by a published rule; equal seeds give equal numbers. Logarithm and
/// cosine are the library's, whose last bits differ: what is stored has to be rounded to far fewer
/// digits.
class DrawnNumbers {
 public:
  explicit DrawnNumbers(std::uint64_t seed) : engine_(seed) {}

  /// Uniform in [0, 1), a multiple of 2^-24.
  double uniform() { return std::ldexp(static_cast<double>(engine_() >> 40U), -24); }

  /// Normal with mean 0 and variance 1, by the transformation of Box and Muller.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  std::mt19937_64 engine_;
};

/// The nearest multiple of 1 / units, as a number.
inline double rounded_to_units(double x, double units) { return std::round(x * units) / units; }

}  // namespace lsgd
