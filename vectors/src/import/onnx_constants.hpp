// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <onnx/onnx_pb.h>
#include <string>
#include <vector>

#include "files/input_error.hpp"

namespace lsgd {

/// A tensor of an ONNX graph, rounded to binary32.
struct OnnxTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;  ///< row-major
};

/// The error to throw about a node.
InputError error_of_node(const std::string& file, const onnx::NodeProto& node,
                         const std::string& expected);

/// The tensors of a graph that do not depend on its input: initializers, also those in files of
/// their own, Constant nodes, and what Identity, Transpose, Reshape, Flatten, Squeeze, Unsqueeze,
/// Dropout and Cast to a float type make of them.
class OnnxConstants {
 public:
  /// External files lie in `directory`; the graph must outlive this.
  OnnxConstants(const onnx::GraphProto& graph, std::filesystem::path directory, std::string file);

  /// Whether a value of the graph is such a tensor.
  bool contains(const std::string& name) const;
  bool is_initializer(const std::string& name) const { return initializers_.contains(name); }
  /// Takes note of a node whose outputs are such tensors; false if they are not.
  bool add(const onnx::NodeProto& node);
  /// The tensor, for `user`, which errors blame. Throws InputError.
  OnnxTensor tensor(const onnx::NodeProto& user, const std::string& name) const;

 private:
  OnnxTensor tensor(const onnx::NodeProto& user, const std::string& name, std::size_t depth) const;
  OnnxTensor computed(const onnx::NodeProto& user, const onnx::NodeProto& node,
                      std::size_t depth) const;
  OnnxTensor transposed(const onnx::NodeProto& node, const OnnxTensor& tensor) const;
  OnnxTensor constant(const onnx::NodeProto& node) const;
  OnnxTensor read(const onnx::NodeProto& user, const onnx::TensorProto& proto) const;
  std::string external_bytes(const onnx::NodeProto& user, const onnx::TensorProto& proto,
                             std::size_t bytes) const;

  std::filesystem::path directory_;
  std::string file_;
  std::map<std::string, const onnx::TensorProto*> initializers_;
  std::map<std::string, const onnx::NodeProto*> nodes_;  ///< by their outputs
};

}  // namespace lsgd
