// SPDX-License-Identifier: Apache-2.0
#include "export/export_npy.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <string_view>

#include "data/network_text.hpp"
#include "export/npy_file.hpp"
#include "files/atomic_file.hpp"
#include "steps/vector_set.hpp"

namespace lsgd {
namespace {

/// Writes the arrays of a directory and collects what layout.csv says of them.
class NpyDirectory {
 public:
  explicit NpyDirectory(const std::filesystem::path& directory) : directory_(directory) {}

  void add(const std::string& name, const std::vector<std::uint32_t>& values,
           const std::string& description) {
    std::string elements;
    for (const std::uint32_t value : values) append_little_endian(elements, value, 4);
    add(name, "<u4", values.size(), elements, description);
  }

  void add(const std::string& name, const std::vector<float>& values,
           const std::string& description) {
    std::string elements;
    for (const float value : values)
      append_little_endian(elements, std::bit_cast<std::uint32_t>(value), 4);
    add(name, "<f4", values.size(), elements, description);
  }

  void add(const std::string& name, const std::vector<double>& values,
           const std::string& description) {
    std::string elements;
    for (const double value : values)
      append_little_endian(elements, std::bit_cast<std::uint64_t>(value), 8);
    add(name, "<f8", values.size(), elements, description);
  }

  /// Byte strings, padded with zeros to the longest.
  void add(const std::string& name, const std::vector<std::string>& values,
           const std::string& description) {
    std::size_t width = 1;
    for (const std::string& value : values) width = std::max(width, value.size());
    std::string elements;
    for (const std::string& value : values) {
      elements += value;
      elements.append(width - value.size(), '\0');
    }
    add(name, fmt::format("|S{}", width), values.size(), elements, description);
  }

  void write_layout() const { write_file(directory_ / "layout.csv", layout_); }

 private:
  void add(const std::string& name, const std::string& dtype, std::size_t length,
           const std::string& elements, const std::string& description) {
    write_file(directory_ / (name + ".npy"),
               npy_file(fmt::format("'{}'", dtype), {length}, elements));
    layout_ += fmt::format("{}.npy,{},{},{}\n", name, dtype, length, description);
  }

  std::filesystem::path directory_;
  std::string layout_ = "file,dtype,length,description\n";
};

}  // namespace

std::vector<std::string> npy_file_names() {
  std::vector<std::string> names{"layout.csv"};
  for (const char* name : {"case_name",
                           "operation",
                           "a",
                           "b",
                           "result",
                           "also_index",
                           "also_bits",
                           "case_layers",
                           "case_activations",
                           "case_loss",
                           "case_learning_rate",
                           "tensor_case",
                           "tensor_role",
                           "tensor_name",
                           "tensor_element_bits",
                           "tensor_first",
                           "tensor_count",
                           "given_bits",
                           "expected_bits",
                           "expected_exact",
                           "expected_bound"})
    names.push_back(std::string(name) + ".npy");
  return names;
}

void write_npy(const ArithmeticSet& set, const std::filesystem::path& directory) {
  std::vector<std::string> names, operations;
  std::vector<std::uint32_t> a, b, results, also_index, also_bits;
  for (const ArithmeticCase& row : set.cases) {
    names.push_back(row.name);
    operations.emplace_back(name_of(row.operation));
    a.push_back(row.a);
    b.push_back(row.b);
    results.push_back(row.bits);
    for (const std::uint32_t also : row.also) {
      also_index.push_back(static_cast<std::uint32_t>(names.size() - 1));
      also_bits.push_back(also);
    }
  }
  NpyDirectory output(directory);
  output.add("case_name", names, "name of each case");
  output.add("operation", operations, "operation of each case");
  output.add("a", a, "first operand as a 32-bit pattern");
  output.add("b", b, "second operand as a 32-bit pattern");
  output.add("result", results, "expected result as a 32-bit pattern");
  output.add("also_index", also_index, "case that has a further acceptable result");
  output.add("also_bits", also_bits, "that result as a 32-bit pattern");
  output.write_layout();
}

void write_npy(const VectorTable& table, const std::filesystem::path& directory) {
  std::vector<std::string> names, layers, activations, losses, roles, tensor_names;
  std::vector<float> learning_rates;
  std::vector<std::uint32_t> tensor_cases, element_bits, firsts, counts;
  for (const TableCase& row : table.cases) {
    names.push_back(row.name);
    layers.push_back(sizes_text(row.network));
    activations.push_back(activations_text(row.network));
    losses.emplace_back(to_text(row.network.loss));
    learning_rates.push_back(row.learning_rate);
  }
  for (const TableTensor& tensor : table.tensors) {
    tensor_cases.push_back(tensor.case_number);
    roles.emplace_back(tensor.is_given ? "given" : "expected");
    tensor_names.push_back(tensor.name);
    element_bits.push_back(static_cast<std::uint32_t>(tensor.element_bits));
    firsts.push_back(tensor.first);
    counts.push_back(tensor.count);
  }
  NpyDirectory output(directory);
  output.add("case_name", names, "name of each case");
  output.add("case_layers", layers, "sizes of each case's network such as 6-32-4");
  output.add("case_activations", activations, "activations of its layers such as tanh-sigmoid");
  output.add("case_loss", losses, "its loss");
  output.add("case_learning_rate", learning_rates, "its learning rate");
  output.add("tensor_case", tensor_cases, "case that each tensor belongs to");
  output.add("tensor_role", roles, "given or expected");
  output.add("tensor_name", tensor_names, "x t W1 b1 z1 a1 delta1 W1.fraction_bits next.a1 ...");
  output.add("tensor_element_bits", element_bits,
             "32 for binary32 and int32 or 16 for int16 or 8 for int8 patterns");
  output.add("tensor_first", firsts, "first element in given_bits or expected_bits");
  output.add("tensor_count", counts, "number of elements");
  output.add("given_bits", table.given_bits, "patterns of given elements");
  output.add("expected_bits", table.expected_bits, "patterns of expected elements");
  output.add("expected_exact", table.exact, "exact values rounded to double");
  output.add("expected_bound", table.bound,
             "bounds on the distance from expected_exact; -1 where the bits must match as those of "
             "int8 parameters; 2^200 where the arithmetic may overflow");
  output.add("also_index", table.also_index, "expected element with a further acceptable pattern");
  output.add("also_bits", table.also_bits, "that pattern");
  output.write_layout();
}

}  // namespace lsgd
