// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <lsgd/network/network.hpp>

#include "data/network_text.hpp"
#include "judging/device_tensors.hpp"
#include "result/case_result.hpp"

namespace lsgd {

/// Networks of the same sizes for a device that lacks the loss or a function of a case's own (SPEC
/// 7.11): the first is with mse, the others without tanh, and without tanh and sigmoid. None for
/// networks with a function that arithmetics may leave out.
std::vector<Network> stand_ins(const Network& network);

/// Runs a case on its own network or, where the device lacks that one's loss or a function, on the
/// first of its stand-ins that it takes: that is then the result's `reason`.
/// @param run  CaseResult of a network
template <class Run>
CaseResult run_on_own_or_stand_in(const Network& own, const Run& run) {
  CaseResult result = run(own);
  if (result.reason != network_unsupported) return result;
  for (const Network& network : stand_ins(own)) {
    CaseResult other = run(network);
    if (other.verdict == Verdict::skipped || other.verdict == Verdict::refused) continue;
    other.reason = network_text(network);
    return other;
  }
  return result;
}

/// What a level says of its cases that ran with stand-ins, behind what else it says, where all
/// of them were executed.
std::optional<std::string> with_stand_ins(std::optional<std::string> reason, std::size_t stand_ins,
                                          std::size_t selected);

}  // namespace lsgd
