// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "description/target_file.hpp"
#include "result/case_result.hpp"

namespace lsgd {

/// Fails a result of level 4 that exceeds the target's budget for its network, or that lacks a
/// quantity which the budget limits: what was not measured was not kept. Counts are judged by the
/// worst, memory by the ELF objects that `sizes_for` finds. Leaves other results alone. Throws
/// InputError where an ELF file is malformed.
void judge_budget(const Target& target, CaseResult& result);

/// By quantity of the costs of a network, heap_bytes included, the least that is refused; of one
/// that is missing nothing is (SPEC 7.10).
std::map<std::string, std::uint64_t> refused_from(const Target& target, std::string_view network);

}  // namespace lsgd
