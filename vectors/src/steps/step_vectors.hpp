// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/data_file.hpp"
#include "data/model_file.hpp"
#include "steps/changed_parameters.hpp"
#include "steps/expected_step.hpp"
#include "steps/profile.hpp"
#include "steps/vector_set.hpp"

namespace lsgd {

/// Vectors of a number of training steps.
struct StepVectors {
  Model model;
  DataSet data;  ///< sample of step s is s modulo the number of samples, in the file's order
  const Profile* profile = nullptr;
  std::size_t steps = 0;
  float learning_rate = 0;
  ArithmeticModel arithmetic;
};

/// The parameters that the first step starts from: the model's own in the format of the profile.
TensorSet first_parameters(const StepVectors& vectors);

/// Called with each step's number, sample and expected tensors.
using StepVisitor = std::function<void(std::size_t step, const Sample& sample,
                                       const std::vector<ExpectedTensor>& expected)>;

/// Computes the steps one after the other. Each starts from the correctly rounded (int8_hybrid:
/// nominal) parameters of the step before, the first from the model's own, quantized unless
/// the profile is float32. Data and model fit together, as read_data checks.
void for_each_step(const StepVectors& vectors, const StepVisitor& visit);

/// The lines of steps.csv: `step,tensor,index,bits,value,exact,bound,also`, step from 0, the
/// tensors of expected_float32_step, expected_int8_hybrid_step and their like.
void write_step_lines(const StepVectors& vectors, const LineSink& lines);

/// The lines of int8_parameters.csv, or int32_parameters.csv for int32_fixed:
/// `tensor,index,bits,value`, the parameters that a run of any profile but float32 starts from, as
/// in the given rows of a level 1 set.
void write_quantized_parameter_lines(const StepVectors& vectors, const LineSink& lines);

/// The name of that file: int8_parameters.csv, int32_parameters.csv.
std::string quantized_parameters_file(const Profile& profile);

/// Writes a directory of vectors that is complete in itself: manifest.json, steps.csv, and what
/// they were computed from: model.json, params.csv, samples.csv (the first samples of `data`, as
/// many as the steps use) and, unless it is float32, quantized_parameters_file. The directory
/// appears whole or not at all; the same arguments give the same bytes on every machine. Returns
/// how many parameters ever change. Throws InputError.
ParameterChange generate_steps(const Model& model, const DataSet& data, const Profile& profile,
                               std::size_t steps, float learning_rate,
                               const std::filesystem::path& directory,
                               const ArithmeticModel& arithmetic = {});

/// Reads such a directory back, without steps.csv. Throws InputError.
StepVectors read_step_vectors(const std::filesystem::path& directory);

}  // namespace lsgd
