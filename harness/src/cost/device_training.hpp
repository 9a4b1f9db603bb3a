// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "data/data_file.hpp"
#include "data/model_file.hpp"
#include "device/agent_session.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// Training on a device that is left to itself, on the samples in their order.
struct DeviceTraining {
  const Profile& profile;  ///< the device's
  const Model& start;      ///< quantized for the device's profile where it needs that
  const DataSet& training;
  const DataSet& test;
  std::size_t epochs = 1;
  float learning_rate = 0.01f;  ///< int8_integer has rates of its own (SPEC 11.10)
};

/// Trains on the device and returns the fraction of the test samples that it then classifies right:
/// the largest output, the first of several; the network has more than one output. Throws
/// DeviceError, also where the device does not take the network.
double accuracy_after_training(AgentSession& session, const DeviceTraining& training);

}  // namespace lsgd
