// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/data_file.hpp"
#include "data/model_file.hpp"

namespace lsgd {

/// A network and samples that no training led to: operands of few significant bits, where results
/// half-way between two binary32 numbers, and subnormal ones, are as frequent as they are rare in
/// trained networks (SPEC 6.3.7). Every step starts from these parameters.
struct RoundingProbe {
  std::string name;
  Model model;
  DataSet data;
  float learning_rate = 1;
  std::size_t chunks = 1;  ///< of equally many samples each
};

/// The probes, drawn from the seed: sum, dense, rate, delta, tanh, sigmoid and
/// subnormal.
std::vector<RoundingProbe> rounding_probes(std::uint64_t seed);

/// Seed of the committed probes in vectors/probes.
inline constexpr std::uint64_t rounding_probe_seed = 2509;

/// Writes model.json, params.csv and data.csv of each committed probe below `directory`/NAME. The
/// same bytes on every machine. Throws InputError where nothing can be written.
void generate_rounding_probes(const std::filesystem::path& directory);

}  // namespace lsgd
