// SPDX-License-Identifier: Apache-2.0
#include "export/vector_table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include <lsgd/numbers/binary32.hpp>

namespace lsgd {
namespace {

/// Stands for an infinite bound: more than any two binary32 numbers are apart.
constexpr double bound_where_overflow_is_possible = 0x1p200;

double double_of(const std::string& decimal) {
  double value = 0;
  std::from_chars(decimal.data(), decimal.data() + decimal.size(), value);
  return value;
}

/// A bound on the distance from the rounded exact value.
double enlarged(double bound, double exact) {
  if (std::isinf(bound)) return bound_where_overflow_is_possible;
  const double rounding = std::abs(exact) * 0x1p-52;
  const double sum = bound + rounding;
  return std::nextafter(sum, std::numeric_limits<double>::infinity());
}

class TableBuilder {
 public:
  explicit TableBuilder(VectorTable& table) : table_(table) {}

  void add_case(TableCase table_case) { table_.cases.push_back(std::move(table_case)); }

  void add_given(const std::string& name, const std::vector<float>& values) {
    add_tensor(name, true, 32, table_.given_bits.size(), values.size());
    for (const float value : values) table_.given_bits.push_back(bits_of(value));
  }

  void add_given(const std::string& name, const Int8Tensor& tensor) {
    add_tensor(name + ".fraction_bits", true, 8, table_.given_bits.size(), 1);
    table_.given_bits.push_back(static_cast<std::uint32_t>(tensor.fraction_bits));
    add_tensor(name, true, 8, table_.given_bits.size(), tensor.values.size());
    for (const std::int8_t value : tensor.values)
      table_.given_bits.push_back(static_cast<std::uint8_t>(value));
  }

  void add_given(const std::string& name, const std::vector<std::int16_t>& values) {
    add_tensor(name, true, 16, table_.given_bits.size(), values.size());
    for (const std::int16_t value : values)
      table_.given_bits.push_back(static_cast<std::uint16_t>(value));
  }

  void add_given(const std::string& name, const std::vector<std::int32_t>& values) {
    add_tensor(name, true, 32, table_.given_bits.size(), values.size());
    for (const std::int32_t value : values)
      table_.given_bits.push_back(static_cast<std::uint32_t>(value));
  }

  void add_given(const Int8IntegerParameters& parameters) {
    add_given(parameters.layers);
    add_tensor("random_state", true, 32, table_.given_bits.size(), 1);
    table_.given_bits.push_back(parameters.random_bits.state);
  }

  void add_given(const StepVectors& vectors) {
    const Parameters<float>& parameters = vectors.model.parameters;
    switch (vectors.profile) {
      case Profile::float32:
        return add_given(parameters);
      case Profile::int8_hybrid:
        return add_given(quantized_parameters(parameters));
      case Profile::int32_fixed:
        return add_given(int32_fixed_parameters(parameters));
      case Profile::int8_integer:
        return add_given(int8_integer_parameters(parameters, first_random_state));
    }
  }

  template <class LayerOfParameters>
  void add_given(const std::vector<LayerOfParameters>& parameters) {
    for (std::size_t l = 0; l < parameters.size(); ++l) {
      add_given(fmt::format("W{}", l + 1), parameters[l].weights);
      add_given(fmt::format("b{}", l + 1), parameters[l].biases);
    }
  }

  void add_given(const Sample& sample) {
    add_given("x", sample.inputs);
    add_given("t", sample.target);
  }

  void add_expected(const std::vector<ExpectedTensor>& tensors) {
    for (const ExpectedTensor& tensor : tensors) {
      add_tensor(tensor.name, false, tensor.element_bits, table_.expected_bits.size(),
                 tensor.elements.size());
      for (const ExpectedElement& element : tensor.elements) add_expected(element);
    }
  }

 private:
  void add_tensor(const std::string& name, bool is_given, int element_bits, std::size_t first,
                  std::size_t count) {
    table_.tensors.push_back({static_cast<std::uint32_t>(table_.cases.size() - 1), is_given, name,
                              element_bits, static_cast<std::uint32_t>(first),
                              static_cast<std::uint32_t>(count)});
  }

  void add_expected(const ExpectedElement& element) {
    const auto index = static_cast<std::uint32_t>(table_.expected_bits.size());
    for (const std::uint32_t also : element.also) {
      table_.also_index.push_back(index);
      table_.also_bits.push_back(also);
    }
    const double exact = double_of(element.exact);
    table_.expected_bits.push_back(element.bits);
    table_.exact.push_back(exact);
    table_.bound.push_back(element.bound ? enlarged(*element.bound, exact) : -1);
  }

  VectorTable& table_;
};

}  // namespace

VectorTable table_of(const GoldenSet& set) {
  VectorTable table;
  table.suite = set.manifest.suite;
  TableBuilder builder(table);
  for (const GoldenCase& golden_case : set.cases) {
    builder.add_case({golden_case.name, golden_case.network, golden_case.learning_rate});
    builder.add_given(golden_case.sample);
    builder.add_given(golden_case.parameters);
    builder.add_given(golden_case.int8_parameters);
    builder.add_given(golden_case.int32_fixed_parameters);
    if (set.manifest.profile == Profile::int8_integer)
      builder.add_given(golden_case.int8_integer_parameters);
    builder.add_expected(golden_case.expected);
  }
  return table;
}

VectorTable table_of(const StepVectors& vectors, const std::string& suite) {
  VectorTable table;
  table.suite = suite;
  TableBuilder builder(table);
  for_each_step(vectors, [&](std::size_t step, const Sample& sample,
                             const std::vector<ExpectedTensor>& expected) {
    builder.add_case({fmt::format("step_{}", step), vectors.model.network, vectors.learning_rate});
    builder.add_given(sample);
    if (step == 0) builder.add_given(vectors);
    builder.add_expected(expected);
  });
  return table;
}

}  // namespace lsgd
