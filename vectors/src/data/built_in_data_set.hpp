// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/data_file.hpp"
#include "files/input_error.hpp"

namespace lsgd {

/// The files of a built-in data set are not installed on this machine.
class MissingDataSet : public InputError {
 public:
  using InputError::InputError;
  /// Why something on the data set `name` cannot be run here, in one line without a path.
  std::string lack_of(const std::string& name) const;
};

enum class DataSetPart : std::uint8_t { training, test };

/// Names of the data sets that need no file: the folders of vectors/datasets, sorted.
std::vector<std::string> built_in_data_set_names();

/// The first `rows` samples of a part of a built-in data set. Throws InputError for an unknown name
/// and MissingDataSet where the data set's files are not installed.
DataSet load_built_in_data_set(std::string_view name, DataSetPart part = DataSetPart::training,
                               std::size_t rows = all_rows);

/// A built-in data set if `name_or_path` names one,
/// else the data file; its rows fit `network` where one is given. Throws as the function above and
/// InputError.
DataSet load_data(const std::string& name_or_path, DataSetPart part = DataSetPart::training,
                  std::size_t rows = all_rows, const Network* network = nullptr);

/// Throws InputError, blaming `file`, if the data have real targets.
void require_classes(const DataSet& data, const std::string& file);

/// Throws InputError, blaming `file`, unless every sample of `data` fits the network.
void require_fit(const DataSet& data, const std::string& file, const Network& network);

}  // namespace lsgd
