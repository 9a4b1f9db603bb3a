// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <lsgd/ensemble/ensemble_training.hpp>

#include "judging/ensemble_reference.hpp"

namespace lsgd {

/// Which rounding errors the members of a group make. The first member of all is exact. In binary32
/// the last group keeps intermediate results wide. An int8 member that rounds the new value to
/// binary32 first meets more ties than one that quantizes a wider value; half the members do each.
/// Members of the groups after these keep more bits than are declared, each number of them in turn.
inline EnsembleTraining::Members members_of(std::size_t group, StoredParameters stored,
                                            const ArithmeticModel& model) {
  MemberArithmetic arithmetic{true, true};
  if (stored == StoredParameters::binary32 && group + 1 == group_count)
    arithmetic.rounds_results = false;
  if (stored == StoredParameters::int8 && group % group_count >= group_count / 2)
    arithmetic.rounds_parameters = false;
  EnsembleTraining::Members members;
  members.fill(arithmetic);
  if (group == 0) members[0] = {};
  if (group >= group_count)
    for (std::size_t lane = 0; lane < lane_count; ++lane)
      members[lane].more_bits = static_cast<int>((group - group_count) * lane_count + lane) %
                                (25 - model.significand_bits);
  return members;
}

/// Members that compute exactly.
inline EnsembleTraining exact_members(const Network& network, StoredParameters stored) {
  return EnsembleTraining(network, stored, ArithmeticModel{}, EnsembleTraining::Members{}, 0);
}

}  // namespace lsgd
