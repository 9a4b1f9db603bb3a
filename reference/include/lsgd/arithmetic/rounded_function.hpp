// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <mpfr.h>
#include <optional>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/binary_number.hpp>
#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/arithmetic/random_stream.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// f(z) of a function that ports approximate, rounded once in any direction: evaluated from both
/// sides, with more bits until both lead to the same number.
BinaryNumber rounded_function(Activation function, const BinaryNumber& z, const NumberCodec& codec,
                              const Rounding& rounding, RandomStream* random);

/// The softmax of a layer, each value to be rounded once in any direction. Where a pre-activation
/// is no number or +infinity no value is one; one of -infinity has a value of 0.
class SoftmaxValues {
 public:
  /// @param z at least one
  explicit SoftmaxValues(const std::vector<BinaryNumber>& z);

  BinaryNumber rounded(std::size_t j, const NumberCodec& codec, const Rounding& rounding,
                       RandomStream* random);

 private:
  /// Bounds of e^(z - m) of every output and of their sum, in so many bits.
  struct Exponentials {
    mpfr_prec_t precision = 0;
    std::vector<BinaryNumber> low, high;
    BinaryNumber total_low, total_high;
  };
  static Exponentials exponentials_of(const std::vector<BinaryNumber>& differences,
                                      mpfr_prec_t precision);

  std::optional<BinaryNumber> everywhere_;  ///< what every value is
  std::vector<BinaryNumber> differences_;   ///< z - m, infinite ones included
  std::size_t equal_ = 0;                   ///< finite pre-activations where all of them are equal
  std::vector<Exponentials> known_;         ///< in twice as many bits each
};

}  // namespace lsgd
