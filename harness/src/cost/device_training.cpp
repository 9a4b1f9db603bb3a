// SPDX-License-Identifier: Apache-2.0
#include "cost/device_training.hpp"

#include <algorithm>
#include <bit>

#include "device/device_error.hpp"
#include "judging/device_tensors.hpp"
#include "training/int8_integer_training.hpp"

namespace lsgd {
namespace {

/// The outputs as numbers of the same order: integers share their fraction bits.
std::vector<double> outputs_of(AgentSession& session, DeviceTensors& last_layer, Profile profile) {
  store(session, last_layer);
  const DeviceTensor& tensor = last_layer.front();
  std::vector<double> outputs;
  for (std::size_t j = 0; j < tensor.count; ++j) {
    const std::uint32_t pattern = tensor.pattern(j);
    switch (profile) {
      case Profile::float32:
        outputs.push_back(std::bit_cast<float>(pattern));
        break;
      case Profile::int32_fixed:
        outputs.push_back(static_cast<std::int32_t>(pattern));
        break;
      case Profile::int8_hybrid:
      case Profile::int8_integer:
        outputs.push_back(static_cast<std::int8_t>(pattern));
        break;
    }
  }
  return outputs;
}

double accuracy(AgentSession& session, const Network& network, const DataSet& data) {
  const Profile profile = session.description().profile;
  DeviceTensors last_layer{activation_tensors(network, profile).back()};
  std::size_t correct = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    load(session, data.sample(i, network.outputs()));
    session.forward();
    const std::vector<double> outputs = outputs_of(session, last_layer, profile);
    const auto named = std::ranges::max_element(outputs) - outputs.begin();
    correct += named == static_cast<std::ptrdiff_t>(data.labels[i]) ? 1 : 0;
  }
  return static_cast<double>(correct) / static_cast<double>(data.size());
}

}  // namespace

double accuracy_after_training(AgentSession& session, const DeviceTraining& training) {
  const Network& network = training.start.network;
  if (configure(session, network)) throw DeviceError("the device does not take the network");
  load(session, parameter_tensors(training.start, session.description().profile));
  for (std::size_t epoch = 0; epoch < training.epochs; ++epoch) {
    const float rate = learning_rate_of_epoch(session.description().profile, training.learning_rate,
                                              epoch, training.epochs);
    for (std::size_t i = 0; i < training.training.size(); ++i) {
      load(session, training.training.sample(i, network.outputs()));
      session.train_step(rate);
    }
  }
  return accuracy(session, network, training.test);
}

}  // namespace lsgd
