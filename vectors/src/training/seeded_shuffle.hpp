// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <random>
#include <vector>

namespace lsgd {

/// 0, ..., count - 1 in the order of a Fisher-Yates shuffle: from the last place down to the
/// second, each is swapped with one drawn from the places up to and including it. Bounded draws
/// reject instead of reducing, so the order depends on the engine's state alone. This is the
/// shuffle "fisher_yates_mt19937_64" wherever a file or an option names one.
std::vector<std::size_t> shuffled_indices(std::size_t count, std::mt19937_64& engine);

}  // namespace lsgd
