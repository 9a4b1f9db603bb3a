// SPDX-License-Identifier: Apache-2.0
#include "import/decentor_v.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

#include "commands/imported_files.hpp"
#include "data/network_text.hpp"
#include "files/atomic_file.hpp"
#include "files/number_text.hpp"
#include "training/training.hpp"

namespace lsgd {
namespace {

struct DecentorOptions {
  std::string path;
  std::string variant = "float32";
  std::string data_set;
  bool all_rows = false;
  std::string out;
};

/// The published program names class 1 above another threshold than ours.
void print_accuracies(const PublishedExperiment& experiment) {
  constexpr float their_threshold = 0.45f;
  const auto accuracy = [&](float threshold) {
    return classification_accuracy(experiment.model, experiment.validation, threshold);
  };
  fmt::print(
      "their program names class 1 where the single output is above {}: test accuracy {:.4f} "
      "of the model as it comes; {:.4f} above 0.5, as here\n",
      to_text(their_threshold), accuracy(their_threshold), accuracy(0.5f));
}

void import_decentor_v(const DecentorOptions& options) {
  const PublishedExperiment experiment =
      read_decentor_v(options.path, options.variant, options.data_set, options.all_rows);
  std::vector<std::string> files = model_files;
  files.insert(files.end(), {"train.csv", "test.csv"});
  AtomicDirectory directory(options.out, files);
  write_model(directory.path() / "model.json", experiment.model);
  write_data(directory.path() / "train.csv", experiment.training);
  write_data(directory.path() / "test.csv", experiment.validation);
  directory.commit();
  const Network& network = experiment.model.network;
  fmt::print("{}: network {} ({}), {} training rows, {} test rows\n", options.out,
             sizes_text(network), activations_text(network), experiment.training.size(),
             experiment.validation.size());
  fmt::print("their program: {} training rows, {} test rows, {} epochs, learning rate {}\n",
             experiment.program_training_rows, experiment.program_validation_rows,
             experiment.epochs, to_text(experiment.learning_rate));
  if (network.outputs() == 1) print_accuracies(experiment);
}

}  // namespace

void add_decentor_v_importer(CLI::App& import) {
  auto* command = import.add_subcommand(
      "decentor-v", "A published L-SGD experiment, from a checkout of Decentor-V");
  const auto options = std::make_shared<DecentorOptions>();
  command->add_option("PATH", options->path, "Checkout, or one variant's directory")->required();
  command->add_option("--data-set", options->data_set, "car, cogdist, pd or wisdm")->required();
  command
      ->add_option("--variant", options->variant,
                   "float32, quantized_v0 or quantized_v1 of a checkout")
      ->capture_default_str();
  command->add_flag("--all-rows", options->all_rows,
                    "All rows of the headers, not only those the program takes");
  command->add_option("--out", options->out, "Directory of model.json, train.csv, test.csv")
      ->required();
  command->callback([options] { import_decentor_v(*options); });
}

}  // namespace lsgd
