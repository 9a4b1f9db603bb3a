// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// The ranges that calibrated scales start from (SPEC 15.14).
class CalibratedRanges {
 public:
  /// @param inputs [samples][inputs of the network]; none: nothing is calibrated. Throws
  ///   std::invalid_argument for other sizes.
  CalibratedRanges(const Arithmetic& arithmetic, const Network& network,
                   const Parameters<float>& parameters, std::span<const float> inputs);

  /// Of the inputs, or of the activations of layer l from 0; nothing where the declared range
  /// counts.
  std::optional<ScaleRange> range(Point tensor, std::size_t l) const;

 private:
  std::optional<ScaleRange> input_;
  std::vector<std::optional<ScaleRange>> activations_;  ///< by layer, where any is calibrated
};

/// What the rule of a calibrated tensor makes of its numbers: nothing where one is not finite, or
/// the range would not be from 2^-40 to 2^40 wide.
std::optional<ScaleRange> calibrated_range(const ScaleDefinition& scale, const NumberFormat& format,
                                           const std::vector<float>& numbers);

}  // namespace lsgd
