// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <lsgd/statistics/draw_statistics.hpp>

namespace lsgd {

/// The remainders that a unit is to round, in order, as CSV: "fraction", in units of 2^-16.
std::string draws_to_make();

/// What a unit did with each: CSV of "fraction,up", up 0 or 1. Throws InputError for other
/// fractions than draws_to_make() has.
std::vector<ObservedDraw> read_observed_draws(const std::filesystem::path& file);

}  // namespace lsgd
