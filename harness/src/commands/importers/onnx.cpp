// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

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
  command->add_option("FILE", options->path, "ONNX model")->required();
  add_output_options(*command, options->onnx.loss, options->onnx.output);
  command->add_option("--out", options->out, "Directory of model.json and params.csv")->required();
  command->callback([options] {
    write_imported_model(options->out, {read_onnx_model(options->path, options->onnx)});
  });
}

}  // namespace lsgd
