// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "judging/reference_training.hpp"

namespace lsgd {

/// A reference training that this very program computed before, from cache_directory(); else the
/// one that `train` computes, which is kept there for later runs. What cannot be read, is damaged
/// or belongs to another program or task is computed anew, and what cannot be written is not kept.
///
/// @param task  text that tells the training from every other one of this program
ReferenceTraining kept_reference_training(const std::string& task,
                                          const std::function<ReferenceTraining()>& train);

}  // namespace lsgd
