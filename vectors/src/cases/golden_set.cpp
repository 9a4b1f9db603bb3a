// SPDX-License-Identifier: Apache-2.0
#include "cases/golden_set.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <set>
#include <stdexcept>

#include <lsgd/numbers/binary32.hpp>
#include <lsgd/numbers/int16_fixed.hpp>
#include <lsgd/numbers/quantize.hpp>

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

std::uint32_t read_pattern(const CsvReader& reader, std::size_t column, std::string_view text,
                           int digits) {
  std::uint32_t pattern = 0;
  const bool lower_case = std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'F'; });
  const auto result = std::from_chars(text.data(), text.data() + text.size(), pattern, 16);
  if (text.size() != static_cast<std::size_t>(digits) || !lower_case || result.ec != std::errc{} ||
      result.ptr != text.data() + text.size()) {
    throw column_error(reader, column,
                       fmt::format("patterns of {} lower-case hexadecimal digits", digits));
  }
  return pattern;
}

std::vector<std::uint32_t> read_patterns(const CsvReader& reader, std::size_t column, int digits) {
  std::vector<std::uint32_t> patterns;
  for (const std::string_view text : split(reader.text(column), ' '))
    patterns.push_back(read_pattern(reader, column, text, digits));
  return patterns;
}

float read_finite(const CsvReader& reader, std::size_t column) {
  const float value = from_bits(read_pattern(reader, column, reader.text(column), 8));
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

class CaseReader {
 public:
  CaseReader(TensorRows& rows, GoldenCase& golden_case, Profile profile)
      : rows_(rows), case_(golden_case), profile_(profile) {}

  void read() {
    const Network& network = case_.network;
    case_.sample.inputs = given_floats("x", network.inputs());
    case_.sample.target = given_floats("t", network.outputs());
    for (std::size_t l = 0; l < network.layers.size(); ++l) read_parameters(l);
    const bool is_integer = profile_ == Profile::int8_integer;
    if (is_integer) read_random_state();
    read_forward("");
    for (std::size_t l = network.layers.size(); l > 0; --l)
      read_expected(fmt::format("delta{}", l), network.layers[l - 1].outputs, is_integer ? 16 : 32);
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const Layer& layer = network.layers[l];
      const std::string weights = fmt::format("W{}", l + 1);
      const std::string biases = fmt::format("b{}", l + 1);
      if (is_int8()) read_expected(weights + ".fraction_bits", 1, 8);
      read_expected(weights, layer.weight_count(), element_bits());
      if (profile_ == Profile::int8_hybrid) read_expected(biases + ".fraction_bits", 1, 8);
      read_expected(biases, layer.outputs, is_integer ? 16 : element_bits());
    }
    if (is_integer) read_expected("random_state", 1, 32);
    if (rows_.at_tensor(case_.name, "next.z1")) read_forward("next.");
  }

 private:
  bool is_int8() const {
    return profile_ == Profile::int8_hybrid || profile_ == Profile::int8_integer;
  }
  int element_bits() const { return is_int8() ? 8 : 32; }

  template <class T, class Read>
  std::vector<T> given(std::string_view tensor, std::size_t count, Read read) {
    std::vector<T> values;
    for (std::size_t i = 0; i < count; ++i) {
      rows_.require(case_.name, "given", tensor, i);
      values.push_back(read());
      rows_.advance();
    }
    return values;
  }

  std::vector<float> given_floats(std::string_view tensor, std::size_t count) {
    return given<float>(tensor, count, [&] { return read_finite(rows_.reader(), 4); });
  }

  std::vector<std::int8_t> given_int8(std::string_view tensor, std::size_t count) {
    return given<std::int8_t>(tensor, count, [&] {
      return static_cast<std::int8_t>(read_pattern(rows_.reader(), 4, rows_.reader().text(4), 2));
    });
  }

  std::vector<std::int16_t> given_int16(std::string_view tensor, std::size_t count) {
    return given<std::int16_t>(tensor, count, [&] {
      return static_cast<std::int16_t>(read_pattern(rows_.reader(), 4, rows_.reader().text(4), 4));
    });
  }

  std::vector<std::int32_t> given_int32(std::string_view tensor, std::size_t count) {
    return given<std::int32_t>(tensor, count, [&] {
      return static_cast<std::int32_t>(read_pattern(rows_.reader(), 4, rows_.reader().text(4), 8));
    });
  }

  void read_random_state() {
    const auto read = [&] { return read_pattern(rows_.reader(), 4, rows_.reader().text(4), 8); };
    case_.int8_integer_parameters.random_bits.state =
        given<std::uint32_t>("random_state", 1, read).front();
  }

  Int8Tensor given_tensor(const std::string& tensor, std::size_t count) {
    Int8Tensor result;
    const auto fraction_bits = given<int>(tensor + ".fraction_bits", 1, [&] {
      const auto bits = read_pattern(rows_.reader(), 4, rows_.reader().text(4), 2);
      if (bits > 7) throw column_error(rows_.reader(), 4, "fraction bits from 0 to 7");
      return static_cast<int>(bits);
    });
    result.fraction_bits = fraction_bits.front();
    result.values = given_int8(tensor, count);
    return result;
  }

  void read_parameters(std::size_t l) {
    const Layer& layer = case_.network.layers[l];
    const std::string weights = fmt::format("W{}", l + 1);
    const std::string biases = fmt::format("b{}", l + 1);
    if (profile_ == Profile::float32) {
      auto values = given_floats(weights, layer.weight_count());
      case_.parameters.push_back({std::move(values), given_floats(biases, layer.outputs)});
    } else if (profile_ == Profile::int32_fixed) {
      auto values = given_int32(weights, layer.weight_count());
      case_.int32_fixed_parameters.push_back(
          {std::move(values), given_int32(biases, layer.outputs)});
    } else if (profile_ == Profile::int8_integer) {
      auto values = given_tensor(weights, layer.weight_count());
      case_.int8_integer_parameters.layers.push_back(
          {std::move(values), given_int16(biases, layer.outputs)});
    } else {
      auto values = given_tensor(weights, layer.weight_count());
      case_.int8_parameters.push_back({std::move(values), given_tensor(biases, layer.outputs)});
    }
  }

  void read_forward(std::string_view prefix) {
    for (std::size_t l = 0; l < case_.network.layers.size(); ++l) {
      const std::size_t count = case_.network.layers[l].outputs;
      read_expected(fmt::format("{}z{}", prefix, l + 1), count, element_bits());
      read_expected(fmt::format("{}a{}", prefix, l + 1), count, element_bits());
    }
  }

  void read_expected(const std::string& tensor, std::size_t count, int bits) {
    ExpectedTensor expected{tensor, bits, {}};
    if (profile_ == Profile::int32_fixed)
      expected.fraction_bits = fixed_fraction_bits(case_.network, tensor);
    for (std::size_t i = 0; i < count; ++i) {
      rows_.require(case_.name, "expected", tensor, i);
      expected.elements.push_back(read_element(bits / 4));
      rows_.advance();
    }
    case_.expected.push_back(std::move(expected));
  }

  ExpectedElement read_element(int digits) {
    const CsvReader& reader = rows_.reader();
    ExpectedElement element;
    element.bits = read_pattern(reader, 4, reader.text(4), digits);
    element.value = reader.text(5);
    element.exact = reader.text(6);
    element.also = read_patterns(reader, 8, digits);
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
  GoldenCase& case_;
  Profile profile_;
};

void write_given(const GoldenCase& golden_case, std::string_view tensor,
                 const std::vector<float>& values, const LineSink& lines) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    lines(fmt::format("{},given,{},{},{},{},,,", golden_case.name, tensor, i, hex_bits(values[i]),
                      to_text(values[i])));
  }
}

void write_given(const GoldenCase& golden_case, std::string_view tensor, const Int8Tensor& values,
                 const LineSink& lines) {
  lines(fmt::format("{},given,{}.fraction_bits,0,{:02x},{},,,", golden_case.name, tensor,
                    values.fraction_bits, values.fraction_bits));
  for (std::size_t i = 0; i < values.values.size(); ++i) {
    lines(fmt::format(
        "{},given,{},{},{},{},,,", golden_case.name, tensor, i, hex_bits(values.values[i]),
        to_text(std::ldexp(static_cast<float>(values.values[i]), -values.fraction_bits))));
  }
}

void write_given(const GoldenCase& golden_case, std::string_view tensor,
                 const std::vector<std::int16_t>& values, const LineSink& lines) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    lines(fmt::format("{},given,{},{},{},{},,,", golden_case.name, tensor, i,
                      hex_bits(static_cast<std::uint16_t>(values[i]), 4),
                      to_text(std::ldexp(static_cast<float>(values[i]), -bias_fraction_bits))));
  }
}

void write_given(const GoldenCase& golden_case, std::string_view tensor,
                 const std::vector<std::int32_t>& values, const LineSink& lines) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    lines(fmt::format("{},given,{},{},{},{},,,", golden_case.name, tensor, i,
                      hex_bits(static_cast<std::uint32_t>(values[i]), 8),
                      to_text(fixed_value(values[i], fixed_parameter_bits))));
  }
}

void write_given_integers(const GoldenCase& golden_case, const LineSink& lines) {
  const auto& [layers, random_bits] = golden_case.int8_integer_parameters;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    write_given(golden_case, fmt::format("W{}", l + 1), layers[l].weights, lines);
    write_given(golden_case, fmt::format("b{}", l + 1), layers[l].biases, lines);
  }
  lines(fmt::format("{},given,random_state,0,{},{},,,", golden_case.name,
                    hex_bits(random_bits.state, 8), random_bits.state));
}

void write_given(const GoldenCase& golden_case, Profile profile, const LineSink& lines) {
  write_given(golden_case, "x", golden_case.sample.inputs, lines);
  write_given(golden_case, "t", golden_case.sample.target, lines);
  if (profile == Profile::int8_integer) return write_given_integers(golden_case, lines);
  for (std::size_t l = 0; l < golden_case.network.layers.size(); ++l) {
    const std::string weights = fmt::format("W{}", l + 1);
    const std::string biases = fmt::format("b{}", l + 1);
    if (profile == Profile::float32) {
      write_given(golden_case, weights, golden_case.parameters[l].weights, lines);
      write_given(golden_case, biases, golden_case.parameters[l].biases, lines);
    } else if (profile == Profile::int32_fixed) {
      write_given(golden_case, weights, golden_case.int32_fixed_parameters[l].weights, lines);
      write_given(golden_case, biases, golden_case.int32_fixed_parameters[l].biases, lines);
    } else {
      write_given(golden_case, weights, golden_case.int8_parameters[l].weights, lines);
      write_given(golden_case, biases, golden_case.int8_parameters[l].biases, lines);
    }
  }
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
    row.a = read_pattern(reader, 2, reader.text(2), 8);
    row.b = read_pattern(reader, 3, reader.text(3), 8);
    row.bits = read_pattern(reader, 4, reader.text(4), 8);
    row.also = read_patterns(reader, 5, 8);
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
    CaseReader(rows, golden_case, set.manifest.profile).read();
  rows.require_end();
  require_case_count(directory, set.manifest, "cases.csv", set.cases.size());
  require_case_count(directory, set.manifest, "tensors.csv", set.cases.size());
  return set;
}

void write_arithmetic_cases(const std::vector<ArithmeticCase>& cases, const ArithmeticModel& model,
                            const LineSink& lines) {
  lines(header_line(arithmetic_header));
  for (const ArithmeticCase& row : cases) {
    lines(fmt::format(
        "{},{},{},{},{},{},{}", row.name, name_of(row.operation), hex_bits(row.a, 8),
        hex_bits(row.b, 8), hex_bits(arithmetic_result(row.operation, row.a, row.b), 8),
        joined_patterns(further_arithmetic_results(row.operation, row.a, row.b, model), 8),
        fmt::join(row.flags, " ")));
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

std::vector<ExpectedTensor> expected_tensors(const GoldenCase& golden_case, Profile profile,
                                             const ArithmeticModel& model) {
  const Network& network = golden_case.network;
  const Sample& sample = golden_case.sample;
  if (profile == Profile::float32) {
    return expected_float32_step(network, golden_case.parameters, sample, golden_case.learning_rate,
                                 model);
  }
  if (profile == Profile::int32_fixed) {
    return expected_int32_fixed_step(network, golden_case.int32_fixed_parameters, sample,
                                     golden_case.learning_rate, model);
  }
  std::vector<ExpectedTensor> expected, next;
  if (profile == Profile::int8_integer) {
    Int8IntegerParameters after;
    expected = expected_int8_integer_step(network, golden_case.int8_integer_parameters, sample,
                                          golden_case.learning_rate, &after);
    next = expected_int8_integer_step(network, after, sample, golden_case.learning_rate);
  } else {
    Int8Parameters after;
    expected = expected_int8_hybrid_step(network, golden_case.int8_parameters, sample,
                                         golden_case.learning_rate, model, &after);
    if (!update_is_unambiguous(expected)) return expected;
    next = expected_int8_hybrid_step(network, after, sample, golden_case.learning_rate, model);
  }
  for (std::size_t i = 0; i < 2 * network.layers.size(); ++i) {
    expected.push_back(next[i]);
    expected.back().name = "next." + next[i].name;
  }
  return expected;
}

void write_golden_tensors(const std::vector<GoldenCase>& cases, Profile profile,
                          const ArithmeticModel& model, const LineSink& lines) {
  lines(header_line(tensors_header));
  for (const GoldenCase& golden_case : cases) {
    write_given(golden_case, profile, lines);
    const std::string before = golden_case.name + ",expected,";
    for (const ExpectedTensor& tensor : expected_tensors(golden_case, profile, model))
      for (std::size_t i = 0; i < tensor.elements.size(); ++i)
        lines(expected_line(before, tensor, i));
  }
}

}  // namespace lsgd
