// SPDX-License-Identifier: Apache-2.0
#include "import/onnx_file.hpp"

#include <gmock/gmock.h>
#include <onnx/onnx_pb.h>

#include "data/network_text.hpp"
#include "files/text_file.hpp"
#include "fixture_tensor.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string error_of_onnx_file(const std::string& name) {
  return input_error_of([&] { read_onnx_model(fixture(name)); });
}

TEST(OnnxFile, ReadsGemmsWithEitherLayoutOfWeights) {
  const Model expected{network_from_text("2-3-4", "relu-sigmoid", "bce"),
                       {{fixture_tensor(1, 6), fixture_tensor(2, 3)},
                        {transposed(fixture_tensor(3, 12), 3, 4), {0, 0, 0, 0}}}};
  EXPECT_EQ(read_onnx_model(fixture("gemm.onnx")), expected);
}

TEST(OnnxFile, ReadsMatMulAndAdd) {
  const Model expected{network_from_text("2-3-1", "tanh-identity", "mse"),
                       {{transposed(fixture_tensor(1, 6), 2, 3), fixture_tensor(2, 3)},
                        {fixture_tensor(3, 3), fixture_tensor(4, 1)}}};
  EXPECT_EQ(read_onnx_model(fixture("matmul.onnx")), expected);
}

TEST(OnnxFile, ReadsALeakyReluOfOurSlopeAlone) {
  EXPECT_EQ(read_onnx_model(fixture("leaky_relu.onnx")).network,
            network_from_text("2-3", "leaky_relu", "mse"));
  EXPECT_THAT(error_of_onnx_file("leaky_relu_of_a_hundredth.onnx"),
              EndsWith("expected alpha 0.125 (node \"leak\" of type \"LeakyRelu\")"));
}

TEST(OnnxFile, TakesTheLossItIsGiven) {
  EXPECT_EQ(read_onnx_model(fixture("gemm.onnx"), {.loss = Loss::mse}).network.loss, Loss::mse);
  EXPECT_THAT(input_error_of([&] { read_onnx_model(fixture("matmul.onnx"), {.loss = Loss::bce}); }),
              HasSubstr("activation of layer 2"));
}

TEST(OnnxFile, NamesTheNodeThatIsNotAChainOfLayers) {
  EXPECT_THAT(error_of_onnx_file("branch.onnx"),
              EndsWith("expected \"z1\" to be an initializer (node \"shortcut\" of type \"Add\")"));
  EXPECT_THAT(error_of_onnx_file("scaled.onnx"),
              EndsWith("expected alpha 1, beta 1 and transA 0 (node \"scaled\" of type \"Gemm\")"));
}

/// A graph from "x" to "y" as an exporter writes it.
class Graph {
 public:
  Graph() {
    proto_.mutable_graph()->add_input()->set_name("x");
    output("y");
  }

  Graph& output(const std::string& name) {
    proto_.mutable_graph()->add_output()->set_name(name);
    return *this;
  }
  onnx::TensorProto& tensor(const std::string& name, const std::vector<std::int64_t>& shape,
                            const std::vector<float>& values = {}) {
    onnx::TensorProto& tensor = *proto_.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t size : shape) tensor.add_dims(size);
    for (const float value : values) tensor.add_float_data(value);
    return tensor;
  }
  onnx::NodeProto& node(const std::string& type, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs) {
    onnx::NodeProto& node = *proto_.mutable_graph()->add_node();
    node.set_op_type(type);
    for (const std::string& input : inputs) node.add_input(input);
    for (const std::string& output : outputs) node.add_output(output);
    return node;
  }
  /// The shape of "x"; 0 is any number.
  Graph& input_shape(const std::vector<std::int64_t>& sizes) {
    auto& shape = *proto_.mutable_graph()
                       ->mutable_input(0)
                       ->mutable_type()
                       ->mutable_tensor_type()
                       ->mutable_shape();
    for (const std::int64_t size : sizes) {
      auto& dimension = *shape.add_dim();
      if (size > 0) dimension.set_dim_value(size);
    }
    return *this;
  }
  std::string bytes() const { return proto_.SerializeAsString(); }
  Model model(const OnnxOptions& options = {}) const {
    return parse_onnx_model(bytes(), "m.onnx", options);
  }
  std::string error(const OnnxOptions& options = {}) const {
    return input_error_of([&] { model(options); });
  }

 private:
  onnx::ModelProto proto_;
};

const std::vector<float> weights = fixture_tensor(1, 6);  ///< [3][2]
const std::vector<float> biases = fixture_tensor(2, 3);

Model one_layer(const std::string& activation, const std::string& loss) {
  return {network_from_text("2-3", activation, loss), {{weights, biases}}};
}

TEST(OnnxFile, FoldsWhatIsMadeOfConstants) {
  // torch.onnx without folding, and its exporter by dynamo: the transposed weights are computed.
  Graph transposed_weights;
  transposed_weights.tensor("w", {3, 2}, weights);
  transposed_weights.tensor("b", {3}, biases);
  transposed_weights.node("Transpose", {"w"}, {"wt"});
  transposed_weights.node("Identity", {"b"}, {"c"});
  transposed_weights.node("MatMul", {"x", "wt"}, {"p"});
  transposed_weights.node("Add", {"p", "c"}, {"y"});
  EXPECT_EQ(transposed_weights.model(), one_layer("identity", "mse"));

  Graph constants;
  onnx::NodeProto& constant = constants.node("Constant", {}, {"w"});
  onnx::AttributeProto& value = *constant.add_attribute();
  value.set_name("value");
  onnx::TensorProto& tensor = *value.mutable_t();
  tensor.set_data_type(onnx::TensorProto::DOUBLE);
  tensor.add_dims(6);
  for (const float weight : weights) tensor.add_double_data(weight);
  onnx::TensorProto& shape = constants.tensor("shape", {2});
  shape.set_data_type(onnx::TensorProto::INT64);
  shape.add_int64_data(-1);
  shape.add_int64_data(2);
  constants.tensor("b", {1, 1, 3}, biases);
  constants.node("Reshape", {"w", "shape"}, {"w2"});
  onnx::AttributeProto& to = *constants.node("Cast", {"w2"}, {"w3"}).add_attribute();
  to.set_name("to");
  to.set_i(onnx::TensorProto::FLOAT);
  onnx::AttributeProto& permutation = *constants.node("Transpose", {"w3"}, {"w4"}).add_attribute();
  permutation.set_name("perm");
  permutation.add_ints(1);
  permutation.add_ints(0);
  constants.node("Gemm", {"x", "w4", "b"}, {"y"});
  EXPECT_EQ(constants.model(), one_layer("identity", "mse"));
}

TEST(OnnxFile, ReadsFloat16) {
  Graph graph;
  onnx::TensorProto& tensor = graph.tensor("w", {2, 1});
  tensor.set_data_type(onnx::TensorProto::FLOAT16);
  tensor.set_raw_data(std::string("\x00\x3c\x00\xc1", 4));
  graph.node("MatMul", {"x", "w"}, {"y"});
  EXPECT_EQ(graph.model().parameters.front().weights, (std::vector<float>{1, -2.5f}));
}

TEST(OnnxFile, PassesOverWhatLeavesElementsInTheirOrder) {
  Graph graph;
  graph.tensor("w", {2, 3}, transposed(weights, 3, 2));
  graph.tensor("b", {3}, biases);
  // x.view(x.size(0), -1), dropout while training.
  graph.node("Shape", {"x"}, {"s"});
  graph.tensor("zero", {1}, {0});
  graph.node("Gather", {"s", "zero"}, {"n"});
  graph.tensor("rest", {1}, {-1});
  graph.node("Concat", {"n", "rest"}, {"ns"});
  graph.node("Reshape", {"x", "ns"}, {"flat"});
  graph.node("Gemm", {"flat", "w", "b"}, {"z"});
  graph.node("Relu", {"z"}, {"a"});
  graph.node("Dropout", {"a"}, {"y", "mask"});
  EXPECT_EQ(graph.model(), one_layer("relu", "mse"));
}

TEST(OnnxFile, ALayerOfEachStepIsNoLayerOfTheSample) {
  const auto graph_of = [](const std::vector<std::int64_t>& input) {
    Graph graph;
    graph.input_shape(input);
    graph.tensor("w", {2, 3}, transposed(weights, 3, 2));
    graph.tensor("b", {3}, biases);
    graph.node("MatMul", {"x", "w"}, {"z"});
    graph.node("Add", {"z", "b"}, {"y"});
    return graph;
  };
  // Keras' Dense behind rows of rows, and an input that the layer does not fit.
  EXPECT_THAT(graph_of({0, 5, 2}).error(),
              HasSubstr("expected 10 inputs, as many as a sample of the graph has, found 2"));
  EXPECT_THAT(graph_of({1, 5}).error(), HasSubstr("expected 5 inputs"));
  for (const auto& input : std::vector<std::vector<std::int64_t>>{
           {0, 2}, {1, 2}, {7, 2}, {0, 1, 2}, {2}, {0, 0}, {2, 1}, {0, 0, 2}, {}})
    EXPECT_EQ(graph_of(input).model(), one_layer("identity", "mse")) << input.size();
}

TEST(OnnxFile, SamplesAndOutputsKeepTheirRows) {
  const auto error_with = [](const std::string& type, std::int64_t axis) {
    Graph graph;
    graph.tensor("w", {2, 3}, transposed(weights, 3, 2));
    onnx::AttributeProto& attribute = *graph.node("Flatten", {"x"}, {"flat"}).add_attribute();
    attribute.set_name("axis");
    attribute.set_i(axis);
    graph.node("Gemm", {"flat", "w"}, {"z"});
    graph.tensor("shape", {3}, {-1, 3, 1});
    graph.node(type, {"z", "shape"}, {"r"});
    graph.node("Softmax", {"r"}, {"y"});
    return graph.error();
  };
  EXPECT_EQ(error_with("Flatten", 1), "");
  // All samples as one row; a softmax over single outputs, each of which becomes 1.
  EXPECT_THAT(error_with("Flatten", 0), HasSubstr("of type \"Flatten\""));
  EXPECT_THAT(error_with("Reshape", 1), HasSubstr("expected outputs as the last layer has them"));
}

TEST(OnnxFile, ReadsExternalDataBesideTheModel) {
  const TemporaryDirectory directory;
  Graph graph;
  onnx::TensorProto& tensor = graph.tensor("w", {2, 1});
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  onnx::StringStringEntryProto& location = *tensor.add_external_data();
  location.set_key("location");
  location.set_value("m.data");
  onnx::StringStringEntryProto& offset = *tensor.add_external_data();
  offset.set_key("offset");
  offset.set_value("4");
  graph.node("MatMul", {"x", "w"}, {"y"});
  const auto model = directory.file("m.onnx", graph.bytes());
  EXPECT_THAT(input_error_of([&] { read_onnx_model(model); }),
              HasSubstr("m.data: expected a readable file"));
  directory.file("m.data", std::string("....\x00\x00\x80\x3f\x00\x00\x20\xc0", 12));
  EXPECT_EQ(read_onnx_model(model).parameters.front().weights, (std::vector<float>{1, -2.5f}));
  directory.file("m.data", "too short");
  EXPECT_THAT(input_error_of([&] { read_onnx_model(model); }),
              EndsWith("m.data: expected 8 bytes from offset 4 for \"w\", found 5"));
  for (const char* const outside : {"../m.data", "/etc/passwd", ""}) {
    location.set_value(outside);
    EXPECT_THAT(input_error_of([&] { read_onnx_model(directory.file("o.onnx", graph.bytes())); }),
                HasSubstr("external data of \"w\" in a file beside the model"))
        << outside;
  }
}

TEST(OnnxFile, AnOutputLayerWithoutActivationTakesTheOneItIsGiven) {
  Graph logits;
  logits.tensor("w", {2, 3}, transposed(weights, 3, 2));
  logits.tensor("b", {3}, biases);
  logits.node("Gemm", {"x", "w", "b"}, {"z"});
  for (const char* const softmax : {"Softmax", "LogSoftmax"}) {
    Graph graph = logits;
    graph.node(softmax, {"z"}, {"y"});
    EXPECT_EQ(graph.model(), one_layer("softmax", "cross_entropy"));
    EXPECT_EQ(graph.model({.output = Activation::softmax}), one_layer("softmax", "cross_entropy"));
    EXPECT_EQ(graph.model({.output = Activation::identity}), one_layer("identity", "mse"));
    EXPECT_EQ(graph.model({.output = Activation::sigmoid}), one_layer("sigmoid", "bce"));
    graph.node("Relu", {"y"}, {"y2"});
    EXPECT_THAT(graph.error({.output = Activation::identity}), HasSubstr("nothing behind Softmax"));
    EXPECT_THAT(graph.error(), HasSubstr("nothing behind Softmax"));
  }
  Graph passed = logits;
  passed.node("Identity", {"z"}, {"y"});
  EXPECT_EQ(passed.model({.output = Activation::softmax}), one_layer("softmax", "cross_entropy"));
  logits.node("Relu", {"z"}, {"y"});
  EXPECT_THAT(logits.error({.output = Activation::sigmoid}), HasSubstr("found relu"));
}

TEST(OnnxFile, PassesOverTheClassesThatScikitLearnAdds) {
  Graph graph;
  graph.tensor("w", {2, 1}, {1, 2});
  graph.tensor("b", {1}, {3});
  graph.tensor("one", {1}, {1});
  graph.tensor("classes", {2}, {0, 1});
  graph.node("MatMul", {"x", "w"}, {"p"});
  graph.node("Add", {"p", "b"}, {"z"});
  graph.node("Sigmoid", {"z"}, {"y"});
  graph.node("Sub", {"one", "y"}, {"complement"});
  graph.node("Concat", {"complement", "y"}, {"both"});
  graph.node("ArgMax", {"both"}, {"place"});
  graph.node("ArrayFeatureExtractor", {"classes", "place"}, {"name"});
  graph.node("ZipMap", {"both"}, {"probabilities"});
  graph.output("name").output("probabilities");
  const Model expected{network_from_text("2-1", "sigmoid", "bce"), {{{1, 2}, {3}}}};
  EXPECT_EQ(graph.model(), expected);
  // Not a tail, but a layer: 1 - p is another function than p.
  graph.output("complement");
  EXPECT_THAT(graph.error(), EndsWith("found \"complement\""));
}

TEST(OnnxFile, AChainOfConstantsHasAnEnd) {
  Graph graph;
  graph.tensor("w0", {2, 1}, {1, 2});
  for (int i = 0; i < 100'000; ++i)
    graph.node("Identity", {"w" + std::to_string(i)}, {"w" + std::to_string(i + 1)});
  graph.node("MatMul", {"x", "w100000"}, {"y"});
  EXPECT_THAT(graph.error(), HasSubstr("behind at most 64 nodes"));
}

TEST(OnnxFile, EveryTruncationIsRefused) {
  const std::string bytes = read_text(fixture("gemm.onnx"), 1 << 20);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    // Without the operator set at the end, the model itself is complete.
    const std::string error =
        input_error_of([&] { parse_onnx_model(bytes.substr(0, length), "m.onnx"); });
    if (error.empty()) {
      EXPECT_EQ(parse_onnx_model(bytes.substr(0, length), "m.onnx"),
                parse_onnx_model(bytes, "m.onnx"));
    } else {
      EXPECT_THAT(error, HasSubstr("m.onnx: expected "));
    }
  }
}

}  // namespace
}  // namespace lsgd
