// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lsgd/network/activation.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/real.hpp>

namespace lsgd {

/// f(z) correctly rounded to binary32, from 250 bits. No value of sigmoid or tanh at a binary32
/// argument is nearer than 2^-100 to a rounding boundary without rounding the same way from both
/// sides, so one precision is enough.
inline float multiprecision_activation(Activation activation, float z) {
  Exact exact;
  activate(activation, exact, Exact(z));
  return round_to_binary32(exact);
}

/// f(z) correctly rounded to binary32 (round to nearest, ties to even, subnormals included): the
/// same bits on every machine, whatever its libm.
///
/// Approximated functions are first evaluated in binary64. The result is used only if every real
/// number within a relative 2^-40 of it rounds alike, a margin that any libm whose exp and tanh are
/// right to 2^-42 keeps; about one argument in 30,000 takes 254 bits instead. No value of sigmoid
/// or tanh at a binary32 argument is nearer than 2^-100 to a rounding boundary without rounding the
/// same way from both sides, so one precision is enough.
inline float correctly_rounded_activation(Activation activation, float z) {
  const double value = activation_value(activation, Binary64Functions(), static_cast<double>(z));
  if (!is_approximated(activation)) return static_cast<float>(value);
  const float below = static_cast<float>(value * (1 - 0x1p-40));
  const float above = static_cast<float>(value * (1 + 0x1p-40));
  return below == above ? below : multiprecision_activation(activation, z);
}

}  // namespace lsgd
