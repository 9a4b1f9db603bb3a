// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/imported_data.hpp"
#include "import/imported_model.hpp"

struct zip;

namespace lsgd {

/// An array of a NumPy file, rounded to binary32.
struct NumpyArray {
  std::vector<std::size_t> shape;
  std::vector<float> values;  ///< row-major, finite
  bool are_bytes = false;     ///< of type uint8

  bool operator==(const NumpyArray&) const = default;
};

/// Parses a .npy file (format 1 to 3) of booleans, integers of 1 to 8 bytes or floating-point
/// numbers of 2, 4 or 8 bytes, of either byte order, in C or Fortran order, of at most 10^8
/// elements. `file` is the name that errors carry. Throws InputError.
NumpyArray parse_npy(std::string_view bytes, const std::string& file);

/// A .npz archive, stored or deflated. Arrays are read where they are asked for, so that those of
/// objects or texts may lie beside them.
class NpzArchive {
 public:
  /// Throws InputError.
  explicit NpzArchive(const std::filesystem::path& path);

  /// Names of the arrays in their order.
  const std::vector<std::string>& names() const { return names_; }
  bool contains(std::string_view name) const;
  /// An array of at most 256 MiB. Throws InputError.
  NumpyArray array(std::string_view name) const;
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::unique_ptr<zip, void (*)(zip*)> archive_;
  std::vector<std::string> names_;
  std::vector<std::uint64_t> entries_;
};

/// A model from the arrays of an archive, and which they are, a line for each layer: W1, b1, W2,
/// ... or arr_0, arr_1, ..., [outputs][inputs]; fc1.weight, fc1.bias, ... as PyTorch names them,
/// [outputs][inputs], in the archive's order, without biases where there are none; coefs_0,
/// intercepts_0, ... of scikit-learn and dense/kernel, dense/bias, ... of Keras, [inputs][outputs].
/// `layout` goes before. Sizes follow from the shapes; `activations` is one name per layer,
/// "tanh-sigmoid". Throws InputError.
ImportedModel read_npz_model(const std::filesystem::path& path, std::string_view activations,
                             std::string_view loss,
                             std::optional<WeightsLayout> layout = std::nullopt);

/// Samples from the arrays `inputs` [rows][...] and `labels` of an archive: [rows] or [rows][1] of
/// classes, [rows][classes] of a one in each row and zeros beside it, or, with `are_targets`,
/// [rows] or [rows][targets] of real targets. Throws InputError.
NumberSamples read_npz_samples(const std::filesystem::path& path, const std::string& inputs,
                               const std::string& labels, bool are_targets = false);

}  // namespace lsgd
