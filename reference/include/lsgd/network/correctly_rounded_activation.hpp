// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <vector>

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

/// The operations of a softmax in binary64.
struct Binary64SoftmaxOperations {
  static double larger(double x, double y) { return x < y ? y : x; }
  static double difference(double x, double y) { return x - y; }
  static double exponential(double x) { return std::exp(x); }
  static double sum(double x, double y) { return x + y; }
  static double quotient(double x, double y) { return x / y; }
};

/// The softmax of a layer in binary64, within a relative 2^-42 for up to 256 neurons.
inline void binary64_softmax(const std::vector<double>& z, std::vector<double>& a) {
  SoftmaxFunction::values(Binary64SoftmaxOperations(), z, a);
}

/// The softmax of a layer, each value correctly rounded to binary32. An irrational value is no tie,
/// and a rational one is that of equal pre-activations (Lindemann-Weierstrass), which both ways
/// compute alike.
inline std::vector<float> correctly_rounded_softmax(const std::vector<float>& z) {
  std::vector<double> values;
  binary64_softmax({z.begin(), z.end()}, values);
  const double margin = 0x1p-40 * (1 + static_cast<double>(z.size()) / 256);
  std::vector<float> a;
  for (const double value : values) {
    const float below = static_cast<float>(value * (1 - margin));
    const float above = static_cast<float>(value * (1 + margin));
    if (below != above) break;
    a.push_back(below);
  }
  if (a.size() == z.size()) return a;
  std::vector<Exact> exact, distance;
  SoftmaxFunction::evaluate({z.begin(), z.end()}, exact, distance);
  a.clear();
  for (const Exact& value : exact) a.push_back(round_to_binary32(value));
  return a;
}

}  // namespace lsgd
