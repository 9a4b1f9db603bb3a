// SPDX-License-Identifier: Apache-2.0
#include "data/data_file.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>

#include <lsgd/network/loss.hpp>

#include "files/atomic_file.hpp"
#include "files/csv_file.hpp"
#include "files/number_text.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

/// Of labels if there are no targets.
std::vector<std::string> data_header(std::size_t inputs, std::size_t targets) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < inputs; ++i) names.push_back(fmt::format("x{}", i));
  for (std::size_t i = 0; i < targets; ++i) names.push_back(fmt::format("y{}", i));
  if (targets == 0) names.emplace_back("label");
  return names;
}

std::size_t targets_in(const std::vector<std::string>& header) {
  const auto first = std::ranges::find(header, "y0");
  return static_cast<std::size_t>(header.end() - first);
}

void require_targets_that_fit(const CsvReader& reader, std::size_t targets,
                              const Network& network) {
  const std::string expected = expected_of_targets(network, targets);
  if (!expected.empty()) throw InputError(reader.file(), 1, expected);
}

/// Of the last row, each rounded to binary32.
void require_probabilities(const CsvReader& reader, const DataSet& data) {
  double sum = 0;
  const auto row = data.targets_flat.end() - static_cast<std::ptrdiff_t>(data.targets);
  const bool are_positive =
      std::all_of(row, data.targets_flat.end(), [](float t) { return t >= 0; });
  for (auto t = row; t != data.targets_flat.end(); ++t) sum += double{*t};
  if (!are_positive || std::abs(sum - 1) > 0x1p-24 * data.targets)
    throw reader.error(fmt::format(
        "targets from 0 that sum to 1, as loss cross_entropy has, found the sum {}", sum));
}

std::uint64_t largest_label_of(const Network* network) {
  if (network == nullptr) return largest_label;
  return std::max(network->outputs(), 2U) - 1;
}

/// How many rows to make room for: none costs less than two bytes for each of its columns.
std::size_t counted_rows(const std::filesystem::path& path, std::size_t columns) {
  std::ifstream stream = open_input(path);
  std::vector<char> block(std::size_t{1} << 16);
  std::size_t lines = 0, bytes = 0;
  while (stream.read(block.data(), static_cast<std::streamsize>(block.size())),
         stream.gcount() > 0) {
    const auto end = block.begin() + stream.gcount();
    lines += static_cast<std::size_t>(std::count(block.begin(), end, '\n'));
    bytes += static_cast<std::size_t>(stream.gcount());
  }
  return std::min(lines, bytes / (2 * columns));
}

DataSet parsed_data(CsvReader& reader, std::size_t rows, const Network* network,
                    const std::filesystem::path* path) {
  const std::size_t targets = targets_in(reader.header());
  const std::size_t columns = std::max(targets, std::size_t{1});
  const std::size_t inputs = network != nullptr
                                 ? network->inputs()
                                 : std::max(reader.header().size(), columns + 1) - columns;
  reader.require_header(data_header(inputs, targets));
  if (network != nullptr) require_targets_that_fit(reader, targets, *network);
  DataSet data;
  data.inputs = static_cast<std::uint32_t>(inputs);
  data.classes = targets > 0 ? 0U : 2U;
  data.targets = static_cast<std::uint32_t>(targets);
  if (path != nullptr) {
    const std::size_t room = std::min(rows, counted_rows(*path, inputs + columns));
    data.inputs_flat.reserve(room * inputs);
    data.labels.reserve(room);
    data.targets_flat.reserve(room * targets);
  }
  while (data.size() < rows && reader.next()) {
    for (std::size_t i = 0; i < inputs; ++i) data.inputs_flat.push_back(reader.number(i));
    for (std::size_t i = 0; i < targets; ++i)
      data.targets_flat.push_back(reader.number(inputs + i));
    data.labels.push_back(0);
    if (network != nullptr && network->loss == Loss::cross_entropy && targets > 0)
      require_probabilities(reader, data);
    if (targets > 0) continue;
    data.labels.back() =
        static_cast<std::uint32_t>(reader.integer(inputs, largest_label_of(network)));
    data.classes = std::max(data.classes, data.labels.back() + 1);
  }
  if (data.size() == 0) throw reader.error("at least one row after the header");
  return data;
}

}  // namespace

DataSet blank_sample(std::uint32_t inputs) {
  return {.inputs = inputs, .classes = 2, .inputs_flat = std::vector<float>(inputs), .labels = {0}};
}

Sample DataSet::sample(std::size_t index, std::uint32_t outputs) const {
  const std::uint32_t label = labels.at(index);
  if (has_classes() ? label >= std::max(outputs, 2U) : targets != outputs) {
    throw std::out_of_range(has_classes()
                                ? fmt::format("label {} with {} outputs", label, outputs)
                                : fmt::format("{} targets with {} outputs", targets, outputs));
  }
  const auto first = inputs_flat.begin() + static_cast<std::ptrdiff_t>(index * inputs);
  Sample sample{{first, first + inputs}, std::vector<float>(outputs)};
  if (!has_classes()) {
    const auto target = targets_flat.begin() + static_cast<std::ptrdiff_t>(index * targets);
    sample.target.assign(target, target + targets);
    return sample;
  }
  if (outputs == 1)
    sample.target[0] = static_cast<float>(label);
  else
    sample.target[label] = 1;
  return sample;
}

DataSet DataSet::first(std::size_t count) const {
  const auto samples = static_cast<std::ptrdiff_t>(std::min(count, size()));
  const auto head = [samples](const auto& values, std::uint32_t columns) {
    return std::vector(values.begin(), values.begin() + samples * columns);
  };
  return {inputs,          classes, head(inputs_flat, inputs),
          head(labels, 1), targets, head(targets_flat, targets)};
}

std::string expected_of_targets(const Network& network, std::size_t targets) {
  if (targets == 0) return {};
  if (has_probabilities(network.loss) && network.loss != Loss::cross_entropy)
    return "the column label for a loss of classes, found real targets";
  if (targets == network.outputs()) return {};
  return fmt::format("{} real targets, one per output, found {}", network.outputs(), targets);
}

DataSet parse_data(std::istream& stream, const std::string& file, std::size_t rows,
                   const Network* network) {
  CsvReader reader(stream, file);
  return parsed_data(reader, rows, network, nullptr);
}

DataSet read_data(const std::filesystem::path& path, std::size_t rows, const Network* network) {
  CsvReader reader(path);
  return parsed_data(reader, rows, network, &path);
}

void write_data(const std::filesystem::path& path, const DataSet& data) {
  AtomicFile file(path);
  file.write(fmt::format("{}\n", fmt::join(data_header(data.inputs, data.targets), ",")));
  for (std::size_t row = 0; row < data.size(); ++row) {
    std::string line;
    for (std::size_t i = 0; i < data.inputs; ++i) {
      line += to_text(data.inputs_flat[row * data.inputs + i]);
      line += ',';
    }
    for (std::size_t i = 0; i < data.targets; ++i) {
      line += to_text(data.targets_flat[row * data.targets + i]);
      line += i + 1 < data.targets ? "," : "";
    }
    if (data.has_classes()) line += std::to_string(data.labels[row]);
    line += '\n';
    file.write(line);
  }
  file.commit();
}

}  // namespace lsgd
