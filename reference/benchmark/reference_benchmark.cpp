// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <cmath>
#include <random>

#include <lsgd/step/float32_step.hpp>
#include <lsgd/step/int8_hybrid_step.hpp>

namespace {

using namespace lsgd;

/// The Car network of the specification's measurements.
Network car_network() {
  return {{{6, 32, Activation::tanh}, {32, 16, Activation::tanh}, {16, 4, Activation::sigmoid}},
          Loss::bce};
}

Sample car_sample() { return {{0, 1.0f / 3, 1, 0.5f, 2.0f / 3, 0.25f}, {0, 0, 1, 0}}; }

/// Parameters uniform in [-1, 1) on a grid of 2^-23.
Parameters<float> random_parameters(const Network& network) {
  std::mt19937_64 generator(1);
  const auto draw = [&] {
    return std::ldexp(static_cast<float>(generator() >> 40) - 0x1p23f, -23);
  };
  Parameters<float> parameters;
  for (const Layer& layer : network.layers) {
    LayerParameters<float>& added = parameters.emplace_back();
    added.weights.resize(layer.weight_count());
    added.biases.resize(layer.outputs);
    for (float& weight : added.weights) weight = draw();
    for (float& bias : added.biases) bias = draw();
  }
  return parameters;
}

Int8Parameters random_int8_parameters(const Network& network) {
  std::mt19937_64 generator(1);
  const auto fill = [&](Int8Tensor& tensor, std::size_t count) {
    tensor.values.resize(count);
    for (std::int8_t& value : tensor.values) value = static_cast<std::int8_t>(generator() >> 56);
    tensor.fraction_bits = 7;
  };
  Int8Parameters parameters(network.layers.size());
  for (std::size_t l = 0; l < parameters.size(); ++l) {
    fill(parameters[l].weights, network.layers[l].weight_count());
    fill(parameters[l].biases, network.layers[l].outputs);
  }
  return parameters;
}

void count_steps(benchmark::State& state) {
  state.counters["steps/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

/// Exact values and bounds of one Car training step.
template <class Real>
void car_float32_step(benchmark::State& state) {
  const Network network = car_network();
  const Parameters<float> parameters = random_parameters(network);
  StepTrace<Real> trace;
  for (auto _ : state) {
    float32_step(network, parameters, car_sample(), 0.01f, ArithmeticModel{}, trace);
    benchmark::DoNotOptimize(trace.data());
  }
  count_steps(state);
}
BENCHMARK(car_float32_step<Exact>);
BENCHMARK(car_float32_step<DoubleWidthExact>);

void car_int8_hybrid_step(benchmark::State& state) {
  const Network network = car_network();
  const Int8Parameters parameters = random_int8_parameters(network);
  Int8StepTrace<Exact> trace;
  for (auto _ : state) {
    int8_hybrid_step(network, parameters, car_sample(), 0.01f, ArithmeticModel{}, trace);
    benchmark::DoNotOptimize(trace.layers.data());
  }
  count_steps(state);
}
BENCHMARK(car_int8_hybrid_step);

}  // namespace
