// SPDX-License-Identifier: Apache-2.0
#include "steps/step_vectors.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <stdexcept>

#include <lsgd/numbers/binary32.hpp>

#include "cases/verify_vectors.hpp"
#include "data/network_text.hpp"
#include "files/csv_file.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"
#include "vector_directory.hpp"

namespace lsgd {
namespace {

Model small_model() {
  return {network_from_text("2-3-1", "tanh-sigmoid", "bce"),
          {{{0.5f, -1.25f, 0.3f, 0.7f, -0.2f, 0.1f}, {0.25f, -0.5f, 0.125f}},
           {{1.5f, -0.75f, 0.4f}, {-0.3f}}}};
}

DataSet three_samples() { return {2, 2, {0.1f, 0.9f, -0.4f, 0.3f, 0.75f, -0.6f}, {1, 0, 1}}; }

struct Row {
  std::string step, tensor, index, bits, value, exact, bound, also;
};

std::vector<Row> rows_of(const std::filesystem::path& path) {
  CsvReader reader(path);
  reader.require_header({"step", "tensor", "index", "bits", "value", "exact", "bound", "also"});
  std::vector<Row> rows;
  while (reader.next()) {
    const auto text = [&](std::size_t column) { return std::string(reader.text(column)); };
    rows.push_back({text(0), text(1), text(2), text(3), text(4), text(5), text(6), text(7)});
  }
  return rows;
}

std::vector<Row> rows_of_tensor(const std::vector<Row>& rows, std::string_view step,
                                std::string_view tensor) {
  std::vector<Row> selected;
  for (const Row& row : rows)
    if (row.step == step && row.tensor == tensor) selected.push_back(row);
  return selected;
}

double number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

/// Parameters whose value differs in any step from the first one, read from the files again.
ParameterChange change_in_files(const std::filesystem::path& directory, const std::string& first) {
  std::map<std::string, double> before;
  CsvReader reader(directory / first);
  const std::size_t value_column = first == "params.csv" ? 2 : 3;
  while (reader.next()) {
    const std::string tensor(reader.text(0));
    if (tensor.find('.') == tensor.npos && tensor != "tensor" && tensor != "random_state")
      before[tensor + std::string(reader.text(1))] = number(std::string(reader.text(value_column)));
  }
  std::set<std::string> changed;
  for (const Row& row : rows_of(directory / "steps.csv"))
    if (const auto found = before.find(row.tensor + row.index);
        found != before.end() && found->second != number(row.value))
      changed.insert(found->first);
  return {changed.size(), before.size()};
}

class StepVectorsOfProfile : public testing::TestWithParam<const Profile*> {
 protected:
  void generate(std::string_view name, std::size_t steps = 4) {
    generate_steps(small_model(), three_samples(), *GetParam(), steps, 0.1f, directory / name);
  }

  TemporaryDirectory directory;
};

INSTANTIATE_TEST_SUITE_P(EveryProfile, StepVectorsOfProfile, testing::ValuesIn(built_in_profiles()),
                         [](const auto& param_info) { return param_info.param->name(); });

TEST_P(StepVectorsOfProfile, TellHowManyParametersEverChange) {
  const auto generated = [&](const char* name, float rate) {
    return generate_steps(small_model(), three_samples(), *GetParam(), 4, rate, directory / name);
  };
  const std::string first =
      GetParam()->has_binary32_weights() ? "params.csv" : quantized_parameters_file(*GetParam());
  for (const auto& [name, rate] : {std::pair{"fast", 0.5f}, std::pair{"slow", 0x1p-7f}}) {
    const ParameterChange change = generated(name, rate);
    EXPECT_EQ(change, change_in_files(directory / name, first)) << name;
    EXPECT_EQ(change.parameters, 13u);
  }
  EXPECT_GT(generated("again", 0.5f).changed, 0u);
}

TEST(ChangedParameters, AreThoseThatEverDiffer) {
  const TemporaryDirectory directory;
  const auto change = [&](float rate) {
    return generate_steps(small_model(), three_samples(), profile_named("float32"), 3, rate,
                          directory / "v");
  };
  EXPECT_EQ(change(0.1f), (ParameterChange{13, 13}));
  EXPECT_EQ(change(1e-30f), (ParameterChange{0, 13}));
  ChangedParameters there_and_back;
  there_and_back.take_first("tensor,index,bits,value");
  for (const char* const line : {"W1,0,00,1", "W1,1,00,2", "W1.fraction_bits,0,06,6", "b1,0,00,5"})
    there_and_back.take_first(line);
  for (const char* const line :
       {"step,tensor,index,bits,value,exact,bound,also", "0,W1,0,00,1,,,", "0,W1,1,00,2.5,,,",
        "0,W1.fraction_bits,0,05,5,,,", "0,a1,0,00,7,,,", "0,b1,0,00,5,,,", "1,W1,0,00,1,,,",
        "1,W1,1,00,2,,,", "1,b1,0,00,5,,,"})
    there_and_back.take_step(line);
  EXPECT_EQ(there_and_back.count(), (ParameterChange{1, 3}));
}

TEST(ChangedParameters, AreSaidToHardlyMoveBelowATenth) {
  EXPECT_EQ(in_words({13, 130}, "more steps"), "13 of 130 parameters changed");
  EXPECT_EQ(in_words({25, 1625}, "more steps"),
            "25 of 1625 parameters changed: it hardly moves, and a device that leaves the others "
            "alone would do as well (more steps)");
}

TEST_P(StepVectorsOfProfile, RowsComeInTheOrderOfTheSpecification) {
  generate("v", 2);
  std::vector<std::string> order;
  for (const Row& row : rows_of(directory / "v" / "steps.csv"))
    order.push_back(fmt::format("{} {} {}", row.step, row.tensor, row.index));
  std::vector<std::string> expected;
  for (int step = 0; step < 2; ++step) {
    const auto add = [&](std::string_view tensor, int count) {
      for (int i = 0; i < count; ++i) expected.push_back(fmt::format("{} {} {}", step, tensor, i));
    };
    const auto add_parameter = [&](const std::string& tensor, int count) {
      const bool has_fraction_bits =
          GetParam()->name() == "int8_hybrid" ||
          (GetParam()->name() == "int8_integer" && tensor.front() == 'W');
      if (has_fraction_bits) add(tensor + ".fraction_bits", 1);
      add(tensor, count);
    };
    add("z1", 3), add("a1", 3), add("z2", 1), add("a2", 1), add("delta2", 1), add("delta1", 3);
    add_parameter("W1", 6), add_parameter("b1", 3), add_parameter("W2", 3), add_parameter("b2", 1);
    if (GetParam()->name() == "int8_integer") add("random_state", 1);
  }
  EXPECT_EQ(order, expected);
}

TEST_P(StepVectorsOfProfile, TheSameArgumentsGiveTheSameBytes) {
  generate("first");
  generate("second");
  EXPECT_EQ(files_of(directory / "first"), files_of(directory / "second"));
}

TEST_P(StepVectorsOfProfile, VerifyRecomputesThem) {
  generate("v");
  EXPECT_EQ(verify_vectors(directory / "v"), 4U);
}

TEST_P(StepVectorsOfProfile, SamplesStartAgainAfterTheLast) {
  generate("v", 5);
  EXPECT_EQ(verify_vectors(directory / "v"), 5U);
  EXPECT_EQ(read_step_vectors(directory / "v").data.labels, three_samples().labels);
}

TEST_P(StepVectorsOfProfile, AnEarlierRunIsReplacedAndAnythingElseIsNot) {
  generate("v", 1);
  generate("v", 2);
  EXPECT_EQ(verify_vectors(directory / "v"), 2U);
  directory.file("v/thesis.tex", "");
  EXPECT_NE(input_error_of([&] { generate("v", 1); }), "");
  EXPECT_EQ(verify_vectors(directory / "v"), 2U);
}

TEST_P(StepVectorsOfProfile, NothingIsLeftOfAFailedRun) {
  EXPECT_THROW(generate("v", 0), std::invalid_argument);
  EXPECT_TRUE(directory.entries().empty());
}

TEST(StepVectors, StepsThatOverflowAreRefused) {
  const TemporaryDirectory directory;
  EXPECT_NE(input_error_of([&] {
              generate_steps(small_model(), three_samples(), profile_named("float32"), 3, 3e38f,
                             directory / "v");
            }).find("overflows: use a smaller learning rate"),
            std::string::npos);
  EXPECT_TRUE(directory.entries().empty());
}

TEST(StepVectors, DataOfAnotherWidthAreRefused) {
  const TemporaryDirectory directory;
  const DataSet one_input{1, 2, {0.5f}, {1}};
  EXPECT_THROW(
      generate_steps(small_model(), one_input, profile_named("float32"), 1, 0.1f, directory / "v"),
      std::invalid_argument);
}

// The exact column against the formulas of SPEC 2 in long double, from the rounded parameters that
// the rows themselves show.
TEST(StepVectors, Float32StepsFollowFromTheRowsBefore) {
  const TemporaryDirectory directory;
  generate_steps(small_model(), three_samples(), profile_named("float32"), 3, 0.1f,
                 directory / "v");
  const auto rows = rows_of(directory / "v" / "steps.csv");
  Parameters<float> parameters = small_model().parameters;
  const long double rate = 0.1f;
  for (std::size_t step = 0; step < 3; ++step) {
    const auto exact = [&](std::string_view tensor, std::size_t index) {
      return std::stold(rows_of_tensor(rows, std::to_string(step), tensor).at(index).exact);
    };
    const auto expect_near = [&](std::string_view tensor, std::size_t index, long double value) {
      const long double found = exact(tensor, index);
      EXPECT_NEAR(static_cast<double>(found - value), 0, 1e-17) << step << tensor << index;
    };
    const Sample sample = three_samples().sample(step, 1);
    long double z2 = parameters[1].biases[0];
    std::vector<long double> a(3);
    for (std::size_t j = 0; j < 3; ++j) {
      const long double z =
          parameters[0].biases[j] +
          static_cast<long double>(parameters[0].weights[2 * j]) * sample.inputs[0] +
          static_cast<long double>(parameters[0].weights[2 * j + 1]) * sample.inputs[1];
      a[j] = std::tanh(z);
      z2 += parameters[1].weights[j] * a[j];
      expect_near("z1", j, z);
      expect_near("a1", j, a[j]);
    }
    const long double delta2 = 1 / (1 + std::exp(-z2)) - sample.target[0];
    expect_near("delta2", 0, delta2);
    expect_near("b2", 0, parameters[1].biases[0] - rate * delta2);
    for (std::size_t j = 0; j < 3; ++j) {
      const long double delta1 = (1 - a[j] * a[j]) * parameters[1].weights[j] * delta2;
      expect_near("delta1", j, delta1);
      expect_near("W2", j, parameters[1].weights[j] - rate * delta2 * a[j]);
      expect_near("b1", j, parameters[0].biases[j] - rate * delta1);
      for (std::size_t i = 0; i < 2; ++i) {
        expect_near("W1", 2 * j + i,
                    parameters[0].weights[2 * j + i] - rate * delta1 * sample.inputs[i]);
      }
    }
    for (std::size_t l = 0; l < 2; ++l) {
      const auto rounded = [&](const std::string& tensor, std::vector<float>& values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
          values[i] = static_cast<float>(exact(tensor, i));
          const auto row = rows_of_tensor(rows, std::to_string(step), tensor).at(i);
          EXPECT_EQ(row.bits, hex_bits(values[i]));
        }
      };
      rounded(fmt::format("W{}", l + 1), parameters[l].weights);
      rounded(fmt::format("b{}", l + 1), parameters[l].biases);
    }
  }
}

TEST(StepVectors, ExactValuesHaveFortySignificantDigits) {
  const TemporaryDirectory directory;
  generate_steps(small_model(), three_samples(), profile_named("float32"), 1, 0.1f,
                 directory / "v");
  for (const Row& row : rows_of(directory / "v" / "steps.csv")) {
    const std::string digits = row.exact.substr(0, row.exact.find('e'));
    EXPECT_EQ(std::ranges::count_if(digits, [](char c) { return c >= '0' && c <= '9'; }), 40);
    EXPECT_NE(row.bound, "");
    EXPECT_EQ(row.also, "");
  }
}

TEST(StepVectors, Int8ParametersStartFromTheQuantizedModel) {
  const TemporaryDirectory directory;
  generate_steps(small_model(), three_samples(), profile_named("int8_hybrid"), 1, 0.1f,
                 directory / "v");
  const auto files = files_of(directory / "v");
  // W1's maximum is 1.25, so it has 6 fraction bits, and -1.25 * 64 = -80 is b0.
  EXPECT_EQ(line_of(files.at("int8_parameters.csv"), 2), "W1.fraction_bits,0,06,6\n");
  EXPECT_EQ(line_of(files.at("int8_parameters.csv"), 4), "W1,1,b0,-1.25\n");
}

TEST(StepVectors, IntegerActivationsMustMatchByTheirBits) {
  const TemporaryDirectory directory;
  generate_steps(small_model(), three_samples(), profile_named("int8_hybrid"), 1, 0.1f,
                 directory / "v");
  for (const Row& row : rows_of(directory / "v" / "steps.csv")) {
    const bool is_delta = row.tensor.starts_with("delta");
    EXPECT_EQ(row.bound.empty(), !is_delta) << row.tensor;
    EXPECT_EQ(row.bits.size(), is_delta ? 8U : 2U) << row.tensor;
  }
}

}  // namespace
}  // namespace lsgd
