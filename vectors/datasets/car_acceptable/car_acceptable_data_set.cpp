// SPDX-License-Identifier: Apache-2.0
#include "data/built_in_data_set.hpp"

namespace lsgd {

/// Car Evaluation with two classes, unacceptable and acceptable, for networks of one output: the
/// rows of `car` in the same order.
DataSet car_acceptable_data_set(DataSetPart part, std::size_t rows) {
  constexpr std::uint32_t unacc = 2;
  DataSet data = load_built_in_data_set("car", part, rows);
  data.classes = 2;
  for (std::uint32_t& label : data.labels) label = label == unacc ? 0 : 1;
  return data;
}

}  // namespace lsgd
