// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <lsgd/network/network.hpp>

namespace lsgd {

/// A device's sigmoid or tanh of arguments z, in binary32.
using FunctionOfDevice = std::function<std::vector<float>(std::span<const float> z)>;

/// The error of one result.
struct FunctionError {
  float z = 0;
  float got = 0;
  double error = 0;  ///< |got - f(z)|
  double ulp = 0;    ///< unit in the last place of f(z)

  double in_ulps() const { return error / ulp; }
};

/// The largest errors that a search found: for each number of ulps that may be declared, what is
/// left over as an absolute error.
class WorstFunctionErrors {
 public:
  void observe(Activation function, float z, float got);

  std::size_t results() const { return results_; }
  const FunctionError& worst_in_ulps() const { return worst_in_ulps_; }
  const FunctionError& worst() const { return worst_; }
  /// Results that are no number, or farther than 1 from f(z).
  std::size_t without_bound() const { return without_bound_; }
  /// Results below 0 or above 1 of sigmoid, below -1 or above 1 of tanh.
  std::size_t out_of_range() const { return out_of_range_; }

  /// Largest error beyond so many ulps, which are a multiple of quarter_ulp.
  /// @param flushes  whether the device may take numbers below 2^-126 for zero (SPEC 5.3)
  double beyond(double ulps, bool flushes) const;
  static constexpr double quarter_ulp = 0.25;
  /// Ulps up to which beyond() is known.
  static constexpr double most_ulps = 16;

 private:
  std::size_t results_ = 0;
  std::size_t without_bound_ = 0;
  std::size_t out_of_range_ = 0;
  FunctionError worst_in_ulps_, worst_;
  using ByQuarters = std::array<double, static_cast<std::size_t>(most_ulps / quarter_ulp) + 1>;
  ByQuarters beyond_{};
};

/// Searches all binary32 arguments for the largest errors: some of each sign and binade, more where
/// the function changes, then ever nearer to the worst. The same arguments for the same seed and
/// the same device.
/// @param scale  1 for all that a fast device is asked, less for slow ones
void search_function_errors(Activation function, const FunctionOfDevice& device, double scale,
                            std::uint64_t seed, WorstFunctionErrors& errors);

/// What is declared of the functions (SPEC 5.1): as few ulps as leave the least absolute error.
struct DeclaredFunctionError {
  double ulps = 0;
  double absolute = 0;
};

/// @param significand_bits, flushes  that are declared beside it
DeclaredFunctionError declared_error(std::span<const WorstFunctionErrors> functions,
                                     int significand_bits, bool flushes);

}  // namespace lsgd
