// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "files/tar_archive.hpp"
#include "run/conformance_run.hpp"
#include "run/journal.hpp"
#include "run/target_run.hpp"

namespace lsgd {

// What a run rests on, as members of an archive:
//
//   evidence/answers.jsonl      the journal of all cases, in the order of results.json
//   evidence/run.json           what the devices stated, which files they are of, the hosts
//   evidence/targets/NAME.toml  target files
//   evidence/files/SHA256       the files that these name, objects of the memory table included

/// The archive in the directory of a run.
constexpr const char* evidence_file = "evidence.tar";

constexpr const char* answers_member = "evidence/answers.jsonl";
constexpr const char* run_member = "evidence/run.json";

/// An archive, and each file that it is made from, takes no more bytes.
constexpr std::size_t longest_evidence = std::size_t{2} << 30;

/// A case whose answers a journal has.
struct AnsweredCase {
  const Journal* journal;
  std::string key, id;
};

/// evidence/answers.jsonl of these cases. Throws InputError.
std::string answers_text(std::uint64_t seed, const std::vector<AnsweredCase>& cases);

/// Writes evidence.tar into `out`. Throws InputError, also where a file is not any more what the
/// run began with.
void write_evidence(const std::filesystem::path& out, const std::vector<TargetPlan>& plans,
                    const std::vector<TargetResult>& results, const Journal& journal);

/// The same run on the recorded answers in place of devices. Throws InputError where the evidence
/// is not complete, holds more than that, or is of other targets than the results.
/// @param members  the evidence and what else is in the archive
/// @param results  whole results
/// @param scratch  a directory that holds files as long as the request is used
/// @param shown    names the archive in errors
RunRequest request_of_evidence(const ArchiveMembers& members, const nlohmann::json& results,
                               const std::filesystem::path& scratch, const std::string& shown);

/// Where results are not what the same run gave again; empty where they are, but for times and the
/// program.
std::string first_difference(const nlohmann::json& results, const nlohmann::json& again);

}  // namespace lsgd
