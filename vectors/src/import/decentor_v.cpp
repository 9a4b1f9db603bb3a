// SPDX-License-Identifier: Apache-2.0
#include "import/decentor_v.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <limits>
#include <vector>

#include "data/network_text.hpp"
#include "files/input_error.hpp"
#include "import/c_source.hpp"

namespace lsgd {
namespace {

constexpr std::int64_t most_classes = 65536;

/// How a data set is chosen at compile time; empty where a variant does not have it.
struct Choice {
  std::string_view data_set;
  std::string_view float32_setup, float32_model;  ///< macros SETUP of main.c, MODEL of NN_model.h
  std::string_view quantized_model;               ///< macro MODEL of nn_params.h
};
constexpr std::array choices{Choice{"car", "CAR_EVALUATION", "CAR_EVAL", "CAR"},
                             Choice{"cogdist", "", "", "COGDIST"},
                             Choice{"pd", "PRIVATE_DATASET", "PD_MODEL", "PRIVATE_DATASET"},
                             Choice{"wisdm", "WISDM", "WISDM", "WISDM"}};

/// Names that differ between the variants, first the float32 one.
struct Names {
  std::string_view training_values, training_labels, validation_values, validation_labels;
  std::string_view training_rows, validation_rows;
};
constexpr std::array all_names{
    Names{"train_samples", "train_labels", "validation_samples", "validation_labels", "TRAIN_SIZE",
          "VALIDATION_SIZE"},
    Names{"training_values", "training_labels", "testing_values", "testing_labels",
          "TOTAL_TRAIN_SAMPLES", "TOTAL_TEST_SAMPLES"}};

bool is_variant(const std::filesystem::path& directory) {
  return std::filesystem::is_regular_file(directory / "Src" / "main.c");
}

/// Letters and digits in lower case: "Decentor-V (Quantized_v0)" contains "quantizedv0".
std::string plain(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') letters += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) letters += c;
  }
  return letters;
}

std::filesystem::path variant_directory(const std::filesystem::path& path,
                                        std::string_view variant) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error))
    throw InputError(path.string(), 0, "a directory with a checkout of Decentor-V");
  if (is_variant(path)) return path;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    const bool named = plain(entry.path().filename().string()).ends_with(plain(variant));
    if (entry.is_directory() && named && is_variant(entry.path())) return entry.path();
  }
  throw InputError(path.string(), 0,
                   fmt::format("Src/main.c, or a directory of variant {} with it", variant));
}

CSource read_program(const std::filesystem::path& directory, std::string_view data_set) {
  const auto headers = directory / "Decentor_L-SGD" / "Inc";
  const bool is_float32 = std::filesystem::exists(headers / "NN_model.h");
  const auto choice = std::ranges::find(choices, data_set, &Choice::data_set);
  if (choice == choices.end() || (is_float32 && choice->float32_model.empty())) {
    throw InputError(directory.string(), 0,
                     fmt::format("data set {}, found {}",
                                 is_float32 ? "car, pd or wisdm" : "car, cogdist, pd or wisdm",
                                 in_quotes(data_set)));
  }
  CSource program({headers, directory / "Src", directory});
  program.fix_macro("MODEL", is_float32 ? choice->float32_model : choice->quantized_model);
  if (is_float32) program.fix_macro("SETUP", choice->float32_setup);
  program.add_file(directory / "Src" / "main.c");
  return program;
}

std::string weights_list(std::size_t layer) { return fmt::format("LAYER_{}_WT", layer); }
std::string biases_list(std::size_t layer) { return fmt::format("LAYER_{}_BS", layer); }

/// The layer sizes that the lists of parameters have between themselves; empty where they have
/// none.
std::string sizes_of_lists(const CSource& program, std::size_t layers) {
  std::vector<std::size_t> sizes;
  for (std::size_t l = 0; l < layers; ++l) {
    if (!program.has_list(weights_list(l)) || !program.has_list(biases_list(l))) return "";
    const std::size_t weights = program.numbers(weights_list(l)).size();
    const std::size_t outputs = program.numbers(biases_list(l)).size();
    if (outputs == 0 || weights == 0 || weights % outputs != 0) return "";
    if (l == 0) sizes.push_back(weights / outputs);
    if (weights != sizes.back() * outputs) return "";
    sizes.push_back(outputs);
  }
  return fmt::format("{}", fmt::join(sizes, "-"));
}

/// WISDM of the quantized programs, as published, has the parameters of another network.
void require_lists_of(const CSource& program, const Network& network) {
  const std::string declared = sizes_text(network);
  const std::string found = sizes_of_lists(program, network.layers.size());
  if (found.empty() || found == declared) return;
  throw program.error(
      weights_list(0),
      fmt::format("parameters of the network in LAYERS_DIMS, {}, but those of a network {}: the "
                  "data set contradicts itself (LAYERS_DIMS can be changed in the checkout)",
                  declared, found));
}

std::vector<float> numbers(const CSource& program, const std::string& name, std::size_t count) {
  std::vector<float> values = program.numbers(name);
  if (values.size() != count) {
    throw program.error(name,
                        fmt::format("{} numbers in {}, found {}", count, name, values.size()));
  }
  return values;
}

Network network_of(const CSource& program) {
  const std::vector<std::int64_t> sizes = program.integers("LAYERS_DIMS");
  std::vector<std::string> activation_names = program.identifiers("ACTIVATION_FUNCS");
  for (std::string& name : activation_names) name = plain(name);
  try {
    return network_from_text(fmt::format("{}", fmt::join(sizes, "-")),
                             fmt::format("{}", fmt::join(activation_names, "-")), "bce");
  } catch (const std::invalid_argument& fault) {
    throw program.error("LAYERS_DIMS", fault.what());
  }
}

Model model_of(const CSource& program) {
  Model model{network_of(program), {}};
  require_lists_of(program, model.network);
  for (std::size_t l = 0; l < model.network.layers.size(); ++l) {
    const Layer& layer = model.network.layers[l];
    model.parameters.push_back({numbers(program, weights_list(l), layer.weight_count()),
                                numbers(program, biases_list(l), layer.outputs)});
  }
  return model;
}

std::size_t count_of(const CSource& program, const std::string& macro) {
  const std::int64_t value = program.integer(macro);
  if (value < 1 || value > std::numeric_limits<std::int32_t>::max())
    throw program.error(macro, fmt::format("{} to be at least 1, found {}", macro, value));
  return static_cast<std::size_t>(value);
}

DataSet data_of(const CSource& program, std::string_view values_name, std::string_view labels_name,
                std::uint32_t inputs, std::uint32_t outputs) {
  const std::string labels_list(labels_name);
  DataSet data{inputs, 2, program.numbers(std::string(values_name)), {}};
  const std::int64_t classes = std::min<std::int64_t>(std::max(outputs, 2U), most_classes);
  for (const float label : program.numbers(labels_list)) {
    if (!(label >= 0 && label < static_cast<float>(classes)) ||
        label != static_cast<float>(static_cast<std::uint32_t>(label))) {
      throw program.error(labels_list,
                          fmt::format("labels from 0 to {}, found {}", classes - 1, label));
    }
    data.labels.push_back(static_cast<std::uint32_t>(label));
    data.classes = std::max(data.classes, data.labels.back() + 1);
  }
  if (data.labels.empty() || data.inputs_flat.size() != data.labels.size() * inputs) {
    throw program.error(std::string(values_name),
                        fmt::format("{} values for each of {} labels, found {}", inputs,
                                    data.labels.size(), data.inputs_flat.size()));
  }
  return data;
}

void keep_rows(const CSource& program, const std::string& macro, std::size_t rows, DataSet& data) {
  if (rows > data.size()) {
    throw program.error(macro, fmt::format("{} to be at most {}, the rows there are, found {}",
                                           macro, data.size(), rows));
  }
  data.labels.resize(rows);
  data.inputs_flat.resize(rows * data.inputs);
}

}  // namespace

PublishedExperiment read_decentor_v(const std::filesystem::path& path, std::string_view variant,
                                    std::string_view data_set, bool all_rows_of_lists) {
  const CSource program = read_program(variant_directory(path, variant), data_set);
  const bool has_float32_names = program.has_list(std::string(all_names[0].training_values));
  const Names& names = all_names[has_float32_names ? 0 : 1];
  PublishedExperiment experiment;
  experiment.model = model_of(program);
  const Network& network = experiment.model.network;
  experiment.training = data_of(program, names.training_values, names.training_labels,
                                network.inputs(), network.outputs());
  experiment.validation = data_of(program, names.validation_values, names.validation_labels,
                                  network.inputs(), network.outputs());
  const std::string training_rows(names.training_rows);
  const std::string validation_rows(names.validation_rows);
  experiment.program_training_rows = count_of(program, training_rows);
  experiment.program_validation_rows = count_of(program, validation_rows);
  if (!all_rows_of_lists) {
    keep_rows(program, training_rows, experiment.program_training_rows, experiment.training);
    keep_rows(program, validation_rows, experiment.program_validation_rows, experiment.validation);
  }
  experiment.epochs = count_of(program, "EPOCHS");
  experiment.learning_rate = program.number("LEARNING_RATE");
  if (experiment.learning_rate <= 0)
    throw program.error("LEARNING_RATE", "LEARNING_RATE to be above 0");
  return experiment;
}

}  // namespace lsgd
