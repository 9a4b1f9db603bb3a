// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <lsgd/case_selection.hpp>
#include <lsgd/suite_file.hpp>
#include <lsgd/target_file.hpp>
#include <nlohmann/json.hpp>
#include <vector>

namespace lsgd {

/// What `lsgd-conform run` was asked for.
struct RunRequest {
  Suite suite;
  std::vector<Target> targets;
  CaseSelection selection;
  bool resume = false;
  std::filesystem::path out;  ///< directory of the results; created where missing
  unsigned jobs = 1;          ///< targets run at the same time
};

/// Runs the suite on every target and returns results.json; the outcome depends on nothing but the
/// request and the devices. A journal in `out` makes an interrupted run resumable; it stays there
/// until remove_journal. Throws InputError.
nlohmann::ordered_json run_suite(const RunRequest& request);

/// Deletes the journal of a run whose results have been written.
void remove_journal(const std::filesystem::path& out);

/// The exit status of a run with these results: 0 where every target passed, 3 where a device
/// failed, else 1. A device failure wins because it hides what the device would have computed.
int exit_status(const nlohmann::ordered_json& results);

}  // namespace lsgd
