// SPDX-License-Identifier: Apache-2.0
#include "import/onnx_file.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <map>
#include <onnx/onnx_pb.h>
#include <vector>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>

#include "data/network_text.hpp"
#include "files/input_error.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

constexpr auto most_onnx_elements = static_cast<std::int64_t>(most_tensor_elements);
constexpr std::size_t longest_onnx_file = std::size_t{1} << 30;

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

struct DenseTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// A dense layer while its nodes are read.
struct Dense {
  Layer layer;
  LayerParameters<float> parameters;
  bool has_biases = false;
  bool has_activation = false;
};

class ChainReader {
 public:
  ChainReader(const onnx::GraphProto& graph, const std::string& file)
      : graph_(graph), file_(file) {}

  Model read(std::optional<Loss> loss) {
    for (const auto& tensor : graph_.initializer()) initializers_[tensor.name()] = &tensor;
    value_ = input_name();
    for (const auto& node : graph_.node()) follow(node);
    if (layers_.empty()) throw InputError(file_, 0, "at least one Gemm or MatMul node");
    if (graph_.output_size() != 1 || graph_.output(0).name() != value_)
      throw InputError(file_, 0, "a graph whose only output is that of its last node");
    return model(loss);
  }

 private:
  std::string input_name() const {
    std::vector<std::string> names;
    for (const auto& input : graph_.input())
      if (!initializers_.contains(input.name())) names.push_back(input.name());
    if (names.size() != 1)
      throw InputError(file_, 0, fmt::format("a graph with one input, found {}", names.size()));
    return names.front();
  }

  InputError error(const onnx::NodeProto& node, const std::string& expected) const {
    return InputError(file_, 0,
                      fmt::format("{} (node {} of type {})", expected, in_quotes(node.name()),
                                  in_quotes(node.op_type())));
  }

  void follow(const onnx::NodeProto& node) {
    const std::string& type = node.op_type();
    const bool commutes = type == "Add" && node.input_size() == 2;
    const int from = commutes && node.input(1) == value_ ? 1 : 0;
    if (node.input_size() <= from || node.input(from) != value_ || node.output_size() != 1) {
      throw error(node, fmt::format("a chain of layers: a node with one output that takes {}",
                                    in_quotes(value_)));
    }
    if (type == "Gemm") {
      follow_gemm(node);
    } else if (type == "MatMul") {
      if (node.input_size() != 2) throw error(node, "two inputs");
      start_layer(node, tensor(node, node.input(1), 2), true);
    } else if (type == "Add") {
      if (node.input_size() != 2) throw error(node, "two inputs");
      add_biases(node, tensor(node, node.input(1 - from), 1));
    } else if (const auto activation = activation_of(type)) {
      require_parameters(node, *activation);
      if (*activation != Activation::identity) activate(node, *activation);
    } else if (type != "Flatten") {
      throw error(node, operators_in_words());
    }
    value_ = node.output(0);
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

  static std::string operators_in_words() {
    std::string words = "Gemm, MatMul, Add";
    for (const Activation activation : all_activations)
      words += fmt::format(", {}", onnx_name(activation));
    return words + " or Flatten";
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
  void start_layer(const onnx::NodeProto& node, const DenseTensor& weights, bool inputs_first) {
    const auto rows = static_cast<std::uint32_t>(weights.shape[0]);
    const auto columns = static_cast<std::uint32_t>(weights.shape[1]);
    Dense dense;
    dense.layer.inputs = inputs_first ? rows : columns;
    dense.layer.outputs = inputs_first ? columns : rows;
    if (!layers_.empty() && layers_.back().layer.outputs != dense.layer.inputs) {
      throw error(node, fmt::format("{} inputs, the outputs of the layer before, found {}",
                                    layers_.back().layer.outputs, dense.layer.inputs));
    }
    dense.parameters.biases.assign(dense.layer.outputs, 0.0f);
    dense.parameters.weights = weights.values;
    if (inputs_first) {
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t o = 0; o < columns; ++o)
          dense.parameters.weights[o * rows + i] = weights.values[i * columns + o];
    }
    layers_.push_back(std::move(dense));
  }

  void add_biases(const onnx::NodeProto& node, const DenseTensor& biases) {
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

  /// An initializer of `rank` dimensions beside leading ones.
  DenseTensor tensor(const onnx::NodeProto& node, const std::string& name, std::size_t rank) const {
    const auto found = initializers_.find(name);
    if (found == initializers_.end())
      throw error(node, fmt::format("{} to be an initializer", in_quotes(name)));
    const onnx::TensorProto& proto = *found->second;
    DenseTensor result{{proto.dims().begin(), proto.dims().end()}, {}};
    while (result.shape.size() > rank && result.shape.front() == 1)
      result.shape.erase(result.shape.begin());
    std::int64_t count = 1;
    for (const std::int64_t size : result.shape)
      count =
          size < 1 || size > most_onnx_elements || count > most_onnx_elements ? 0 : count * size;
    if (result.shape.size() != rank || count < 1 || count > most_onnx_elements) {
      throw error(node, fmt::format("{} to have {} dimensions and at most {} elements",
                                    in_quotes(name), rank, most_onnx_elements));
    }
    result.values = values(node, proto, static_cast<std::size_t>(count));
    return result;
  }

  std::vector<float> values(const onnx::NodeProto& node, const onnx::TensorProto& proto,
                            std::size_t count) const {
    std::vector<float> result;
    if (proto.data_type() == onnx::TensorProto::FLOAT)
      result = elements<float>(proto.raw_data(), proto.float_data());
    else if (proto.data_type() == onnx::TensorProto::DOUBLE)
      for (const double value : elements<double>(proto.raw_data(), proto.double_data()))
        result.push_back(static_cast<float>(value));
    else
      throw error(node, fmt::format("{} to be of type float or double", in_quotes(proto.name())));
    const bool finite = std::ranges::all_of(result, [](float x) { return std::isfinite(x); });
    if (result.size() != count || !finite) {
      throw error(node, fmt::format("{} finite numbers in {}, found {} elements", count,
                                    in_quotes(proto.name()), result.size()));
    }
    return result;
  }

  template <class T>
  static std::vector<T> elements(const std::string& raw, const auto& typed) {
    if (raw.empty()) return {typed.begin(), typed.end()};
    std::vector<T> result(raw.size() % sizeof(T) == 0 ? raw.size() / sizeof(T) : 0);
    if (!result.empty()) std::memcpy(result.data(), raw.data(), result.size() * sizeof(T));
    return result;
  }

  Model model(std::optional<Loss> loss) {
    Model model;
    for (Dense& dense : layers_) {
      model.network.layers.push_back(dense.layer);
      model.parameters.push_back(std::move(dense.parameters));
    }
    const Activation output = model.network.layers.back().activation;
    const bool takes_bce = required_output(Loss::bce) == output;
    model.network.loss = loss.value_or(takes_bce ? Loss::bce : Loss::mse);
    const NetworkFault fault = fault_of(model.network);
    if (!fault.expected.empty()) {
      throw InputError(
          file_, 0,
          fmt::format("{} of layer {}: {}", fault.member, fault.layer + 1, fault.expected));
    }
    return model;
  }

  const onnx::GraphProto& graph_;
  const std::string& file_;
  std::map<std::string, const onnx::TensorProto*> initializers_;
  std::string value_;  ///< what the next node has to take
  std::vector<Dense> layers_;
};

}  // namespace

Model parse_onnx_model(const std::string& bytes, const std::string& file,
                       std::optional<Loss> loss) {
  // Its complaints would add lines to the one that a user sees.
  const google::protobuf::LogSilencer silence;
  onnx::ModelProto proto;
  if (!proto.ParseFromString(bytes) || !proto.has_graph())
    throw InputError(file, 0, "an ONNX model");
  return ChainReader(proto.graph(), file).read(loss);
}

Model read_onnx_model(const std::filesystem::path& path, std::optional<Loss> loss) {
  return parse_onnx_model(read_text(path, longest_onnx_file), path.string(), loss);
}

}  // namespace lsgd
