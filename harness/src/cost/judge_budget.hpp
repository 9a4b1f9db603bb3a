// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "description/target_file.hpp"
#include "result/case_result.hpp"

namespace lsgd {

/// Fails a result of level 4 that exceeds the target's budget for its network, or that lacks a
/// quantity which the budget limits: what was not measured was not kept. Counts are judged by the
/// worst, memory by the ELF objects that `sizes_for` finds. Says of each quantity from what on it is
/// refused, the heap included. Leaves other results alone. Throws
/// InputError where an ELF file is malformed.
void judge_budget(const Target& target, CaseResult& result);

}  // namespace lsgd
