// SPDX-License-Identifier: Apache-2.0
#include "steps/step_vectors.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>

#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/int16_fixed.hpp>
#include <lsgd/numbers/quantize.hpp>

#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/number_text.hpp"
#include "steps/expected_line.hpp"
#include "steps/expected_step.hpp"

namespace lsgd {
namespace {

const std::vector<std::string> step_set_files{
    "manifest.json",       "model.json",           "params.csv", "samples.csv",
    "int8_parameters.csv", "int32_parameters.csv", "steps.csv"};

void write_int8_tensor(const std::string& name, const Int8Tensor& tensor, const LineSink& lines) {
  lines(fmt::format("{}.fraction_bits,0,{:02x},{}", name, tensor.fraction_bits,
                    tensor.fraction_bits));
  for (std::size_t i = 0; i < tensor.values.size(); ++i) {
    lines(fmt::format("{},{},{},{}", name, i, hex_bits(tensor.values[i]),
                      to_text(dequantize(tensor.values[i], tensor.fraction_bits))));
  }
}

void write_int32_tensor(const std::string& name, const std::vector<std::int32_t>& values,
                        const LineSink& lines) {
  for (std::size_t i = 0; i < values.size(); ++i)
    lines(fmt::format("{},{},{},{}", name, i, hex_bits(static_cast<std::uint32_t>(values[i]), 8),
                      to_text(fixed_value(values[i], fixed_parameter_bits))));
}

DataSet first_samples(const DataSet& data, std::size_t count) {
  DataSet first = data;
  const std::size_t samples = std::min(count, data.size());
  first.labels.resize(samples);
  first.inputs_flat.resize(samples * data.inputs);
  return first;
}

/// Steps beyond an overflow would start from infinite parameters.
void require_finite(const std::vector<ExpectedTensor>& expected, std::size_t step) {
  for (const ExpectedTensor& tensor : expected) {
    const bool overflows =
        std::ranges::any_of(tensor.elements, [&](const ExpectedElement& element) {
          return tensor.element_bits == 32 && !std::isfinite(from_bits(element.bits));
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

void for_each_step(const StepVectors& vectors, const StepVisitor& visit) {
  const Network& network = vectors.model.network;
  Parameters<float> parameters = vectors.model.parameters;
  Int8Parameters hybrid = quantized_parameters(parameters);
  Int8IntegerParameters integer = int8_integer_parameters(parameters, first_random_state);
  Int32Parameters fixed = int32_fixed_parameters(parameters);
  const auto expected_step = [&](const Sample& sample) {
    switch (vectors.profile) {
      case Profile::float32:
        return expected_float32_step(network, parameters, sample, vectors.learning_rate,
                                     vectors.arithmetic, &parameters);
      case Profile::int8_hybrid:
        return expected_int8_hybrid_step(network, hybrid, sample, vectors.learning_rate,
                                         vectors.arithmetic, &hybrid);
      case Profile::int32_fixed:
        return expected_int32_fixed_step(network, fixed, sample, vectors.learning_rate,
                                         vectors.arithmetic, &fixed);
      case Profile::int8_integer:
        return expected_int8_integer_step(network, integer, sample, vectors.learning_rate,
                                          &integer);
    }
    throw std::invalid_argument("unknown profile");
  };
  for (std::size_t step = 0; step < vectors.steps; ++step) {
    const Sample sample = vectors.data.sample(step % vectors.data.size(), network.outputs());
    const auto expected = expected_step(sample);
    if (vectors.profile == Profile::float32) require_finite(expected, step);
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

std::string quantized_parameters_file(Profile profile) {
  return profile == Profile::int32_fixed ? "int32_parameters.csv" : "int8_parameters.csv";
}

void write_quantized_parameter_lines(const StepVectors& vectors, const LineSink& lines) {
  lines("tensor,index,bits,value");
  if (vectors.profile == Profile::int32_fixed) {
    const Int32Parameters layers = int32_fixed_parameters(vectors.model.parameters);
    for (std::size_t l = 0; l < layers.size(); ++l) {
      write_int32_tensor(fmt::format("W{}", l + 1), layers[l].weights, lines);
      write_int32_tensor(fmt::format("b{}", l + 1), layers[l].biases, lines);
    }
    return;
  }
  if (vectors.profile == Profile::int8_hybrid) {
    const Int8Parameters layers = quantized_parameters(vectors.model.parameters);
    for (std::size_t l = 0; l < layers.size(); ++l) {
      write_int8_tensor(fmt::format("W{}", l + 1), layers[l].weights, lines);
      write_int8_tensor(fmt::format("b{}", l + 1), layers[l].biases, lines);
    }
    return;
  }
  const auto [layers, random_bits] =
      int8_integer_parameters(vectors.model.parameters, first_random_state);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    write_int8_tensor(fmt::format("W{}", l + 1), layers[l].weights, lines);
    for (std::size_t i = 0; i < layers[l].biases.size(); ++i) {
      const std::int16_t bias = layers[l].biases[i];
      lines(fmt::format("b{},{},{},{}", l + 1, i, hex_bits(static_cast<std::uint16_t>(bias), 4),
                        to_text(std::ldexp(static_cast<float>(bias), -bias_fraction_bits))));
    }
  }
  lines(fmt::format("random_state,0,{},{}", hex_bits(random_bits.state, 8), random_bits.state));
}

void generate_steps(const Model& model, const DataSet& data, Profile profile, std::size_t steps,
                    float learning_rate, const std::filesystem::path& directory,
                    const ArithmeticModel& arithmetic) {
  if (steps == 0) throw std::invalid_argument("at least one step");
  if (!(learning_rate > 0) || !std::isfinite(learning_rate))
    throw std::invalid_argument("a finite learning rate above 0");
  if (data.inputs != model.network.inputs() || data.size() == 0)
    throw std::invalid_argument("data with samples of as many inputs as the model has");
  AtomicDirectory output(directory, step_set_files);
  const StepVectors vectors{model,     first_samples(data, steps), profile, steps, learning_rate,
                            arithmetic};
  VectorManifest manifest;
  manifest.suite = "steps";
  manifest.level = 2;
  manifest.profile = profile;
  manifest.learning_rate = learning_rate;
  manifest.arithmetic = arithmetic;
  write_model(output.path() / "model.json", model, "params.csv");
  write_data(output.path() / "samples.csv", vectors.data);
  manifest.inputs = {{"model.json", ""}, {"params.csv", ""}, {"samples.csv", ""}};
  if (profile != Profile::float32) {
    const std::string file = quantized_parameters_file(profile);
    write_lines(output.path() / file,
                [&](const LineSink& lines) { write_quantized_parameter_lines(vectors, lines); });
    manifest.inputs.push_back({file, ""});
  }
  write_lines(output.path() / "steps.csv",
              [&](const LineSink& lines) { write_step_lines(vectors, lines); });
  manifest.files = {{"steps.csv", "", steps}};
  write_manifest(output.path(), manifest);
  output.commit();
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
  vectors.steps = steps->cases;
  vectors.learning_rate = *manifest.learning_rate;
  vectors.arithmetic = manifest.arithmetic;
  return vectors;
}

}  // namespace lsgd
