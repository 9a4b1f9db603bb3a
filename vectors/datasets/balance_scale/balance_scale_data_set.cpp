// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <vector>

#include "training/shuffled_part.hpp"

namespace lsgd {
namespace {

constexpr std::size_t training_rows = 437;
constexpr std::uint64_t shuffle_seed = 1;
constexpr unsigned largest = 5;

/// Left weight and distance, right weight and distance; 1 to 5 each.
using Balance = std::array<unsigned, 4>;

/// Every combination, the last attribute changing fastest.
std::vector<Balance> all_balances() {
  std::vector<Balance> balances;
  for (unsigned i = 0; i < largest * largest * largest * largest; ++i)
    balances.push_back({i / 125 + 1, i / 25 % 5 + 1, i / 5 % 5 + 1, i % 5 + 1});
  return balances;
}

/// 0 balanced, 1 tips to the left, 2 to the right.
std::uint32_t class_of(const Balance& balance) {
  const auto& [left_weight, left_distance, right_weight, right_distance] = balance;
  const unsigned left = left_weight * left_distance, right = right_weight * right_distance;
  if (left == right) return 0;
  return left > right ? 1 : 2;
}

}  // namespace

/// Balance Scale: each attribute is divided by 5. The 625 rows are shuffled by
/// fisher_yates_mt19937_64 with seed 1; the first 437 are the training part, the other 188 the test
/// part.
DataSet balance_scale_data_set(DataSetPart part, std::size_t rows) {
  const std::vector<Balance> balances = all_balances();
  const std::vector<std::size_t> chosen =
      shuffled_part(balances.size(), shuffle_seed, training_rows, part, rows);
  DataSet data{4, 3, {}, {}};
  for (const std::size_t index : chosen) {
    for (const unsigned attribute : balances[index])
      data.inputs_flat.push_back(static_cast<float>(attribute) / largest);
    data.labels.push_back(class_of(balances[index]));
  }
  return data;
}

}  // namespace lsgd
