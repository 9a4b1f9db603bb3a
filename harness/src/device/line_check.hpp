// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <lsgd/network/network.hpp>

#include "device/agent_session.hpp"

namespace lsgd {

/// Sends all 256 byte values over the line of a session, and has them sent back, in frames of
/// several lengths. Where they do not arrive it throws DeviceError, with diagnose_line's words if
/// there are some. Leaves the device with a network that nobody asked for.
/// @param networks  that the device takes; none: any within its capacities
void check_line(AgentSession& session, const std::vector<Network>& networks);

}  // namespace lsgd
