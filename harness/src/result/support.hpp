// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
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

  std::map<std::string, Parts> taken;  ///< parts of each network that it took, by network_text()
  Capacities room;                     ///< that it has at least, as it took networks that need it
  std::vector<Network> refused;        ///< as unsupported
  std::vector<Network> too_large;      ///< refused for their size

  static Parts parts_of(const Network& network);
  Parts parts_taken() const;

  void add(const NetworkAnswer& answer, const Profile& profile);
  void add(const Support& other);

  /// How the first network of `answers` that was refused is one that the device supports by all
  /// that is known here, with its sizes; nothing where none is.
  std::optional<std::string> contradiction(const Support& answers) const;

 private:
  std::string unsupported_text(const Network& network, const Parts& parts) const;
  void add_room(const Capacities& needed);
};

}  // namespace lsgd
