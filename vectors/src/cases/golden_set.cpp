// SPDX-License-Identifier: Apache-2.0
#include "cases/golden_set.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <concepts>
#include <fmt/format.h>
#include <set>
#include <stdexcept>

#include <lsgd/numbers/binary32.hpp>

#include "data/network_text.hpp"
#include "files/csv_file.hpp"
#include "files/number_text.hpp"
#include "steps/expected_line.hpp"

namespace lsgd {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  if (text.empty()) return parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

InputError column_error(const CsvReader& reader, std::size_t column, const std::string& expected) {
  return reader.error(fmt::format("{} to be {}, found {}", reader.header()[column], expected,
                                  in_quotes(reader.text(column))));
}

template <std::unsigned_integral Pattern>
Pattern read_pattern(const CsvReader& reader, std::size_t column, std::string_view text,
                     int digits) {
  Pattern pattern = 0;
  const bool lower_case = std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'F'; });
  const auto result = std::from_chars(text.data(), text.data() + text.size(), pattern, 16);
  if (text.size() != static_cast<std::size_t>(digits) || !lower_case || result.ec != std::errc{} ||
      result.ptr != text.data() + text.size()) {
    throw column_error(reader, column,
                       fmt::format("patterns of {} lower-case hexadecimal digits", digits));
  }
  return pattern;
}

template <std::unsigned_integral Pattern>
std::vector<Pattern> read_patterns(const CsvReader& reader, std::size_t column, int digits) {
  std::vector<Pattern> patterns;
  for (const std::string_view text : split(reader.text(column), ' '))
    patterns.push_back(read_pattern<Pattern>(reader, column, text, digits));
  return patterns;
}

float read_finite(const CsvReader& reader, std::size_t column) {
  const float value =
      from_bits(read_pattern<std::uint32_t>(reader, column, reader.text(column), 8));
  if (!std::isfinite(value)) throw column_error(reader, column, "a finite binary32 pattern");
  return value;
}

std::vector<std::string> read_flags(const CsvReader& reader, std::size_t column,
                                    const VectorManifest& manifest) {
  std::vector<std::string> flags;
  for (const std::string_view flag : split(reader.text(column), ' ')) {
    flags.emplace_back(flag);
    if (!manifest.flags.contains(flags.back()))
      throw column_error(reader, column, "flags that the manifest describes");
  }
  return flags;
}

/// Reads the name of a case, which may occur only once.
class CaseNames {
 public:
  std::string read(const CsvReader& reader, std::size_t column) {
    const std::string name(reader.text(column));
    const auto allowed = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    if (name.empty() || name.size() > 64 || !std::ranges::all_of(name, allowed))
      throw column_error(reader, column, "a name of small letters, digits and underscores");
    if (!seen_.insert(name).second) throw column_error(reader, column, "a name not used before");
    return name;
  }

 private:
  std::set<std::string> seen_;
};

VectorManifest read_manifest_of_level(const std::filesystem::path& directory, int level) {
  VectorManifest manifest = read_vector_set(directory);
  if (manifest.level != level) {
    throw InputError(
        (directory / "manifest.json").string(), 0,
        fmt::format("a vector set of level {}, found level {}", level, manifest.level));
  }
  return manifest;
}

void require_case_count(const std::filesystem::path& directory, const VectorManifest& manifest,
                        std::string_view name, std::size_t found) {
  const VectorFile* const file = manifest.file(name);
  const std::string path = (directory / "manifest.json").string();
  if (file == nullptr) throw InputError(path, 0, fmt::format("the file {} to be listed", name));
  if (file->cases != found)
    throw InputError(path, 0, fmt::format("{} cases in {}, found {}", file->cases, name, found));
}

const std::vector<std::string> arithmetic_header{"case", "operation", "a",    "b",
                                                 "bits", "also",      "flags"};
const std::vector<std::string> cases_header{"case", "clause",        "layers", "activations",
                                            "loss", "learning_rate", "flags"};
const std::vector<std::string> tensors_header{"case",  "role",  "tensor", "index", "bits",
                                              "value", "exact", "bound",  "also"};

std::string header_line(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ","));
}

Network read_network(const CsvReader& reader) {
  try {
    return network_from_text(reader.text(2), reader.text(3), reader.text(4));
  } catch (const std::invalid_argument& problem) {
    throw reader.error(problem.what());
  }
}

GoldenCase read_case(const CsvReader& reader, CaseNames& names, const VectorManifest& manifest) {
  GoldenCase golden_case;
  golden_case.name = names.read(reader, 0);
  golden_case.clause = reader.text(1);
  if (!golden_case.clause.starts_with("SPEC "))
    throw column_error(reader, 1, "a clause such as SPEC 2.4");
  golden_case.network = read_network(reader);
  golden_case.learning_rate = reader.number(5);
  if (golden_case.learning_rate <= 0) throw column_error(reader, 5, "a number above 0");
  golden_case.flags = read_flags(reader, 6, manifest);
  return golden_case;
}

/// Rows of tensors.csv, which may come in one order only.
class TensorRows {
 public:
  explicit TensorRows(const std::filesystem::path& path) : reader_(path) {
    reader_.require_header(tensors_header);
    more_ = reader_.next();
  }

  CsvReader& reader() { return reader_; }
  void advance() { more_ = reader_.next(); }

  bool at_tensor(std::string_view case_name, std::string_view tensor) const {
    return more_ && reader_.text(0) == case_name && reader_.text(2) == tensor;
  }

  void require(std::string_view case_name, std::string_view role, std::string_view tensor,
               std::size_t index) const {
    const std::string expected = fmt::format("{},{},{},{}", case_name, role, tensor, index);
    if (!more_) throw reader_.error(fmt::format("row {} next, but the file ends", expected));
    const auto fields = reader_.fields();
    const auto found = fmt::format("{},{},{},{}", fields[0], fields[1], fields[2], fields[3]);
    if (found != expected)
      throw reader_.error(fmt::format("row {}, found {}", expected, in_quotes(found)));
  }

  void require_end() const {
    if (more_) throw reader_.error("no row after the last case");
  }

 private:
  CsvReader reader_;
  bool more_ = false;
};

/// Reads the rows of one case.
class CaseReader {
 public:
  CaseReader(TensorRows& rows, const std::string& name) : rows_(rows), name_(name) {}

  void read_given(TensorSet& tensors) {
    for (Tensor& tensor : tensors)
      for (std::size_t i = 0; i < tensor.count; ++i) {
        rows_.require(name_, "given", tensor.name, i);
        tensor.codes.push_back(read_code(tensor));
        rows_.advance();
      }
  }

  ExpectedTensor read_expected(const Tensor& tensor, std::string_view prefix) {
    const ElementFormat& format = tensor.format;
    ExpectedTensor expected{fmt::format("{}{}", prefix, tensor.name), format.bits, {}};
    if (format.bits == 32) expected.fraction_bits = format.fraction_bits;
    for (std::size_t i = 0; i < tensor.count; ++i) {
      rows_.require(name_, "expected", expected.name, i);
      expected.elements.push_back(read_element(format.bits / 4));
      rows_.advance();
    }
    return expected;
  }

 private:
  std::uint64_t read_code(const Tensor& tensor) {
    const CsvReader& reader = rows_.reader();
    if (tensor.format.meaning == ElementFormat::Meaning::binary32)
      return bits_of(read_finite(reader, 4));
    const auto code =
        read_pattern<std::uint64_t>(reader, 4, reader.text(4), tensor.format.bits / 4);
    const bool is_fraction_bits = tensor.kind == TensorKind::fraction_bits_of_weights ||
                                  tensor.kind == TensorKind::fraction_bits_of_biases;
    if (is_fraction_bits && code > 7) throw column_error(reader, 4, "fraction bits from 0 to 7");
    return code;
  }

  ExpectedElement read_element(int digits) {
    const CsvReader& reader = rows_.reader();
    ExpectedElement element;
    element.bits = read_pattern<std::uint64_t>(reader, 4, reader.text(4), digits);
    element.value = reader.text(5);
    element.exact = reader.text(6);
    element.also = read_patterns<std::uint64_t>(reader, 8, digits);
    if (const std::string_view text = reader.text(7); !text.empty()) {
      double bound = 0;
      const auto result = std::from_chars(text.data(), text.data() + text.size(), bound);
      if (result.ec != std::errc{} || result.ptr != text.data() + text.size() || !(bound >= 0))
        throw column_error(reader, 7, "empty or a bound of at least 0");
      element.bound = bound;
    }
    return element;
  }

  TensorRows& rows_;
  const std::string& name_;
};

/// How many of the tensors of a step belong to its forward pass.
std::size_t forward_tensor_count(const Network& network) { return 2 * network.layers.size(); }

void read_tensors(TensorRows& rows, const TensorFormats& formats, GoldenCase& golden_case) {
  const Network& network = golden_case.network;
  CaseReader reader(rows, golden_case.name);
  TensorSet sample = sample_tensors(network);
  reader.read_given(sample);
  golden_case.sample = sample_of(sample);
  golden_case.parameters = parameter_tensors(formats, network);
  reader.read_given(golden_case.parameters);
  const TensorSet step = step_tensors(formats, network);
  for (const Tensor& tensor : step)
    golden_case.expected.push_back(reader.read_expected(tensor, ""));
  if (!rows.at_tensor(golden_case.name, "next.z1")) return;
  for (std::size_t t = 0; t < forward_tensor_count(network); ++t)
    golden_case.expected.push_back(reader.read_expected(step[t], "next."));
}

/// Whether the bits of a step's forward pass are required, so that a case shows the next one too.
bool has_exact_forward_pass(const Network& network, const std::vector<ExpectedTensor>& step) {
  return std::all_of(
      step.begin(), step.begin() + static_cast<std::ptrdiff_t>(forward_tensor_count(network)),
      [](const ExpectedTensor& tensor) {
        return std::ranges::none_of(tensor.elements,
                                    [](const ExpectedElement& e) { return e.bound.has_value(); });
      });
}

}  // namespace

ArithmeticSet read_arithmetic_set(const std::filesystem::path& directory) {
  ArithmeticSet set{read_manifest_of_level(directory, 0), {}};
  CsvReader reader(directory / "arithmetic.csv");
  reader.require_header(arithmetic_header);
  CaseNames names;
  while (reader.next()) {
    ArithmeticCase row;
    row.name = names.read(reader, 0);
    const auto operation = arithmetic_operation_from_text(reader.text(1));
    if (!operation) throw column_error(reader, 1, "an operation of port.h");
    row.operation = *operation;
    row.a = read_pattern<std::uint32_t>(reader, 2, reader.text(2), 8);
    row.b = read_pattern<std::uint32_t>(reader, 3, reader.text(3), 8);
    row.bits = read_pattern<std::uint32_t>(reader, 4, reader.text(4), 8);
    row.also = read_patterns<std::uint32_t>(reader, 5, 8);
    row.flags = read_flags(reader, 6, set.manifest);
    try {
      arithmetic_result(row.operation, row.a, row.b);
    } catch (const std::invalid_argument& problem) {
      throw reader.error(problem.what());
    }
    set.cases.push_back(std::move(row));
  }
  require_case_count(directory, set.manifest, "arithmetic.csv", set.cases.size());
  return set;
}

GoldenSet read_golden_set(const std::filesystem::path& directory) {
  GoldenSet set{read_manifest_of_level(directory, 1), {}};
  CsvReader reader(directory / "cases.csv");
  reader.require_header(cases_header);
  CaseNames names;
  while (reader.next()) set.cases.push_back(read_case(reader, names, set.manifest));
  TensorRows rows(directory / "tensors.csv");
  for (GoldenCase& golden_case : set.cases)
    read_tensors(rows, set.manifest.profile->formats(), golden_case);
  rows.require_end();
  require_case_count(directory, set.manifest, "cases.csv", set.cases.size());
  require_case_count(directory, set.manifest, "tensors.csv", set.cases.size());
  return set;
}

void write_arithmetic_cases(const std::vector<ArithmeticCase>& cases, const ArithmeticModel& model,
                            const LineSink& lines) {
  lines(header_line(arithmetic_header));
  for (const ArithmeticCase& row : cases) {
    const auto also = further_arithmetic_results(row.operation, row.a, row.b, model);
    lines(fmt::format("{},{},{},{},{},{},{}", row.name, name_of(row.operation), hex_bits(row.a, 8),
                      hex_bits(row.b, 8),
                      hex_bits(arithmetic_result(row.operation, row.a, row.b), 8),
                      joined_patterns({also.begin(), also.end()}, 8), fmt::join(row.flags, " ")));
  }
}

void write_golden_cases(const std::vector<GoldenCase>& cases, const LineSink& lines) {
  lines(header_line(cases_header));
  for (const GoldenCase& golden_case : cases) {
    const Network& network = golden_case.network;
    lines(fmt::format("{},{},{},{},{},{},{}", golden_case.name, golden_case.clause,
                      sizes_text(network), activations_text(network), to_text(network.loss),
                      to_text(golden_case.learning_rate), fmt::join(golden_case.flags, " ")));
  }
}

std::vector<ExpectedTensor> expected_tensors(const GoldenCase& golden_case, const Profile& profile,
                                             const ArithmeticModel& model) {
  const Network& network = golden_case.network;
  const auto step_from = [&](const TensorSet& parameters) {
    return profile.expected_step(network, parameters, golden_case.sample, golden_case.learning_rate,
                                 model);
  };
  std::vector<ExpectedTensor> expected = step_from(golden_case.parameters);
  if (!has_exact_forward_pass(network, expected) || !update_is_unambiguous(expected))
    return expected;
  const auto next = step_from(parameters_after(profile.formats(), network, expected));
  for (std::size_t t = 0; t < forward_tensor_count(network); ++t) {
    expected.push_back(next[t]);
    expected.back().name = "next." + next[t].name;
  }
  return expected;
}

void write_golden_tensors(const std::vector<GoldenCase>& cases, const Profile& profile,
                          const ArithmeticModel& model, const LineSink& lines) {
  lines(header_line(tensors_header));
  for (const GoldenCase& golden_case : cases) {
    const std::string given = golden_case.name + ",given,";
    write_tensor_lines(sample_tensors(golden_case.sample), given, ",,,", lines);
    write_tensor_lines(golden_case.parameters, given, ",,,", lines);
    const std::string before = golden_case.name + ",expected,";
    for (const ExpectedTensor& tensor : expected_tensors(golden_case, profile, model))
      for (std::size_t i = 0; i < tensor.elements.size(); ++i)
        lines(expected_line(before, tensor, i));
  }
}

}  // namespace lsgd
