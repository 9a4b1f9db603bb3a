// SPDX-License-Identifier: Apache-2.0
#include "import/imported_model.hpp"

#include <cstring>
#include <fmt/format.h>
#include <stdexcept>
#include <utility>

#include <lsgd/network/loss.hpp>

#include "data/network_text.hpp"
#include "files/input_error.hpp"

namespace lsgd {

std::vector<float> transposed_matrix(const std::vector<float>& values, std::size_t rows,
                                     std::size_t columns) {
  std::vector<float> transposed(values.size());
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) transposed[c * rows + r] = values[r * columns + c];
  return transposed;
}

ImportedModel model_of_layers(const std::string& file, const std::vector<LayerArrays>& layers,
                              WeightsLayout layout, std::string_view activations,
                              std::string_view loss) {
  std::string sizes;
  Parameters<float> parameters;
  std::vector<std::string> notes;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const LayerArrays& layer = layers[l];
    if (layer.weights_shape.size() != 2 || layer.weights.empty())
      throw InputError(file, 0,
                       fmt::format("{} to have two dimensions", in_quotes(layer.weights_name)));
    const bool outputs_first = layout == WeightsLayout::outputs_inputs;
    const std::size_t outputs = layer.weights_shape[outputs_first ? 0 : 1];
    const std::size_t inputs = layer.weights_shape[outputs_first ? 1 : 0];
    const std::vector<float> biases =
        layer.biases_name.empty() ? std::vector<float>(outputs) : layer.biases;
    const std::string end = sizes.substr(sizes.rfind('-') + 1);
    if (biases.size() != outputs || (l > 0 && end != fmt::format("{}", inputs))) {
      throw InputError(
          file, 0,
          fmt::format("layer {}, {}, to have {} biases and the outputs of the layer before, {}, as "
                      "inputs, found {} and {}",
                      l + 1, in_quotes(layer.weights_name), outputs, l > 0 ? end : "any",
                      biases.size(), inputs));
    }
    sizes += l == 0 ? fmt::format("{}-{}", inputs, outputs) : fmt::format("-{}", outputs);
    parameters.push_back(
        {outputs_first ? layer.weights : transposed_matrix(layer.weights, inputs, outputs),
         biases});
    notes.push_back(fmt::format("layer {}: {} [{}], {}", l + 1, layer.weights_name,
                                outputs_first ? "outputs][inputs" : "inputs][outputs",
                                layer.biases_name.empty() ? "biases of 0" : layer.biases_name));
  }
  try {
    return {{network_from_text(sizes, activations, loss), std::move(parameters)}, std::move(notes)};
  } catch (const std::invalid_argument& fault) {
    throw InputError(file, 0, fault.what());
  }
}

Loss natural_loss(Activation output) {
  for (const Loss loss : all_losses)
    if (required_output(loss) == output) return loss;
  return Loss::mse;
}

InputError other_model_format(const std::string& file, std::string_view bytes,
                              const std::string& expected) {
  constexpr std::uint64_t longest_safetensors_header = 100'000'000;
  std::uint64_t header = 0;
  const bool is_long = bytes.size() >= format_bytes;
  if (is_long) std::memcpy(&header, bytes.data(), sizeof header);
  std::string found;
  if (bytes.starts_with("\x89HDF"))
    found = ", found an HDF5 file (import h5-model reads those of Keras)";
  else if (bytes.starts_with("PK\x03\x04"))
    found =
        ", found a zip archive (import npz-model reads npz; of a .keras archive unpack "
        "model.weights.h5 for import h5-model)";
  else if (is_long && bytes[format_bytes - 1] == '{' && header <= longest_safetensors_header)
    found =
        ", found a safetensors file (numpy.savez(\"model.npz\", "
        "**safetensors.numpy.load_file(FILE)) writes what import npz-model reads)";
  return {file, 0, expected + found};
}

}  // namespace lsgd
