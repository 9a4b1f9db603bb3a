// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <istream>
#include <string>
#include <string_view>

#include <lsgd/network/network.hpp>

namespace lsgd {

/// A network and its trainable parameters.
struct Model {
  Network network;
  Parameters<float> parameters;

  bool operator==(const Model&) const = default;
};

/// What a file of format "lsgd-model/1" says: the shape, and where the parameters are.
struct ModelDescription {
  Network network;
  std::string parameters;  ///< path relative to the model file, staying below its directory
};

/// The most elements of a tensor that an import takes.
constexpr std::size_t most_tensor_elements = 100'000'000;

/// Weights and biases of all layers.
std::size_t parameter_count(const Network& network);

/// Parses a model file's text. Sizes must chain, bce needs a sigmoid output layer, and there are at
/// most 10^8 parameters. `file` is the name that errors carry. Throws InputError.
ModelDescription parse_model_description(std::string_view text, const std::string& file);

/// Parses a parameters CSV `tensor,index,value` (W1, b1, W2, ...; weights row-major): every element
/// exactly once, in any order. Throws InputError.
Parameters<float> parse_parameters(std::istream& stream, const std::string& file,
                                   const Network& network);

/// Reads a model file and the parameters it names. Throws InputError.
Model read_model(const std::filesystem::path& path);

/// Writes `path` and, beside it, the parameters file. The same model gives the same bytes.
void write_model(const std::filesystem::path& path, const Model& model,
                 const std::string& parameters_name = "params.csv");

}  // namespace lsgd
