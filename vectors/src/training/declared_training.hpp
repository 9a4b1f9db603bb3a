// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <lsgd/arithmetic/arithmetic.hpp>

#include "data/data_file.hpp"
#include "data/model_file.hpp"
#include "training/training.hpp"

namespace lsgd {

/// Trains in a declared arithmetic from float32's initial parameters, rounded as initial_weight and
/// initial_bias say, in float32's order of samples; the random state starts with the low 32 bits of
/// the seed. What the declaration leaves open is chosen as DeclaredStep says. The same bits on
/// every machine. The parameters of the result are the nearest binary32 numbers.
/// @throws std::domain_error where a parameter leaves the numbers of the arithmetic
/// @throws UnsupportedArithmetic where DeclaredStep::unsupported says why
Model train_declared(const Arithmetic& arithmetic, const Network& network, const DataSet& training,
                     const DataSet* test, const TrainingOptions& options,
                     const std::function<void(const EpochReport&)>& report = {});

}  // namespace lsgd
