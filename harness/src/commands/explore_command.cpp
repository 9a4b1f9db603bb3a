// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "commands/commands.hpp"
#include "commands/number_option.hpp"
#include "data/built_in_data_set.hpp"
#include "data/network_text.hpp"
#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/json_file.hpp"
#include "reports/render_exploration.hpp"
#include "run/exploration.hpp"

namespace lsgd {
namespace {

struct ExploreOptions {
  std::string data = "car";
  std::string test_data;
  std::string sizes = "6-32-16-4";
  std::string activations = "tanh-tanh-sigmoid";
  std::string loss = "bce";
  std::vector<std::string> profiles;
  std::size_t epochs = 40;
  float learning_rate = 0.03f;
  bool decays = false;
  std::uint64_t first_seed = 1;
  std::size_t seeds = 5;
  std::size_t samples = all_rows, test_samples = all_rows;
  unsigned jobs = 1;
  std::string out = "reports/out/exploration";
};

Network network_of(const ExploreOptions& options) {
  try {
    return network_from_text(options.sizes, options.activations, options.loss);
  } catch (const std::invalid_argument& error) {
    throw InputError("explore", 0, error.what());
  }
}

void explore(const ExploreOptions& options) {
  ExplorationRequest request;
  request.data = options.data;
  request.network = network_of(options);
  request.training =
      load_data(options.data, DataSetPart::training, options.samples, &request.network);
  const auto built_in = built_in_data_set_names();
  if (options.test_data.empty() && std::ranges::find(built_in, options.data) == built_in.end())
    throw InputError("--test-data", 0,
                     "a data file to measure accuracy on, beside --data of yours");
  request.test = load_data(options.test_data.empty() ? options.data : options.test_data,
                           DataSetPart::test, options.test_samples, &request.network);
  request.only_quick = options.profiles.empty();
  request.arithmetics = options.profiles.empty() ? built_in_arithmetics() : options.profiles;
  request.epochs = options.epochs;
  request.learning_rate = options.learning_rate;
  if (options.decays) request.schedule = RateSchedule::linear;
  request.first_seed = options.first_seed;
  request.seeds = options.seeds;
  request.jobs = options.jobs;
  const std::filesystem::path out(options.out);
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error) throw InputError(options.out, 0, "a writable directory (" + error.message() + ")");
  const Exploration exploration = explore(std::move(request), stderr);
  write_json(out / "exploration.json", exploration.results);
  write_file(out / "index.html", exploration_page(exploration.results));
  write_file(out / "table.md", exploration_markdown(exploration.results));
  fmt::print("{}report: {}\n", exploration_table(exploration), (out / "index.html").string());
}

}  // namespace

void add_explore_command(CLI::App& app, int&) {
  auto* command = app.add_subcommand(
      "explore", "Train a network in every arithmetic: which still learns, and what it costs");
  const auto options = std::make_shared<ExploreOptions>();
  command->add_option("--data", options->data, "Built-in data set or data file")
      ->capture_default_str();
  command->add_option("--test-data", options->test_data, "Data file to measure accuracy on");
  command->add_option("--sizes", options->sizes, "Layer sizes")->capture_default_str();
  command->add_option("--activations", options->activations, "One for each layer")
      ->capture_default_str();
  command->add_option("--loss", options->loss, "mse, bce or cross_entropy")->capture_default_str();
  command->add_option(
      "--profile", options->profiles,
      "Names of profiles or files of declarations; default: the built-in ones whose numbers "
      "doubles hold, thousands of steps a second");
  add_count_option(*command, "--epochs", options->epochs, "Passes over the data", 1, 10'000)
      ->default_str(std::to_string(options->epochs));
  add_learning_rate_option(*command, options->learning_rate,
                           "; int8_integer has rates of its own (SPEC 11.10)");
  command->add_flag("--linear-decay", options->decays,
                    "Lower the learning rate r from epoch to epoch: r (1 - (e - 1) / E) in epoch e "
                    "of E (linear/1)");
  add_count_option(*command, "--seeds", options->seeds, "Trainings of each arithmetic", 2, 1000)
      ->default_str(std::to_string(options->seeds));
  add_count_option(*command, "--seed", options->first_seed,
                   "The first one, of initial parameters and sample order")
      ->default_str(std::to_string(options->first_seed));
  add_count_option(*command, "--samples", options->samples, "Train with the first samples only", 1);
  add_count_option(*command, "--test-samples", options->test_samples,
                   "Measure with the first test samples only", 1);
  add_jobs_option(*command, options->jobs, "Trainings");
  command
      ->add_option("--out", options->out, "Directory of index.html, exploration.json and table.md")
      ->capture_default_str();
  command->callback([options] { explore(*options); });
}

}  // namespace lsgd
