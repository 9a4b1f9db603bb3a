// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "data/model_file.hpp"

namespace lsgd {

/// Parses an ONNX model that is a chain of dense layers: Gemm (alpha and beta 1, A not transposed)
/// or MatMul and Add, each followed by nothing or by the operator of an activation function
/// (network/activation.hpp); Identity and Flatten in between change nothing. Parameters are
/// initializers of type float or double, rounded to binary32. Without `loss` it is bce for a
/// sigmoid output layer, else mse. `file` is the name that errors carry. Throws InputError that
/// names the node.
Model parse_onnx_model(const std::string& bytes, const std::string& file,
                       std::optional<Loss> loss = std::nullopt);

/// parse_onnx_model of a file.
Model read_onnx_model(const std::filesystem::path& path, std::optional<Loss> loss = std::nullopt);

}  // namespace lsgd
