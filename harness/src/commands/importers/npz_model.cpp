// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "commands/imported_files.hpp"
#include "import/npz_file.hpp"

namespace lsgd {

void add_npz_model_importer(CLI::App& import) {
  struct Options {
    std::string path, activations, loss, out;
    bool transposed = false;
  };
  auto* command = import.add_subcommand("npz-model",
                                        "NumPy arrays of weights and biases, as PyTorch, "
                                        "scikit-learn or Keras name them, or W1, b1, W2, ...");
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->path, ".npz archive")->required();
  command->add_option("--activations", options->activations, "Such as tanh-tanh-sigmoid")
      ->required();
  command->add_option("--loss", options->loss, "mse, bce or cross_entropy")->required();
  command->add_flag("--transposed", options->transposed,
                    "Weights are [inputs][outputs], whatever their names say");
  command->add_option("--out", options->out, "Directory of model.json and params.csv")->required();
  command->callback([options] {
    const auto layout = options->transposed ? std::optional(WeightsLayout::inputs_outputs)
                                            : std::optional<WeightsLayout>();
    write_imported_model(
        options->out, read_npz_model(options->path, options->activations, options->loss, layout));
  });
}

}  // namespace lsgd
