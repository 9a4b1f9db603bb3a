// SPDX-License-Identifier: Apache-2.0
#include "export/vector_table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <limits>

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

  void add_given(const TensorSet& tensors) {
    for (const Tensor& tensor : tensors) {
      add_tensor(tensor.name, true, tensor.format.bits, table_.given_bits.size(),
                 tensor.codes.size());
      for (const std::uint64_t code : tensor.codes)
        table_.given_bits.push_back(static_cast<std::uint32_t>(code));
    }
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
    for (const std::uint64_t also : element.also) {
      table_.also_index.push_back(index);
      table_.also_bits.push_back(static_cast<std::uint32_t>(also));
    }
    const ExportedBound bound = exported_bound(element);
    table_.expected_bits.push_back(static_cast<std::uint32_t>(element.bits));
    table_.exact.push_back(bound.exact);
    table_.bound.push_back(bound.bound);
  }

  VectorTable& table_;
};

}  // namespace

ExportedBound exported_bound(const ExpectedElement& element) {
  const double exact = double_of(element.exact);
  return {exact, element.bound ? enlarged(*element.bound, exact) : -1};
}

VectorTable table_of(const GoldenSet& set) {
  VectorTable table;
  table.suite = set.manifest.suite;
  TableBuilder builder(table);
  for (const GoldenCase& golden_case : set.cases) {
    builder.add_case({golden_case.name, golden_case.network, golden_case.learning_rate});
    builder.add_given(sample_tensors(golden_case.sample));
    builder.add_given(golden_case.parameters);
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
    builder.add_given(sample_tensors(sample));
    if (step == 0) builder.add_given(first_parameters(vectors));
    builder.add_expected(expected);
  });
  return table;
}

}  // namespace lsgd
