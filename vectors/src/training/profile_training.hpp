// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "data/data_file.hpp"
#include "data/model_file.hpp"
#include "steps/profile.hpp"
#include "training/training.hpp"

namespace lsgd {

/// Trains a network by a profile; the parameters of the result are binary32 numbers.
using TrainNetwork = Model (*)(const Network& network, const DataSet& training, const DataSet* test,
                               const TrainingOptions& options,
                               const std::function<void(const EpochReport&)>& report);

/// How `lsgd-conform train` trains by a profile; nullptr where it does not.
TrainNetwork trainer_of(const Profile& profile);

/// The learning rate of an epoch (from 0) of a training whose learning rate is declared: profiles
/// may have rates of their own (SPEC 11.10).
float learning_rate_of_epoch(const Profile& profile, float declared, std::size_t epoch,
                             std::size_t epochs);

}  // namespace lsgd
