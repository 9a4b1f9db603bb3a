// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "data/built_in_data_set.hpp"
#include "training/seeded_shuffle.hpp"

namespace lsgd {

/// The first `rows` places of a part of `count` rows that fisher_yates_mt19937_64 has shuffled: the
/// first `training_rows` are for training, the others for testing.
inline std::vector<std::size_t> shuffled_part(std::size_t count, std::uint64_t seed,
                                              std::size_t training_rows, DataSetPart part,
                                              std::size_t rows) {
  std::mt19937_64 engine(seed);
  const auto order = shuffled_indices(count, engine);
  const auto split = order.begin() + static_cast<std::ptrdiff_t>(training_rows);
  std::vector<std::size_t> chosen = part == DataSetPart::training
                                        ? std::vector(order.begin(), split)
                                        : std::vector(split, order.end());
  chosen.resize(std::min(chosen.size(), rows));
  return chosen;
}

}  // namespace lsgd
