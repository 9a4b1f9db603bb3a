// SPDX-License-Identifier: Apache-2.0
#include "cases/padded_golden_set.hpp"

#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <optional>
#include <utility>
#include <vector>

#include "data/network_text.hpp"

namespace lsgd {
namespace {

bool fits(const Network& small, std::size_t first_layer, const Network& large) {
  for (std::size_t l = 0; l < small.layers.size(); ++l) {
    const Layer& inner = small.layers[l];
    const Layer& outer = large.layers[first_layer + l];
    if (inner.inputs > outer.inputs || inner.outputs > outer.outputs) return false;
  }
  return true;
}

/// The codes of `inner` in the first rows and columns, zeros elsewhere.
void pad(const Tensor& inner, Tensor& outer) {
  const bool is_whole = inner.kind == TensorKind::random_state ||
                        inner.kind == TensorKind::fraction_bits_of_weights ||
                        inner.kind == TensorKind::fraction_bits_of_biases;
  if (!is_whole) std::ranges::fill(outer.codes, 0u);
  for (std::size_t i = 0; i < inner.codes.size(); ++i)
    outer.codes.at(i / inner.row_length * outer.row_length + i % inner.row_length) = inner.codes[i];
}

std::vector<float> padded(std::vector<float> values, std::size_t count) {
  values.resize(count);
  return values;
}

std::optional<GoldenCase> padded(const GoldenCase& golden, const Profile& profile,
                                 const Network& network, std::size_t first_layer) {
  if (!fits(golden.network, first_layer, network)) return std::nullopt;
  GoldenCase result;
  static_cast<GoldenStep&>(result) = golden;
  result.network = network;
  result.sample = {padded(golden.sample.inputs, network.inputs()),
                   padded(golden.sample.target, network.outputs())};
  result.parameters = profile.nearest_parameters(network, passing_on(network), first_random_state);
  for (const Tensor& inner : golden.parameters) {
    const std::size_t layer = inner.layer == 0 ? 0 : inner.layer + first_layer;
    const auto outer = std::ranges::find_if(result.parameters, [&](const Tensor& tensor) {
      return tensor.kind == inner.kind && tensor.layer == layer;
    });
    if (outer == result.parameters.end()) return std::nullopt;
    pad(inner, *outer);
  }
  return result;
}

}  // namespace

Parameters<float> passing_on(const Network& network) {
  Parameters<float> parameters;
  for (const Layer& layer : network.layers) {
    auto& [weights, biases] = parameters.emplace_back();
    weights.resize(layer.weight_count());
    biases.resize(layer.outputs);
    for (std::uint32_t k = 0; k < std::max(layer.inputs, layer.outputs); ++k)
      weights[k % layer.outputs * std::size_t{layer.inputs} + k % layer.inputs] = 1;
  }
  return parameters;
}

std::string name_part(const Network& network) {
  std::string name = fmt::format("{}_{}_{}", sizes_text(network), activations_text(network),
                                 to_text(network.loss));
  std::ranges::replace(name, '-', '_');
  return name;
}

GoldenSet padded_golden_set(const GoldenSet& set, const Network& network) {
  GoldenSet result{set.manifest, {}};
  for (const GoldenCase& golden : set.cases) {
    if (golden.network == network || golden.network.layers.size() > network.layers.size()) continue;
    const std::size_t highest = network.layers.size() - golden.network.layers.size();
    auto lowest_layers = padded(golden, *set.manifest.profile, network, 0);
    if (lowest_layers) {
      lowest_layers->name = fmt::format("{}_in_{}", golden.name, name_part(network));
      result.cases.push_back(*std::move(lowest_layers));
    }
    if (highest == 0) continue;
    auto highest_layers = padded(golden, *set.manifest.profile, network, highest);
    if (!highest_layers) continue;
    highest_layers->name = fmt::format("{}_at_the_end_of_{}", golden.name, name_part(network));
    result.cases.push_back(*std::move(highest_layers));
  }
  return result;
}

}  // namespace lsgd
