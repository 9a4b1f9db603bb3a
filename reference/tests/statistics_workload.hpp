// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <lsgd/network/correctly_rounded_activation.hpp>
#include <lsgd/statistics/error_statistics.hpp>
#include <lsgd/step/ordered_step.hpp>

#include "simulated_device.hpp"

namespace lsgd {

/// A network trained on a synthetic task, from which a device under test continues.
///
/// With `restarts`, every step starts from these parameters again, so that the learning rate can be
/// large: changes larger than the parameters show the roundings of the deltas.
struct StatisticsWorkload {
  Network network;
  Parameters<float> parameters;
  float learning_rate = 0.01f;
  bool restarts = false;
  std::size_t steps = 0;  ///< of one chunk
  Sample (*draw_sample)(std::mt19937_64&) = nullptr;
};

inline float uniform(std::mt19937_64& engine, float low, float high) {
  return low + (high - low) * static_cast<float>(engine() >> 40) * 0x1p-24f;
}

/// Six ordinal attributes coded by index / (count - 1) and four unevenly frequent classes, like Car
/// Evaluation.
inline Sample car_like_sample(std::mt19937_64& engine) {
  Sample sample{{}, std::vector<float>(4, 0)};
  float score = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    const unsigned count = i < 3 ? 4 : 3;
    sample.inputs.push_back(static_cast<float>(engine() % count) / static_cast<float>(count - 1));
    score += (i % 2 == 0 ? 1.0f : -0.7f) * sample.inputs[i];
  }
  sample.target[score < 0.2f ? 2 : score < 0.8f ? 0 : score < 1.4f ? 1 : 3] = 1;
  return sample;
}

/// 28 x 28 pixels k / 255, mostly zero, one smooth blob whose place tells the class.
inline Sample image_like_sample(std::mt19937_64& engine) {
  Sample sample{std::vector<float>(784, 0), std::vector<float>(10, 0)};
  const std::size_t label = engine() % 10;
  sample.target[label] = 1;
  const float row = 6 + 4 * static_cast<float>(label / 3) + uniform(engine, -2, 2);
  const float column = 8 + 6 * static_cast<float>(label % 3) + uniform(engine, -2, 2);
  const float width = uniform(engine, 3, 7);
  for (std::size_t i = 0; i < 784; ++i) {
    const float dy = (static_cast<float>(i / 28) - row) / width;
    const float dx = (static_cast<float>(i % 28) - column) / width;
    const float level = std::floor(280 * std::exp(-dx * dx - dy * dy) * uniform(engine, 0.7f, 1));
    sample.inputs[i] = level < 25 ? 0 : std::min(level, 255.0f) / 255;
  }
  return sample;
}

inline void pretrain(StatisticsWorkload& workload, std::size_t steps, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  for (const Layer& layer : workload.network.layers) {
    LayerParameters<float> initial;
    const float range = 1 / std::sqrt(static_cast<float>(layer.inputs));
    for (std::size_t i = 0; i < layer.weight_count(); ++i)
      initial.weights.push_back(uniform(engine, -range, range));
    for (std::size_t j = 0; j < layer.outputs; ++j)
      initial.biases.push_back(uniform(engine, -range, range));
    workload.parameters.push_back(initial);
  }
  ArithmeticModel model;
  model.fused_multiply_add = FusedMultiplyAdd::no;
  model.summation_order = SummationOrder::ascending;
  model.bias_position = BiasPosition::first;
  model.update_product = UpdateProduct::learning_rate_times_delta;
  OrderedTrace trace;
  for (std::size_t i = 0; i < steps; ++i)
    ordered_step(workload.network, workload.parameters, workload.draw_sample(engine), 0.05f, model,
                 correctly_rounded_activation, trace);
}

/// 6-32-16-4 tanh, tanh, sigmoid; a chunk of 250 steps.
inline StatisticsWorkload car_like_workload(std::uint64_t seed) {
  StatisticsWorkload workload;
  workload.network = {
      {{6, 32, Activation::tanh}, {32, 16, Activation::tanh}, {16, 4, Activation::sigmoid}},
      Loss::bce};
  workload.steps = 250;
  workload.draw_sample = car_like_sample;
  pretrain(workload, 8000, seed);
  return workload;
}

/// The same shape with relu and identity, whose activations show every rounding of the sums.
inline StatisticsWorkload relu_workload(std::uint64_t seed) {
  StatisticsWorkload workload;
  workload.network = {
      {{6, 32, Activation::relu}, {32, 16, Activation::relu}, {16, 4, Activation::identity}},
      Loss::mse};
  workload.steps = 250;
  workload.draw_sample = car_like_sample;
  pretrain(workload, 4000, seed);
  return workload;
}

/// The same shape with sigmoid everywhere and mse, whose derivatives reach down to zero.
inline StatisticsWorkload sigmoid_workload(std::uint64_t seed) {
  StatisticsWorkload workload;
  workload.network = {
      {{6, 32, Activation::sigmoid}, {32, 16, Activation::sigmoid}, {16, 4, Activation::sigmoid}},
      Loss::mse};
  workload.steps = 250;
  workload.draw_sample = car_like_sample;
  pretrain(workload, 8000, seed);
  return workload;
}

/// 784-16-10 relu, sigmoid; a chunk of 10 steps.
inline StatisticsWorkload image_like_workload(std::uint64_t seed) {
  StatisticsWorkload workload;
  workload.network = {{{784, 16, Activation::relu}, {16, 10, Activation::sigmoid}}, Loss::bce};
  workload.steps = 10;
  workload.draw_sample = image_like_sample;
  pretrain(workload, 400, seed);
  return workload;
}

inline StatisticsWorkload gradient_workload(StatisticsWorkload workload) {
  workload.learning_rate = 64;
  workload.restarts = true;
  return workload;
}

/// Verdicts on one chunk of a device.
inline std::vector<StatisticVerdict> run_chunk(const StatisticsWorkload& workload,
                                               const DeviceArithmetic& arithmetic,
                                               std::uint64_t seed,
                                               const ArithmeticModel& model = {}) {
  std::mt19937_64 engine(seed);
  SimulatedDevice device(arithmetic, engine());
  ErrorStatistics statistics(workload.network, model, engine());
  Parameters<float> parameters = workload.parameters;
  std::vector<std::vector<float>> activations;
  for (std::size_t i = 0; i < workload.steps; ++i) {
    const Sample sample = workload.draw_sample(engine);
    if (workload.restarts) parameters = workload.parameters;
    const Parameters<float> before = parameters;
    device.step(workload.network, parameters, sample, workload.learning_rate, activations);
    statistics.observe(before, sample, workload.learning_rate, activations, parameters);
  }
  return statistics.verdicts();
}

inline std::size_t count_failed(const std::vector<StatisticVerdict>& verdicts) {
  std::size_t failed = 0;
  for (const StatisticVerdict& verdict : verdicts) failed += verdict.passed ? 0 : 1;
  return failed;
}

}  // namespace lsgd
