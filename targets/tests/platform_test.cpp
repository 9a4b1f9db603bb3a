// SPDX-License-Identifier: Apache-2.0

// Every device platform runs every port with the same results as this machine, and a firmware that
// fails ends the device with a reason.
#include <chrono>
#include <cstring>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "description/target_file.hpp"
#include "device/agent_session.hpp"
#include "device/device_error.hpp"
#include "device/process_stream.hpp"

namespace lsgd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t nonce = 0x12345678;

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

Target target(const std::string& name) {
  return read_target_file(std::filesystem::path(LSGD_TARGETS_DIRECTORY) / (name + ".toml"));
}

AgentSession session_with(const Target& target, std::chrono::milliseconds timeout = 20s) {
  return {std::make_unique<ProcessStream>(target.command, target.directory), timeout, nonce};
}

const Network& network() {
  static const Network network{
      {{3, 5, Activation::tanh}, {5, 4, Activation::relu}, {4, 2, Activation::sigmoid}}, Loss::bce};
  return network;
}

Bytes bytes_of(const std::vector<float>& values) {
  Bytes bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// Values between -1 and 1 without a pattern that rounding errors could hide in.
std::vector<float> values(std::size_t count) {
  std::vector<float> values(count);
  std::uint32_t state = 1;
  for (float& value : values) {
    state = state * 1664525 + 1013904223;
    value = static_cast<float>(static_cast<std::int32_t>(state)) * 0x1p-31f;
  }
  return values;
}

/// Parameters and activations after two training steps.
Bytes trained(const Target& target) {
  AgentSession session = session_with(target);
  const TensorFormats& formats = target.profile->formats();
  EXPECT_EQ(session.configure(network()), Configured::yes);
  Bytes result;
  for (std::size_t l = 1; l <= network().layers.size(); ++l) {
    const Layer& layer = network().layers[l - 1];
    const std::size_t weights = layer.weight_count();
    Bytes initial = bytes_of(values(weights));
    if (formats.weights.bytes() == 1)
      for (std::size_t i = 0; i < weights; ++i) initial[i] = static_cast<std::uint8_t>(37 * i + 11);
    initial.resize(weights * formats.weights.bytes());
    session.load(LSGD_TENSOR_WEIGHTS, l, initial);
  }
  session.load(LSGD_TENSOR_INPUT, 0, bytes_of({0.3f, -0.7f, 0.9f}));
  session.load(LSGD_TENSOR_TARGET, 0, bytes_of({1, 0}));
  for (int step = 0; step < 2; ++step) session.train_step(0.1f);
  for (std::size_t l = 1; l <= network().layers.size(); ++l) {
    const Layer& layer = network().layers[l - 1];
    const std::pair<lsgd_tensor, std::size_t> tensors[] = {
        {LSGD_TENSOR_WEIGHTS, layer.weight_count() * formats.weights.bytes()},
        {LSGD_TENSOR_BIASES, layer.outputs * formats.biases.bytes()},
        {LSGD_TENSOR_ACTIVATIONS,
         layer.outputs * formats.activations_of(layer.activation).bytes()}};
    for (const auto& [tensor, bytes] : tensors) {
      Bytes stored(bytes);
      session.store(tensor, l, stored);
      session.settle();
      result.insert(result.end(), stored.begin(), stored.end());
    }
  }
  return result;
}

std::string printable(std::string name) { return std::regex_replace(name, std::regex("\\W"), "_"); }

class PortOnPlatform : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(PortOnPlatform, TrainsToTheSameBitsAsOnThisMachine) {
  const auto& [port, variant] = GetParam();
  const Bytes here = trained(target(port + "-host-gcc_O2"));
  EXPECT_EQ(trained(target(port + "-" + variant)), here);
}

INSTANTIATE_TEST_SUITE_P(, PortOnPlatform,
                         testing::Combine(testing::Values("float32_c99", "sgd_classic",
                                                          "int8_hybrid_c99", "int8_integer_c99",
                                                          "int32_fixed_c99"),
                                          testing::ValuesIn(words(LSGD_DEVICE_VARIANTS))),
                         [](const auto& instance) {
                           return printable(std::get<0>(instance.param) + "_" +
                                            std::get<1>(instance.param));
                         });

class FailingFirmware : public testing::TestWithParam<std::string> {
 protected:
  /// What is reported of a training step at the learning rate that selects the failure.
  std::string error_of_step(float learning_rate, std::chrono::milliseconds timeout = 20s) {
    Target failing = target("float32_c99-" + GetParam());
    for (std::string& word : failing.command)
      if (const auto position = word.find("./" + failing.name); position != std::string::npos)
        word.replace(position, std::string::npos, LSGD_FAILING_IMAGE "-" + GetParam());
    AgentSession session = session_with(failing, timeout);
    EXPECT_EQ(session.description().port, "failing");
    session.configure(network());
    try {
      session.train_step(learning_rate);
      session.settle();
    } catch (const DeviceError& error) {
      return error.what();
    }
    return "no error";
  }
};

TEST_P(FailingFirmware, ThatHangsTimesOut) {
  EXPECT_THAT(error_of_step(1, 5s), HasSubstr("timed out"));
}

TEST_P(FailingFirmware, ThatExecutesAnIllegalInstructionEndsTheDevice) {
  EXPECT_THAT(error_of_step(2), HasSubstr("exited with status "));
}

TEST_P(FailingFirmware, ThatOverflowsItsStackEndsTheDevice) {
  EXPECT_THAT(error_of_step(3), HasSubstr("exited with status"));
}

INSTANTIATE_TEST_SUITE_P(, FailingFirmware, testing::ValuesIn(words(LSGD_DEVICE_VARIANTS)),
                         [](const auto& instance) { return printable(instance.param); });

}  // namespace
}  // namespace lsgd
