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

/// Samples with labels or real targets, stored compactly.
struct DataSet {
  std::uint32_t inputs = 0;           ///< values per sample
  std::uint32_t classes = 0;          ///< every label is below this; at least 2 beside labels
  std::vector<float> inputs_flat;     ///< [size()][inputs]
  std::vector<std::uint32_t> labels;  ///< [size()]; 0 beside real targets
  std::uint32_t targets = 0;          ///< real targets per sample; 0 beside labels
  std::vector<float> targets_flat{};  ///< [size()][targets]

  std::size_t size() const { return labels.size(); }
  bool has_classes() const { return targets == 0; }
  /// Sample `index` with a target of `outputs` values: the real ones, or of a label itself for one
  /// output, else one-hot. Throws std::out_of_range if there is no such sample or its label or
  /// targets do not fit.
  Sample sample(std::size_t index, std::uint32_t outputs) const;
  /// The first `count` samples, or all if there are fewer.
  DataSet first(std::size_t count) const;

  bool operator==(const DataSet&) const = default;
};

/// One sample of zeros with label 0, of two classes.
DataSet blank_sample(std::uint32_t inputs);

/// What a network with so many outputs, or with another loss than mse, expects instead of real
/// targets; empty if they fit, or if there are none.
std::string expected_of_targets(const Network& network, std::size_t targets);

/// The largest label of a data set.
constexpr std::uint32_t largest_label = 65535;

/// All the rows of a data file.
constexpr std::size_t all_rows = std::numeric_limits<std::size_t>::max();

/// Parses CSV with header `x0,...,x{n-1},label` or, of real targets, `x0,...,x{n-1},y0,...,y{m-1}`,
/// stopping after `rows` rows. With a network, the columns must fit its inputs and the labels its
/// outputs (0 or 1 for one output, else below the number of outputs), or the targets its outputs
/// and its loss, mse; without one, labels must be below 65536. A file without rows is an error.
/// `file` is the name that errors carry. Throws InputError.
DataSet parse_data(std::istream& stream, const std::string& file, std::size_t rows = all_rows,
                   const Network* network = nullptr);

/// parse_data of a file, in little more memory than the samples take.
DataSet read_data(const std::filesystem::path& path, std::size_t rows = all_rows,
                  const Network* network = nullptr);

/// Writes a data file that read_data reads back bit for bit.
void write_data(const std::filesystem::path& path, const DataSet& data);

}  // namespace lsgd
