// SPDX-License-Identifier: Apache-2.0
#include "result/level_count.hpp"

#include <algorithm>

namespace lsgd {
namespace {

// Arithmetic operations are an optional part of a port, kernels and steps are not.
bool may_be_skipped(const LevelCount& count) { return count.level == 0 || count.selected == 0; }

}  // namespace

void LevelCount::add(std::string_view verdict) {
  if (verdict == name_of(Verdict::skipped)) {
    ++skipped;
    return;
  }
  if (verdict == name_of(Verdict::refused)) {
    ++refused;
    return;
  }
  ++executed;
  failed += verdict == name_of(Verdict::pass) ? 0 : 1;
  device_failures += verdict == name_of(Verdict::device_failure) ? 1 : 0;
}

Verdict verdict_of(const LevelCount& count) {
  if (count.device_failures > 0) return Verdict::device_failure;
  if (count.failed > 0) return Verdict::fail;
  if (count.executed != count.expected()) return Verdict::incomplete;
  return count.executed == 0 ? Verdict::skipped : Verdict::pass;
}

Verdict verdict_of(std::span<const LevelCount> levels) {
  Verdict verdict = Verdict::pass;
  std::size_t executed = 0;
  for (const LevelCount& count : levels) {
    executed += count.executed;
    const Verdict level = verdict_of(count);
    if (level != Verdict::skipped)
      verdict = std::max(verdict, level);
    else if (!may_be_skipped(count))
      verdict = std::max(verdict, Verdict::incomplete);
  }
  return executed == 0 ? std::max(verdict, Verdict::incomplete) : verdict;
}

}  // namespace lsgd
