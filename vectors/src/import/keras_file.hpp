// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "import/imported_model.hpp"

namespace lsgd {

/// What a Keras file does not tell.
struct KerasOptions {
  std::string activations = {};  ///< one per layer, "tanh-sigmoid": of a file of weights alone
  std::optional<Loss> loss =
      {};  ///< absent: as it was compiled, or what the output requires, or mse
  std::optional<Activation> output = {};  ///< of an output layer that has none
};

/// A chain of dense layers from an HDF5 file of Keras: of `model.save` (1 to 3) with activations
/// and loss, of `save_weights` (1 and 2), whose attributes layer_names and weight_names order
/// layers and arrays, and of Keras 3 (.weights.h5), where dense, dense_1, ... do. Kernels are
/// [inputs][outputs]. Dropout, Flatten and what else leaves a sample's elements as they are is
/// passed over, and so is the optimizer's state. Throws InputError that names the layer.
ImportedModel read_keras_model(const std::filesystem::path& path, const KerasOptions& options = {});

}  // namespace lsgd
