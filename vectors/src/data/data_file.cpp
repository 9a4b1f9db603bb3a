// SPDX-License-Identifier: Apache-2.0
#include "data/data_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

#include "files/atomic_file.hpp"
#include "files/csv_file.hpp"
#include "files/number_text.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

std::vector<std::string> data_header(std::size_t inputs) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < inputs; ++i) names.push_back(fmt::format("x{}", i));
  names.emplace_back("label");
  return names;
}

std::uint64_t largest_label_of(const Network* network) {
  if (network == nullptr) return largest_label;
  return std::max(network->outputs(), 2U) - 1;
}

}  // namespace

DataSet blank_sample(std::uint32_t inputs) {
  return {.inputs = inputs, .classes = 2, .inputs_flat = std::vector<float>(inputs), .labels = {0}};
}

Sample DataSet::sample(std::size_t index, std::uint32_t outputs) const {
  const std::uint32_t label = labels.at(index);
  if (label >= std::max(outputs, 2U))
    throw std::out_of_range(fmt::format("label {} with {} outputs", label, outputs));
  const auto first = inputs_flat.begin() + static_cast<std::ptrdiff_t>(index * inputs);
  Sample sample{{first, first + inputs}, std::vector<float>(outputs)};
  if (outputs == 1)
    sample.target[0] = static_cast<float>(label);
  else
    sample.target[label] = 1;
  return sample;
}

DataSet parse_data(std::istream& stream, const std::string& file, std::size_t rows,
                   const Network* network) {
  CsvReader reader(stream, file);
  const std::size_t inputs =
      network != nullptr ? network->inputs() : std::max<std::size_t>(reader.header().size(), 2) - 1;
  reader.require_header(data_header(inputs));
  DataSet data{static_cast<std::uint32_t>(inputs), 2, {}, {}};
  while (data.size() < rows && reader.next()) {
    for (std::size_t i = 0; i < inputs; ++i) data.inputs_flat.push_back(reader.number(i));
    const auto label =
        static_cast<std::uint32_t>(reader.integer(inputs, largest_label_of(network)));
    data.labels.push_back(label);
    data.classes = std::max(data.classes, label + 1);
  }
  if (data.size() == 0) throw reader.error("at least one row after the header");
  return data;
}

DataSet read_data(const std::filesystem::path& path, std::size_t rows, const Network* network) {
  std::ifstream stream = open_input(path);
  return parse_data(stream, path.string(), rows, network);
}

void write_data(const std::filesystem::path& path, const DataSet& data) {
  AtomicFile file(path);
  file.write(fmt::format("{}\n", fmt::join(data_header(data.inputs), ",")));
  for (std::size_t row = 0; row < data.size(); ++row) {
    std::string line;
    for (std::size_t i = 0; i < data.inputs; ++i) {
      line += to_text(data.inputs_flat[row * data.inputs + i]);
      line += ',';
    }
    file.write(fmt::format("{}{}\n", line, data.labels[row]));
  }
  file.commit();
}

}  // namespace lsgd
