// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "commands/imported_files.hpp"
#include "import/keras_file.hpp"

namespace lsgd {

void add_h5_model_importer(CLI::App& import) {
  struct Options {
    std::string path, out;
    KerasOptions keras;
  };
  auto* command =
      import.add_subcommand("h5-model", "A chain of dense layers from Keras' HDF5 files");
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->path, ".h5 or .weights.h5 file of Keras 1 to 3")->required();
  command->add_option("--activations", options->keras.activations,
                      "Such as tanh-tanh-sigmoid, for a file of weights alone");
  add_output_options(*command, options->keras.loss, options->keras.output);
  command->add_option("--out", options->out, "Directory of model.json and params.csv")->required();
  command->callback([options] {
    write_imported_model(options->out, read_keras_model(options->path, options->keras));
  });
}

}  // namespace lsgd
