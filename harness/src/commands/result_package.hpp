// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "files/tar_archive.hpp"

namespace lsgd {

// A package is an archive of
//
//   SHA256SUMS      digests of all members but this and the signature, for sha256sum(1)
//   SHA256SUMS.sig  its signature by ssh-keygen -Y sign; may be missing
//   statement.json  the verdict as an in-toto statement of predicate test-result
//   results.json, index.html, junit.xml, summary.md, cases.csv
//   waivers.toml    where there are any
//   evidence/...    what the devices answered (run/evidence.hpp)

constexpr const char* sums_member = "SHA256SUMS";
constexpr const char* signature_member = "SHA256SUMS.sig";
constexpr const char* statement_member = "statement.json";
constexpr const char* results_member = "results.json";
constexpr const char* waivers_member = "waivers.toml";

/// The files that a run leaves beside results.json.
const std::vector<std::string>& report_members();

/// SHA256SUMS of the members.
std::string sums_of(const ArchiveMembers& members);

/// statement.json, as results and evidence tell.
std::string statement_of(const nlohmann::json& results, const ArchiveMembers& members);

/// What was found true.
struct VerifiedPackage {
  nlohmann::json results;              ///< whole
  std::vector<std::string> unchecked;  ///< what it says and nobody can tell without the device
};

/// Judges all again from what the devices answered: every other member must be what follows from
/// that, byte by byte. Throws InputError.
/// @param members  without sums and signature
/// @param shown    names the package in errors
VerifiedPackage verify_members(const ArchiveMembers& members, const std::string& shown,
                               unsigned jobs);

}  // namespace lsgd
