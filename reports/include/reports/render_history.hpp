// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lsgd {

/// A cost of a target in one run, such as the median cycles of a training step on one network.
struct PastFigure {
  std::string what;
  std::uint64_t value = 0;
};

/// What a history keeps of a target.
struct PastTarget {
  std::string name, port, platform, profile;
  std::string verdict;
  std::uint64_t executed = 0;  ///< cases
  std::uint64_t failed = 0;
  bool is_shortened = false;    ///< whether its pace left out some of the suite
  std::optional<double> worst;  ///< largest |error| / bound; infinite where an error is no number
  std::vector<PastFigure> counts;  ///< cycles, or instructions where those are not counted
  std::vector<PastFigure> bytes;
};

/// What a history keeps of a run.
struct PastRun {
  std::string file;    ///< as its user names it
  std::string sha256;  ///< of the file
  std::string suite;   ///< its name, and what part of it was run
  std::uint64_t seed = 0;
  std::string program;         ///< name, version and specification
  std::string program_sha256;  ///< empty where the results do not say it
  std::vector<PastTarget> targets;
};

/// @param results  satisfies vectors/schema/results.schema.json
PastRun past_run(const nlohmann::json& results, const std::string& file, const std::string& sha256);

/// Writes history.html into `out_dir`, which is created when missing: verdicts, worst errors,
/// cycles and memory over the runs, in their order. The page loads nothing, has no script, and
/// depends on nothing but the runs. A target is the same one in two runs where its name, port,
/// platform and profile are. Throws std::runtime_error when the file cannot be written.
void render_history(const std::vector<PastRun>& runs, const std::filesystem::path& out_dir);

}  // namespace lsgd
