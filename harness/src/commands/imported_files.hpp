// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "data/data_file.hpp"
#include "data/model_file.hpp"

namespace lsgd {

/// What an imported model consists of, within the directory that is replaced as a whole.
inline const std::vector<std::string> model_files{"model.json", "params.csv"};

/// Writes the directory of an imported model and says what it is.
void write_imported_model(const std::string& out, const Model& model);

/// Writes an imported data file and says what it holds.
void write_imported_data(const std::string& out, const DataSet& data);

}  // namespace lsgd
