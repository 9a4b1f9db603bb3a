// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lsgd {

/// exploration.json as one HTML file that loads nothing and depends on nothing else. It has
///
///     format      "lsgd-exploration/1"
///     tool        name, version
///     task        data, training_samples, test_samples, majority_share, sizes, activations, loss,
///                 epochs, learning_rate, rate_schedule, first_seed, seeds
///     benchmark   network, compiler: of recorded cycles; null where there are none
///     arithmetics [{name, description, digest, state_bytes, outcome, why, accuracy, difference,
///                 is_close, is_cheapest, seeds: [{seed, accuracy, diverged_in}], loss,
///                 test_accuracy, cycles: [{core, port, cycles, is_fewest}]}], most accurate first
///
/// `outcome` is "learns", "unreliable", "does_not_learn" or "not_trained"; `accuracy` and
/// `difference`, from float32, are {mean, low, high} of 95 % over the seeds or null; `is_cheapest`
/// and `is_fewest` mark the fewest bytes and cycles of those that learn within a point of float32;
/// `loss` and `test_accuracy` have the mean over the seeds after each epoch.
std::string exploration_page(const nlohmann::json& exploration);

}  // namespace lsgd
