// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/binary_number.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// Numerator and denominator of what the errors of a network's outputs are multiplied with
/// (SPEC 15.12).
struct LossFactor {
  int numerator = 1;
  std::uint32_t denominator = 1;
};

LossFactor loss_factor(LossScale scale, const Network& network);

/// The same rounded to binary32, as an operation reads it.
BinaryNumber rounded_loss_factor(LossScale scale, const Network& network);

}  // namespace lsgd
