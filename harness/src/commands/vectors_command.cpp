// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "cases/golden_set.hpp"
#include "cases/verify_vectors.hpp"
#include "commands/commands.hpp"
#include "commands/number_option.hpp"
#include "data/built_in_data_set.hpp"
#include "data/model_file.hpp"
#include "data/network_text.hpp"
#include "export/export_vectors.hpp"
#include "files/input_error.hpp"
#include "files/number_text.hpp"
#include "steps/changed_parameters.hpp"
#include "steps/declared_step_vectors.hpp"
#include "steps/profile.hpp"
#include "steps/rounding_probe.hpp"
#include "steps/step_vectors.hpp"

namespace lsgd {
namespace {

struct GenerateOptions {
  std::string model;
  std::string data;
  std::string profile;
  std::size_t steps = 1;
  float learning_rate = 0.01f;
  std::string out;
};

void generate(const GenerateOptions& options) {
  const Model model = read_model(options.model);
  const DataSet data =
      load_data(options.data, DataSetPart::training, options.steps, &model.network);
  const Profile* const profile = find_profile(options.profile);
  const ParameterChange change =
      profile != nullptr
          ? generate_steps(model, data, *profile, options.steps, options.learning_rate, options.out)
          : generate_declared_steps({model, data, read_arithmetic(options.profile), options.steps,
                                     options.learning_rate},
                                    options.out);
  fmt::print("{}: steps.csv, {} steps of {} ({}, {}) in {}, {} samples, learning rate {}\n",
             options.out, options.steps, sizes_text(model.network), activations_text(model.network),
             to_text(model.network.loss), options.profile, std::min(options.steps, data.size()),
             to_text(options.learning_rate));
  fmt::print("{}\n", in_words(change,
                              "more --steps, a larger --learning-rate, or a model whose "
                              "neurons are not saturated"));
}

void add_generate_command(CLI::App& vectors) {
  auto* command = vectors.add_subcommand("generate", "Vectors of training steps");
  const auto options = std::make_shared<GenerateOptions>();
  command->add_option("--model", options->model, "Model file")->required();
  command->add_option("--data", options->data, "Data file, or a built-in data set")->required();
  command
      ->add_option("--profile", options->profile,
                   "float32, int8_hybrid, int8_integer, int32_fixed, or the file of a declared "
                   "arithmetic whose every bit is known")
      ->required();
  add_count_option(*command, "--steps", options->steps, "Training steps", 1, 1'000'000)->required();
  add_learning_rate_option(*command, options->learning_rate);
  command->add_option("--out", options->out, "Directory to write")->required();
  command->callback([options] { generate(*options); });
}

void add_verify_command(CLI::App& vectors) {
  auto* command = vectors.add_subcommand(
      "verify", "Check a set's checksums and recompute every row from the reference");
  const auto directory = std::make_shared<std::string>();
  command->add_option("DIR", *directory, "Directory with manifest.json")->required();
  command->callback([directory] {
    fmt::print("{}: {} cases verified\n", *directory, verify_vectors(*directory));
  });
}

void add_export_command(CLI::App& vectors) {
  struct Options {
    std::string directory;
    ExportFormat format = ExportFormat::c;
    std::string out;
    SelfCheckLimits limits;
  };
  auto* command = vectors.add_subcommand(
      "export", "Verify a set and write it as C or NumPy files, or a program");
  const auto options = std::make_shared<Options>();
  const std::map<std::string, ExportFormat> formats{
      {"c", ExportFormat::c}, {"npy", ExportFormat::npy}, {"self-check", ExportFormat::self_check}};
  command->add_option("DIR", options->directory, "Directory with manifest.json")->required();
  command
      ->add_option("--format", options->format,
                   "c, npy, or self-check: C that checks the port it is linked with")
      ->required()
      ->transform(CLI::CheckedTransformer(formats));
  command->add_option("--out", options->out, "Directory to write")->required();
  add_count_option(*command, "--flash", options->limits.flash,
                   "Of a self-check: bytes of a part with the runner", 1);
  add_count_option(*command, "--ram", options->limits.ram,
                   "Of a self-check: bytes for the state of a network", 1);
  command->callback([options, command] {
    if (options->format != ExportFormat::self_check &&
        command->count("--flash") + command->count("--ram") > 0)
      throw InputError("--flash and --ram", 0, "--format self-check");
    const std::vector<std::string> left_out =
        export_vectors(options->directory, options->format, options->out, options->limits);
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(options->out))
      names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    fmt::print("{}: {}\n", options->out, fmt::join(names, ", "));
    if (!left_out.empty())
      fmt::print("{} cases have no room: {}\n", left_out.size(), fmt::join(left_out, ", "));
  });
}

void add_golden_command(CLI::App& vectors) {
  auto* command = vectors.add_subcommand("golden", "Generate the committed sets of levels 0 and 1");
  const auto out = std::make_shared<std::string>();
  command->add_option("--out", *out, "Directory to write them below")->required();
  command->callback([out] { generate_golden(*out); });
}

void add_probes_command(CLI::App& vectors) {
  auto* command =
      vectors.add_subcommand("probes", "Generate the networks and samples that show roundings");
  const auto out = std::make_shared<std::string>();
  command->add_option("--out", *out, "Directory to write them below")->required();
  command->callback([out] { generate_rounding_probes(*out); });
}

}  // namespace

void add_vectors_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("vectors", "Work with vector sets");
  command->require_subcommand(1);
  add_generate_command(*command);
  add_verify_command(*command);
  add_export_command(*command);
  add_golden_command(*command);
  add_probes_command(*command);
  add_format_stream_commands(*command, status);
  add_kernel_stream_commands(*command, status);
  add_draws_command(*command, status);
}

}  // namespace lsgd
