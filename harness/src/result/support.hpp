// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <lsgd/network/network.hpp>

#include "device/agent_session.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// What a device supports of networks, as far as its answers to CONFIGURE tell. A part is a loss or
/// an activation, by name: a port may lack one (targets/include/lsgd/port.h), but nothing else of a
/// network that fits its capacities (SPEC 14.3).
struct Support {
  using Parts = std::set<std::string>;

  Parts taken;                 ///< parts of networks that it took
  std::vector<Parts> refused;  ///< parts of each network that it refused as unsupported

  void add(const NetworkAnswer& answer, const Profile& profile);
  void add(const Support& other);

  /// The first network of `answers` that was refused although every part of it is taken here.
  const Parts* contradicted(const Support& answers) const;
};

}  // namespace lsgd
