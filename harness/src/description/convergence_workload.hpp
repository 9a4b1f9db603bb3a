// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include <lsgd/network/network.hpp>

#include "description/pace.hpp"

namespace lsgd {

/// How much of a convergence workload is run.
struct TrainingLength {
  std::size_t seeds = 5;  ///< initialisations; the outcome is judged where all are run
  std::size_t epochs = 1;
  std::size_t samples = 0;  ///< of each epoch's order; 0: all

  bool operator==(const TrainingLength&) const = default;
};

/// A network to be trained from random parameters (SPEC 12): [[convergence]] of a suite.
struct ConvergenceWorkload {
  std::string name;
  Network network;
  std::string data;  ///< built-in data set, with a test part
  float learning_rate = 0.01f;
  std::array<TrainingLength, all_paces.size()> lengths;  ///< by pace; that of `fast` is the whole

  const TrainingLength& length(Pace pace) const { return lengths[static_cast<std::size_t>(pace)]; }
};

}  // namespace lsgd
