// SPDX-License-Identifier: Apache-2.0
#include "data/network_text.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <stdexcept>
#include <vector>

#include "files/input_error.hpp"
#include "files/number_text.hpp"

namespace lsgd {
namespace {

constexpr std::size_t most_parameters = 100'000'000;
constexpr std::uint64_t largest_size = 1'000'000;
constexpr std::size_t most_layers = 256;

template <class T>
struct Named {
  T value;
  std::string_view name;
};

constexpr std::array activations{Named<Activation>{Activation::identity, "identity"},
                                 Named<Activation>{Activation::relu, "relu"},
                                 Named<Activation>{Activation::sigmoid, "sigmoid"},
                                 Named<Activation>{Activation::tanh, "tanh"}};
constexpr std::array losses{Named<Loss>{Loss::mse, "mse"}, Named<Loss>{Loss::bce, "bce"}};

template <class T>
std::string_view name_in(const auto& table, T value) {
  return std::ranges::find(table, value, &Named<T>::value)->name;
}

template <class T>
T value_in(const auto& table, std::string_view name, std::string_view kind) {
  const auto found = std::ranges::find(table, name, &Named<T>::name);
  if (found == table.end()) {
    std::vector<std::string_view> names;
    for (const auto& entry : table) names.push_back(entry.name);
    throw std::invalid_argument(
        fmt::format("{} {}, found {}", kind, fmt::join(names, " or "), in_quotes(name)));
  }
  return found->value;
}

std::vector<std::string_view> split_at_dashes(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto dash = text.find('-');
    parts.push_back(text.substr(0, dash));
    if (dash == std::string_view::npos) return parts;
    text.remove_prefix(dash + 1);
  }
}

std::uint32_t size_from_text(std::string_view text) {
  const auto size = integer_from_text(text, largest_size);
  if (!size || *size == 0) {
    throw std::invalid_argument(fmt::format("sizes from 1 to {} joined by dashes, found {}",
                                            largest_size, in_quotes(text)));
  }
  return static_cast<std::uint32_t>(*size);
}

}  // namespace

std::string_view to_text(Activation activation) { return name_in(activations, activation); }
std::string_view to_text(Loss loss) { return name_in(losses, loss); }

Activation activation_from_text(std::string_view name) {
  return value_in<Activation>(activations, name, "activation");
}

Loss loss_from_text(std::string_view name) { return value_in<Loss>(losses, name, "loss"); }

Network network_from_text(std::string_view sizes, std::string_view activation_names,
                          std::string_view loss) {
  const auto size_texts = split_at_dashes(sizes);
  const auto names = split_at_dashes(activation_names);
  if (size_texts.size() < 2 || size_texts.size() > most_layers + 1) {
    throw std::invalid_argument(
        fmt::format("2 to {} sizes joined by dashes, found {}", most_layers + 1, in_quotes(sizes)));
  }
  if (names.size() + 1 != size_texts.size()) {
    throw std::invalid_argument(fmt::format("{} activations for {} sizes, found {}",
                                            size_texts.size() - 1, size_texts.size(),
                                            in_quotes(activation_names)));
  }
  Network network;
  for (std::size_t l = 0; l < names.size(); ++l) {
    network.layers.push_back({size_from_text(size_texts[l]), size_from_text(size_texts[l + 1]),
                              activation_from_text(names[l])});
  }
  network.loss = loss_from_text(loss);
  const NetworkFault fault = fault_of(network);
  if (!fault.expected.empty()) throw std::invalid_argument(fault.expected);
  return network;
}

std::string sizes_text(const Network& network) {
  std::string text = std::to_string(network.inputs());
  for (const Layer& layer : network.layers) text += fmt::format("-{}", layer.outputs);
  return text;
}

std::string activations_text(const Network& network) {
  std::vector<std::string_view> names;
  for (const Layer& layer : network.layers) names.push_back(to_text(layer.activation));
  return fmt::format("{}", fmt::join(names, "-"));
}

NetworkFault fault_of(const Network& network) {
  std::size_t count = 0;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[l];
    if (l > 0 && layer.inputs != network.layers[l - 1].outputs) {
      return {l, "inputs",
              fmt::format("{} inputs in layer {}, the outputs of the layer before, found {}",
                          network.layers[l - 1].outputs, l + 1, layer.inputs)};
    }
    count += layer.weight_count() + layer.outputs;
    if (count > most_parameters)
      return {l, "outputs", fmt::format("a network of at most {} parameters", most_parameters)};
  }
  const Activation last = network.layers.back().activation;
  if (network.loss == Loss::bce && last != Activation::sigmoid) {
    return {network.layers.size() - 1, "activation",
            fmt::format("activation sigmoid in the last layer, because the loss is bce, found {}",
                        to_text(last))};
  }
  return {};
}

}  // namespace lsgd
