// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/numbers/random_bits.hpp>

namespace lsgd {

/// Trainable parameters of one layer in profile int8_integer (SPEC 11.1).
struct Int8IntegerLayerParameters {
  Int8Tensor weights;                ///< row-major [outputs][inputs]
  std::vector<std::int16_t> biases;  ///< [outputs], 12 fraction bits

  bool operator==(const Int8IntegerLayerParameters&) const = default;
};

/// Everything a training step of profile int8_integer depends on beside the sample and the learning
/// rate.
struct Int8IntegerParameters {
  std::vector<Int8IntegerLayerParameters> layers;
  RandomBits random_bits;

  bool operator==(const Int8IntegerParameters&) const = default;
};

}  // namespace lsgd
