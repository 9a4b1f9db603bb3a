// SPDX-License-Identifier: Apache-2.0
#include "result/support.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "data/network_text.hpp"

namespace lsgd {

Support::Parts Support::parts_of(const Network& network) {
  Parts parts{std::string(to_text(network.loss))};
  for (const Layer& layer : network.layers) parts.emplace(to_text(layer.activation));
  return parts;
}

Support::Parts Support::parts_taken() const {
  Parts all;
  for (const auto& [network, parts] : taken) all.insert(parts.begin(), parts.end());
  return all;
}

void Support::add(const NetworkAnswer& answer, const Profile& profile) {
  switch (answer.answer) {
    case Configured::yes:
      taken.emplace(network_text(answer.network), parts_of(answer.network));
      add_room(capacities_for(answer.network));
      return;
    case Configured::unsupported:
      if (profile.includes(answer.network)) refused.push_back(answer.network);
      return;
    case Configured::capacity_exceeded:
      too_large.push_back(answer.network);
      return;
  }
}

void Support::add(const Support& other) {
  taken.insert(other.taken.begin(), other.taken.end());
  add_room(other.room);
  refused.insert(refused.end(), other.refused.begin(), other.refused.end());
  too_large.insert(too_large.end(), other.too_large.begin(), other.too_large.end());
}

void Support::add_room(const Capacities& needed) {
  room = {std::max(room.layers, needed.layers), std::max(room.inputs, needed.inputs),
          std::max(room.width, needed.width), std::max(room.activations, needed.activations),
          std::max(room.parameters, needed.parameters)};
}

std::optional<std::string> Support::contradiction(const Support& answers) const {
  const Parts all = parts_taken();
  for (const Network& network : answers.refused)
    if (const Parts parts = parts_of(network); std::ranges::includes(all, parts))
      return unsupported_text(network, parts);
  for (const Network& network : answers.too_large)
    if (const Capacities needed = capacities_for(network); covers(room, needed))
      return fmt::format(
          "the device refused {} as too large, which needs {}, and took others that need as much "
          "of each capacity",
          network_text(network), capacities_text(needed));
  return std::nullopt;
}

std::string Support::unsupported_text(const Network& network, const Parts& parts) const {
  const auto has_all = [&](const auto& other) {
    return std::ranges::includes(other.second, parts);
  };
  const std::string sizes = sizes_text(network) + ' ';
  const auto has_sizes = [&](const auto& other) { return other.first.starts_with(sizes); };
  const auto similar = std::ranges::find_if(taken, has_all);
  return fmt::format(
      "the device refused {} as unsupported and took others with each of its functions{}: {}",
      network_text(network), similar == taken.end() ? "" : ", such as " + similar->first,
      std::ranges::any_of(taken, has_sizes)
          ? "it does not take them combined so"
          : fmt::format("it is the shape {} that it does not take", sizes_text(network)));
}

}  // namespace lsgd
