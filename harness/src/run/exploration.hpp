// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/data_file.hpp"
#include "run/progress.hpp"
#include "training/training.hpp"

namespace lsgd {

/// What is trained, in which arithmetics.
struct ExplorationRequest {
  std::string data;  ///< as it was named
  Network network;
  DataSet training;
  DataSet test;
  std::vector<std::string> arithmetics;  ///< names of profiles or files of declarations
  std::size_t epochs = 1;
  float learning_rate = 0.01f;
  RateSchedule schedule = RateSchedule::constant;
  std::uint64_t first_seed = 1;
  std::size_t seeds = 2;  ///< at least 2: seeds first_seed, first_seed + 1, ...
  /// Leaves out declarations whose steps need numbers longer than doubles, some 800 Car steps a
  /// second, such as those with scales that follow from the data.
  bool only_quick = false;
  unsigned jobs = 1;  ///< trainings at the same time
};

struct Exploration {
  /// What reports/render_exploration.hpp describes: a function of the request, but for `jobs`.
  nlohmann::ordered_json results;
  /// Training steps a second of processor time, test accuracy after each epoch included, by
  /// arithmetic; of those that were trained.
  std::vector<std::pair<std::string, double>> steps_per_second;
};

/// Trains every arithmetic from every seed, as `lsgd-conform train` does, and float32 with them;
/// the progress goes to `stream`. Throws InputError for an arithmetic that is not one.
Exploration explore(ExplorationRequest request, std::FILE* stream);

/// The table that `explore` prints.
std::string exploration_table(const Exploration& exploration);

/// The same as a table in Markdown without speeds: a function of exploration.json alone.
std::string exploration_markdown(const nlohmann::ordered_json& results);

}  // namespace lsgd
