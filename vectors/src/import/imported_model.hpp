// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/model_file.hpp"
#include "files/input_error.hpp"

namespace lsgd {

/// Somebody's model and what was made of its file.
struct ImportedModel {
  Model model;
  std::vector<std::string> notes = {};
};

/// Order of the two dimensions of a weights array.
enum class WeightsLayout : std::uint8_t { outputs_inputs, inputs_outputs };

/// The arrays of a dense layer, as a file has them.
struct LayerArrays {
  std::string weights_name;
  std::vector<std::size_t> weights_shape;
  std::vector<float> weights;  ///< row-major
  std::string biases_name;     ///< empty where the layer has none
  std::vector<float> biases;
};

/// The network of these layers, of which there is at least one, and a note for each that says what
/// it was made of. `activations` is one name per layer, "tanh-sigmoid". Throws InputError of `file`
/// where they are no chain.
ImportedModel model_of_layers(const std::string& file, const std::vector<LayerArrays>& layers,
                              WeightsLayout layout, std::string_view activations,
                              std::string_view loss);

/// The loss that requires the function of the output layer, or mse.
Loss natural_loss(Activation output);

/// [columns][rows] from [rows][columns].
std::vector<float> transposed_matrix(const std::vector<float>& values, std::size_t rows,
                                     std::size_t columns);

/// Of a file's first bytes, what is looked at.
constexpr std::size_t format_bytes = 9;

/// The error for a file that is not what an importer expects: it names what the file is where its
/// first bytes tell that, and what reads it.
InputError other_model_format(const std::string& file, std::string_view bytes,
                              const std::string& expected);

}  // namespace lsgd
