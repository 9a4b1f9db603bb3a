// SPDX-License-Identifier: Apache-2.0
#include "data/network_text.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <stdexcept>
#include <vector>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>

#include "files/input_error.hpp"
#include "files/number_text.hpp"

namespace lsgd {
namespace {

constexpr std::size_t most_parameters = 100'000'000;
constexpr std::uint64_t largest_size = 1'000'000;
constexpr std::size_t most_layers = 256;

template <class T, std::size_t count>
T value_named(const std::array<T, count>& values, std::string_view name, std::string_view kind) {
  for (const T value : values)
    if (name_of(value) == name) return value;
  std::vector<std::string_view> names;
  for (const T value : values) names.push_back(name_of(value));
  throw std::invalid_argument(
      fmt::format("{} {}, found {}", kind, fmt::join(names, " or "), in_quotes(name)));
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

std::string_view to_text(Activation activation) { return name_of(activation); }
std::string_view to_text(Loss loss) { return name_of(loss); }

Activation activation_from_text(std::string_view name) {
  return value_named(all_activations, name, "activation");
}

Loss loss_from_text(std::string_view name) { return value_named(all_losses, name, "loss"); }

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

std::string network_text(const Network& network) {
  return fmt::format("{} {} {}", sizes_text(network), activations_text(network),
                     to_text(network.loss));
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
  for (std::size_t l = 0; l + 1 < network.layers.size(); ++l)
    if (is_of_layer(network.layers[l].activation))
      return {l, "activation",
              fmt::format("activation {} in the last layer alone, found it in layer {}",
                          to_text(network.layers[l].activation), l + 1)};
  const Activation last = network.layers.back().activation;
  const Activation required = required_output(network.loss).value_or(last);
  if (last != required) {
    return {network.layers.size() - 1, "activation",
            fmt::format("activation {} in the last layer, because the loss is {}, found {}",
                        to_text(required), to_text(network.loss), to_text(last))};
  }
  if (!go_together(last, network.loss))
    return {network.layers.size() - 1, "activation",
            fmt::format("loss cross_entropy, because the last layer is {}, found {}", to_text(last),
                        to_text(network.loss))};
  if (is_of_layer(last) && network.outputs() < 2)
    return {network.layers.size() - 1, "outputs",
            fmt::format("2 outputs of {} or more, found 1", to_text(last))};
  return {};
}

}  // namespace lsgd
