// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "commands/imported_files.hpp"
#include "import/table_file.hpp"

namespace lsgd {

void add_car_data_importer(CLI::App& import) {
  struct Options {
    std::string path, out;
  };
  auto* command = import.add_subcommand("car-data", "car.data of the UCI repository");
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->path, "Checked by its SHA-256")->required();
  command->add_option("--out", options->out, "Data file to write")->required();
  command->callback(
      [options] { write_imported_data(options->out, read_uci_car(options->path), nullptr); });
}

}  // namespace lsgd
