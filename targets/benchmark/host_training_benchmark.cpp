// SPDX-License-Identifier: Apache-2.0

// Training steps per second of ports on this machine, against the same training in plain Eigen,
// both compiled with -O3 -march=native. Run with --benchmark_repetitions=9 and compare medians.
#include <Eigen/Dense>
#include <benchmark/benchmark.h>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <lsgd/port.h>

#include "data/built_in_data_set.hpp"
#include "data/model_file.hpp"
#include "data/network_text.hpp"
#include "judging/device_tensors.hpp"
#include "steps/profile.hpp"
#include "training/training.hpp"

// benchmarked_ports.inc names every port linked into this program, whose functions have a prefix of
// its own instead of `lsgd_port`.
#define BENCHMARKED_PORT(prefix, name, profile)                                                \
  extern "C" int prefix##_configure(const lsgd_network*);                                      \
  extern "C" int prefix##_load(lsgd_tensor, std::uint16_t, std::uint32_t, const std::uint8_t*, \
                               std::uint32_t);                                                 \
  extern "C" int prefix##_train_step(const float*, const float*, float);
#include "benchmarked_ports.inc"
#undef BENCHMARKED_PORT

namespace {

using namespace lsgd;

constexpr float learning_rate = 0.01f;

/// A network with initial parameters, and the first 64 samples of its data, or as many of uniform
/// random inputs and classes where the data are "random".
struct Workload {
  std::string name;
  Model model;
  std::vector<Sample> samples;

  Workload(const std::string& data, const std::string& sizes, const std::string& activations)
      : name(data + " " + sizes) {
    model.network = network_from_text(sizes, activations, "bce");
    model.parameters = initial_parameters(model.network, 1);
    if (data == "random") {
      draw_samples();
      return;
    }
    const DataSet set = load_data(data, DataSetPart::training, 64);
    for (std::size_t i = 0; i < set.size(); ++i)
      samples.push_back(set.sample(i, model.network.outputs()));
  }

 private:
  void draw_samples() {
    std::mt19937 engine(1);
    for (int i = 0; i < 64; ++i) {
      Sample sample;
      for (std::size_t k = 0; k < model.network.inputs(); ++k)
        sample.inputs.push_back(static_cast<float>(engine() >> 8) * 0x1p-23f - 1);
      sample.target.assign(model.network.outputs(), 0.0f);
      sample.target.at(engine() % sample.target.size()) = 1;
      samples.push_back(std::move(sample));
    }
  }
};

void train(benchmark::State& state, const Workload& workload, const auto& step) {
  std::size_t i = 0;
  for (auto _ : state) {
    step(workload.samples[i]);
    if (++i == workload.samples.size()) i = 0;
  }
  state.counters["steps/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

struct Port {
  std::string name;
  std::string profile;
  decltype(&lsgd_port_configure) configure;
  decltype(&lsgd_port_load) load;
  decltype(&lsgd_port_train_step) train_step;
};

void train_port(benchmark::State& state, const Workload& workload, const Port& port) {
  std::vector<lsgd_layer> layers;
  for (const Layer& layer : workload.model.network.layers)
    layers.push_back({static_cast<std::uint16_t>(layer.inputs),
                      static_cast<std::uint16_t>(layer.outputs),
                      static_cast<std::uint8_t>(layer.activation)});
  const lsgd_network network = {layers.data(), static_cast<std::uint16_t>(layers.size()),
                                LSGD_LOSS_BCE};
  if (port.configure(&network) != LSGD_OK) return state.SkipWithError("refused the network");
  for (const Tensor& tensor :
       profile_named(port.profile)
           .nearest_parameters(workload.model.network, workload.model.parameters,
                               first_random_state)) {
    const std::vector<std::uint8_t> bytes = bytes_of(tensor);
    port.load(interface_kind(tensor.kind), static_cast<std::uint16_t>(tensor.layer), 0,
              bytes.data(), static_cast<std::uint32_t>(bytes.size()));
  }
  train(state, workload, [&](const Sample& sample) {
    port.train_step(sample.inputs.data(), sample.target.data(), learning_rate);
  });
}

/// L-SGD as one would write it in Eigen: every operation of a layer is one of the library's, with
/// its vectorized tanh and logistic function, and nothing is allocated in a step.
template <int storage_order>
class EigenNetwork {
 public:
  explicit EigenNetwork(const Model& model) {
    for (std::size_t l = 0; l < model.network.layers.size(); ++l) {
      const Layer& layer = model.network.layers[l];
      const LayerParameters<float>& parameters = model.parameters[l];
      using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
      layers_.push_back(
          {Eigen::Map<const RowMajor>(parameters.weights.data(), layer.outputs, layer.inputs),
           Eigen::Map<const Vector>(parameters.biases.data(), layer.outputs), Vector(layer.outputs),
           Vector(layer.outputs), layer.activation});
    }
  }

  void train_step(const Sample& sample) {
    const Eigen::Map<const Vector> input(sample.inputs.data(),
                                         static_cast<Eigen::Index>(sample.inputs.size()));
    const Eigen::Map<const Vector> target(sample.target.data(),
                                          static_cast<Eigen::Index>(sample.target.size()));
    forward(layers_.front(), input);
    for (std::size_t l = 1; l < layers_.size(); ++l) forward(layers_[l], layers_[l - 1].a);
    layers_.back().delta = layers_.back().a - target;
    for (std::size_t l = layers_.size() - 1; l > 0; --l) {
      DenseLayer& below = layers_[l - 1];
      below.delta.noalias() = layers_[l].weights.transpose() * layers_[l].delta;
      if (below.activation == Activation::tanh)
        below.delta.array() *= 1 - below.a.array().square();
      else
        below.delta.array() *= (below.a.array() > 0).template cast<float>();
      update(layers_[l], below.a);
    }
    update(layers_.front(), input);
  }

 private:
  using Vector = Eigen::VectorXf;
  struct DenseLayer {
    Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, storage_order> weights;
    Vector biases, a, delta;
    Activation activation;
  };

  static void forward(DenseLayer& layer, const auto& x) {
    layer.a.noalias() = layer.weights * x;
    layer.a += layer.biases;
    if (layer.activation == Activation::tanh)
      layer.a = layer.a.array().tanh();
    else if (layer.activation == Activation::sigmoid)
      layer.a = layer.a.array().logistic();
    else
      layer.a = layer.a.cwiseMax(0.0f);
  }

  static void update(DenseLayer& layer, const auto& x) {
    layer.weights.noalias() -= (learning_rate * layer.delta) * x.transpose();
    layer.biases -= learning_rate * layer.delta;
  }

  std::vector<DenseLayer> layers_;
};

template <int storage_order>
void train_eigen(benchmark::State& state, const Workload& workload) {
  EigenNetwork<storage_order> network(workload.model);
  train(state, workload, [&](const Sample& sample) { network.train_step(sample); });
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  static const std::vector<Workload> workloads = {{"car", "6-32-16-4", "tanh-tanh-sigmoid"},
                                                  {"fashion_mnist", "784-16-10", "relu-sigmoid"},
                                                  {"random", "64-64-64-10", "tanh-tanh-sigmoid"},
                                                  {"fashion_mnist", "784-120-10", "relu-sigmoid"}};
#define BENCHMARKED_PORT(prefix, name, profile) \
  {name, #profile, prefix##_configure, prefix##_load, prefix##_train_step},
  static const std::vector<Port> ports = {
#include "benchmarked_ports.inc"
  };
  for (const Workload& workload : workloads) {
    const auto add = [&](const std::string& name, auto function) {
      benchmark::RegisterBenchmark((workload.name + "/" + name).c_str(), function);
    };
    add("Eigen, row-major",
        [&](benchmark::State& state) { train_eigen<Eigen::RowMajor>(state, workload); });
    add("Eigen, column-major",
        [&](benchmark::State& state) { train_eigen<Eigen::ColMajor>(state, workload); });
    for (const Port& port : ports)
      add(port.name, [&](benchmark::State& state) { train_port(state, workload, port); });
  }
  benchmark::RunSpecifiedBenchmarks();
}
