// SPDX-License-Identifier: Apache-2.0
#include "run/exploration.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <stdexcept>

#include <lsgd/arithmetic/declared_run.hpp>
#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>
#include <lsgd/statistics/prediction_interval.hpp>

#include "cost/benchmark.hpp"
#include "data/network_text.hpp"
#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "description/version.hpp"
#include "device/run_in_parallel.hpp"
#include "files/input_error.hpp"
#include "files/json_file.hpp"
#include "files/number_text.hpp"
#include "training/declared_training.hpp"
#include "training/profile_training.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

constexpr double interval_tail = 0.025;  ///< 95 % are between the two
constexpr double close_to_float32 = 0.01;
/// Samples whose training tells how long the rest will take, and whether doubles hold its numbers.
constexpr std::size_t timed_samples = 40;
constexpr std::size_t probed_samples = 4;

double seconds_of_thread() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// How an arithmetic is trained: by the profile's own program where it has one.
struct ExploredArithmetic {
  std::string name;
  Arithmetic declaration;
  TrainNetwork trainer = nullptr;
  std::optional<std::string> refusal = {};  ///< why it is not trained
  double seconds_per_step = 0;

  Model train(const Network& network, const DataSet& training, const DataSet* test,
              const TrainingOptions& options,
              const std::function<void(const EpochReport&)>& report) const {
    if (trainer != nullptr) return trainer(network, training, test, options, report);
    return train_declared(declaration, network, training, test, options, report);
  }
};

/// One training.
struct ExploredTraining {
  std::vector<EpochReport> epochs;  ///< as far as it stayed finite
  std::optional<std::size_t> diverged_in;
  double seconds = 0;  ///< of processor time
};

ExploredArithmetic explored(const std::string& name, const Network& network) {
  const Profile* const profile = find_profile(name);
  ExploredArithmetic arithmetic{
      name, profile != nullptr ? profile->declaration() : read_arithmetic(name)};
  if (profile != nullptr) arithmetic.trainer = trainer_of(*profile);
  arithmetic.name = profile != nullptr ? name : arithmetic.declaration.name;
  arithmetic.refusal = lacks_function(arithmetic.declaration, network);
  if (arithmetic.refusal) arithmetic.refusal = "expected " + *arithmetic.refusal;
  return arithmetic;
}

DataSet first_samples(const DataSet& data, std::size_t count) {
  DataSet part = data;
  count = std::min(count, data.size());
  part.labels.resize(count);
  part.inputs_flat.resize(count * data.inputs);
  return part;
}

/// Whether doubles hold none of the first steps.
bool is_simulated_exactly(const ExploredArithmetic& arithmetic, const ExplorationRequest& request) {
  if (arithmetic.trainer != nullptr) return false;
  const Parameters<float> start = initial_parameters(request.network, request.first_seed);
  DeclaredRun run(
      arithmetic.declaration, request.network,
      initial_state(arithmetic.declaration, request.network, start,
                    static_cast<std::uint32_t>(request.first_seed), request.training.inputs_flat));
  const std::size_t steps = std::min(probed_samples, request.training.size());
  for (std::size_t i = 0; i < steps; ++i)
    run.train(request.training.sample(i, request.network.outputs()), request.learning_rate);
  return run.exact_steps() == steps;
}

ExploredTraining train_once(const ExploredArithmetic& arithmetic, const ExplorationRequest& request,
                            const DataSet& training, const DataSet* test,
                            const TrainingOptions& options) {
  ExploredTraining result;
  const double start = seconds_of_thread();
  try {
    arithmetic.train(request.network, training, test, options,
                     [&](const EpochReport& report) { result.epochs.push_back(report); });
  } catch (const std::domain_error&) {
    result.diverged_in = result.epochs.size() + 1;
  }
  result.seconds = seconds_of_thread() - start;
  return result;
}

/// Finds out which arithmetics can be trained, and how fast.
void time_arithmetics(std::vector<ExploredArithmetic>& arithmetics,
                      const ExplorationRequest& request) {
  const DataSet samples = first_samples(request.training, timed_samples);
  run_in_parallel(arithmetics.size(), request.jobs, [&](std::size_t i) {
    ExploredArithmetic& arithmetic = arithmetics[i];
    if (arithmetic.refusal) return;
    try {
      if (request.only_quick && is_simulated_exactly(arithmetic, request)) {
        arithmetic.refusal = "takes some thirty times longer: name it with --profile";
        return;
      }
      const TrainingOptions options{1, request.learning_rate, request.first_seed};
      const double seconds = train_once(arithmetic, request, samples, nullptr, options).seconds;
      arithmetic.seconds_per_step = seconds / static_cast<double>(samples.size());
    } catch (const UnsupportedArithmetic& unsupported) {
      arithmetic.refusal = unsupported.what();
    }
  });
}

/// All trainings, by arithmetic and seed. The longest start first.
std::vector<std::vector<ExploredTraining>> train_all(
    const std::vector<ExploredArithmetic>& arithmetics, const ExplorationRequest& request,
    std::FILE* stream) {
  struct Job {
    std::size_t arithmetic, seed;
    double seconds;
  };
  std::vector<std::vector<ExploredTraining>> trainings(arithmetics.size());
  std::vector<Job> jobs;
  double cost = 0;
  // A forward pass is about a third of a step.
  const double steps =
      static_cast<double>(request.epochs) *
      (static_cast<double>(request.training.size()) + static_cast<double>(request.test.size()) / 3);
  for (std::size_t a = 0; a < arithmetics.size(); ++a) {
    if (arithmetics[a].refusal) continue;
    trainings[a].resize(request.seeds);
    for (std::size_t s = 0; s < request.seeds; ++s) {
      jobs.push_back({a, s, arithmetics[a].seconds_per_step * steps});
      cost += jobs.back().seconds;
    }
  }
  std::ranges::stable_sort(jobs, std::greater{}, &Job::seconds);
  Progress progress(stream, jobs.size(), cost);
  run_in_parallel(jobs.size(), request.jobs, [&](std::size_t i) {
    const Job& job = jobs[i];
    const ExploredArithmetic& arithmetic = arithmetics[job.arithmetic];
    const TrainingOptions options{request.epochs, request.learning_rate,
                                  request.first_seed + job.seed, request.schedule};
    progress.start_case(arithmetic.name, fmt::format("seed {}", options.seed));
    trainings[job.arithmetic][job.seed] =
        train_once(arithmetic, request, request.training, &request.test, options);
    progress.finish_case(job.seconds);
  });
  progress.clear();
  return trainings;
}

double majority_share(const DataSet& data) {
  std::map<std::uint32_t, std::size_t> counts;
  std::size_t most = 0;
  for (const std::uint32_t label : data.labels) most = std::max(most, ++counts[label]);
  return static_cast<double>(most) / static_cast<double>(data.size());
}

/// Mean and 95 % interval of it (Student), no further than figures of this kind go.
Json interval_of(const std::vector<double>& values, double lowest, double highest) {
  const auto [mean, variance] = mean_and_variance(values);
  const double half_width = student_quantile(values.size() - 1, interval_tail) *
                            std::sqrt(variance / static_cast<double>(values.size()));
  return {{"mean", mean},
          {"low", std::max(lowest, mean - half_width)},
          {"high", std::min(highest, mean + half_width)}};
}

/// Test accuracy after the last epoch; of a training that diverged that of a network that always
/// names the same class would flatter it.
double final_accuracy(const ExploredTraining& training) {
  return training.diverged_in ? 0 : training.epochs.back().test_accuracy.value();
}

std::vector<double> final_accuracies(const std::vector<ExploredTraining>& trainings) {
  std::vector<double> accuracies;
  for (const ExploredTraining& training : trainings) accuracies.push_back(final_accuracy(training));
  return accuracies;
}

/// Mean over the trainings of a figure of each epoch that all of them reached.
template <class Figure>
Json mean_by_epoch(const std::vector<ExploredTraining>& trainings, const Figure& figure) {
  Json means = Json::array();
  if (trainings.empty()) return means;
  const std::size_t epochs = std::ranges::min(trainings, {}, [](const ExploredTraining& t) {
                               return t.epochs.size();
                             }).epochs.size();
  for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
    double sum = 0;
    for (const ExploredTraining& training : trainings) sum += figure(training.epochs[epoch]);
    means.push_back(sum / static_cast<double>(trainings.size()));
  }
  return means;
}

std::string_view outcome_of(const Json& accuracy, const std::vector<double>& accuracies,
                            double majority) {
  if (accuracy.is_null()) return "not_trained";
  if (accuracy.at("low").get<double>() > majority) return "learns";
  return std::ranges::max(accuracies) > majority ? "unreliable" : "does_not_learn";
}

Json seeds_json(const std::vector<ExploredTraining>& trainings, std::uint64_t first_seed) {
  Json seeds = Json::array();
  for (std::size_t s = 0; s < trainings.size(); ++s) {
    const ExploredTraining& training = trainings[s];
    seeds.push_back({{"seed", first_seed + s},
                     {"accuracy", training.diverged_in ? Json() : Json(final_accuracy(training))},
                     {"diverged_in", training.diverged_in ? Json(*training.diverged_in) : Json()}});
  }
  return seeds;
}

std::string reason_of(const ExploredArithmetic& arithmetic,
                      const std::vector<ExploredTraining>& trainings) {
  if (arithmetic.refusal) return *arithmetic.refusal;
  const auto diverged = std::ranges::count_if(
      trainings, [](const ExploredTraining& t) { return t.diverged_in.has_value(); });
  return diverged == 0 ? "" : fmt::format("numbers left the format from {} seeds", diverged);
}

Json arithmetic_json(const ExploredArithmetic& arithmetic,
                     const std::vector<ExploredTraining>& trainings,
                     const std::vector<double>& float32_accuracies,
                     const ExplorationRequest& request) {
  const std::vector<double> accuracies = final_accuracies(trainings);
  const Json accuracy = trainings.empty() ? Json() : interval_of(accuracies, 0, 1);
  Json difference;
  if (!trainings.empty()) {
    std::vector<double> differences;
    for (std::size_t s = 0; s < accuracies.size(); ++s)
      differences.push_back(accuracies[s] - float32_accuracies[s]);
    difference = interval_of(differences, -1, 1);
  }
  return {{"name", arithmetic.name},
          {"description", arithmetic.declaration.description},
          {"digest", digest_of(arithmetic.declaration)},
          {"state_bytes", training_state_bytes(arithmetic.declaration, request.network).total()},
          {"outcome", outcome_of(accuracy, accuracies, majority_share(request.test))},
          {"why", reason_of(arithmetic, trainings)},
          {"accuracy", accuracy},
          {"difference", difference},
          {"is_close",
           !difference.is_null() && difference.at("mean").get<double>() >= -close_to_float32},
          {"is_cheapest", false},
          {"seeds", seeds_json(trainings, request.first_seed)},
          {"loss", mean_by_epoch(trainings, [](const EpochReport& r) { return r.mean_loss; })},
          {"test_accuracy",
           mean_by_epoch(trainings, [](const EpochReport& r) { return r.test_accuracy.value(); })},
          {"cycles", Json::array()}};
}

/// Recorded cycles of a step by core: the port of each profile that takes the fewest.
void add_cycles(Json& results, const ExplorationRequest& request) {
  const std::filesystem::path file = source_directory() / "targets" / "baselines.json";
  const std::optional<std::string> network = benchmark_network(request.network);
  results["benchmark"] = nullptr;
  if (!network || !std::filesystem::exists(file)) return;
  const nlohmann::json recorded = read_json(file, "baselines");
  results["benchmark"] = {{"network", *network}, {"compiler", recorded.at("compiler")}};
  std::map<std::string, std::string> profile_of_port;
  for (const Target& target : built_in_targets())
    if (target.kind == TargetKind::port) profile_of_port[target.port] = target.profile->name();
  for (Json& arithmetic : results.at("arithmetics")) {
    std::map<std::string, std::pair<std::uint64_t, std::string>> fewest;
    for (const auto& row : recorded.at("rows")) {
      const auto profile = profile_of_port.find(row.at("port"));
      if (row.at("network") != *network || profile == profile_of_port.end() ||
          arithmetic.at("name") != profile->second || row.at("step").at("cycles").is_null())
        continue;
      const std::pair<std::uint64_t, std::string> cost(row.at("step").at("cycles"), row.at("port"));
      const auto [place, is_new] = fewest.emplace(row.at("core"), cost);
      if (!is_new) place->second = std::min(place->second, cost);
    }
    for (const auto& [core, cost] : fewest)
      arithmetic.at("cycles").push_back(
          {{"core", core}, {"port", cost.second}, {"cycles", cost.first}, {"is_fewest", false}});
  }
}

/// The most accurate first; what was not trained is last.
void sort_by_accuracy(Json& arithmetics) {
  std::vector<Json> sorted(arithmetics.begin(), arithmetics.end());
  const auto accuracy = [](const Json& arithmetic) {
    const Json& known = arithmetic.at("accuracy");
    return known.is_null() ? -1.0 : known.at("mean").get<double>();
  };
  std::ranges::stable_sort(sorted, std::greater{}, accuracy);
  arithmetics = sorted;
}

/// Marks what costs least of the arithmetics that learn and are close to float32.
void mark_cheapest(Json& arithmetics) {
  Json* cheapest = nullptr;
  std::map<std::string, Json*> by_core;
  for (Json& arithmetic : arithmetics) {
    if (arithmetic.at("outcome") != "learns" || !arithmetic.at("is_close").get<bool>()) continue;
    if (cheapest == nullptr || arithmetic.at("state_bytes") < cheapest->at("state_bytes"))
      cheapest = &arithmetic;
    for (Json& cost : arithmetic.at("cycles")) {
      Json*& best = by_core[cost.at("core")];
      if (best == nullptr || cost.at("cycles") < best->at("cycles")) best = &cost;
    }
  }
  if (cheapest != nullptr) cheapest->at("is_cheapest") = true;
  for (const auto& [core, cost] : by_core) cost->at("is_fewest") = true;
}

Json task_json(const ExplorationRequest& request) {
  return {{"data", request.data},
          {"training_samples", request.training.size()},
          {"test_samples", request.test.size()},
          {"majority_share", majority_share(request.test)},
          {"sizes", sizes_text(request.network)},
          {"activations", activations_text(request.network)},
          {"loss", to_text(request.network.loss)},
          {"epochs", request.epochs},
          {"learning_rate", Json::parse(to_text(request.learning_rate))},
          {"rate_schedule", std::string(name_of(request.schedule))},
          {"first_seed", request.first_seed},
          {"seeds", request.seeds}};
}

std::string percent(const Json& interval, const char* name) {
  return fmt::format("{:.1f}", 100 * interval.at(name).get<double>());
}

}  // namespace

Exploration explore(ExplorationRequest request, std::FILE* stream) {
  if (std::ranges::find(request.arithmetics, "float32") == request.arithmetics.end())
    request.arithmetics.insert(request.arithmetics.begin(), "float32");
  std::vector<ExploredArithmetic> arithmetics;
  for (const std::string& name : request.arithmetics)
    arithmetics.push_back(explored(name, request.network));
  time_arithmetics(arithmetics, request);
  const auto trainings = train_all(arithmetics, request, stream);

  const auto float32 =
      std::ranges::find(arithmetics, "float32", &ExploredArithmetic::name) - arithmetics.begin();
  const std::vector<double> float32_accuracies =
      final_accuracies(trainings[static_cast<std::size_t>(float32)]);
  Exploration exploration;
  Json& results = exploration.results;
  results = {{"format", "lsgd-exploration/1"},
             {"tool", {{"name", "lsgd-conform"}, {"version", tool_version}}},
             {"task", task_json(request)},
             {"benchmark", nullptr},
             {"arithmetics", Json::array()}};
  for (std::size_t a = 0; a < arithmetics.size(); ++a) {
    results.at("arithmetics")
        .push_back(arithmetic_json(arithmetics[a], trainings[a], float32_accuracies, request));
    double seconds = 0;
    for (const ExploredTraining& training : trainings[a]) seconds += training.seconds;
    std::size_t epochs = 0;
    for (const ExploredTraining& training : trainings[a]) epochs += training.epochs.size();
    if (seconds > 0)
      exploration.steps_per_second.emplace_back(
          arithmetics[a].name, static_cast<double>(epochs * request.training.size()) / seconds);
  }
  add_cycles(results, request);
  sort_by_accuracy(results.at("arithmetics"));
  mark_cheapest(results.at("arithmetics"));
  return exploration;
}

std::string exploration_markdown(const Json& results) {
  const Json& task = results.at("task");
  std::string table = fmt::format(
      "{} {}, {} and {} samples, {}, {}, {} epochs, learning rate {}{}, seeds {} to {}; the "
      "majority class is {:.1f} %.\n\n"
      "| arithmetic | test accuracy in % | from float32, points | state, bytes | |\n"
      "|---|---|---|--:|---|\n",
      task.at("data").get<std::string>(), task.at("sizes").get<std::string>(),
      task.at("training_samples").get<std::size_t>(), task.at("test_samples").get<std::size_t>(),
      task.at("activations").get<std::string>(), task.at("loss").get<std::string>(),
      task.at("epochs").get<std::size_t>(), task.at("learning_rate").get<double>(),
      task.at("rate_schedule") == "constant" ? "" : " that falls",
      task.at("first_seed").get<std::uint64_t>(),
      task.at("first_seed").get<std::uint64_t>() + task.at("seeds").get<std::uint64_t>() - 1,
      100 * task.at("majority_share").get<double>());
  for (const Json& arithmetic : results.at("arithmetics")) {
    const Json &accuracy = arithmetic.at("accuracy"), &difference = arithmetic.at("difference");
    if (accuracy.is_null()) continue;
    std::string outcome = arithmetic.at("outcome");
    std::ranges::replace(outcome, '_', ' ');
    const auto points = [&](const char* name) {
      return fmt::format("{:+.1f}", 100 * difference.at(name).get<double>());
    };
    table += fmt::format("| {} | {} ({} to {}) | {} ({} to {}) | {} | {} |\n",
                         arithmetic.at("name").get<std::string>(), percent(accuracy, "mean"),
                         percent(accuracy, "low"), percent(accuracy, "high"), points("mean"),
                         points("low"), points("high"),
                         arithmetic.at("state_bytes").get<std::uint64_t>(),
                         outcome == "learns" ? "" : outcome);
  }
  return table;
}

std::string exploration_table(const Exploration& exploration) {
  const Json& arithmetics = exploration.results.at("arithmetics");
  std::map<std::string, double> speeds(exploration.steps_per_second.begin(),
                                       exploration.steps_per_second.end());
  std::string table =
      fmt::format("{:27} {:>8} {:>15} {:>11} {:>7} {:>9}  {}\n", "arithmetic", "accuracy",
                  "95 % of the mean", "vs float32", "bytes", "steps/s", "");
  for (const Json& arithmetic : arithmetics) {
    const Json &accuracy = arithmetic.at("accuracy"), &difference = arithmetic.at("difference");
    const std::string name = arithmetic.at("name");
    std::string notes = arithmetic.at("outcome");
    std::ranges::replace(notes, '_', ' ');
    if (arithmetic.at("is_cheapest").get<bool>()) notes += ", fewest bytes within 1 point";
    for (const Json& cost : arithmetic.at("cycles"))
      notes += fmt::format(", {} {} cycles{}", cost.at("core").get<std::string>(),
                           cost.at("cycles").get<std::uint64_t>(),
                           cost.at("is_fewest").get<bool>() ? " (fewest)" : "");
    if (const std::string why = arithmetic.at("why"); !why.empty()) notes += ": " + why;
    table += fmt::format(
        "{:27} {:>8} {:>15} {:>11} {:>7} {:>9}  {}\n", name,
        accuracy.is_null() ? "" : percent(accuracy, "mean"),
        accuracy.is_null() ? "" : percent(accuracy, "low") + " to " + percent(accuracy, "high"),
        difference.is_null() ? ""
                             : fmt::format("{:+.1f}", 100 * difference.at("mean").get<double>()),
        arithmetic.at("state_bytes").get<std::uint64_t>(),
        speeds.contains(name) ? fmt::format("{:.0f}", speeds.at(name)) : "", notes);
  }
  return table;
}

}  // namespace lsgd
