// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "data/data_file.hpp"
#include "data/model_file.hpp"
#include "training/training.hpp"

namespace lsgd {

/// Trains by profile int32_fixed (SPEC 13) from float32's initial parameters, in its order of
/// samples: the products of updates cut, the others unbiased, as a port does that spends one
/// instruction on each, and exact functions. The same bits on every machine. The parameters of the
/// result are the nearest binary32 numbers.
Model train_int32_fixed(const Network& network, const DataSet& training, const DataSet* test,
                        const TrainingOptions& options,
                        const std::function<void(const EpochReport&)>& report = {});

}  // namespace lsgd
