// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "data/model_file.hpp"

namespace lsgd {

/// A model in ONNX: for each layer a Gemm of W [outputs][inputs] (transB 1) and b, then the
/// operator of its activation; input "x" [N][inputs], output "y" [N][outputs], parameters W1, b1,
/// ... as the same binary32 numbers. The same model gives the same bytes.
std::string onnx_model(const Model& model);

/// A model as a .npz archive of W1 [outputs][inputs], b1, W2, ... of type float32, stored. The same
/// model gives the same bytes.
std::string npz_model(const Model& model);

}  // namespace lsgd
