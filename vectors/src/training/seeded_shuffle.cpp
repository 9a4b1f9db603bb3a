// SPDX-License-Identifier: Apache-2.0
#include "training/seeded_shuffle.hpp"

#include <numeric>
#include <utility>

#include <lsgd/numbers/draw_below.hpp>

namespace lsgd {

std::vector<std::size_t> shuffled_indices(std::size_t count, std::mt19937_64& engine) {
  std::vector<std::size_t> indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  for (std::size_t last = count; last > 1; --last)
    std::swap(indices[last - 1], indices[draw_below(engine, last)]);
  return indices;
}

}  // namespace lsgd
