// SPDX-License-Identifier: Apache-2.0
#include "measuring/function_error.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <random>
#include <set>
#include <string>
#include <utility>

#include <lsgd/network/activation.hpp>
#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/draw_below.hpp>

namespace lsgd {
namespace {

constexpr std::uint32_t codes_of_a_binade = 1u << 23;
constexpr std::uint32_t code_of_infinity = 0x7f800000;

/// Binades in which the functions are neither their tangent nor constant: 2^-13 to 2^7.
bool is_curved(std::uint32_t binade) { return binade >= 127 - 13 && binade < 127 + 7; }

double share_of(double error, double ulp, double ulps) { return std::max(0.0, error - ulps * ulp); }

/// The arguments of one round, without doubles, in their order.
class Arguments {
 public:
  void add(std::uint32_t code) {
    if ((code & 0x7fffffff) < code_of_infinity) codes_.insert(code);
  }
  /// Codes on either side of one.
  void add_around(std::uint32_t code, std::uint32_t reach, std::size_t count,
                  std::mt19937_64& engine) {
    const std::uint32_t sign = code & 0x80000000;
    const std::int64_t magnitude = code & 0x7fffffff;
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t offset =
          static_cast<std::int64_t>(draw_below(engine, 2 * std::size_t{reach} + 1)) - reach;
      const std::int64_t moved = magnitude + offset;
      if (moved >= 0 && moved < code_of_infinity) add(sign | static_cast<std::uint32_t>(moved));
    }
  }
  std::vector<float> take() {
    std::vector<float> numbers;
    for (const std::uint32_t code : codes_) numbers.push_back(from_bits(code));
    codes_.clear();
    return numbers;
  }

 private:
  std::set<std::uint32_t> codes_;
};

/// The arguments with the largest errors so far, by ulps and by size.
class WorstArguments {
 public:
  void observe(float z, double error, double ulp) {
    keep(by_ulps_, error / ulp, z);
    keep(by_size_, error, z);
  }
  void add_around_all(Arguments& arguments, std::uint32_t reach, std::size_t count,
                      std::mt19937_64& engine) const {
    for (const auto* kept : {&by_ulps_, &by_size_})
      for (const auto& [error, code] : *kept) arguments.add_around(code, reach, count, engine);
  }

 private:
  using Kept = std::set<std::pair<double, std::uint32_t>>;
  static void keep(Kept& kept, double error, float z) {
    constexpr std::size_t most = 24;
    kept.emplace(error, bits_of(z));
    if (kept.size() > most) kept.erase(kept.begin());
  }
  Kept by_ulps_, by_size_;
};

double in_binary64(Activation function, float z) {
  return activation_value(function, Binary64Functions(), static_cast<double>(z));
}

}  // namespace

void WorstFunctionErrors::observe(Activation function, float z, float got) {
  ++results_;
  const double exact = in_binary64(function, z);
  const double error = std::abs(static_cast<double>(got) - exact);
  if (!(error <= 1)) {
    ++without_bound_;
    return;
  }
  const double low = tends_to(function, -1) ? -1 : 0;
  out_of_range_ += std::size_t{got < low || got > 1};
  const double ulp = ulp_of(std::abs(exact));
  if (error / ulp > worst_in_ulps_.error / std::max(worst_in_ulps_.ulp, 0x1p-149))
    worst_in_ulps_ = {z, got, error, ulp};
  if (error > worst_.error) worst_ = {z, got, error, ulp};
  for (std::size_t quarter = 0; quarter < beyond_.size(); ++quarter)
    beyond_[quarter] = std::max(beyond_[quarter],
                                share_of(error, ulp, quarter_ulp * static_cast<double>(quarter)));
}

double WorstFunctionErrors::beyond(double ulps, bool flushes) const {
  const double error = beyond_.at(static_cast<std::size_t>(ulps / quarter_ulp));
  return flushes ? std::max(0.0, error - smallest_normal_binary32) : error;
}

void search_function_errors(Activation function, const FunctionOfDevice& device, double scale,
                            std::uint64_t seed, WorstFunctionErrors& errors) {
  std::mt19937_64 engine(seed);
  const auto scaled = [&](double count) {
    return static_cast<std::size_t>(std::max(1.0, std::round(count * scale)));
  };
  Arguments arguments;
  WorstArguments worst;
  const auto ask = [&] {
    const std::vector<float> z = arguments.take();
    const std::vector<float> got = device(z);
    for (std::size_t i = 0; i < z.size(); ++i) {
      errors.observe(function, z[i], got[i]);
      const double exact = in_binary64(function, z[i]);
      const double error = std::abs(static_cast<double>(got[i]) - exact);
      if (error <= 1) worst.observe(z[i], error, ulp_of(std::abs(exact)));
    }
  };
  // Some of every binade, evenly spread with a drawn place in each part.
  for (std::uint32_t binade = 0; binade < 255; ++binade) {
    const std::size_t count = scaled(is_curved(binade) ? 2048 : 16);
    const std::uint32_t part = codes_of_a_binade / static_cast<std::uint32_t>(count);
    for (const std::uint32_t sign : {0u, 0x80000000u}) {
      const std::uint32_t first = sign | binade << 23;
      arguments.add(first);
      arguments.add(first + codes_of_a_binade - 1);
      for (std::uint32_t i = 0; i < count; ++i)
        arguments.add(first + i * part +
                      static_cast<std::uint32_t>(draw_below(engine, std::size_t{part})));
    }
  }
  ask();
  // Each round a sixteenth as far around the worst, down to neighbours.
  for (const std::uint32_t reach : {1u << 19, 1u << 15, 1u << 11, 1u << 7, 1u << 5}) {
    worst.add_around_all(arguments, reach, scaled(192), engine);
    ask();
  }
}

DeclaredFunctionError declared_error(std::span<const WorstFunctionErrors> functions,
                                     int significand_bits, bool flushes) {
  constexpr double most_declared = 4;  // `accurate` (SPEC 5.1)
  const auto beyond = [&](double ulps) {
    double largest = 0;
    for (const WorstFunctionErrors& each : functions)
      largest = std::max(largest, each.beyond(ulps, flushes));
    return largest;
  };
  // An ulp of fewer bits is larger; the search counts those of binary32.
  const double widening = std::ldexp(1.0, 24 - significand_bits);
  const double most =
      std::min(WorstFunctionErrors::most_ulps, std::max(1.0, std::floor(most_declared * widening)));
  const double least = beyond(most);
  // What a search finds is a lower bound of the worst, so that a quarter of an ulp is added; the
  // result's own rounding is half of one.
  double ulps = 2 * WorstFunctionErrors::quarter_ulp;
  constexpr double tolerated = 1 + 0x1p-6;
  while (ulps < most && beyond(ulps) > least * tolerated) ulps += WorstFunctionErrors::quarter_ulp;
  DeclaredFunctionError declared;
  declared.ulps = std::ceil((ulps + WorstFunctionErrors::quarter_ulp) / widening * 4) / 4;
  if (least == 0) return declared;
  // Two digits, rounded up, and a unit of them for what the search has not met.
  const double unit = std::pow(10.0, std::floor(std::log10(beyond(ulps))) - 1);
  const std::string digits = fmt::format("{:.2e}", (std::floor(beyond(ulps) / unit) + 2) * unit);
  std::from_chars(digits.data(), digits.data() + digits.size(), declared.absolute);
  return declared;
}

}  // namespace lsgd
