// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <lsgd/network/network.hpp>

#include "device/agent_session.hpp"
#include "device/hello.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// What a device supports of networks, as far as its answers to CONFIGURE tell. A part is a loss or
/// an activation, by name: a port may lack one (targets/include/lsgd/port.h), but nothing else of a
/// network that fits its capacities (SPEC 14.3).
struct Support {
  using Parts = std::set<std::string>;

  Parts taken;                        ///< parts of networks that it took
  Capacities room;                    ///< that it has at least, as it took networks that need it
  std::vector<Parts> refused;         ///< parts of each network that it refused as unsupported
  std::vector<Capacities> too_large;  ///< needs of each network that it refused for its size

  void add(const NetworkAnswer& answer, const Profile& profile);
  void add(const Support& other);

  /// How the first network of `answers` that was refused is one that the device supports by all
  /// that is known here; nothing where none is.
  std::optional<std::string> contradiction(const Support& answers) const;

 private:
  void add_room(const Capacities& needed);
};

}  // namespace lsgd
