// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>

#include "device/agent_session.hpp"
#include "result/case_result.hpp"
#include "result/finished_case.hpp"

namespace lsgd {

/// One case of a suite for one profile.
struct ConformanceCase {
  std::string id;      ///< such as level2/car/3
  std::string clause;  ///< such as SPEC 6.1
  int level = 0;
  double cost = 1;  ///< relative run time, for the time left

  /// Runs the case on a device of the declared arithmetic; independent of every other case. Throws
  /// DeviceError. Callable from several threads at once.
  std::function<CaseResult(AgentSession&, const ArithmeticModel&)> run;

  /// In place of `run`: judges the cases finished before it, without the device.
  std::function<CaseResult(const std::vector<FinishedCase>&)> judge = {};

  /// That it is about; nothing where it is about no single one.
  std::optional<Network> network = {};

  /// How much of its part of the suite a target of this pace runs, where it is not all; empty else.
  std::string shortened = {};
};

}  // namespace lsgd
