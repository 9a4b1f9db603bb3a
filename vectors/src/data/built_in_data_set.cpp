// SPDX-License-Identifier: Apache-2.0
#include "data/built_in_data_set.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "files/input_error.hpp"

namespace lsgd {

std::string MissingDataSet::lack_of(const std::string& name) const {
  return fmt::format("the data set {} is not on this machine; expected {}", name, expected());
}

DataSet load_data(const std::string& name_or_path, DataSetPart part, std::size_t rows,
                  const Network* network) {
  const auto names = built_in_data_set_names();
  if (std::ranges::find(names, name_or_path) == names.end())
    return read_data(name_or_path, rows, network);
  DataSet data = load_built_in_data_set(name_or_path, part, rows);
  if (network != nullptr) require_fit(data, name_or_path, *network);
  return data;
}

void require_classes(const DataSet& data, const std::string& file) {
  if (!data.has_classes())
    throw InputError(file, 0, "labels of classes, whose accuracy is judged, found real targets");
}

void require_fit(const DataSet& data, const std::string& file, const Network& network) {
  if (data.inputs != network.inputs())
    throw InputError(file, 0, fmt::format("{} inputs, found {}", network.inputs(), data.inputs));
  const std::string expected = expected_of_targets(network, data.targets);
  if (!expected.empty()) throw InputError(file, 0, expected);
  if (data.classes > std::max(network.outputs(), 2U)) {
    throw InputError(file, 0,
                     fmt::format("labels that {} outputs can tell apart, found {} classes",
                                 network.outputs(), data.classes));
  }
}

}  // namespace lsgd
