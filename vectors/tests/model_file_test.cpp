// SPDX-License-Identifier: Apache-2.0
#include "data/model_file.hpp"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <ostream>
#include <random>
#include <sstream>

#include "data/network_text.hpp"
#include "files/json_file.hpp"
#include "files/text_file.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

const std::string good_model = R"({
  "format": "lsgd-model/1",
  "layers": [
    {"inputs": 2, "outputs": 3, "activation": "tanh"},
    {"inputs": 3, "outputs": 1, "activation": "sigmoid"}
  ],
  "loss": "bce",
  "parameters": "params.csv"
})";

std::string with(std::string_view found, std::string_view replacement) {
  std::string text = good_model;
  return text.replace(text.find(found), found.size(), replacement);
}

std::string model_error_of(const std::string& text) {
  return input_error_of([&] { parse_model_description(text, "m.json"); });
}

TEST(ModelSchema, HasTheNamesOfActivationsAndLosses) {
  const auto layer = nlohmann::json::parse(schema_text("model"));
  std::vector<std::string> activations, losses;
  for (const Activation activation : all_activations) activations.emplace_back(to_text(activation));
  for (const Loss loss : all_losses) losses.emplace_back(to_text(loss));
  const std::string text = layer.dump();
  EXPECT_NE(text.find(nlohmann::json(activations).dump()), std::string::npos);
  EXPECT_NE(text.find(nlohmann::json(losses).dump()), std::string::npos);
}

TEST(ParseModelDescription, ReadsTheShape) {
  const auto description = parse_model_description(good_model, "m.json");
  EXPECT_EQ(description.network, network_from_text("2-3-1", "tanh-sigmoid", "bce"));
  EXPECT_EQ(description.parameters, "params.csv");
  EXPECT_EQ(parameter_count(description.network), 13U);
}

struct BadModel {
  std::string name;
  std::string text;
  std::string error;

  friend void PrintTo(const BadModel& bad, std::ostream* out) { *out << bad.name; }
};

class BadModelDescription : public ::testing::TestWithParam<BadModel> {};

TEST_P(BadModelDescription, IsRefusedWithItsLine) {
  EXPECT_EQ(model_error_of(GetParam().text), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadModelDescription,
    ::testing::Values(
        BadModel{"WrongVersion", with("lsgd-model/1", "lsgd-model/2"),
                 "m.json:2: expected /format to be \"lsgd-model/1\", found \"lsgd-model/2\""},
        BadModel{"UnknownKey", with("\"loss\"", "\"note\": 1,\n  \"loss\""),
                 "m.json:7: expected no key \"note\" in the file"},
        BadModel{"UnknownKeyInALayer", with("\"tanh\"", "\"tanh\", \"bias\": true"),
                 "m.json:4: expected no key \"bias\" in /layers/0"},
        BadModel{"MissingKey", with("\"loss\": \"bce\",", ""),
                 "m.json:1: expected key \"loss\" in the file"},
        BadModel{"MissingKeyInALayer", with("\"inputs\": 3, ", ""),
                 "m.json:5: expected key \"inputs\" in /layers/1"},
        BadModel{"UnknownActivation", with("tanh", "softplus"),
                 "m.json:4: expected /layers/0/activation to be one of \"identity\", \"relu\", "
                 "\"sigmoid\", \"tanh\", \"leaky_relu\", \"softmax\", found \"softplus\""},
        BadModel{"SoftmaxBelowTheOutputs", with("tanh", "softmax"),
                 "m.json:4: expected activation softmax in the last layer alone, found it in layer "
                 "1"},
        BadModel{"UnknownLoss", with("bce", "cce"),
                 "m.json:7: expected /loss to be one of \"mse\", \"bce\", \"cross_entropy\", found "
                 "\"cce\""},
        BadModel{"NoLayers",
                 with(good_model.substr(good_model.find("[") + 1,
                                        good_model.find("]") - good_model.find("[") - 1),
                      ""),
                 "m.json:3: expected /layers to be 1 to 256 layers, found array"},
        BadModel{
            "ZeroOutputs", with("\"outputs\": 1", "\"outputs\": 0"),
            "m.json:5: expected /layers/1/outputs to be an integer from 1 to 1000000, found 0"},
        BadModel{
            "NegativeInputs", with("\"inputs\": 2", "\"inputs\": -2"),
            "m.json:4: expected /layers/0/inputs to be an integer from 1 to 1000000, found -2"},
        BadModel{
            "FractionalInputs", with("\"inputs\": 2", "\"inputs\": 2.5"),
            "m.json:4: expected /layers/0/inputs to be an integer from 1 to 1000000, found 2.5"},
        BadModel{"TextForANumber", with("\"inputs\": 2", "\"inputs\": \"2\""),
                 "m.json:4: expected /layers/0/inputs to be an integer from 1 to 1000000, found "
                 "\"2\""},
        BadModel{"HugeInputs", with("\"inputs\": 2", "\"inputs\": 99999999999999999999"),
                 "m.json:4: expected /layers/0/inputs to be an integer from 1 to 1000000, found "
                 "1e+20"},
        BadModel{
            "BrokenChain", with("\"inputs\": 3", "\"inputs\": 4"),
            "m.json:5: expected 3 inputs in layer 2, the outputs of the layer before, found 4"},
        BadModel{
            "BceWithoutSigmoid", with("\"sigmoid\"", "\"relu\""),
            "m.json:5: expected activation sigmoid in the last layer, because the loss is bce, "
            "found relu"},
        BadModel{"TooManyParameters",
                 with("\"inputs\": 2, \"outputs\": 3", "\"inputs\": 1000000, \"outputs\": 1000000"),
                 "m.json:4: expected a network of at most 100000000 parameters"},
        BadModel{"ParentPath", with("params.csv", "../params.csv"),
                 "m.json:8: expected /parameters to be a path below the model file's directory, "
                 "found \"../params.csv\""},
        BadModel{"InnerParentPath", with("params.csv", "a/../../params.csv"),
                 "m.json:8: expected /parameters to be a path below the model file's directory, "
                 "found \"a/../../params.csv\""},
        BadModel{"AbsolutePath", with("params.csv", "/etc/passwd"),
                 "m.json:8: expected /parameters to be a path below the model file's directory, "
                 "found \"/etc/passwd\""},
        BadModel{"NulInPath", with("params.csv", "params.csv\\u0000"),
                 "m.json:8: expected /parameters to be a path below the model file's directory, "
                 "found \"params.csv?\""},
        BadModel{"EmptyPath", with("params.csv", ""),
                 "m.json:8: expected /parameters to be a path relative to this file, without .. or "
                 "backslashes, found \"\""},
        BadModel{"RepeatedKey", with("\"loss\": \"bce\"", "\"loss\": \"bce\", \"loss\": \"mse\""),
                 "m.json:7: expected each key once, but \"loss\" is repeated"},
        BadModel{"Array", "[]",
                 "m.json:1: expected the file to be a value of type object, found "
                 "array"},
        BadModel{"Truncated", good_model.substr(0, 60),
                 "m.json:4: expected '}' in JSON, found end of input"}),
    [](const auto& param_info) { return param_info.param.name; });

const std::string good_parameters =
    "tensor,index,value\n"
    "W1,0,1\nW1,1,2\nW1,2,3\nW1,3,4\nW1,4,5\nW1,5,6\nb1,0,7\nb1,1,8\nb1,2,9\n"
    "W2,0,-0x1.8p-3\nW2,1,1e-3\nW2,2,0.3\nb2,0,-0\n";

Parameters<float> parameters_of(const std::string& text) {
  std::istringstream stream(text);
  return parse_parameters(stream, "p.csv", network_from_text("2-3-1", "tanh-sigmoid", "bce"));
}

std::string parameters_error_of(const std::string& found, const std::string& replacement) {
  std::string text = good_parameters;
  text.replace(text.find(found), found.size(), replacement);
  return input_error_of([&] { parameters_of(text); });
}

TEST(ParseParameters, ReadsEveryTensor) {
  const Parameters<float> expected{{{1, 2, 3, 4, 5, 6}, {7, 8, 9}},
                                   {{-0.1875f, 1e-3f, 0.3f}, {-0.0f}}};
  EXPECT_EQ(parameters_of(good_parameters), expected);
  EXPECT_TRUE(std::signbit(parameters_of(good_parameters)[1].biases[0]));
}

TEST(ParseParameters, TakesRowsInAnyOrder) {
  std::vector<std::string> rows;
  std::istringstream stream(good_parameters);
  for (std::string row; std::getline(stream, row);) rows.push_back(row + "\n");
  std::string reversed = rows[0];
  for (std::size_t i = rows.size() - 1; i > 0; --i) reversed += rows[i];
  EXPECT_EQ(parameters_of(reversed), parameters_of(good_parameters));
}

TEST(ParseParameters, NamesWhatIsWrongAndItsLine) {
  EXPECT_EQ(parameters_error_of("index,value", "value"),
            "p.csv:1: expected header tensor,index,value, but column \"index\" is missing");
  EXPECT_EQ(parameters_error_of("W1,1,2\n", ""),
            "p.csv:13: expected all 6 values of W1, but W1[1] is missing");
  EXPECT_EQ(parameters_error_of("b2,0,-0\n", ""),
            "p.csv:13: expected all 1 values of b2, but b2[0] is missing");
  EXPECT_EQ(parameters_error_of("W1,1,2", "W1,0,2"),
            "p.csv:3: expected each element once, but W1[0] is repeated");
  EXPECT_EQ(parameters_error_of("W1,5,", "W1,6,"),
            "p.csv:7: expected index to be an integer from 0 to 5, found \"6\"");
  EXPECT_EQ(parameters_error_of("W1,5,", "W1,-1,"),
            "p.csv:7: expected index to be an integer from 0 to 5, found \"-1\"");
  EXPECT_EQ(parameters_error_of("b2,0,", "b3,0,"),
            "p.csv:14: expected tensor to be W1, b1, ... b2, found \"b3\"");
  EXPECT_EQ(parameters_error_of("0.3", "1e39"),
            "p.csv:13: expected value to be a finite binary32 number, found \"1e39\"");
  EXPECT_EQ(parameters_error_of("0.3", "nan"),
            "p.csv:13: expected value to be a finite binary32 number, found \"nan\"");
  EXPECT_EQ(parameters_error_of("0.3", "0.3 "),
            "p.csv:13: expected value to be a finite binary32 number, found \"0.3 \"");
  EXPECT_EQ(parameters_error_of("0.3", "0.3,"),
            "p.csv:13: expected 3 columns as in the header, found 4");
}

TEST(ParseParameters, EveryTruncationIsRefused) {
  for (std::size_t length = 0; length < good_parameters.size(); ++length) {
    EXPECT_NE(input_error_of([&] { parameters_of(good_parameters.substr(0, length)); }), "")
        << length;
  }
}

TEST(ReadModel, GivesBackWhatWasWritten) {
  const TemporaryDirectory directory;
  std::mt19937_64 engine(1);
  for (const std::string sizes : {"1-1-1", "17-3-2", "2-300-1"}) {
    Model model{network_from_text(sizes, "relu-sigmoid", "mse"), {}};
    const auto random_float = [&] {
      return std::bit_cast<float>(static_cast<std::uint32_t>(engine() % 0x7f800000U));
    };
    for (const Layer& layer : model.network.layers) {
      auto& parameters = model.parameters.emplace_back();
      for (std::size_t i = 0; i < layer.weight_count(); ++i)
        parameters.weights.push_back(random_float());
      for (std::size_t i = 0; i < layer.outputs; ++i) parameters.biases.push_back(-random_float());
    }
    write_model(directory / "model.json", model);
    EXPECT_EQ(read_model(directory / "model.json"), model);
    const std::string bytes = read_text(directory / "params.csv", 1 << 20);
    write_model(directory / "model.json", model);
    EXPECT_EQ(read_text(directory / "params.csv", 1 << 20), bytes);
  }
}

TEST(ReadModel, NamesAMissingParametersFile) {
  const TemporaryDirectory directory;
  const auto path = directory.file("model.json", good_model);
  EXPECT_EQ(input_error_of([&] { read_model(path); }),
            (directory / "params.csv").string() +
                ": expected a readable file (No such file or directory)");
}

}  // namespace
}  // namespace lsgd
