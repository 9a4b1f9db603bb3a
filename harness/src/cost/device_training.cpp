// SPDX-License-Identifier: Apache-2.0
#include "cost/device_training.hpp"

#include <algorithm>

#include "device/device_error.hpp"
#include "judging/device_tensors.hpp"
#include "steps/profile.hpp"
#include "steps/typed_parameters.hpp"
#include "training/profile_training.hpp"

namespace lsgd {
namespace {

/// The outputs as numbers of the same order: integers share their fraction bits.
std::vector<double> outputs_of(AgentSession& session, TensorSet& last_layer) {
  store(session, last_layer);
  const Tensor& tensor = last_layer.front();
  if (tensor.format.meaning == ElementFormat::Meaning::binary32) {
    const auto numbers = numbers_of<float>(tensor);
    return {numbers.begin(), numbers.end()};
  }
  if (tensor.format.bits == 8) {
    const auto numbers = numbers_of<std::int8_t>(tensor);
    return {numbers.begin(), numbers.end()};
  }
  const auto numbers = numbers_of<std::int32_t>(tensor);
  return {numbers.begin(), numbers.end()};
}

double accuracy(AgentSession& session, const Profile& profile, const Network& network,
                const DataSet& data) {
  TensorSet last_layer{activation_tensors(profile.formats(), network).back()};
  std::size_t correct = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    load(session, data.sample(i, network.outputs()));
    session.forward();
    const std::vector<double> outputs = outputs_of(session, last_layer);
    const auto named = std::ranges::max_element(outputs) - outputs.begin();
    correct += named == static_cast<std::ptrdiff_t>(data.labels[i]) ? 1 : 0;
  }
  return static_cast<double>(correct) / static_cast<double>(data.size());
}

}  // namespace

double accuracy_after_training(AgentSession& session, const DeviceTraining& training) {
  const Network& network = training.start.network;
  if (configure(session, network)) throw DeviceError("the device does not take the network");
  load(session,
       training.profile.nearest_parameters(network, training.start.parameters, first_random_state));
  for (std::size_t epoch = 0; epoch < training.epochs; ++epoch) {
    const float rate =
        learning_rate_of_epoch(training.profile, training.learning_rate, epoch, training.epochs);
    for (std::size_t i = 0; i < training.training.size(); ++i) {
      load(session, training.training.sample(i, network.outputs()));
      session.train_step(rate);
    }
  }
  return accuracy(session, training.profile, network, training.test);
}

}  // namespace lsgd
