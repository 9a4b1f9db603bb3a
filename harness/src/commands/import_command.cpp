// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "data/network_text.hpp"
#include "files/atomic_file.hpp"
#include "files/number_text.hpp"
#include "import/decentor_v.hpp"
#include "import/idx_file.hpp"
#include "import/npz_file.hpp"
#include "import/onnx_file.hpp"
#include "import/table_file.hpp"

namespace lsgd {
namespace {

const std::vector<std::string> model_files{"model.json", "params.csv"};

void write_model_directory(const std::string& out, const Model& model) {
  AtomicDirectory directory(out, model_files);
  write_model(directory.path() / "model.json", model);
  directory.commit();
  fmt::print("{}/model.json: {} with {}\n", out, sizes_text(model.network),
             activations_text(model.network));
}

void write_data_file(const std::string& out, const DataSet& data) {
  write_data(out, data);
  fmt::print("{}: {} rows of {} inputs, {} classes\n", out, data.size(), data.inputs, data.classes);
}

struct DecentorOptions {
  std::string path;
  std::string variant = "float32";
  std::string data_set;
  bool all_rows = false;
  std::string out;
};

void import_decentor_v(const DecentorOptions& options) {
  const PublishedExperiment experiment =
      read_decentor_v(options.path, options.variant, options.data_set, options.all_rows);
  std::vector<std::string> files = model_files;
  files.insert(files.end(), {"train.csv", "test.csv"});
  AtomicDirectory directory(options.out, files);
  write_model(directory.path() / "model.json", experiment.model);
  write_data(directory.path() / "train.csv", experiment.training);
  write_data(directory.path() / "test.csv", experiment.validation);
  directory.commit();
  const Network& network = experiment.model.network;
  fmt::print("{}: network {} ({}), {} training rows, {} test rows\n", options.out,
             sizes_text(network), activations_text(network), experiment.training.size(),
             experiment.validation.size());
  fmt::print("their program: {} training rows, {} test rows, {} epochs, learning rate {}\n",
             experiment.program_training_rows, experiment.program_validation_rows,
             experiment.epochs, to_text(experiment.learning_rate));
}

void add_decentor_v(CLI::App& import) {
  auto* command = import.add_subcommand(
      "decentor-v", "A published L-SGD experiment, from a checkout of Decentor-V");
  const auto options = std::make_shared<DecentorOptions>();
  command->add_option("PATH", options->path, "Checkout, or one variant's directory")->required();
  command->add_option("--data-set", options->data_set, "car, cogdist, pd or wisdm")->required();
  command
      ->add_option("--variant", options->variant,
                   "float32, quantized_v0 or quantized_v1 of a checkout")
      ->capture_default_str();
  command->add_flag("--all-rows", options->all_rows,
                    "All rows of the headers, not only those the program takes");
  command->add_option("--out", options->out, "Directory of model.json, train.csv, test.csv")
      ->required();
  command->callback([options] { import_decentor_v(*options); });
}

void add_car_data(CLI::App& import) {
  struct Options {
    std::string path, out;
  };
  auto* command = import.add_subcommand("car-data", "car.data of the UCI repository");
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->path, "Checked by its SHA-256")->required();
  command->add_option("--out", options->out, "Data file to write")->required();
  command->callback([options] { write_data_file(options->out, read_uci_car(options->path)); });
}

void add_idx(CLI::App& import) {
  struct Options {
    std::string images, labels, out;
    std::size_t rows = all_rows;
  };
  auto* command = import.add_subcommand("idx", "Labelled images in the format of MNIST");
  const auto options = std::make_shared<Options>();
  command->add_option("IMAGES", options->images, "IDX file, plain or .gz")->required();
  command->add_option("LABELS", options->labels, "IDX file, plain or .gz")->required();
  command->add_option("--rows", options->rows, "Take only the first rows")
      ->check(CLI::PositiveNumber);
  command->add_option("--out", options->out, "Data file to write")->required();
  command->callback([options] {
    write_data_file(options->out,
                    read_idx_data_set(options->images, options->labels, options->rows));
  });
}

void add_csv(CLI::App& import) {
  struct Options {
    std::string path, out;
    TableOptions table;
    bool no_header = false;
    bool min_max = false;
  };
  auto* command = import.add_subcommand("csv", "A table of samples, one per row");
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->path, "Separated by commas, without quotes")->required();
  command->add_flag("--no-header", options->no_header, "The columns' names are 0, 1, ...");
  command->add_option("--label", options->table.label,
                      "Column of the label; the last one if absent");
  command
      ->add_option("--categorical", options->table.categorical,
                   "Columns of names, or all: place in alphabetical order / (names - 1)")
      ->delimiter(',');
  command->add_option("--ignore", options->table.ignored, "Columns to leave out")->delimiter(',');
  command->add_flag("--min-max", options->min_max, "Scale every column of numbers to [0, 1]");
  command->add_option("--out", options->out, "Data file to write")->required();
  command->callback([options] {
    options->table.has_header = !options->no_header;
    if (options->min_max) options->table.scaling = ColumnScaling::min_max;
    write_data_file(options->out, read_table(options->path, options->table));
  });
}

void add_onnx(CLI::App& import) {
  struct Options {
    std::string path, out;
    std::optional<Loss> loss;
  };
  auto* command = import.add_subcommand("onnx", "A chain of dense layers from an ONNX model");
  const auto options = std::make_shared<Options>();
  const std::map<std::string, Loss> losses{{"mse", Loss::mse}, {"bce", Loss::bce}};
  command->add_option("FILE", options->path, "ONNX model")->required();
  command->add_option("--loss", options->loss, "mse or bce; bce for a sigmoid output if absent")
      ->transform(CLI::CheckedTransformer(losses));
  command->add_option("--out", options->out, "Directory of model.json and params.csv")->required();
  command->callback([options] {
    write_model_directory(options->out, read_onnx_model(options->path, options->loss));
  });
}

void add_npz_model(CLI::App& import) {
  struct Options {
    std::string path, activations, loss, out;
    bool transposed = false;
  };
  auto* command = import.add_subcommand("npz-model", "NumPy arrays W1, b1, W2, ... or arr_0, ...");
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->path, ".npz archive")->required();
  command->add_option("--activations", options->activations, "Such as tanh-tanh-sigmoid")
      ->required();
  command->add_option("--loss", options->loss, "mse or bce")->required();
  command->add_flag("--transposed", options->transposed,
                    "Weights are [inputs][outputs] instead of [outputs][inputs]");
  command->add_option("--out", options->out, "Directory of model.json and params.csv")->required();
  command->callback([options] {
    const WeightsLayout layout =
        options->transposed ? WeightsLayout::inputs_outputs : WeightsLayout::outputs_inputs;
    write_model_directory(
        options->out, read_npz_model(options->path, options->activations, options->loss, layout));
  });
}

void add_npz_data(CLI::App& import) {
  struct Options {
    std::string path, out;
    std::string inputs = "x";
    std::string labels = "y";
  };
  auto* command = import.add_subcommand("npz-data", "NumPy arrays of inputs and labels");
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->path, ".npz archive")->required();
  command->add_option("--inputs", options->inputs, "Array [rows][...]")->capture_default_str();
  command->add_option("--labels", options->labels, "Array [rows]")->capture_default_str();
  command->add_option("--out", options->out, "Data file to write")->required();
  command->callback([options] {
    write_data_file(options->out, read_npz_data(options->path, options->inputs, options->labels));
  });
}

}  // namespace

void add_import_command(CLI::App& app, int&) {
  auto* command = app.add_subcommand("import", "Models and data from other formats");
  command->require_subcommand(1);
  add_decentor_v(*command);
  add_car_data(*command);
  add_idx(*command);
  add_csv(*command);
  add_onnx(*command);
  add_npz_model(*command);
  add_npz_data(*command);
}

}  // namespace lsgd
