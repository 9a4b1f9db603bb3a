// SPDX-License-Identifier: Apache-2.0
#include "car_data_set.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "training/shuffled_part.hpp"

namespace lsgd {
namespace {

constexpr std::size_t attribute_count = 6;
constexpr std::size_t training_rows = 1209;
constexpr std::uint64_t shuffle_seed = 1;

enum Attribute : std::size_t { buying, maint, doors, persons, lug_boot, safety };

struct Scale {
  std::size_t count;
  std::array<std::string_view, 4> values;  ///< in nesting order; `count` of them
};

constexpr std::array<Scale, attribute_count> scales{{
    {4, {"vhigh", "high", "med", "low"}},
    {4, {"vhigh", "high", "med", "low"}},
    {4, {"2", "3", "4", "5more"}},
    {3, {"2", "4", "more"}},
    {3, {"small", "med", "big"}},
    {3, {"low", "med", "high"}},
}};

constexpr std::array<std::string_view, 4> classes{"acc", "good", "unacc", "vgood"};

/// Place of each attribute's value in its scale.
using Car = std::array<std::size_t, attribute_count>;

/// 3 (worst) to 0.
std::size_t price(const Car& car) {
  constexpr std::size_t table[4][4] = {{3, 3, 2, 2}, {3, 2, 2, 2}, {2, 2, 1, 0}, {2, 1, 0, 0}};
  return table[car[buying]][car[maint]];
}

/// 0 (bad) to 2 (good).
std::size_t comfort(const Car& car) {
  // Rows doors; then persons 4 and more; then lug_boot small, med, big. Two persons are always bad.
  constexpr std::size_t table[4][2][3] = {{{1, 1, 2}, {0, 1, 2}},
                                          {{1, 1, 2}, {1, 2, 2}},
                                          {{1, 2, 2}, {1, 2, 2}},
                                          {{1, 2, 2}, {1, 2, 2}}};
  return car[persons] == 0 ? 0 : table[car[doors]][car[persons] - 1][car[lug_boot]];
}

/// 0 (worst, D) to 3 (best, A).
std::size_t technical_quality(const Car& car) {
  constexpr std::size_t table[3][3] = {{0, 0, 0}, {0, 1, 2}, {0, 2, 3}};
  return table[comfort(car)][car[safety]];
}

std::string_view class_of(const Car& car) {
  // Rows technical quality D, C, B, A; columns price 3, 2, 1, 0.
  constexpr std::string_view table[4][4] = {{"unacc", "unacc", "unacc", "unacc"},
                                            {"unacc", "unacc", "acc", "acc"},
                                            {"unacc", "acc", "acc", "good"},
                                            {"unacc", "acc", "vgood", "vgood"}};
  return table[technical_quality(car)][3 - price(car)];
}

/// Every combination, the last attribute changing fastest.
std::vector<Car> all_cars() {
  std::vector<Car> cars{Car{}};
  for (std::size_t attribute = 0; attribute < attribute_count; ++attribute) {
    std::vector<Car> longer;
    for (Car car : cars)
      for (car[attribute] = 0; car[attribute] < scales[attribute].count; ++car[attribute])
        longer.push_back(car);
    cars = std::move(longer);
  }
  return cars;
}

float encoded(const Scale& scale, std::size_t place) {
  const auto values = std::span(scale.values).first(scale.count);
  const auto alphabetical = std::ranges::count_if(
      values, [&](std::string_view other) { return other < scale.values[place]; });
  return static_cast<float>(alphabetical) / static_cast<float>(scale.count - 1);
}

}  // namespace

std::string car_canonical_text() {
  std::string text;
  for (const Car& car : all_cars()) {
    for (std::size_t attribute = 0; attribute < attribute_count; ++attribute) {
      text += scales[attribute].values[car[attribute]];
      text += ',';
    }
    text += class_of(car);
    text += '\n';
  }
  return text;
}

DataSet car_data_set(DataSetPart part, std::size_t rows) {
  const std::vector<Car> cars = all_cars();
  const std::vector<std::size_t> chosen =
      shuffled_part(cars.size(), shuffle_seed, training_rows, part, rows);

  DataSet data{attribute_count, classes.size(), {}, {}};
  for (const std::size_t index : chosen) {
    const Car& car = cars[index];
    for (std::size_t attribute = 0; attribute < attribute_count; ++attribute)
      data.inputs_flat.push_back(encoded(scales[attribute], car[attribute]));
    const auto label = std::ranges::find(classes, class_of(car)) - classes.begin();
    data.labels.push_back(static_cast<std::uint32_t>(label));
  }
  return data;
}

}  // namespace lsgd
