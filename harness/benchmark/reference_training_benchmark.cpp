// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <string>

#include "data/built_in_data_set.hpp"
#include "data/network_text.hpp"
#include "judging/profile_judge.hpp"
#include "training/training.hpp"

namespace {

using namespace lsgd;

/// The exact trajectory and the whole ensemble over 20 Car epochs, figures included.
void car_ensemble_of_20_epochs(benchmark::State& state) {
  const Profile& profile = *built_in_profiles().at(static_cast<std::size_t>(state.range(0)));
  const Network network = network_from_text("6-32-16-4", "tanh-tanh-sigmoid", "bce");
  const DataSet training = load_data("car", DataSetPart::training);
  const DataSet test = load_data("car", DataSetPart::test);
  const Parameters<float> start = initial_parameters(network, 1);
  const TrainingTask task{network, training, test, start, 0.03f, 20};
  for (auto _ : state) benchmark::DoNotOptimize(judge_of(profile).train_reference(task, {}));
  state.SetLabel(profile.name());
  state.counters["members"] = reference_member_count + 1;
}
BENCHMARK(car_ensemble_of_20_epochs)
    ->DenseRange(0, static_cast<std::int64_t>(built_in_profiles().size()) - 1)
    ->Unit(benchmark::kSecond)
    ->Iterations(1)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

}  // namespace
