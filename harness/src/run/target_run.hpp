// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "description/pace.hpp"
#include "description/target_file.hpp"
#include "device/device.hpp"
#include "explanation/explanation.hpp"
#include "levels/case_list.hpp"
#include "levels/conformance_case.hpp"
#include "result/case_result.hpp"
#include "result/level_count.hpp"
#include "run/journal.hpp"
#include "run/progress.hpp"

namespace lsgd {

/// One level of a suite on one target.
struct LevelResult {
  LevelCount count;
  Verdict verdict = Verdict::pass;
  std::optional<std::string> reason;  ///< why it, or some of its cases, were not executed
};

/// What is known of a device that is not there any more.
struct RecordedTarget {
  std::vector<std::uint8_t> statement;  ///< its reply to HELLO
  std::vector<UsedFile> files;          ///< that its command named
  std::string_view caller;              ///< what the program was called by (repeat_command)
};

/// Everything a run found about one target.
struct TargetResult {
  Verdict verdict = Verdict::incomplete;
  std::string build_identity;
  std::vector<std::uint8_t> statement;  ///< of the device; empty where it never answered
  std::string journal_key;              ///< of its cases in the journal; likewise
  std::vector<UsedFile> files;          ///< that the command names, as they were at the beginning
  std::vector<LevelResult> levels;
  std::vector<FinishedCase> cases;
  std::size_t cases_resumed = 0;           ///< of these, taken from the journal
  std::optional<Explanation> explanation;  ///< where cases of levels 0 to 2 failed
  std::string why_incomplete;              ///< why cases were left out; empty where none was
  double wall_seconds = 0;
  std::optional<LineRecord> line;  ///< where the device is behind one
};

/// What is to be run on a target.
struct TargetPlan {
  const Target& target;
  const std::vector<ConformanceCase>& all_cases;       ///< of the suite, for the target's profile
  std::vector<const ConformanceCase*> selected_cases;  ///< among them
  std::string suite;       ///< behind --suite of the command that repeats a case
  std::uint64_t seed = 0;  ///< of what is drawn, for the same
  std::string key;         ///< digest of everything but the device that results depend on
  bool stop_at_first_failure = false;
  bool is_journaled = true;
  bool is_explained = true;
  /// Whose tensors the explanation shows; empty: the first that failed.
  std::string explained_case = {};
  /// For what its cases leave open of an explanation; where none fails that shows steps, a training
  /// is watched.
  bool asks_device = false;
  /// In place of a device and its files; null: they are there.
  const RecordedTarget* recorded = nullptr;

  /// Relative run time of a case on this target.
  double cost_of(const ConformanceCase& conformance_case) const {
    return slowness_of(target.pace) * conformance_case.cost;
  }
};

/// Runs the selected cases on a device of the target, taking from the journal what is there. A
/// device that fails in several cases running is given up; the rest of its cases is then missing,
/// as after a first failure where it stops there.
TargetResult run_target(const TargetPlan& plan, const Connect& connect, Journal& journal,
                        Progress& progress);

/// Why cases of a level were left out; nothing where none was.
/// @param why_skipped,why_refused  reason of the first such case
/// @param why_incomplete  where fewer were executed
std::optional<std::string> reason_of_level(const LevelCount& count, const std::string& why_skipped,
                                           const std::string& why_refused,
                                           const std::string& why_incomplete);

/// The verdict of a level from its cases among all of a target.
/// @param selected  how many of it the run has
/// @param why_incomplete  where fewer were executed
LevelResult judge_level(int level, std::size_t selected, const std::vector<FinishedCase>& cases,
                        const std::string& why_incomplete);

/// The verdicts of levels and target from the executed cases.
void judge_levels(const TargetPlan& plan, TargetResult& result);

}  // namespace lsgd
