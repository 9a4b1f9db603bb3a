// SPDX-License-Identifier: Apache-2.0
#include "result/support.hpp"

#include <algorithm>

#include "data/network_text.hpp"

namespace lsgd {
namespace {

/// Layers that the profile itself leaves out (SPEC 11.6).
bool is_in_profile(const Network& network, Profile profile) {
  constexpr std::uint32_t most_neurons_above_the_first_layer = 511;
  return profile != Profile::int8_integer ||
         std::all_of(network.layers.begin() + 1, network.layers.end(), [](const Layer& layer) {
           return layer.outputs <= most_neurons_above_the_first_layer;
         });
}

Support::Parts parts_of(const Network& network) {
  Support::Parts parts{std::string(to_text(network.loss))};
  for (const Layer& layer : network.layers) parts.emplace(to_text(layer.activation));
  return parts;
}

}  // namespace

void Support::add(const NetworkAnswer& answer, Profile profile) {
  switch (answer.answer) {
    case Configured::yes:
      taken.merge(parts_of(answer.network));
      return;
    case Configured::unsupported:
      if (is_in_profile(answer.network, profile)) refused.push_back(parts_of(answer.network));
      return;
    case Configured::capacity_exceeded:
      return;
  }
}

void Support::add(const Support& other) {
  taken.insert(other.taken.begin(), other.taken.end());
  refused.insert(refused.end(), other.refused.begin(), other.refused.end());
}

const Support::Parts* Support::contradicted(const Support& answers) const {
  const auto found = std::ranges::find_if(
      answers.refused, [&](const Parts& parts) { return std::ranges::includes(taken, parts); });
  return found == answers.refused.end() ? nullptr : &*found;
}

}  // namespace lsgd
