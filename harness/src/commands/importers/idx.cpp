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
    std::string images, labels;
    DataImportOptions data;
    std::size_t rows = all_rows;
  };
  auto* command = import.add_subcommand("idx", "Labelled images in the format of MNIST");
  const auto options = std::make_shared<Options>();
  command->add_option("IMAGES", options->images, "IDX file, plain or .gz")->required();
  command->add_option("LABELS", options->labels, "IDX file, plain or .gz")->required();
  add_count_option(*command, "--rows", options->rows, "Take only the first rows", 1);
  add_data_import_options(*command, options->data);
  command->callback([options] {
    const LikeData like(options->data.like);
    const ImportedData imported =
        code_samples(read_idx_samples(options->images, options->labels, options->rows),
                     options->labels, options->data.scale, like.coding_or_null());
    write_imported_data(options->data.out, imported, like.data_or_null());
  });
}

}  // namespace lsgd
