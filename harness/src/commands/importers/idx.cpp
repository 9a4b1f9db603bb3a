// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "commands/imported_files.hpp"
#include "commands/number_option.hpp"
#include "import/idx_file.hpp"

namespace lsgd {

void add_idx_importer(CLI::App& import) {
  struct Options {
    std::string images, labels, out;
    std::size_t rows = all_rows;
  };
  auto* command = import.add_subcommand("idx", "Labelled images in the format of MNIST");
  const auto options = std::make_shared<Options>();
  command->add_option("IMAGES", options->images, "IDX file, plain or .gz")->required();
  command->add_option("LABELS", options->labels, "IDX file, plain or .gz")->required();
  add_count_option(*command, "--rows", options->rows, "Take only the first rows", 1);
  command->add_option("--out", options->out, "Data file to write")->required();
  command->callback([options] {
    write_imported_data(options->out,
                        read_idx_data_set(options->images, options->labels, options->rows));
  });
}

}  // namespace lsgd
