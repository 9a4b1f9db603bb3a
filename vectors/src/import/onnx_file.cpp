// SPDX-License-Identifier: Apache-2.0
#include "import/onnx_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>
#include <set>
#include <vector>

#include <lsgd/network/activation.hpp>

#include "data/model_file.hpp"
#include "data/network_text.hpp"
#include "files/input_error.hpp"
#include "files/text_file.hpp"
#include "import/imported_model.hpp"
#include "import/onnx_constants.hpp"

namespace lsgd {
namespace {

constexpr std::size_t longest_onnx_file = std::size_t{1} << 30;

/// A dense layer while its nodes are read.
struct Dense {
  Layer layer;
  LayerParameters<float> parameters;
  bool has_biases = false;
  bool has_activation = false;
};

class ChainReader {
 public:
  ChainReader(const onnx::GraphProto& graph, const std::filesystem::path& directory,
              const std::string& file)
      : graph_(graph), file_(file), constants_(graph, directory, file) {}

  Model read(const OnnxOptions& options) {
    value_ = input_name();
    for (const auto& node : graph_.node()) take(node, options);
    if (layers_.empty()) throw InputError(file_, 0, "at least one Gemm or MatMul node");
    for (const auto& output : graph_.output())
      if (output.name() != value_ && !names_.contains(output.name()))
        throw InputError(file_, 0,
                         fmt::format("a graph whose outputs are those of its last layer, found {}",
                                     in_quotes(output.name())));
    return model(options);
  }

 private:
  std::string input_name() const {
    std::vector<std::string> names;
    for (const auto& input : graph_.input())
      if (!constants_.is_initializer(input.name())) names.push_back(input.name());
    if (names.size() != 1)
      throw InputError(file_, 0, fmt::format("a graph with one input, found {}", names.size()));
    return names.front();
  }

  /// A layer of fewer inputs than a sample has takes them step by step, as Keras' Dense does with
  /// rows of rows: no chain of layers of ours.
  void require_inputs_of_graph(const onnx::NodeProto& node, std::uint32_t inputs) const {
    for (const auto& input : graph_.input()) {
      if (constants_.is_initializer(input.name()) || !input.type().tensor_type().has_shape())
        continue;
      const auto& dimensions = input.type().tensor_type().shape().dim();
      std::uint64_t sample = 1;  // of all dimensions behind the first
      for (int i = 1; i < dimensions.size(); ++i)
        sample = sample > most_tensor_elements || dimensions[i].dim_value() <= 0
                     ? 0
                     : sample * static_cast<std::uint64_t>(dimensions[i].dim_value());
      if (dimensions.size() < 2 || sample == 0 || sample == inputs) continue;
      // One sample may come without a dimension for several.
      const auto first =
          static_cast<std::uint64_t>(std::max<std::int64_t>(dimensions[0].dim_value(), 0));
      if (first <= most_tensor_elements && first * sample == inputs) continue;
      throw error(node, fmt::format("{} inputs, as many as a sample of the graph has, found {} (a "
                                    "layer that takes each step of a sample alone is not read)",
                                    sample, inputs));
    }
  }

  InputError error(const onnx::NodeProto& node, const std::string& expected) const {
    return error_of_node(file_, node, expected);
  }

  void take(const onnx::NodeProto& node, const OnnxOptions& options) {
    if (constants_.add(node) || add_shape(node) || add_name(node)) return;
    follow(node, options);
  }

  /// Takes note of a node that tells the shape of something: what Reshape asks for.
  bool add_shape(const onnx::NodeProto& node) {
    const bool is_shape = node.op_type() == "Shape" && node.input_size() == 1;
    bool is_computed = node.input_size() > 0;
    bool has_shape = false;
    for (const std::string& input : node.input()) {
      has_shape = has_shape || shapes_.contains(input);
      is_computed = is_computed && (shapes_.contains(input) || constants_.contains(input));
    }
    if (!is_shape && !(is_computed && has_shape)) return false;
    shapes_.insert(node.output().begin(), node.output().end());
    return true;
  }

  /// Takes note of a node that names a class by the outputs, as scikit-learn's exporter adds them
  /// behind the last layer: ArgMax and ZipMap, the outputs 1 - p and p that both take, and what is
  /// made of the names.
  bool add_name(const onnx::NodeProto& node) {
    const std::string& type = node.op_type();
    const auto input = [&](int place) {
      return node.input_size() > place ? node.input(place) : std::string();
    };
    const bool names_class =
        (type == "ArgMax" || type == "ZipMap") && (input(0) == value_ || names_.contains(input(0)));
    const bool is_complement = type == "Sub" && node.input_size() == 2 && input(1) == value_ &&
                               has_single_sigmoid() && is_one(node, input(0));
    const bool is_pair = type == "Concat" && node.input_size() == 2 && input(1) == value_ &&
                         !complement_.empty() && input(0) == complement_;
    const bool is_made_of_names =
        (type == "ArrayFeatureExtractor" && names_.contains(input(1))) ||
        ((type == "Cast" || type == "Reshape" || type == "Identity") && names_.contains(input(0)));
    if (is_complement) complement_ = node.output(0);
    if (is_complement) return true;
    if (!names_class && !is_pair && !is_made_of_names) return false;
    names_.insert(node.output().begin(), node.output().end());
    return true;
  }

  bool has_single_sigmoid() const {
    return !layers_.empty() && layers_.back().layer.outputs == 1 &&
           layers_.back().layer.activation == Activation::sigmoid;
  }

  bool is_one(const onnx::NodeProto& node, const std::string& name) const {
    return constants_.contains(name) &&
           constants_.tensor(node, name).values == std::vector<float>{1};
  }

  void follow(const onnx::NodeProto& node, const OnnxOptions& options) {
    const std::string& type = node.op_type();
    const bool commutes = type == "Add" && node.input_size() == 2;
    const int from = commutes && node.input(1) == value_ ? 1 : 0;
    if (node.input_size() <= from || node.input(from) != value_ || node.output_size() < 1 ||
        (node.output_size() > 1 && type != "Dropout")) {
      throw error(node, fmt::format("a chain of layers: a node with one output that takes {}",
                                    in_quotes(value_)));
    }
    if (is_final_) throw error(node, "nothing behind Softmax or LogSoftmax");
    if (type == "Gemm") {
      follow_gemm(node);
    } else if (type == "MatMul") {
      if (node.input_size() != 2) throw error(node, "two inputs");
      start_layer(node, tensor(node, node.input(1), 2), true);
    } else if (type == "Add") {
      if (node.input_size() != 2) throw error(node, "two inputs");
      add_biases(node, tensor(node, node.input(1 - from), 1));
    } else if (const auto activation = activation_of(type);
               activation && !is_of_layer(*activation)) {
      require_parameters(node, *activation);
      if (*activation != Activation::identity) activate(node, *activation);
    } else if (type == softmax_name || type == log_softmax_name) {
      require_last_axis(node);
      if (is_reshaped_) throw error(node, "outputs as the last layer has them, not reshaped");
      // --output takes its place. Of the logarithm the loss is the same, and so are the classes.
      if (!options.output || is_of_layer(*options.output)) activate(node, Activation::softmax);
      is_final_ = true;
    } else if (!keeps_order(node)) {
      throw error(node, operators_in_words());
    }
    if (changes_shape(type)) is_reshaped_ = type != "Flatten";  // which makes rows again
    value_ = node.output(0);
  }

  static bool is_real(std::int64_t type) {
    return type == onnx::TensorProto::FLOAT || type == onnx::TensorProto::DOUBLE ||
           type == onnx::TensorProto::FLOAT16;
  }

  /// Whether a node leaves the elements of each sample in their order.
  bool keeps_order(const onnx::NodeProto& node) const {
    const std::string& type = node.op_type();
    if (type == "Cast") {
      for (const auto& attribute : node.attribute())
        if (attribute.name() == "to") return is_real(attribute.i());
      return false;
    }
    // Along axis 0 Flatten makes one row of all samples.
    for (const auto& attribute : node.attribute())
      if (type == "Flatten" && attribute.name() == "axis" && attribute.i() == 0) return false;
    return changes_shape(type) || type == "Dropout";
  }

  static bool changes_shape(const std::string& type) {
    return type == "Flatten" || type == "Reshape" || type == "Squeeze" || type == "Unsqueeze";
  }

  static std::string_view onnx_name(Activation activation) {
    return with_activation(activation, [](auto function) { return function.onnx_name; });
  }

  static std::optional<Activation> activation_of(const std::string& type) {
    const auto found = std::ranges::find(all_activations, type, onnx_name);
    if (found == all_activations.end()) return std::nullopt;
    return *found;
  }

  /// An operator's slope must be that of the function; it is 0.01 where none is given.
  void require_parameters(const onnx::NodeProto& node, Activation activation) const {
    with_activation(activation, [&](auto function) {
      if constexpr (requires { function.alpha; }) {
        float alpha = 0.01f;
        for (const auto& attribute : node.attribute())
          if (attribute.name() == "alpha") alpha = attribute.f();
        if (alpha != function.alpha) throw error(node, fmt::format("alpha {}", function.alpha));
      }
    });
  }

  /// Samples are rows: of two axes the last one has the outputs.
  void require_last_axis(const onnx::NodeProto& node) const {
    for (const auto& attribute : node.attribute())
      if (attribute.name() == "axis" && attribute.i() != -1 && attribute.i() != 1)
        throw error(node, "axis -1 or 1");
  }

  static std::string operators_in_words() {
    std::string words = "Gemm, MatMul, Add";
    for (const Activation activation : all_activations)
      words += fmt::format(", {}", onnx_name(activation));
    words += fmt::format(", {}", log_softmax_name);
    return words + ", Flatten, Reshape, Squeeze, Unsqueeze, Dropout or Cast to float";
  }

  void follow_gemm(const onnx::NodeProto& node) {
    bool transposed = false;
    for (const auto& attribute : node.attribute()) {
      const std::string& name = attribute.name();
      if (((name == "alpha" || name == "beta") && attribute.f() != 1.0f) ||
          (name == "transA" && attribute.i() != 0))
        throw error(node, "alpha 1, beta 1 and transA 0");
      if (name == "transB") transposed = attribute.i() != 0;
    }
    if (node.input_size() < 2 || node.input_size() > 3) throw error(node, "two or three inputs");
    start_layer(node, tensor(node, node.input(1), 2), !transposed);
    if (node.input_size() == 3 && !node.input(2).empty())
      add_biases(node, tensor(node, node.input(2), 1));
  }

  /// `weights` are [inputs][outputs], or [outputs][inputs] as our own.
  void start_layer(const onnx::NodeProto& node, const OnnxTensor& weights, bool inputs_first) {
    const auto rows = static_cast<std::uint32_t>(weights.shape[0]);
    const auto columns = static_cast<std::uint32_t>(weights.shape[1]);
    Dense dense;
    dense.layer.inputs = inputs_first ? rows : columns;
    dense.layer.outputs = inputs_first ? columns : rows;
    if (layers_.empty()) require_inputs_of_graph(node, dense.layer.inputs);
    is_reshaped_ = false;
    if (!layers_.empty() && layers_.back().layer.outputs != dense.layer.inputs) {
      throw error(node, fmt::format("{} inputs, the outputs of the layer before, found {}",
                                    layers_.back().layer.outputs, dense.layer.inputs));
    }
    dense.parameters.biases.assign(dense.layer.outputs, 0.0f);
    dense.parameters.weights =
        inputs_first ? transposed_matrix(weights.values, rows, columns) : weights.values;
    layers_.push_back(std::move(dense));
  }

  void add_biases(const onnx::NodeProto& node, const OnnxTensor& biases) {
    if (layers_.empty() || layers_.back().has_biases || layers_.back().has_activation)
      throw error(node, "biases directly behind the weights");
    if (biases.values.size() != layers_.back().layer.outputs) {
      throw error(node, fmt::format("{} biases, found {}", layers_.back().layer.outputs,
                                    biases.values.size()));
    }
    layers_.back().parameters.biases = biases.values;
    layers_.back().has_biases = true;
  }

  void activate(const onnx::NodeProto& node, Activation activation) {
    if (layers_.empty() || layers_.back().has_activation)
      throw error(node, "one activation per layer");
    layers_.back().layer.activation = activation;
    layers_.back().has_activation = true;
  }

  /// A constant of `rank` dimensions beside leading ones.
  OnnxTensor tensor(const onnx::NodeProto& node, const std::string& name, std::size_t rank) const {
    OnnxTensor result = constants_.tensor(node, name);
    while (result.shape.size() > rank && result.shape.front() == 1)
      result.shape.erase(result.shape.begin());
    if (result.shape.size() != rank)
      throw error(node, fmt::format("{} to have {} dimensions", in_quotes(name), rank));
    return result;
  }

  Model model(const OnnxOptions& options) {
    Model model;
    if (options.output) set_output(*options.output);
    for (Dense& dense : layers_) {
      model.network.layers.push_back(dense.layer);
      model.parameters.push_back(std::move(dense.parameters));
    }
    const Activation output = model.network.layers.back().activation;
    model.network.loss = options.loss.value_or(natural_loss(output));
    const NetworkFault fault = fault_of(model.network);
    if (!fault.expected.empty()) {
      const bool lacks_output = !options.output && fault.member == "activation";
      throw InputError(
          file_, 0,
          fmt::format("{} of layer {}: {}{}", fault.member, fault.layer + 1, fault.expected,
                      lacks_output ? " (--output sigmoid adds it to logits)" : ""));
    }
    return model;
  }

  void set_output(Activation activation) {
    Dense& last = layers_.back();
    if (last.has_activation && last.layer.activation != activation)
      throw InputError(
          file_, 0,
          fmt::format("an output layer without an activation for --output {}, found {}",
                      name_of(activation), name_of(last.layer.activation)));
    last.layer.activation = activation;
  }

  const onnx::GraphProto& graph_;
  const std::string& file_;
  OnnxConstants constants_;
  std::string value_;  ///< what the next node has to take
  static constexpr std::string_view softmax_name = SoftmaxFunction::onnx_name;
  static constexpr std::string_view log_softmax_name = "LogSoftmax";

  bool is_final_ = false;         ///< behind a softmax
  bool is_reshaped_ = false;      ///< since the last layer
  std::string complement_;        ///< 1 - p of a single output p
  std::set<std::string> shapes_;  ///< values that tell shapes
  std::set<std::string> names_;   ///< values that name classes
  std::vector<Dense> layers_;
};

}  // namespace

Model parse_onnx_model(const std::string& bytes, const std::string& file,
                       const OnnxOptions& options, const std::filesystem::path& directory) {
  // Its complaints would add lines to the one that a user sees.
  const google::protobuf::LogSilencer silence;
  onnx::ModelProto proto;
  if (!proto.ParseFromString(bytes) || !proto.has_graph())
    throw other_model_format(file, bytes, "an ONNX model");
  return ChainReader(proto.graph(), directory, file).read(options);
}

Model read_onnx_model(const std::filesystem::path& path, const OnnxOptions& options) {
  const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : ".";
  return parse_onnx_model(read_text(path, longest_onnx_file), path.string(), options, directory);
}

}  // namespace lsgd
