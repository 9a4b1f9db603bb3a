// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "description/suite_file.hpp"
#include "description/target_file.hpp"
#include "run/case_selection.hpp"
#include "run/target_run.hpp"

namespace lsgd {

// The cases run in a loop of our own and not as registered GoogleTest cases: of what GoogleTest
// gives, a filter and a shard are a dozen lines, while restarting a device, blaming it, resuming
// from a journal and running targets in parallel would have to work around its one process-wide
// registry. JUnit is rendered from results.json.

/// A finished run, to be judged again from what its devices answered.
struct RecordedRun {
  std::filesystem::path answers;        ///< its journal
  std::string shown;                    ///< names the journal in errors
  std::string program_sha256;           ///< of the program that ran it
  std::vector<RecordedTarget> targets;  ///< one for each
};

/// What `lsgd-conform run` was asked for.
struct RunRequest {
  Suite suite;
  std::vector<Target> targets;
  CaseSelection selection;
  /// Of what is drawn. Nothing: that of the run which is resumed; else a fresh one where a claim
  /// may rest on the suite, so that no port can know the cases, and the suite's own elsewhere.
  std::optional<std::uint64_t> seed;
  /// With which case a target begins, by the target's name; others run theirs in order.
  std::map<std::string, std::string> first_cases = {};
  bool resume = false;
  std::filesystem::path out;           ///< directory of the results; created where missing
  unsigned jobs = 1;                   ///< targets run at the same time
  bool stop_at_first_failure = false;  ///< of each target: its other cases are not executed
  bool is_journaled = true;            ///< else the run cannot be resumed
  bool is_explained = true;            ///< where cases of levels 0 to 2 fail
  std::string explained_case = {};     ///< whose tensors it shows; empty: the first that failed
  /// For what the cases leave open of an explanation, and for a training all of whose steps are
  /// shown where nothing of levels 0 to 2 fails.
  bool asks_device = false;
  /// Keep what the devices answered, and what it takes to judge it again: evidence.tar in `out`.
  bool keeps_evidence = false;
  std::optional<RecordedRun> recorded = {};  ///< in place of devices; nothing is written then
};

/// Runs the suite on every target and returns results.json; the outcome depends on nothing but the
/// request, the seed that results.json states and the devices. A journal in `out` makes an
/// interrupted run resumable; it stays there until remove_journal. Throws InputError.
nlohmann::ordered_json run_suite(RunRequest request);

/// Deletes the journal of a run whose results have been written.
void remove_journal(const std::filesystem::path& out);

/// The exit status of a run with these results: 0 where every target passed, be it with waivers, or
/// where a shard has nothing that failed, 3 where a device failed, else 1. A device failure wins
/// because it hides what the device would have computed.
int exit_status(const nlohmann::ordered_json& results);

}  // namespace lsgd
