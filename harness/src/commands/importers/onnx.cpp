// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>

#include "commands/imported_files.hpp"
#include "import/onnx_file.hpp"

namespace lsgd {

void add_onnx_importer(CLI::App& import) {
  struct Options {
    std::string path, out;
    OnnxOptions onnx;
  };
  auto* command = import.add_subcommand("onnx", "A chain of dense layers from an ONNX model");
  const auto options = std::make_shared<Options>();
  std::map<std::string, Loss> losses;
  for (const Loss loss : all_losses) losses.emplace(name_of(loss), loss);
  std::map<std::string, Activation> activations;
  for (const Activation activation : all_activations)
    activations.emplace(name_of(activation), activation);
  command->add_option("FILE", options->path, "ONNX model")->required();
  command
      ->add_option("--loss", options->onnx.loss,
                   "mse, bce or cross_entropy; if absent what the output requires: bce sigmoid, "
                   "cross_entropy softmax")
      ->transform(CLI::CheckedTransformer(losses));
  command
      ->add_option(
          "--output", options->onnx.output,
          "Activation of an output layer that has none, or instead of a softmax: softmax for "
          "logits trained with cross entropy, sigmoid with bce")
      ->transform(CLI::CheckedTransformer(activations));
  command->add_option("--out", options->out, "Directory of model.json and params.csv")->required();
  command->callback([options] {
    write_imported_model(options->out, {read_onnx_model(options->path, options->onnx)});
  });
}

}  // namespace lsgd
