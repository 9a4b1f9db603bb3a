// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <cmath>
#include <random>
#include <string>

#include <lsgd/arithmetic/bounded_step.hpp>
#include <lsgd/arithmetic/declared_run.hpp>
#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>
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

/// Samples that follow each other, so that no step has the numbers of the one before.
std::vector<Sample> car_samples() {
  std::mt19937_64 generator(2);
  std::vector<Sample> samples(64, car_sample());
  for (Sample& sample : samples)
    for (float& x : sample.inputs) x = std::ldexp(static_cast<float>(generator() >> 40), -24);
  return samples;
}

/// The state of the Car network in a built-in arithmetic.
DeclaredState declared_state(const Arithmetic& arithmetic) {
  return initial_state(arithmetic, car_network(), random_parameters(car_network()), 1);
}

/// A training in a declared arithmetic.
void car_declared_run(benchmark::State& state, const std::string& name) {
  const Arithmetic arithmetic = read_arithmetic(name);
  DeclaredRun run(arithmetic, car_network(), declared_state(arithmetic));
  const std::vector<Sample> samples = car_samples();
  std::size_t next = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(run.train(samples[next++ % samples.size()], 0.01f).data());
  count_steps(state);
  state.counters["exact steps"] = static_cast<double>(run.exact_steps());
}

/// Single steps, each from a state as a device has it.
void car_declared_step(benchmark::State& state, const std::string& name, StepNumberKind kind) {
  const Arithmetic arithmetic = read_arithmetic(name);
  DeclaredStep step(arithmetic, car_network(), kind);
  DeclaredState numbers = declared_state(arithmetic);
  const std::vector<Sample> samples = car_samples();
  StepNumbers<BinaryNumber> trace;
  std::size_t next = 0;
  for (auto _ : state) {
    step.train(numbers, samples[next++ % samples.size()], 0.01f, trace);
    benchmark::DoNotOptimize(trace.layers.data());
  }
  count_steps(state);
}

/// Exact values and bounds from a declaration.
void car_bounded_step(benchmark::State& state, const std::string& name) {
  const Arithmetic arithmetic = read_arithmetic(name);
  BoundedStep step(arithmetic, car_network());
  const DeclaredState numbers = declared_state(arithmetic);
  StepNumbers<BoundedNumber> trace;
  std::vector<BoundedLayer> after;
  for (auto _ : state) {
    step.train(numbers, car_sample(), 0.01f, trace, after);
    benchmark::DoNotOptimize(after.data());
  }
  count_steps(state);
}

#define DECLARED_BENCHMARKS(name)                                                            \
  BENCHMARK_CAPTURE(car_declared_run, name, #name);                                          \
  BENCHMARK_CAPTURE(car_declared_step, name, #name, StepNumberKind::doubles_where_they_fit); \
  BENCHMARK_CAPTURE(car_declared_step, name##_exact, #name, StepNumberKind::exact);          \
  BENCHMARK_CAPTURE(car_bounded_step, name, #name)
DECLARED_BENCHMARKS(float32);
DECLARED_BENCHMARKS(int8_hybrid);
DECLARED_BENCHMARKS(int8_integer);
DECLARED_BENCHMARKS(int32_fixed);

}  // namespace
