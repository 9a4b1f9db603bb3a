// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "commands/imported_files.hpp"
#include "import/table_file.hpp"

namespace lsgd {

void add_csv_importer(CLI::App& import) {
  struct Options {
    std::string path, out;
    TableOptions table;
    bool no_header = false;
    bool min_max = false;
  };
  auto* command = import.add_subcommand("csv", "A table of samples, one per row");
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->path, "Separated by commas, without quotes")->required();
  command->add_flag("--no-header", options->no_header, "The columns' names are 0, 1, ...");
  command->add_option("--label", options->table.label,
                      "Column of the label; the last one if absent");
  command
      ->add_option("--categorical", options->table.categorical,
                   "Columns of names, or all: place in alphabetical order / (names - 1)")
      ->delimiter(',');
  command->add_option("--ignore", options->table.ignored, "Columns to leave out")->delimiter(',');
  command->add_flag("--min-max", options->min_max, "Scale every column of numbers to [0, 1]");
  command->add_option("--out", options->out, "Data file to write")->required();
  command->callback([options] {
    options->table.has_header = !options->no_header;
    if (options->min_max) options->table.scaling = ColumnScaling::min_max;
    write_imported_data(options->out, read_table(options->path, options->table));
  });
}

}  // namespace lsgd
