// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/data_file.hpp"
#include "data/model_file.hpp"

namespace lsgd {

/// An array of a NumPy file, rounded to binary32.
struct NumpyArray {
  std::vector<std::size_t> shape;
  std::vector<float> values;  ///< row-major, finite

  bool operator==(const NumpyArray&) const = default;
};

/// Parses a .npy file (format 1 to 3) of booleans, integers of 1 to 8 bytes or floating-point
/// numbers of 4 or 8 bytes, little-endian, in C or Fortran order, of at most 10^8 elements. `file`
/// is the name that errors carry. Throws InputError.
NumpyArray parse_npy(std::string_view bytes, const std::string& file);

/// All arrays of a .npz archive, stored or deflated, at most 256 MiB in all. Throws InputError.
std::map<std::string, NumpyArray> read_npz(const std::filesystem::path& path);

/// Order of the two dimensions of a weights array.
enum class WeightsLayout : std::uint8_t { outputs_inputs, inputs_outputs };

/// A model from the arrays W1, b1, W2, ... of an archive, or arr_0, arr_1, ... in that order. Sizes
/// follow from the shapes; `activations` is one name per layer, "tanh-sigmoid". Throws InputError.
Model read_npz_model(const std::filesystem::path& path, std::string_view activations,
                     std::string_view loss, WeightsLayout layout);

/// Samples from the arrays `inputs` [rows][...] and `labels` [rows] or [rows][1] of an archive;
/// labels are integers from 0 to 65535. Throws InputError.
DataSet read_npz_data(const std::filesystem::path& path, const std::string& inputs,
                      const std::string& labels);

}  // namespace lsgd
