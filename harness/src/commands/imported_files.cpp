// SPDX-License-Identifier: Apache-2.0
#include "commands/imported_files.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <stdexcept>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>

#include "data/network_text.hpp"
#include "files/atomic_file.hpp"
#include "files/input_error.hpp"

namespace lsgd {
namespace {

constexpr std::size_t most_table_rows = 40;

std::string rows_in_words(const DataSet& data) {
  if (data.has_classes())
    return fmt::format("{} rows of {} inputs, {} classes", data.size(), data.inputs, data.classes);
  return fmt::format("{} rows of {} inputs, real targets: {} (--loss mse)", data.size(),
                     data.inputs, data.targets);
}

}  // namespace

void write_imported_model(const std::string& out, const ImportedModel& imported) {
  const Model& model = imported.model;
  AtomicDirectory directory(out, model_files);
  write_model(directory.path() / "model.json", model);
  directory.commit();
  fmt::print("{}/model.json: {} with {}\n", out, sizes_text(model.network),
             activations_text(model.network));
  for (const std::string& note : imported.notes) fmt::print("{}\n", note);
}

void add_output_options(CLI::App& command, std::optional<Loss>& loss,
                        std::optional<Activation>& output) {
  std::map<std::string, Loss> losses;
  for (const Loss each : all_losses) losses.emplace(name_of(each), each);
  std::map<std::string, Activation> activations;
  for (const Activation each : all_activations) activations.emplace(name_of(each), each);
  command
      .add_option("--loss", loss,
                  "mse, bce or cross_entropy; if absent the file's, or what the output requires: "
                  "bce sigmoid, cross_entropy softmax")
      ->transform(CLI::CheckedTransformer(losses));
  command
      .add_option(
          "--output", output,
          "Activation of an output layer that has none, or instead of a softmax: softmax for "
          "logits trained with cross entropy, sigmoid with bce")
      ->transform(CLI::CheckedTransformer(activations));
}

void add_data_import_options(CLI::App& command, DataImportOptions& options) {
  command.add_option("--out", options.out, "Data file to write; OUT.coding.json goes beside it")
      ->required();
  command.add_option("--like", options.like,
                     "Code as another import did: its data file, or the coding beside it");
  command
      .add_option_function<std::string>(
          "--scale",
          [&options](const std::string& text) {
            try {
              options.scale = input_scale_from_text(text);
            } catch (const std::invalid_argument& fault) {
              throw InputError("--scale", 0, fault.what());
            }
          },
          "none, min-max for columns from 0 to 1, or what inputs are divided by; bytes by 255 if "
          "absent")
      ->type_name("SCALE");
}

LikeData::LikeData(const std::string& path) {
  if (path.empty()) return;
  const std::filesystem::path beside = coding_path(path);
  if (!std::filesystem::exists(beside))
    throw InputError(beside.string(), 0, "the coding that import writes beside a data file");
  coding = read_coding(beside);
  if (beside != path && std::filesystem::exists(path)) data = read_data(path);
}

void write_imported_data(const std::string& out, const ImportedData& imported,
                         const DataSet* training) {
  const std::filesystem::path coding = coding_path(out);
  write_data(out, imported.data);
  write_coding(coding, imported.coding);
  fmt::print("{}: {}\n", out, rows_in_words(imported.data));
  for (const std::string& line : table_of(imported, most_table_rows)) fmt::print("{}\n", line);
  for (const std::string& note : imported.notes) fmt::print("{}\n", note);
  for (const std::string& warning : imported.warnings) fmt::print("warning: {}\n", warning);
  const std::size_t repeated = training == nullptr ? 0 : repeated_rows(*training, imported.data);
  if (repeated > 0)
    fmt::print("warning: {} of {} rows have the inputs of a training row\n", repeated,
               imported.data.size());
  fmt::print("{}: the coding, for data that go with these (--like {})\n", coding.string(), out);
}

}  // namespace lsgd
