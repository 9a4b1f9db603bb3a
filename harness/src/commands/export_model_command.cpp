// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <map>
#include <memory>
#include <string>

#include "commands/commands.hpp"
#include "data/network_text.hpp"
#include "export/export_model.hpp"
#include "files/atomic_file.hpp"

namespace lsgd {

void add_export_model_command(CLI::App& app, int&) {
  struct Options {
    std::string model, out;
    bool is_onnx = true;
  };
  auto* command = app.add_subcommand("export-model", "A model for PyTorch, NumPy and their like");
  const auto options = std::make_shared<Options>();
  const std::map<std::string, bool> formats{{"onnx", true}, {"npz", false}};
  command->add_option("MODEL", options->model, "Model file")->required();
  command->add_option("--format", options->is_onnx, "onnx, or npz of W1, b1, W2, ...")
      ->required()
      ->transform(CLI::CheckedTransformer(formats));
  command->add_option("--out", options->out, "File to write")->required();
  command->callback([options] {
    const Model model = read_model(options->model);
    write_file(options->out, options->is_onnx ? onnx_model(model) : npz_model(model));
    fmt::print("{}: {} with {}\n", options->out, sizes_text(model.network),
               activations_text(model.network));
  });
}

}  // namespace lsgd
