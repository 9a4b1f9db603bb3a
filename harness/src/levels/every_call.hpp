// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lsgd/network/network.hpp>

#include "device/agent_session.hpp"
#include "result/case_result.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// Configures a network, loads what follows from one of two biases and runs it forwards, more often
/// than 12 bits count, and looks at every time whether the call before did anything: biases are as
/// those of a network that was just configured, and activations as they were the first time (SPEC
/// 2.8, targets/include/lsgd/port.h).
CaseResult run_every_call(const Profile& profile, const Network& network, AgentSession& session);

}  // namespace lsgd
