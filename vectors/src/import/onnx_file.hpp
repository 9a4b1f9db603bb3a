// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "data/model_file.hpp"

namespace lsgd {

/// What an ONNX model does not tell.
struct OnnxOptions {
  std::optional<Loss> loss = {};          ///< absent: the one that the output requires, or mse
  std::optional<Activation> output = {};  ///< of an output layer without one, or instead of softmax
};

/// Parses an ONNX model that is a chain of dense layers: Gemm (alpha and beta 1, A not transposed)
/// or MatMul and Add, each followed by nothing or by the operator of an activation function
/// (network/activation.hpp). Nodes that leave the elements of a sample in their order (Identity,
/// Flatten, Reshape, Squeeze, Unsqueeze, Dropout, Cast to float) change nothing; at the end
/// LogSoftmax is Softmax, for which OnnxOptions::output may stand; ArgMax and ZipMap behind it name
/// classes. Parameters are OnnxConstants, in files below `directory` where they are external.
/// `file` is the name that errors carry. Throws InputError that names the node.
Model parse_onnx_model(const std::string& bytes, const std::string& file,
                       const OnnxOptions& options = {},
                       const std::filesystem::path& directory = {});

/// parse_onnx_model of a file.
Model read_onnx_model(const std::filesystem::path& path, const OnnxOptions& options = {});

}  // namespace lsgd
