// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "data/built_in_data_set.hpp"

namespace lsgd {

/// The Car Evaluation data set in its canonical text form: 1728 lines of six attribute values and a
/// class, every combination of attributes in nesting order. Its SHA-256 is in SOURCE.md.
std::string car_canonical_text();

/// Car Evaluation for training: each attribute is the alphabetical index of its value divided by
/// (number of values - 1), the label the alphabetical index of the class (acc, good, unacc, vgood).
/// The 1728 rows are shuffled by fisher_yates_mt19937_64 with seed 1; the first 1209 are the
/// training part, the other 519 the test part.
DataSet car_data_set(DataSetPart part, std::size_t rows);

}  // namespace lsgd
