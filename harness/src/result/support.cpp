// SPDX-License-Identifier: Apache-2.0
#include "result/support.hpp"

#include <algorithm>

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
      return;
    case Configured::unsupported:
      if (profile.includes(answer.network)) refused.push_back(parts_of(answer.network));
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
