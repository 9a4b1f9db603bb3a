// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <string>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "data/built_in_data_set.hpp"
#include "data/network_text.hpp"
#include "training/declared_training.hpp"
#include "training/profile_training.hpp"

namespace {

using namespace lsgd;

/// An epoch of Car as `train` and `explore` train it, on one core.
void car_epoch(benchmark::State& state, const std::string& name) {
  const Network network = network_from_text("6-32-16-4", "tanh-tanh-sigmoid", "bce");
  const DataSet training = load_data("car", DataSetPart::training);
  const TrainingOptions options{.epochs = 1, .learning_rate = 0.03f, .seed = 1};
  const Profile* const profile = find_profile(name);
  const TrainNetwork trainer = profile == nullptr ? nullptr : trainer_of(*profile);
  const Arithmetic arithmetic = read_arithmetic(name);
  for (auto _ : state)
    benchmark::DoNotOptimize(trainer != nullptr
                                 ? trainer(network, training, nullptr, options, {})
                                 : train_declared(arithmetic, network, training, nullptr, options));
  state.counters["steps/s"] = benchmark::Counter(
      static_cast<double>(training.size()) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}

[[maybe_unused]] const bool are_registered = [] {
  for (const std::string& name : built_in_arithmetics())
    benchmark::RegisterBenchmark(("car_epoch/" + name).c_str(), car_epoch, name)
        ->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace
