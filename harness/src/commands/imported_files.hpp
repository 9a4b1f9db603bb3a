// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "data/data_file.hpp"
#include "import/imported_data.hpp"
#include "import/imported_model.hpp"

namespace lsgd {

/// What an imported model consists of, within the directory that is replaced as a whole.
inline const std::vector<std::string> model_files{"model.json", "params.csv"};

/// Writes the directory of an imported model and says what it is.
void write_imported_model(const std::string& out, const ImportedModel& imported);

/// --loss and --output, of importers whose files may tell both.
void add_output_options(CLI::App& command, std::optional<Loss>& loss,
                        std::optional<Activation>& output);

/// What all importers of data are asked for.
struct DataImportOptions {
  std::string out;
  std::string like;
  std::optional<InputScale> scale;
};
void add_data_import_options(CLI::App& command, DataImportOptions& options);

/// What an import codes its data by, and the data that it was learned from, if they are there.
struct LikeData {
  explicit LikeData(const std::string& path);
  const DataCoding* coding_or_null() const { return coding ? &*coding : nullptr; }
  const DataSet* data_or_null() const { return data ? &*data : nullptr; }

  std::optional<DataCoding> coding;
  std::optional<DataSet> data;
};

/// Writes imported data with their coding beside them and says what became of every column and
/// class, and how many rows are those of `training`.
void write_imported_data(const std::string& out, const ImportedData& imported,
                         const DataSet* training);

}  // namespace lsgd
