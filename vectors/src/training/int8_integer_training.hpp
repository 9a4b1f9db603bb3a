// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

#include <lsgd/step/int8_integer_parameters.hpp>

#include "data/data_file.hpp"
#include "training/training.hpp"

namespace lsgd {

/// k of the learning rate 2^-k in epoch `epoch` (from 0) of `epochs`: 6, 6, 7, 8 and 9 in the five
/// fifths of the training (SPEC 11.10).
int int8_integer_rate_exponent(std::size_t epoch, std::size_t epochs);

/// 2^-that: the learning rate of an epoch (from 0).
float int8_integer_learning_rate(std::size_t epoch, std::size_t epochs);

/// Parameters before training in profile int8_integer (SPEC 11.9): those of float32, quantized, and
/// the low 32 bits of the seed as the random state.
Int8IntegerParameters initial_int8_integer_parameters(const Network& network, std::uint64_t seed);

/// Fraction of samples whose class the network names in profile int8_integer.
double classification_accuracy(const Network& network, const Int8IntegerParameters& parameters,
                               const DataSet& data);

/// Trains by profile int8_integer (SPEC 11.10) in the order of samples that float32 training has;
/// options.learning_rate is not used. The same bits on every machine.
Int8IntegerParameters train_int8_integer(
    const Network& network, const DataSet& training, const DataSet* test,
    const TrainingOptions& options, const std::function<void(const EpochReport&)>& report = {});

/// The binary32 numbers that int8_integer parameters stand for, exact. Quantizing them again gives
/// the same values.
Parameters<float> dequantized(const Int8IntegerParameters& parameters);

}  // namespace lsgd
