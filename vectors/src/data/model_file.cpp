// SPDX-License-Identifier: Apache-2.0
#include "data/model_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

#include "data/network_text.hpp"
#include "files/atomic_file.hpp"
#include "files/csv_file.hpp"
#include "files/json_file.hpp"
#include "files/number_text.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

constexpr std::size_t longest_model_file = std::size_t{1} << 20;

void require_network(const JsonDocument& document, const Network& network) {
  const NetworkFault fault = fault_of(network);
  if (fault.expected.empty()) return;
  throw document.error(fmt::format("/layers/{}/{}", fault.layer, fault.member), fault.expected);
}

void require_inner_path(const JsonDocument& document, const std::string& text) {
  const std::filesystem::path path(text);
  const bool escapes = path.is_absolute() || std::ranges::find(path, "..") != path.end() ||
                       text.find('\\') != std::string::npos ||
                       text.find('\0') != std::string::npos || !path.has_filename();
  if (escapes) {
    throw document.error(
        "/parameters",
        "/parameters to be a path below the model file's directory, found " + in_quotes(text));
  }
}

/// One tensor of a parameters file while it is read.
struct PartialTensor {
  std::string name;
  std::vector<float>* values;
  std::vector<bool> seen;
};

std::vector<PartialTensor> empty_tensors(const Network& network, Parameters<float>& parameters) {
  std::vector<PartialTensor> tensors;
  parameters.resize(network.layers.size());
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[l];
    parameters[l].weights.resize(layer.weight_count());
    parameters[l].biases.resize(layer.outputs);
    tensors.push_back({fmt::format("W{}", l + 1), &parameters[l].weights,
                       std::vector<bool>(layer.weight_count())});
    tensors.push_back(
        {fmt::format("b{}", l + 1), &parameters[l].biases, std::vector<bool>(layer.outputs)});
  }
  return tensors;
}

void require_complete(const std::vector<PartialTensor>& tensors, const CsvReader& reader) {
  for (const auto& tensor : tensors) {
    const auto missing = std::ranges::find(tensor.seen, false);
    if (missing == tensor.seen.end()) continue;
    throw reader.error(fmt::format("all {} values of {}, but {}[{}] is missing", tensor.seen.size(),
                                   tensor.name, tensor.name, missing - tensor.seen.begin()));
  }
}

}  // namespace

std::size_t parameter_count(const Network& network) {
  std::size_t count = 0;
  for (const Layer& layer : network.layers) count += layer.weight_count() + layer.outputs;
  return count;
}

ModelDescription parse_model_description(std::string_view text, const std::string& file) {
  const JsonDocument document = parse_json(text, file);
  validate_json(document, "model");
  ModelDescription description;
  for (const auto& layer : document.value["layers"]) {
    description.network.layers.push_back(
        {layer["inputs"].get<std::uint32_t>(), layer["outputs"].get<std::uint32_t>(),
         activation_from_text(layer["activation"].get<std::string>())});
  }
  description.network.loss = loss_from_text(document.value["loss"].get<std::string>());
  description.parameters = document.value["parameters"].get<std::string>();
  require_network(document, description.network);
  require_inner_path(document, description.parameters);
  return description;
}

Parameters<float> parse_parameters(std::istream& stream, const std::string& file,
                                   const Network& network) {
  CsvReader reader(stream, file);
  reader.require_header({"tensor", "index", "value"});
  Parameters<float> parameters;
  std::vector<PartialTensor> tensors = empty_tensors(network, parameters);
  std::size_t current = 0;
  while (reader.next()) {
    if (tensors[current].name != reader.text(0)) {
      const auto found = std::ranges::find(tensors, reader.text(0), &PartialTensor::name);
      if (found == tensors.end()) {
        throw reader.error(fmt::format("tensor to be W1, b1, ... b{}, found {}",
                                       network.layers.size(), in_quotes(reader.text(0))));
      }
      current = static_cast<std::size_t>(found - tensors.begin());
    }
    PartialTensor& tensor = tensors[current];
    const auto index = static_cast<std::size_t>(reader.integer(1, tensor.seen.size() - 1));
    if (tensor.seen[index]) {
      throw reader.error(
          fmt::format("each element once, but {}[{}] is repeated", tensor.name, index));
    }
    tensor.seen[index] = true;
    (*tensor.values)[index] = reader.number(2);
  }
  require_complete(tensors, reader);
  return parameters;
}

Model read_model(const std::filesystem::path& path) {
  const ModelDescription description =
      parse_model_description(read_text(path, longest_model_file), path.string());
  const std::filesystem::path parameters_path = path.parent_path() / description.parameters;
  std::ifstream stream = open_input(parameters_path);
  return {description.network,
          parse_parameters(stream, parameters_path.string(), description.network)};
}

void write_model(const std::filesystem::path& path, const Model& model,
                 const std::string& parameters_name) {
  AtomicFile parameters(path.parent_path() / parameters_name);
  parameters.write("tensor,index,value\n");
  const auto write_tensor = [&](const std::string& name, const std::vector<float>& values) {
    for (std::size_t i = 0; i < values.size(); ++i)
      parameters.write(fmt::format("{},{},{}\n", name, i, to_text(values[i])));
  };
  for (std::size_t l = 0; l < model.parameters.size(); ++l) {
    write_tensor(fmt::format("W{}", l + 1), model.parameters[l].weights);
    write_tensor(fmt::format("b{}", l + 1), model.parameters[l].biases);
  }
  parameters.commit();

  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const Layer& layer : model.network.layers) {
    layers.push_back({{"inputs", layer.inputs},
                      {"outputs", layer.outputs},
                      {"activation", to_text(layer.activation)}});
  }
  write_json(path, nlohmann::ordered_json{{"format", "lsgd-model/1"},
                                          {"layers", layers},
                                          {"loss", to_text(model.network.loss)},
                                          {"parameters", parameters_name}});
}

}  // namespace lsgd
