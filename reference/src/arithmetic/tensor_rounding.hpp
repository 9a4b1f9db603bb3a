// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/arithmetic/declared_state.hpp>
#include <lsgd/arithmetic/random_stream.hpp>

namespace lsgd {

/// The generator that a simulation takes where that of the device is unknown.
RandomGenerator decided(RandomGenerator generator);

/// Whether the numbers of a format have fraction bits or a scale that are kept with a tensor.
bool has_tensor_scale(const NumberFormat& format);

/// Whether a rule chooses anew from the numbers, after every update.
bool follows_numbers(ScaleRule rule);

/// Position of the first rounding whose format depends on the tensor, or the number of roundings.
std::size_t first_scaled(const std::vector<Rounding>& roundings);

/// Rounds the numbers of a whole tensor, one rounding after the other: those before first_scaled,
/// then the choice of the scales by the rule, then the rest.
void round_tensor(const std::vector<Rounding>& roundings, ScaleRule rule, std::size_t columns,
                  RandomStream* random, DeclaredTensor& tensor);

/// The same from rounding `first` on, with scales as they are. True where a number was out of
/// range.
bool round_tensor_from(std::size_t first, const std::vector<Rounding>& roundings,
                       std::size_t columns, RandomStream* random, DeclaredTensor& tensor);

/// A rounding in the direction that a simulation takes where any is allowed.
Rounding decided(Rounding rounding);

/// The scale or fraction bits that a rule chooses for `count` numbers, from the largest magnitude
/// and the sum of the magnitudes.
TensorScale chosen_scale(const NumberFormat& format, ScaleRule rule, const BinaryNumber& largest,
                         const BinaryNumber& sum, std::size_t count);

}  // namespace lsgd
