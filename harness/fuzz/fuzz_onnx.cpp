// SPDX-License-Identifier: Apache-2.0
#include "data/network_text.hpp"
#include "fuzz_target.hpp"
#include "import/onnx_file.hpp"

using namespace lsgd;

namespace {

void parse(std::string_view text, const OnnxOptions& options) {
  require_only_input_error("", [&] {
    const Model model = parse_onnx_model(std::string(text), "fuzz", options);
    require(fault_of(model.network).expected.empty());
    require(model.parameters.size() == model.network.layers.size());
    for (std::size_t l = 0; l < model.parameters.size(); ++l) {
      require(model.parameters[l].weights.size() == model.network.layers[l].weight_count());
      require(model.parameters[l].biases.size() == model.network.layers[l].outputs);
    }
  });
}

}  // namespace

LSGD_FUZZ_TARGET(onnx) {
  parse(text_of(bytes, size), {});
  parse(text_of(bytes, size), {.output = Activation::sigmoid});
  return 0;
}
