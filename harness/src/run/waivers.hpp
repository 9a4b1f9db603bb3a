// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/json_file.hpp"

namespace lsgd {

/// A known failure that somebody answers for, until a day.
struct Waiver {
  std::string target;  ///< shell pattern on names of targets
  /// Shell pattern on what `is_of_clause` says: the clauses of cases, or their identities.
  std::string pattern;
  bool is_of_clause = false;
  std::string reason;
  std::string url;
  std::string owner;
  std::string expires;   ///< the last day on which it holds, YYYY-MM-DD
  std::size_t line = 0;  ///< of its file
};

/// A file of waivers (format "lsgd-waivers/1"), none of which had expired on `today`.
struct Waivers {
  std::string file;
  std::string text;
  std::string sha256;  ///< of the text
  std::string today;   ///< YYYY-MM-DD
  std::vector<Waiver> entries;
};

/// Throws InputError for a part of a run, which may lack a failure that is waived.
void require_whole_run(bool is_whole);

/// The day that this machine's clock shows, in UTC: YYYY-MM-DD.
std::string day_of_clock();

/// Throws InputError, with the line of the waiver that is malformed, expired or there twice.
/// @param today YYYY-MM-DD; another text is an error of `--today`
Waivers parse_waivers(std::string_view text, const std::string& file, const std::string& today);

/// The same of a file.
Waivers read_waivers(const std::filesystem::path& file, const std::string& today);

/// What waivers make of the failures of a run (SPEC 14.10). No verdict of a case, level or target
/// changes.
struct WaivedFailures {
  /// "pass with 2 waivers" where no target fails otherwise, else the worst verdict of those that
  /// do.
  std::string verdict;
  nlohmann::ordered_json json;  ///< `waivers` of results.json
};

/// Throws InputError, with the line of a waiver that fits no failure, one that another fits too, or
/// every case that a target ran of a level, and for results of a part of a run.
/// @param results  whole results, of whatever kind of JSON
WaivedFailures waive(const Waivers& waivers, const nlohmann::ordered_json& results);
WaivedFailures waive(const Waivers& waivers, const nlohmann::json& results);

/// Puts that into results: the verdict first.
void put_waivers(const Waivers& waivers, nlohmann::ordered_json& results);

/// Requires that `verdict` and `waivers` of results are what their entries make of the cases, on
/// the day that they state. Throws InputError.
void require_consistent_waivers(const JsonDocument& results);

}  // namespace lsgd
