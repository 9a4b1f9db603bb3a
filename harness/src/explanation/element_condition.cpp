// SPDX-License-Identifier: Apache-2.0
#include "explanation/element_condition.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <functional>
#include <string_view>
#include <utility>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>

namespace lsgd {
namespace {

constexpr std::size_t most_properties = 3;
constexpr std::size_t others_left = 100;  // one in so many of the other elements

struct Property {
  std::string words;
  std::function<bool(const ElementPlace&)> holds;
};

/// A number of an element, and how it is said of some, least and most.
struct Quantity {
  std::size_t (*of)(const ElementPlace&);
  std::string_view equal, least, most;
};

constexpr Quantity quantities[] = {
    {[](const ElementPlace& place) { return place.inputs; }, "in layers of {} inputs",
     "in layers of {} inputs or more", "in layers of up to {} inputs"},
    {[](const ElementPlace& place) { return place.outputs; }, "in layers of {} neurons",
     "in layers of {} neurons or more", "in layers of up to {} neurons"},
    {[](const ElementPlace& place) { return place.layer; }, "in layer {}", "from layer {} on",
     "up to layer {}"},
    {[](const ElementPlace& place) { return place.layers; }, "in networks of {} layers",
     "in networks of {} layers or more", "in networks of up to {} layers"},
    {[](const ElementPlace& place) { return place.neuron; }, "at neuron {}, from 0",
     "from neuron {} on, from 0", "up to neuron {}, from 0"},
    {[](const ElementPlace& place) { return place.input; }, "at input {}, from 0",
     "from input {} on, from 0", "up to input {}, from 0"},
};

/// Properties that an element has or has not; the first words that fit are said.
std::vector<Property> kinds_of(const ElementPlace& first) {
  std::vector<Property> kinds{
      {"at the last input",
       [](const ElementPlace& place) {
         return place.is_weight && place.input + 1 == place.inputs;
       }},
      {"at the last neuron",
       [](const ElementPlace& place) { return place.neuron + 1 == place.outputs; }},
      {"in the last layer", [](const ElementPlace& place) { return place.layer == place.layers; }},
      {"in hidden layers", [](const ElementPlace& place) { return place.layer < place.layers; }},
      {"behind a hidden layer", [](const ElementPlace& place) { return place.layer > 1; }},
      {"behind layers of sigmoid or tanh",
       [](const ElementPlace& place) { return place.reads_bounded; }},
      {"in layers that are not behind sigmoid or tanh",
       [](const ElementPlace& place) { return !place.reads_bounded; }},
      {"in weights", [](const ElementPlace& place) { return place.is_weight; }},
      {"in layers with an odd number of inputs",
       [](const ElementPlace& place) { return place.inputs % 2 == 1; }},
      {"in layers with an odd number of neurons",
       [](const ElementPlace& place) { return place.outputs % 2 == 1; }},
      {fmt::format("in layers of {}", name_of(first.function)),
       [function = first.function](const ElementPlace& place) {
         return place.function == function;
       }},
      {fmt::format("with the loss {}", name_of(first.loss)),
       [loss = first.loss](const ElementPlace& place) { return place.loss == loss; }},
  };
  for (const std::size_t block : {4, 2}) {
    kinds.push_back({fmt::format("at inputs behind the last multiple of {}", block),
                     [block](const ElementPlace& place) {
                       return place.is_weight && place.input >= place.inputs / block * block;
                     }});
    kinds.push_back({fmt::format("at neurons behind the last multiple of {}", block),
                     [block](const ElementPlace& place) {
                       return place.neuron >= place.outputs / block * block;
                     }});
    kinds.push_back(
        {fmt::format("at place {} of every {} inputs, from 0", first.input % block, block),
         [block, rest = first.input % block](const ElementPlace& place) {
           return place.is_weight && place.input % block == rest;
         }});
    kinds.push_back(
        {fmt::format("at place {} of every {} neurons, from 0", first.neuron % block, block),
         [block, rest = first.neuron % block](const ElementPlace& place) {
           return place.neuron % block == rest;
         }});
  }
  return kinds;
}

/// Such as "6-32-16-4 tanh-tanh-sigmoid".
std::string sizes_of(const Network& network) {
  std::string sizes = std::to_string(network.layers.front().inputs), functions;
  for (const Layer& layer : network.layers) {
    sizes += fmt::format("-{}", layer.outputs);
    functions += fmt::format("{}{}", functions.empty() ? "" : "-", name_of(layer.activation));
  }
  return sizes + " " + functions;
}

/// What all of some elements have.
std::vector<Property> shared_properties(const std::vector<ElementPlace>& where) {
  std::vector<Property> properties = kinds_of(where.front());
  for (const Quantity& quantity : quantities) {
    std::size_t least = quantity.of(where.front()), most = least;
    for (const ElementPlace& place : where) {
      least = std::min(least, quantity.of(place));
      most = std::max(most, quantity.of(place));
    }
    if (least == most)
      properties.push_back(
          {fmt::format(fmt::runtime(quantity.equal), least),
           [of = quantity.of, least](const ElementPlace& place) { return of(place) == least; }});
    properties.push_back(
        {fmt::format(fmt::runtime(quantity.least), least),
         [of = quantity.of, least](const ElementPlace& place) { return of(place) >= least; }});
    properties.push_back(
        {fmt::format(fmt::runtime(quantity.most), most),
         [of = quantity.of, most](const ElementPlace& place) { return of(place) <= most; }});
  }
  // What other numbers say as well, they say of more networks than this one.
  properties.push_back({fmt::format("in the network {}", sizes_of(*where.front().network)),
                        [network = where.front().network](const ElementPlace& place) {
                          return place.network == network || *place.network == *network;
                        }});
  std::erase_if(properties, [&](const Property& property) {
    return !std::ranges::all_of(where, property.holds);
  });
  return properties;
}

}  // namespace

ElementPlace element_place(const Network& network, const std::string& tensor, std::size_t index) {
  ElementPlace place;
  std::size_t layer = 0;
  std::from_chars(tensor.data() + 1, tensor.data() + tensor.size(), layer);
  place.network = &network;
  place.layers = network.layers.size();
  place.layer = std::clamp<std::size_t>(layer, 1, place.layers);
  const Layer& shape = network.layers[place.layer - 1];
  place.function = shape.activation;
  place.loss = network.loss;
  place.reads_bounded =
      place.layer > 1 && is_approximated(network.layers[place.layer - 2].activation);
  place.inputs = shape.inputs;
  place.outputs = shape.outputs;
  place.is_weight = tensor.starts_with('W');
  place.neuron = place.is_weight ? index / shape.inputs : index;
  place.input = place.is_weight ? index % shape.inputs : 0;
  return place;
}

std::string condition_of(const std::vector<ElementPlace>& where,
                         const std::vector<ElementPlace>& elsewhere) {
  if (where.empty() || elsewhere.empty()) return {};
  const std::vector<Property> properties = shared_properties(where);
  std::vector<ElementPlace> left = elsewhere;
  std::string words;
  for (std::size_t count = 0; count < most_properties && !left.empty(); ++count) {
    const Property* best = nullptr;
    auto fewest = left.size();
    for (const Property& property : properties) {
      const auto kept = static_cast<std::size_t>(std::ranges::count_if(left, property.holds));
      if (kept >= fewest) continue;
      fewest = kept;
      best = &property;
    }
    if (best == nullptr) break;
    std::erase_if(left, [&](const ElementPlace& place) { return !best->holds(place); });
    words += (words.empty() ? "" : ", ") + best->words;
  }
  return left.size() * others_left <= elsewhere.size() ? words : std::string();
}

}  // namespace lsgd
