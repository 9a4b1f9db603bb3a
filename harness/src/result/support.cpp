// SPDX-License-Identifier: Apache-2.0
#include "result/support.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "data/network_text.hpp"

namespace lsgd {
namespace {

Support::Parts parts_of(const Network& network) {
  Support::Parts parts{std::string(to_text(network.loss))};
  for (const Layer& layer : network.layers) parts.emplace(to_text(layer.activation));
  return parts;
}

}  // namespace

void Support::add(const NetworkAnswer& answer, const Profile& profile) {
  switch (answer.answer) {
    case Configured::yes:
      taken.merge(parts_of(answer.network));
      add_room(capacities_for(answer.network));
      return;
    case Configured::unsupported:
      if (profile.includes(answer.network)) refused.push_back(parts_of(answer.network));
      return;
    case Configured::capacity_exceeded:
      too_large.push_back(capacities_for(answer.network));
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
  const auto unsupported = std::ranges::find_if(
      answers.refused, [&](const Parts& parts) { return std::ranges::includes(taken, parts); });
  if (unsupported != answers.refused.end())
    return fmt::format(
        "the device refused a network of {} as unsupported and took others with each; "
        "a port of fixed shapes names them in [[network]] of its target file",
        fmt::join(*unsupported, ", "));
  if (std::ranges::any_of(answers.too_large,
                          [&](const Capacities& needed) { return covers(room, needed); }))
    return "the device refused a network as too large and took others that need as much of each "
           "capacity";
  return std::nullopt;
}

}  // namespace lsgd
