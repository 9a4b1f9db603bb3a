// SPDX-License-Identifier: Apache-2.0
#pragma once

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

}  // namespace lsgd
