// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <limits>
#include <string>
#include <vector>

#include <lsgd/network/network.hpp>

namespace lsgd {

/// Labelled samples, stored compactly.
struct DataSet {
  std::uint32_t inputs = 0;        ///< values per sample
  std::uint32_t classes = 0;       ///< every label is below this; at least 2
  std::vector<float> inputs_flat;  ///< [size()][inputs]
  std::vector<std::uint32_t> labels;

  std::size_t size() const { return labels.size(); }
  /// Sample `index` with a target of `outputs` values: the label itself for one output, else
  /// one-hot. Throws std::out_of_range if there is no such sample or its label does not fit.
  Sample sample(std::size_t index, std::uint32_t outputs) const;

  bool operator==(const DataSet&) const = default;
};

/// One sample of zeros with label 0, of two classes.
DataSet blank_sample(std::uint32_t inputs);

/// The largest label of a data set.
constexpr std::uint32_t largest_label = 65535;

/// All the rows of a data file.
constexpr std::size_t all_rows = std::numeric_limits<std::size_t>::max();

/// Parses CSV with header `x0,...,x{n-1},label`, stopping after `rows` rows. With a network, the
/// columns must fit its inputs and the labels its outputs (0 or 1 for one output, else below the
/// number of outputs); without one, labels must be below 65536. A file without rows is an error.
/// `file` is the name that errors carry. Throws InputError.
DataSet parse_data(std::istream& stream, const std::string& file, std::size_t rows = all_rows,
                   const Network* network = nullptr);

/// parse_data of a file.
DataSet read_data(const std::filesystem::path& path, std::size_t rows = all_rows,
                  const Network* network = nullptr);

/// Writes a data file that read_data reads back bit for bit.
void write_data(const std::filesystem::path& path, const DataSet& data);

}  // namespace lsgd
