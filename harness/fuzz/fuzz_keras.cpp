// SPDX-License-Identifier: Apache-2.0
#include "data/network_text.hpp"
#include "fuzz_directory.hpp"
#include "fuzz_target.hpp"
#include "import/keras_file.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(keras) {
  static const FuzzDirectory directory;
  const auto file = directory.file("fuzz.h5", text_of(bytes, size));
  // Without model_config it is the activations that are missing.
  const bool has_config = text_of(bytes, size).find("model_config") != std::string_view::npos;
  require_only_input_error("", [&] {
    const Model model =
        read_keras_model(file, {.activations = has_config ? "" : "tanh-sigmoid"}).model;
    require(fault_of(model.network).expected.empty());
    require(model.parameters.size() == model.network.layers.size());
    for (std::size_t l = 0; l < model.parameters.size(); ++l) {
      require(model.parameters[l].weights.size() == model.network.layers[l].weight_count());
      require(model.parameters[l].biases.size() == model.network.layers[l].outputs);
    }
  });
  return 0;
}
