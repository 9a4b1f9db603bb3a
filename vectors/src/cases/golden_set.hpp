// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <lsgd/network/network.hpp>

#include "cases/arithmetic_operation.hpp"
#include "steps/expected_step.hpp"
#include "steps/profile.hpp"
#include "steps/vector_set.hpp"

namespace lsgd {

/// One arithmetic operation of a level 0 set.
struct ArithmeticCase {
  std::string name;
  ArithmeticOperation operation = LSGD_OPERATION_QUANTIZE;
  std::uint32_t a = 0;  ///< operands and result as the 32-bit patterns of port.h
  std::uint32_t b = 0;
  std::uint32_t bits = 0;
  std::vector<std::uint32_t> also;  ///< further acceptable patterns for the set's arithmetic model
  std::vector<std::string> flags;

  bool operator==(const ArithmeticCase&) const = default;
};

/// What a case of a level 1 set is besides its parameters: one training step of a small network.
struct GoldenStep {
  std::string name;
  std::string clause;
  Network network;
  Sample sample;
  float learning_rate = 1;
  std::vector<std::string> flags;
};

/// One training step of a small network in a level 1 set.
struct GoldenCase : GoldenStep {
  TensorSet parameters;                  ///< in the formats of the set's profile
  std::vector<ExpectedTensor> expected;  ///< for the set's arithmetic model
};

/// A level 0 set: arithmetic.csv with columns `case,operation,a,b,bits,also,flags`.
struct ArithmeticSet {
  VectorManifest manifest;
  std::vector<ArithmeticCase> cases;
};

/// A level 1 set. cases.csv: `case,clause,layers,activations,loss,learning_rate,flags`, layers as
/// "6-32-16", activations as "tanh-sigmoid". tensors.csv:
/// `case,role,tensor,index,bits,value,exact,bound,also`, role `given` (x, t, W1, b1, ...;
/// int8_hybrid: W1.fraction_bits before W1; int8_integer: also, at the end, random_state) or
/// `expected` (see ExpectedTensor), in exactly this order.
struct GoldenSet {
  VectorManifest manifest;
  std::vector<GoldenCase> cases;
};

/// Read a set and check its files, names, flags and counts. Bits, not values, are taken as the
/// truth: verify_vectors is what recomputes them. Throws InputError.
ArithmeticSet read_arithmetic_set(const std::filesystem::path& directory);
GoldenSet read_golden_set(const std::filesystem::path& directory);

/// The lines of arithmetic.csv, with results recomputed from the operands.
void write_arithmetic_cases(const std::vector<ArithmeticCase>& cases, const ArithmeticModel& model,
                            const LineSink& lines);
/// The lines of cases.csv.
void write_golden_cases(const std::vector<GoldenCase>& cases, const LineSink& lines);
/// The lines of tensors.csv, with everything expected recomputed from what is given.
void write_golden_tensors(const std::vector<GoldenCase>& cases, const Profile& profile,
                          const ArithmeticModel& model, const LineSink& lines);

/// Everything expected of a case, recomputed.
std::vector<ExpectedTensor> expected_tensors(const GoldenCase& golden_case, const Profile& profile,
                                             const ArithmeticModel& model);

/// Writes the committed sets below `directory`: level0_PROFILE and level1_PROFILE of every profile.
/// The same bytes on every machine.
void generate_golden(const std::filesystem::path& directory);

}  // namespace lsgd
