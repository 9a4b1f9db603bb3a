// SPDX-License-Identifier: Apache-2.0
#include "steps/step_vectors.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>

#include <lsgd/numbers/binary32.hpp>

#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "steps/expected_line.hpp"
#include "steps/expected_step.hpp"

namespace lsgd {
namespace {

const std::vector<std::string> step_set_files{
    "manifest.json",       "model.json",           "params.csv", "samples.csv",
    "int8_parameters.csv", "int32_parameters.csv", "steps.csv"};

/// Steps beyond an overflow would start from infinite parameters.
void require_finite(const std::vector<ExpectedTensor>& expected, std::size_t step) {
  for (const ExpectedTensor& tensor : expected) {
    const bool overflows =
        std::ranges::any_of(tensor.elements, [&](const ExpectedElement& element) {
          return tensor.element_bits == 32 && !std::isfinite(binary32_of(element.bits));
        });
    if (!overflows) continue;
    throw InputError(
        "steps.csv", 0,
        fmt::format("values that binary32 can hold, but {} of step {} overflows: use a "
                    "smaller learning rate or model",
                    tensor.name, step));
  }
}

}  // namespace

TensorSet first_parameters(const StepVectors& vectors) {
  return vectors.profile->nearest_parameters(vectors.model.network, vectors.model.parameters,
                                             first_random_state);
}

void for_each_step(const StepVectors& vectors, const StepVisitor& visit) {
  const Network& network = vectors.model.network;
  const Profile& profile = *vectors.profile;
  TensorSet parameters = first_parameters(vectors);
  for (std::size_t step = 0; step < vectors.steps; ++step) {
    const Sample sample = vectors.data.sample(step % vectors.data.size(), network.outputs());
    const auto expected = profile.expected_step(network, parameters, sample, vectors.learning_rate,
                                                vectors.arithmetic);
    parameters = parameters_after(profile.formats(), network, expected);
    if (profile.has_binary32_weights()) require_finite(expected, step);
    visit(step, sample, expected);
  }
}

void write_step_lines(const StepVectors& vectors, const LineSink& lines) {
  lines("step,tensor,index,bits,value,exact,bound,also");
  for_each_step(vectors,
                [&](std::size_t step, const Sample&, const std::vector<ExpectedTensor>& expected) {
                  const std::string before = fmt::format("{},", step);
                  for (const ExpectedTensor& tensor : expected)
                    for (std::size_t i = 0; i < tensor.elements.size(); ++i)
                      lines(expected_line(before, tensor, i));
                });
}

std::string quantized_parameters_file(const Profile& profile) {
  return fmt::format("int{}_parameters.csv", profile.formats().weights.bits);
}

void write_quantized_parameter_lines(const StepVectors& vectors, const LineSink& lines) {
  lines("tensor,index,bits,value");
  write_tensor_lines(first_parameters(vectors), "", "", lines);
}

ParameterChange generate_steps(const Model& model, const DataSet& data, const Profile& profile,
                               std::size_t steps, float learning_rate,
                               const std::filesystem::path& directory,
                               const ArithmeticModel& arithmetic) {
  if (steps == 0) throw std::invalid_argument("at least one step");
  if (!(learning_rate > 0) || !std::isfinite(learning_rate))
    throw std::invalid_argument("a finite learning rate above 0");
  if (data.inputs != model.network.inputs() || data.size() == 0)
    throw std::invalid_argument("data with samples of as many inputs as the model has");
  if (const auto expected = lacks_function(profile.declaration(), model.network))
    throw InputError(profile.name(), 0, *expected);
  AtomicDirectory output(directory, step_set_files);
  const StepVectors vectors{model, data.first(steps), &profile, steps, learning_rate, arithmetic};
  VectorManifest manifest;
  manifest.suite = "steps";
  manifest.level = 2;
  manifest.profile = &profile;
  manifest.learning_rate = learning_rate;
  manifest.arithmetic = arithmetic;
  write_model(output.path() / "model.json", model, "params.csv");
  write_data(output.path() / "samples.csv", vectors.data);
  manifest.inputs = {{"model.json", ""}, {"params.csv", ""}, {"samples.csv", ""}};
  if (!profile.has_binary32_weights()) {
    const std::string file = quantized_parameters_file(profile);
    write_lines(output.path() / file,
                [&](const LineSink& lines) { write_quantized_parameter_lines(vectors, lines); });
    manifest.inputs.push_back({file, ""});
  }
  ChangedParameters changed;
  write_quantized_parameter_lines(vectors,
                                  [&](std::string_view line) { changed.take_first(line); });
  write_lines(output.path() / "steps.csv", [&](const LineSink& lines) {
    write_step_lines(vectors, [&](std::string_view line) {
      changed.take_step(line);
      lines(line);
    });
  });
  manifest.files = {{"steps.csv", "", steps}};
  write_manifest(output.path(), manifest);
  output.commit();
  return changed.count();
}

StepVectors read_step_vectors(const std::filesystem::path& directory) {
  const VectorManifest manifest = read_vector_set(directory);
  const std::string path = (directory / "manifest.json").string();
  const VectorFile* const steps = manifest.file("steps.csv");
  if (manifest.level != 2 || steps == nullptr)
    throw InputError(path, 0, "a vector set of level 2 with the file steps.csv");
  if (!manifest.learning_rate) throw InputError(path, 0, "the key learning_rate");
  for (const char* name : {"model.json", "params.csv", "samples.csv"})
    if (std::ranges::find(manifest.inputs, name, &VectorInput::name) == manifest.inputs.end())
      throw InputError(path, 0, fmt::format("the input {} to be listed", name));
  StepVectors vectors;
  vectors.model = read_model(directory / "model.json");
  vectors.data = read_data(directory / "samples.csv", all_rows, &vectors.model.network);
  vectors.profile = manifest.profile;
  if (const auto expected = lacks_function(vectors.profile->declaration(), vectors.model.network))
    throw InputError((directory / "model.json").string(), 0, *expected);
  vectors.steps = steps->cases;
  vectors.learning_rate = *manifest.learning_rate;
  vectors.arithmetic = manifest.arithmetic;
  return vectors;
}

}  // namespace lsgd
