// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include <lsgd/arithmetic/arithmetic.hpp>

#include "data/data_file.hpp"
#include "data/model_file.hpp"
#include "steps/changed_parameters.hpp"

namespace lsgd {

/// Vectors of training steps in a declared arithmetic whose every bit is known.
struct DeclaredStepVectors {
  Model model;
  DataSet data;  ///< sample of step s is s modulo the number of samples, in the file's order
  Arithmetic arithmetic;
  std::size_t steps = 0;
  float learning_rate = 0;
};

/// Writes a directory of vectors that is complete in itself: manifest.json
/// (lsgd-declared-vectors/1) with the digest of the declaration, arithmetic.toml, the declaration
/// in its canonical form, model.json, params.csv, samples.csv, parameters.csv, the codes that the
/// first step starts from, and steps.csv with columns
/// `step,tensor,index,bits,value,exact,bound,also`. Each step starts from the parameters of the one
/// before, the first from the model's, rounded, scales calibrated with the samples used, and a
/// random state of 1. The directory appears
/// whole or not at all; the same arguments give the same bytes on every machine. Returns how many
/// parameters ever change. Throws InputError, also where the declaration leaves a bit open.
ParameterChange generate_declared_steps(const DeclaredStepVectors& vectors,
                                        const std::filesystem::path& directory);

/// Whether a directory's manifest says that it holds such vectors.
bool holds_declared_vectors(const std::filesystem::path& directory);

/// Checks checksums and digest and recomputes every row from the declaration; the number of steps.
/// Throws InputError.
std::uint64_t verify_declared_vectors(const std::filesystem::path& directory);

}  // namespace lsgd
