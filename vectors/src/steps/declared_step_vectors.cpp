// SPDX-License-Identifier: Apache-2.0
#include "steps/declared_step_vectors.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>
#include <string>
#include <vector>

#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "files/atomic_file.hpp"
#include "files/changed_line_ends.hpp"
#include "files/input_error.hpp"
#include "files/json_file.hpp"
#include "files/number_text.hpp"
#include "files/sha256.hpp"
#include "files/text_file.hpp"
#include "steps/declared_tensors.hpp"
#include "steps/expected_line.hpp"
#include "steps/profile.hpp"
#include "steps/vector_set.hpp"

namespace lsgd {
namespace {

constexpr std::string_view declared_vectors_format = "lsgd-declared-vectors/1";
constexpr std::uint32_t declared_random_state = 1;
constexpr std::size_t longest_manifest = std::size_t{64} << 20;
const std::vector<std::string> declared_set_files{
    "manifest.json", "arithmetic.toml", "model.json", "params.csv",
    "samples.csv",   "parameters.csv",  "steps.csv"};

void require_known_bits(const Arithmetic& arithmetic) {
  if (const auto reason = DeclaredStep::unsupported(arithmetic))
    throw InputError(arithmetic.name, 0, "an arithmetic whose steps are computed here: " + *reason);
  for (const Point tensor : {Point::activation, Point::delta, Point::weight, Point::bias}) {
    const std::string reason = unknown_because(arithmetic, tensor);
    if (!reason.empty())
      throw InputError(
          arithmetic.name, 0,
          fmt::format("an arithmetic whose every bit is known, for vectors of codes; {}"
                      " is not: {}",
                      name_of(tensor), reason));
  }
}

DeclaredState first_state(const DeclaredStepVectors& vectors) {
  return initial_state(vectors.arithmetic, vectors.model.network, vectors.model.parameters,
                       declared_random_state, vectors.data.inputs_flat);
}

void write_tensors(const std::vector<ExpectedTensor>& tensors, std::string_view before,
                   const LineSink& lines) {
  for (const ExpectedTensor& tensor : tensors)
    for (std::size_t i = 0; i < tensor.elements.size(); ++i)
      lines(expected_line(before, tensor, i));
}

void write_first_parameters(const DeclaredStepVectors& vectors, const LineSink& lines) {
  lines("tensor,index,bits,value,exact,bound,also");
  write_tensors(
      expected_parameters(vectors.arithmetic, vectors.model.network, first_state(vectors)), "",
      lines);
}

void write_declared_steps(const DeclaredStepVectors& vectors, const LineSink& lines) {
  const Network& network = vectors.model.network;
  lines("step,tensor,index,bits,value,exact,bound,also");
  DeclaredStep step(vectors.arithmetic, network);
  DeclaredState state = first_state(vectors);
  StepNumbers<BinaryNumber> numbers;
  for (std::size_t number = 0; number < vectors.steps; ++number) {
    const Sample sample = vectors.data.sample(number % vectors.data.size(), network.outputs());
    step.train(state, sample, vectors.learning_rate, numbers);
    try {
      write_tensors(expected_declared_step(vectors.arithmetic, network, step, numbers, state),
                    fmt::format("{},", number), lines);
    } catch (const std::domain_error& problem) {
      throw InputError(
          "steps.csv", 0,
          fmt::format("numbers inside the arithmetic, but {} in step {}: use a smaller "
                      "learning rate or model",
                      problem.what(), number));
    }
  }
}

nlohmann::ordered_json file_json(const std::filesystem::path& directory, const std::string& name) {
  return {{"name", name}, {"sha256", sha256_of_file(directory / name)}};
}

void write_declared_manifest(const DeclaredStepVectors& vectors,
                             const std::filesystem::path& directory) {
  nlohmann::ordered_json manifest{{"format", declared_vectors_format},
                                  {"suite", "steps"},
                                  {"arithmetic", vectors.arithmetic.name},
                                  {"arithmetic_digest", digest_of(vectors.arithmetic)},
                                  {"generator", vector_generator_version},
                                  {"learning_rate", to_text(vectors.learning_rate)},
                                  {"steps", vectors.steps}};
  for (const std::string& name : declared_set_files)
    if (name != "manifest.json") manifest["files"].push_back(file_json(directory, name));
  write_json(directory / "manifest.json", manifest);
}

DeclaredStepVectors read_declared_vectors(const std::filesystem::path& directory) {
  const JsonDocument document =
      read_json_document(directory / "manifest.json", "declared_manifest");
  const nlohmann::json& value = document.value;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < value["files"].size(); ++i) {
    const nlohmann::json& file = value["files"][i];
    const auto name = file["name"].get<std::string>();
    names.push_back(name);
    const std::string found = sha256_of_file(directory / name);
    if (found != file["sha256"].get<std::string>())
      throw document.error(fmt::format("/files/{}/sha256", i),
                           fmt::format("the SHA-256 of {}, which is {}{}", name, found,
                                       changed_line_ends(directory / name, file["sha256"])));
  }
  for (const std::string& name : declared_set_files)
    if (name != "manifest.json" && std::ranges::count(names, name) != 1)
      throw document.error("/files", name + " to be listed once");

  DeclaredStepVectors vectors;
  vectors.model = read_model(directory / "model.json");
  vectors.data = read_data(directory / "samples.csv", all_rows, &vectors.model.network);
  vectors.arithmetic = read_arithmetic((directory / "arithmetic.toml").string());
  if (const auto expected = lacks_function(vectors.arithmetic, vectors.model.network))
    throw InputError((directory / "model.json").string(), 0, *expected);
  const std::string digest = digest_of(vectors.arithmetic);
  if (digest != value["arithmetic_digest"].get<std::string>())
    throw document.error("/arithmetic_digest", "the digest of arithmetic.toml, which is " + digest);
  const auto rate = float_from_text(value["learning_rate"].get<std::string>());
  if (!rate || *rate <= 0)
    throw document.error("/learning_rate", "learning_rate to be a binary32 number above 0");
  vectors.learning_rate = *rate;
  vectors.steps = value["steps"].get<std::size_t>();
  return vectors;
}

}  // namespace

ParameterChange generate_declared_steps(const DeclaredStepVectors& vectors,
                                        const std::filesystem::path& directory) {
  if (vectors.steps == 0) throw std::invalid_argument("at least one step");
  if (!(vectors.learning_rate > 0) || !std::isfinite(vectors.learning_rate))
    throw std::invalid_argument("a finite learning rate above 0");
  require_known_bits(vectors.arithmetic);
  if (const auto expected = lacks_function(vectors.arithmetic, vectors.model.network))
    throw InputError(vectors.arithmetic.name, 0, *expected);
  AtomicDirectory output(directory, declared_set_files);
  DeclaredStepVectors own = vectors;
  own.data = vectors.data.first(vectors.steps);
  ChangedParameters changed;
  try {
    write_file(output.path() / "arithmetic.toml", declaration_text(own.arithmetic));
    write_model(output.path() / "model.json", own.model, "params.csv");
    write_data(output.path() / "samples.csv", own.data);
    write_lines(output.path() / "parameters.csv",
                [&](const LineSink& lines) { write_first_parameters(own, lines); });
    write_first_parameters(own, [&](std::string_view line) { changed.take_first(line); });
    write_lines(output.path() / "steps.csv", [&](const LineSink& lines) {
      write_declared_steps(own, [&](std::string_view line) {
        changed.take_step(line);
        lines(line);
      });
    });
  } catch (const std::invalid_argument& problem) {
    throw InputError(own.arithmetic.name, 0, problem.what());
  } catch (const std::domain_error& problem) {
    throw InputError(own.arithmetic.name, 0,
                     fmt::format("a model that the arithmetic can hold, but {}", problem.what()));
  }
  write_declared_manifest(own, output.path());
  output.commit();
  return changed.count();
}

bool holds_declared_vectors(const std::filesystem::path& directory) {
  const std::string path = (directory / "manifest.json").string();
  const JsonDocument document = parse_json(read_text(path, longest_manifest), path);
  return document.value.is_object() &&
         document.value.value("format", nlohmann::json()) == declared_vectors_format;
}

std::uint64_t verify_declared_vectors(const std::filesystem::path& directory) {
  const DeclaredStepVectors vectors = read_declared_vectors(directory);
  require_known_bits(vectors.arithmetic);
  verify_lines(directory / "parameters.csv",
               [&](const LineSink& lines) { write_first_parameters(vectors, lines); });
  verify_lines(directory / "steps.csv",
               [&](const LineSink& lines) { write_declared_steps(vectors, lines); });
  return vectors.steps;
}

}  // namespace lsgd
