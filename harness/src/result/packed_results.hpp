// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "files/json_file.hpp"

namespace lsgd {

// Many targets show the same in a case. results.json holds it once: `cases` beside `targets` has
// every different case, and `cases` of a target are their numbers, from 0. `identities` has id,
// clause and level of every case that cases share, and `id` of a case is its number there. Members
// of a case that are null or empty are absent, a verdict that is absent is "pass", and of objects
// that repeat the same members over and over only the values are there, in the order of
// packed_rows. The program works with whole results, where every target has its cases itself; these
// are valid, too.

constexpr std::string_view results_format = "lsgd-results/4";

/// The format before that, whose cases have id, clause, level and verdict themselves, and name the
/// members of their worst element and of their epochs.
constexpr std::string_view results_format_of_whole_identities = "lsgd-results/3";

/// The format before that, which names the members of everything.
constexpr std::string_view results_format_of_named_members = "lsgd-results/2";

/// Whole results take no more than this as text: some 800,000 cases.
constexpr std::size_t longest_results = std::size_t{1} << 30;

/// The text of results.json: a line for every member, and one for every case. In the format of the
/// results where it is one of the three above, else in results_format.
std::string packed_results(const nlohmann::ordered_json& results);

/// Makes results that satisfy the schema whole. Throws InputError where a number is of no case or
/// identity, a case of no target, an identity of no case, or the whole would be longer than
/// longest_results.
void unpack_results(JsonDocument& results);

/// Where a file has what stands at `pointer` of the whole results that were made from it.
std::string place_in_file(const JsonDocument& results, const std::string& pointer);

/// Reads, validates and unpacks results.json. Throws InputError.
JsonDocument read_whole_results(const std::filesystem::path& file);

}  // namespace lsgd
