// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <functional>
#include <gmock/gmock.h>
#include <memory>

#include "data/network_text.hpp"
#include "files/text_file.hpp"
#include "fixture_tensor.hpp"
#include "import/keras_file.hpp"
#include "import/npz_file.hpp"
#include "import/onnx_file.hpp"
#include "import/table_file.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"
#include "training/training.hpp"

namespace lsgd {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr std::size_t longest_file = 1 << 20;

/// Where the files are that other programs wrote. With LSGD_MAKE_TOOL_FILES set they are made again
/// by make_tool_files.py, which needs these programs: then theirs of today must mean the same.
std::filesystem::path tool_file(const std::string& name) {
  static const std::filesystem::path committed = fixture("tools");
  if (std::getenv("LSGD_MAKE_TOOL_FILES") == nullptr) return committed / name;
  static const TemporaryDirectory made;
  static const bool is_made =
      std::system(fmt::format("'{}' --out '{}' >&2", (committed / "make_tool_files.py").string(),
                              (made / "").string())
                      .c_str()) == 0;
  if (!is_made) throw std::runtime_error("make_tool_files.py failed");
  return made / name;
}

// The table that every program wrote: names by their place among blue, red and sea green.
const DataSet things{3,
                     3,
                     {1.5f, 3, 0.5f, -3, 1, 1, 0.25f, 4, 0, 1e6f, 1, 0.5f, 1e-5f, 5, 0, 2, 9, 0.5f},
                     {0, 1, 2, 0, 1, 0}};
/// Its numbers alone, beside the kinds as numbers.
const DataSet numbers{
    2, 3, {1.5f, 3, -3, 1, 0.25f, 4, 1e6f, 1, 1e-5f, 5, 2, 9}, {0, 1, 2, 0, 1, 0}};

TableOptions with_colours() {
  TableOptions options;
  options.categorical = {"colour"};
  return options;
}

ImportedData read(const std::string& name, const TableOptions& options) {
  return read_table(tool_file(name), options);
}

std::string error_of_tool_files(const std::string& name, const TableOptions& options) {
  return input_error_of([&] { read(name, options); });
}

TEST(ToolFiles, TablesOfEveryProgramAreTheSame) {
  for (const char* const name :
       {"pandas.csv", "pandas_quoted.csv", "pandas_tab.tsv", "pandas_mark.csv", "pandas.csv.gz",
        "libreoffice.csv", "gnumeric.csv", "r_no_row_names.csv", "r_table_no_row_names.txt",
        "r_tab.tsv", "readr.csv", "data_table.csv"})
    EXPECT_EQ(read(name, with_colours()).data, things) << name;
}

TEST(ToolFiles, RowNumbersAndNamesAreRefusedUntilTheyAreLeftOut) {
  for (const char* const name : {"pandas_index.csv", "r.csv"}) {
    EXPECT_THAT(error_of_tool_files(name, with_colours()), HasSubstr("--ignore '' leaves it out"))
        << name;
    TableOptions options = with_colours();
    options.ignored = {""};
    EXPECT_EQ(read(name, options).data, things) << name;
  }
  EXPECT_THAT(error_of_tool_files("r_table.txt", with_colours()),
              HasSubstr("r_table.txt:2: expected 4 columns as in the header, found 5"));
}

TEST(ToolFiles, DecimalCommasAreReadWhereTheyAreSaid) {
  for (const char* const name : {"pandas_europe.csv", "r_europe.csv", "libreoffice_german.csv"}) {
    EXPECT_THAT(error_of_tool_files(name, with_colours()), HasSubstr("(--decimal-comma?)")) << name;
    TableOptions options = with_colours();
    options.decimal_comma = true;
    EXPECT_EQ(read(name, options).data, things) << name;
  }
}

TEST(ToolFiles, MissingValuesAreFilledOrLeftOutWhereThatIsSaid) {
  // Of the other five heights.
  const auto mean = static_cast<float>((1.5 + 0.25 + 1000000 + double{1e-5f} + 2) / 5);
  for (const char* const name : {"pandas_missing.csv", "weka.csv"}) {
    TableOptions options = with_colours();
    EXPECT_THAT(error_of_tool_files(name, options),
                HasSubstr("--missing drop leaves such rows out"))
        << name;
    options.missing = MissingValues::mean;
    DataSet filled = things;
    filled.inputs_flat[3] = mean;
    // Weka's 'sea green' keeps its quotes, and so comes before the others.
    if (std::string(name) == "weka.csv")
      for (std::size_t i = 2; i < filled.inputs_flat.size(); i += 3)
        filled.inputs_flat[i] = filled.inputs_flat[i] == 1 ? 0 : filled.inputs_flat[i] + 0.5f;
    EXPECT_EQ(read(name, options).data, filled) << name;
  }
  TableOptions options = with_colours();
  options.missing = MissingValues::drop;
  // Without the rows of dog and eel that have an NA; the eel was the only one.
  EXPECT_EQ(read("r_missing.csv", options).data,
            (DataSet{3, 2, {1.5f, 3, 1, 1e6f, 1, 1, 1e-5f, 5, 0, 2, 9, 1}, {0, 0, 1, 0}}));
}

TEST(ToolFiles, TruthValuesAreNames) {
  DataSet flags = things;
  for (std::size_t i = 1; i < flags.inputs_flat.size(); i += 3)
    flags.inputs_flat[i] = flags.inputs_flat[i] > 2 ? 1.0f : 0.0f;
  for (const char* const name : {"pandas_flags.csv", "r_flags.csv"}) {
    EXPECT_THAT(error_of_tool_files(name, with_colours()), HasSubstr("(--categorical for names)"))
        << name;
    TableOptions options = with_colours();
    options.categorical.emplace_back("count");
    EXPECT_EQ(read(name, options).data, flags) << name;
  }
}

TEST(ToolFiles, WhatIsNoLastColumnOfClassesIsNotGuessed) {
  EXPECT_THAT(error_of_tool_files("pandas_label_first.csv", {}),
              HasSubstr("--label to say which column"));
  TableOptions options;
  options.label = "label";
  EXPECT_EQ(read("pandas_label_first.csv", options).data, numbers);
  EXPECT_THAT(error_of_tool_files("pandas_regression.csv", {}),
              HasSubstr("(real targets: --targets)"));
  options = {};
  options.targets = {"weight"};
  const ImportedData regression = read("pandas_regression.csv", options);
  EXPECT_EQ(regression.data.inputs_flat, numbers.inputs_flat);
  EXPECT_EQ(regression.data.targets_flat, (std::vector<float>{2.5f, 3.5f, 4.5f, 0.125f, -1, 7}));
  EXPECT_THAT(read("pandas_dummies.csv", {}).warnings,
              Contains(HasSubstr("columns kind_cat, kind_dog or the label kind_eel is 1")));
}

TEST(ToolFiles, TablesWithoutHeaderAreRefusedUntilThatIsSaid) {
  for (const char* const name : {"numpy_savetxt.txt", "octave.csv", "octave_blanks.txt"}) {
    EXPECT_THAT(error_of_tool_files(name, {}), HasSubstr("--no-header if this row is a sample"))
        << name;
    TableOptions options;
    options.header = TableHeader::none;
    EXPECT_EQ(read(name, options).data, numbers) << name;
  }
  EXPECT_EQ(read("numpy_savetxt_names.csv", {}).data, numbers);
  // scikit-learn's own iris.csv counts in its first line what follows.
  EXPECT_THAT(error_of_tool_files("sklearn_iris.csv", {}), HasSubstr("--header if it is not"));
  TableOptions options;
  options.header = TableHeader::certain;
  const ImportedData iris = read("sklearn_iris.csv", options);
  EXPECT_EQ(iris.data.labels, (std::vector<std::uint32_t>{0, 0, 0, 1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(iris.data.inputs, 4u);
}

TEST(ToolFiles, WhatIsNoTableIsCalledByItsName) {
  for (const auto& [name, found] :
       {std::pair{"openpyxl.xlsx", "a workbook of a spreadsheet"}, std::pair{"pandas.json", "JSON"},
        std::pair{"numpy.npy", "a NumPy array"}, std::pair{"weka.arff", "an ARFF file"}})
    EXPECT_THAT(error_of_tool_files(name, {}), HasSubstr(found)) << name;
}

TEST(ToolFiles, NumpyArraysOfEveryTypeAreTheSame) {
  const auto samples = [](const char* inputs, const char* labels) {
    return code_samples(read_npz_samples(tool_file("numpy.npz"), inputs, labels), "numpy.npz", {},
                        nullptr);
  };
  DataSet expected = numbers;
  expected.inputs_flat[6] = 1024;
  EXPECT_EQ(samples("big_endian", "labels").data, expected);
  EXPECT_EQ(samples("fortran", "one_hot").data, expected);
  EXPECT_EQ(samples("fortran", "column").data, expected);
  EXPECT_EQ(samples("fortran", "signs").data.labels,
            (std::vector<std::uint32_t>{1, 0, 0, 1, 0, 1}));
  expected.inputs_flat[8] = 168 * 0x1p-24f;  // 1e-5 in float16, which has steps of 2^-24 there
  EXPECT_EQ(samples("half", "labels").data, expected);
  EXPECT_EQ(samples("pixels", "labels").data.inputs_flat.back(), 11 * 23 / 255.0f);
  const NumberSamples targets =
      read_npz_samples(tool_file("numpy.npz"), "fortran", "targets", true);
  EXPECT_EQ(targets.targets_flat,
            (std::vector<float>{0.375f, -0.75f, 0.0625f, 256, 2.5e-6f, 0.5f}));
  EXPECT_THAT(input_error_of([&] { samples("fortran", "names"); }), HasSubstr("found type"));
}

/// The network names the classes that the program which trained it names.
void expect_classes_of(const std::string& file, const std::string& activations,
                       const std::string& loss) {
  const Model model = read_npz_model(tool_file(file), activations, loss).model;
  const DataSet data =
      code_samples(read_npz_samples(tool_file(file), "x", "y"), file, {}, nullptr).data;
  EXPECT_GE(data.size(), 40u) << file;
  EXPECT_EQ(classification_accuracy(model, data), 1.0) << file;
}

TEST(ToolFiles, TrainedModelsNameTheClassesThatTheirProgramsName) {
  expect_classes_of("sklearn_three_classes.npz", "tanh-softmax", "cross_entropy");
  expect_classes_of("sklearn_two_classes.npz", "tanh-sigmoid", "bce");
  expect_classes_of("torch_state.npz", "relu-softmax", "cross_entropy");
}

Model chosen(const std::string& activations, const std::string& loss) {
  return {network_from_text("2-3-4", activations, loss),
          {{fixture_tensor(1, 6), fixture_tensor(2, 3)},
           {fixture_tensor(3, 12), fixture_tensor(4, 4)}}};
}

TEST(ToolFiles, OnnxModelsOfPyTorchHaveItsParametersToTheBit) {
  const auto model = [](const char* name, const OnnxOptions& options = {}) {
    return read_onnx_model(tool_file(name), options);
  };
  for (const char* const name : {"torch.onnx", "torch_not_folded.onnx", "torch_double.onnx"})
    EXPECT_EQ(model(name), chosen("tanh-sigmoid", "bce")) << name;
  Model without_biases = chosen("tanh-sigmoid", "bce");
  for (auto& layer : without_biases.parameters) std::ranges::fill(layer.biases, 0.0f);
  EXPECT_EQ(model("torch_no_bias.onnx"), without_biases);
  for (const char* const name : {"torch_softmax.onnx", "torch_view_log_softmax.onnx"})
    EXPECT_EQ(model(name), chosen("relu-softmax", "cross_entropy")) << name;
  EXPECT_EQ(model("torch_dropout_training.onnx"), chosen("relu-identity", "mse"));
  EXPECT_EQ(model("torch_dropout_training.onnx", {.output = Activation::softmax}),
            chosen("relu-softmax", "cross_entropy"));
  const Model tied = model("torch_tied_bias.onnx");
  EXPECT_EQ(tied.parameters, (Parameters<float>{{fixture_tensor(1, 6), fixture_tensor(2, 3)},
                                                {fixture_tensor(3, 9), fixture_tensor(2, 3)}}));
  EXPECT_THAT(input_error_of([&] { model("torch_batch_norm.onnx"); }),
              HasSubstr("of type \"BatchNormalization\""));
}

TEST(ToolFiles, KerasModelsHaveTheirParametersActivationsAndLoss) {
  const auto model = [](const char* name, const KerasOptions& options = {}) {
    return read_keras_model(tool_file(name), options).model;
  };
  const Model softmax = chosen("relu-softmax", "cross_entropy");
  EXPECT_EQ(model("keras_save.h5"), softmax);
  EXPECT_EQ(model("keras_logits.h5", {.output = Activation::softmax}), softmax);
  EXPECT_EQ(model("keras_logits.h5", {.loss = Loss::mse}), chosen("relu-identity", "mse"));
  for (const char* const name : {"keras1_save.h5", "keras3_functional.h5"})
    EXPECT_EQ(model(name), chosen("tanh-sigmoid", "bce")) << name;
  for (const char* const name : {"keras_save_weights.h5", "keras3.weights.h5"}) {
    EXPECT_EQ(model(name, {.activations = "relu-softmax"}), softmax) << name;
    EXPECT_EQ(model(name, {.activations = "tanh-sigmoid", .loss = Loss::mse}),
              chosen("tanh-sigmoid", "mse"))
        << name;
  }
  std::string activations = "relu";
  for (int i = 1; i < 12; ++i) activations += "-relu";
  const Model twelve = model("keras3_twelve.weights.h5", {.activations = activations});
  ASSERT_EQ(twelve.parameters.size(), 12u);
  for (std::size_t i = 0; i < 12; ++i)
    EXPECT_EQ(twelve.parameters[i],
              (LayerParameters<float>{{static_cast<float>(i) + 0.5f}, {0.0f}}))
        << i;
}

TEST(ToolFiles, WhatKerasFilesHaveBesideTheirDenseLayersIsSaid) {
  const auto notes = [](const char* name, const KerasOptions& options = {}) {
    return read_keras_model(tool_file(name), options).notes;
  };
  EXPECT_THAT(
      notes("keras_save.h5"),
      ElementsAre("layer 1: model_weights/zeta/zeta/kernel:0 [inputs][outputs], "
                  "model_weights/zeta/zeta/bias:0",
                  "layer 2: model_weights/alpha/alpha/kernel:0 [inputs][outputs], "
                  "model_weights/alpha/alpha/bias:0",
                  "passed over: flatten, dropout",
                  "loss cross_entropy: it was compiled with sparse_categorical_crossentropy",
                  "passed over: the optimizer's state, 2 arrays"));
  EXPECT_THAT(notes("keras3.weights.h5", {.activations = "relu-softmax"}),
              ElementsAre("layer 1: layers/dense/vars/0 [inputs][outputs], layers/dense/vars/1",
                          "layer 2: layers/dense_1/vars/0 [inputs][outputs], layers/dense_1/vars/1",
                          "passed over: the optimizer's state, 2 arrays",
                          "not used: layers/dropout/seed_generator/vars/0"));
}

TEST(ToolFiles, KerasModelsOfOtherLayersAreRefusedByTheNameOfTheLayer) {
  const auto error = [](const char* name, const KerasOptions& options = {}) {
    return input_error_of([&] { read_keras_model(tool_file(name), options); });
  };
  EXPECT_THAT(error("keras_logits.h5"),
              EndsWith("expected softmax outputs for the loss \"SparseCategoricalCrossentropy\", "
                       "found identity (--output softmax if they are logits, or another --loss)"));
  EXPECT_THAT(error("keras_save.h5", {.output = Activation::sigmoid}),
              EndsWith("no activation for --output sigmoid, found softmax (layer \"alpha\")"));
  EXPECT_THAT(error("keras_save.h5", {.activations = "tanh-softmax"}),
              EndsWith("no other --activations than those of model_config, relu-softmax"));
  EXPECT_THAT(error("keras_save_weights.h5"),
              HasSubstr("expected --activations, such as tanh-sigmoid, for the 2 layers"));
  EXPECT_THAT(error("keras_steps.h5"),
              AllOf(HasSubstr("samples of one dimension, found 2"), EndsWith("(layer \"zeta\")")));
  EXPECT_THAT(error("keras_batch_norm.h5"), EndsWith("\"norm/gamma:0\" (layer \"norm\")"));
  EXPECT_THAT(
      error("keras_conv_weights.h5", {.activations = "relu-relu"}),
      HasSubstr("expected a dense layer, with a kernel of two dimensions and a bias of one, "
                "found 4 and 1 (layer \"conv2d\")"));
  EXPECT_THAT(error("keras3_branch.h5"),
              EndsWith("expected a chain: a layer that takes \"zeta\" alone (layer \"alpha\")"));
  EXPECT_THAT(error("keras3_batch_norm.weights.h5", {.activations = "relu-relu"}),
              EndsWith("(layer \"batch_normalization\")"));
}

TEST(ToolFiles, EveryFileIsExaminedHereAndInTheDocument) {
  const std::string here = read_text(LSGD_TOOL_FILES_TEST, longest_file);
  const std::string document = read_text(LSGD_IMPORT_DOCUMENT, longest_file);
  for (const auto& entry : std::filesystem::directory_iterator(fixture("tools"))) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".py") || name == "versions.txt") continue;
    EXPECT_NE(here.find('"' + name + '"'), std::string::npos) << name;
    EXPECT_NE(document.find('`' + name + '`'), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace lsgd
