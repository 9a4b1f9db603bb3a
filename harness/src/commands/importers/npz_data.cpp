// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "commands/imported_files.hpp"
#include "import/npz_file.hpp"

namespace lsgd {

void add_npz_data_importer(CLI::App& import) {
  struct Options {
    std::string path, out;
    std::string inputs = "x";
    std::string labels = "y";
  };
  auto* command = import.add_subcommand("npz-data", "NumPy arrays of inputs and labels");
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->path, ".npz archive")->required();
  command->add_option("--inputs", options->inputs, "Array [rows][...]")->capture_default_str();
  command->add_option("--labels", options->labels, "Array [rows]")->capture_default_str();
  command->add_option("--out", options->out, "Data file to write")->required();
  command->callback([options] {
    write_imported_data(options->out,
                        read_npz_data(options->path, options->inputs, options->labels));
  });
}

}  // namespace lsgd
