// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "commands/imported_files.hpp"
#include "import/npz_file.hpp"

namespace lsgd {

void add_npz_data_importer(CLI::App& import) {
  struct Options {
    std::string path, targets;
    std::string inputs = "x";
    std::string labels = "y";
    DataImportOptions data;
  };
  auto* command = import.add_subcommand("npz-data", "NumPy arrays of inputs and labels");
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->path, ".npz archive")->required();
  command->add_option("--inputs", options->inputs, "Array [rows][...]")->capture_default_str();
  CLI::Option* const labels =
      command
          ->add_option("--labels", options->labels,
                       "Array [rows] of classes, or [rows][classes] of zeros and ones")
          ->capture_default_str();
  command
      ->add_option("--targets", options->targets,
                   "Array [rows] or [rows][targets] of real targets instead of labels")
      ->excludes(labels);
  add_data_import_options(*command, options->data);
  command->callback([options] {
    const LikeData like(options->data.like);
    const bool are_targets = !options->targets.empty();
    const NumberSamples samples =
        read_npz_samples(options->path, options->inputs,
                         are_targets ? options->targets : options->labels, are_targets);
    write_imported_data(
        options->data.out,
        code_samples(samples, options->path, options->data.scale, like.coding_or_null()),
        like.data_or_null());
  });
}

}  // namespace lsgd
