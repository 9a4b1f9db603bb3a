// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/data_file.hpp"
#include "import/data_coding.hpp"

namespace lsgd {

/// Samples of somebody's file and what became of them.
struct ImportedData {
  DataSet data;
  DataCoding coding;
  std::vector<std::string> notes = {};     ///< what was guessed, left out or filled in
  std::vector<std::string> warnings = {};  ///< what may not be meant
};

/// Samples that are numbers throughout, before scaling.
struct NumberSamples {
  std::string columns;  ///< inputs are columns of this name and their places
  std::uint32_t inputs = 0;
  std::vector<float> inputs_flat = {};    ///< [rows][inputs]
  bool are_bytes = false;                 ///< pixel_scale unless another is asked for
  std::string label = {};                 ///< name of the labels or targets
  std::vector<float> labels = {};         ///< [rows] of classes
  std::vector<std::string> classes = {};  ///< empty: class_names of the labels
  std::uint32_t targets = 0;              ///< 0 of classes
  std::vector<float> targets_flat = {};   ///< [rows][targets]
};

/// Codes samples by `scale`, or as those that `like` was learned from. Throws InputError, blaming
/// `file`.
ImportedData code_samples(NumberSamples samples, const std::string& file,
                          const std::optional<InputScale>& scale, const DataCoding* like);

/// Throws InputError, blaming `file`, if a scale is asked for and not that of a coding.
void require_scale_of(const DataCoding& like, const std::optional<InputScale>& scale,
                      const std::string& file);

/// Adds warnings that follow from data and coding: constant inputs, inputs beyond those learned
/// from, classes of one row, of no row, of a tenth of another's rows.
void add_warnings(ImportedData& imported, bool is_like_another);

/// What an input is made from and what range it has, and the rows of each class: a line for each,
/// below headings; at most `most` of either.
std::vector<std::string> table_of(const ImportedData& imported, std::size_t most);

/// How many of the test rows have the inputs of a training row.
std::size_t repeated_rows(const DataSet& training, const DataSet& test);

}  // namespace lsgd
