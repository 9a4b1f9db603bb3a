// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "commands/number_option.hpp"
#include "data/built_in_data_set.hpp"
#include "data/model_file.hpp"
#include "description/built_in_targets.hpp"
#include "levels/level3_convergence.hpp"
#include "result/case_result.hpp"
#include "result/repeat_command.hpp"
#include "run/case_runner.hpp"
#include "run/run_summary.hpp"

namespace lsgd {
namespace {

struct ConvergeOptions {
  std::string model;
  std::string data;
  std::string test_data;
  std::vector<std::string> targets;
  float learning_rate = 0.01f;
  std::size_t epochs = 1;
  std::uint64_t seed = 1;
  bool file_order = false;
};

/// What runs one target of it again.
std::string repeat_command(const ConvergeOptions& options, const Target& target) {
  return fmt::format(
      "{} converge --model {} --data {}{} --target {} --learning-rate {} --epochs {} --seed {}{}",
      called_name(), options.model, options.data,
      options.test_data.empty() ? "" : " --test-data " + options.test_data, target.selector,
      options.learning_rate, options.epochs, options.seed,
      options.file_order ? " --file-order" : "");
}

void print_epochs(const ConvergeOptions& options, const Target& target, const CaseResult& result) {
  fmt::print("{}: {}\n", target.name, name_of(result.verdict));
  if (result.convergence) {
    fmt::print("{:>5}  {:>8}  {:>21}  {:>21}  {:>10}\n", "epoch", "rate", "training accuracy",
               "test accuracy", "distance");
    for (const auto& epoch : result.convergence->at("epochs")) {
      const auto shown = [&](const char* quantity) {
        const auto& judged = epoch.at(quantity);
        return fmt::format("{:.4f} (exact {:.4f})", judged.at("value").get<double>(),
                           judged.at("exact").get<double>());
      };
      fmt::print("{:>5}  {:>8.4g}  {:>21}  {:>21}  {:>10.3g}\n", epoch.at("epoch").get<int>(),
                 epoch.at("learning_rate").get<double>(), shown("training_accuracy"),
                 shown("test_accuracy"), epoch.at("distance").at("value").get<double>());
    }
    const auto& test = result.convergence->at("test");
    fmt::print("test set: loss {:.4f}, macro F1 {:.3f}, one-vs-rest agreement {:.4f}\n",
               test.at("loss").get<double>(), test.at("macro_f1").get<double>(),
               test.at("one_vs_rest_agreement").get<double>());
  }
  if (result.failure) {
    const auto json =
        case_json(result, "converge", "SPEC 12.4", 3, repeat_command(options, target));
    fmt::print("{}\n{}", result.failure->message, failure_lines(json.at("failure")));
  }
  if (result.reason) fmt::print("{}\n", *result.reason);
}

DataSet labelled_data(const std::string& name, DataSetPart part, const Network& network) {
  DataSet data = load_data(name, part, all_rows, &network);
  require_classes(data, name);
  return data;
}

/// Trains every target; returns the exit status.
int converge(const ConvergeOptions& options) {
  const Model model = read_model(options.model);
  const DataSet training = labelled_data(options.data, DataSetPart::training, model.network);
  const DataSet test = labelled_data(options.test_data.empty() ? options.data : options.test_data,
                                     DataSetPart::test, model.network);
  const TrainingTask task{model.network,         training,       test, model.parameters,
                          options.learning_rate, options.epochs, 0,    options.seed,
                          !options.file_order};
  const auto references = new_reference_trainings();
  int status = 0;
  for (const Target& target : select_targets(options.targets)) {
    if (const auto expected = lacks_function(target.profile->declaration(), task.network))
      throw InputError(options.model, 0, *expected);
    Device device(target, connect_to(target));
    const ConformanceCase training_case{
        "converge", "SPEC 12.4", 3, 1,
        [&](AgentSession& session, const ArithmeticModel& arithmetic) {
          return run_level3("converge", task, *target.profile, session, arithmetic, *references);
        }};
    const CaseResult result = run_case(training_case, device, target.arithmetic);
    print_epochs(options, target, result);
    std::fflush(stdout);
    if (result.verdict == Verdict::device_failure) return 3;
    if (result.verdict != Verdict::pass) status = 1;
  }
  return status;
}

}  // namespace

void add_converge_command(CLI::App& app, int& status) {
  auto* command =
      app.add_subcommand("converge", "Train a model on devices and judge the trajectory (level 3)");
  const auto options = std::make_shared<ConvergeOptions>();
  command->add_option("--model", options->model, "Model file to start from")->required();
  command->add_option("--data", options->data, "Built-in data set or data file")->required();
  command->add_option("--test-data", options->test_data, "Data file to measure accuracy on");
  command->add_option("--target", options->targets, "Target file, name or pattern")->required();
  add_learning_rate_option(*command, options->learning_rate,
                           "; int8_integer has rates of its own (SPEC 11.10)");
  add_count_option(*command, "--epochs", options->epochs, "Passes over the data", 1, 10'000)
      ->default_str(std::to_string(options->epochs));
  add_count_option(*command, "--seed", options->seed,
                   "Of the order of samples and of int8_integer's random state")
      ->default_str(std::to_string(options->seed));
  command->add_flag("--file-order", options->file_order, "Take the samples as they come");
  command->callback([options, &status] { status = converge(*options); });
}

}  // namespace lsgd
