// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cases/golden_set.hpp"
#include "description/pace.hpp"
#include "description/suite_file.hpp"
#include "levels/conformance_case.hpp"

namespace lsgd {

/// A vector set that the cases of a suite were taken from.
struct UsedVectors {
  std::string name;
  std::string sha256;  ///< of its manifest, which has those of its files
  std::string generator;
};

/// Something that cases are made from.
struct UsedFile {
  std::string name;  ///< as the suite names it: a path from the root of the project, or a data set
  std::string sha256;  ///< of the file, or of a built-in data set's inputs and labels

  bool operator==(const UsedFile&) const = default;
};

/// How long a training of level 3 is.
struct LengthOfTraining {
  std::size_t epochs = 0;
  std::size_t steps_per_epoch = 0;
};

/// All cases of a suite, known before anything is run.
struct CaseList {
  /// By name of the profile and pace of the target, in order of levels. The identities are the same
  /// for every pace but brief, which has some of them.
  std::map<std::pair<std::string, Pace>, std::vector<ConformanceCase>> cases;
  /// Of level 1, with the cases that the suite takes of each.
  std::vector<std::shared_ptr<const GoldenSet>> golden_sets;
  /// Nothing where the suite draws no cases.
  std::optional<std::uint64_t> seed_of_drawn_cases;
  bool whole_at_every_pace = false;  ///< targets of every pace run what fast ones do
  /// By name of the workload and pace of the target.
  std::map<std::pair<std::string, Pace>, LengthOfTraining> trainings;
  std::vector<UsedVectors> vectors;
  std::vector<UsedFile> files;  ///< everything the cases were made from, the suite first
  /// Built-in data sets that this machine lacks: cases that need them are skipped.
  std::vector<std::string> missing_data_sets;
  std::string digest;  ///< SHA-256 of files, seed and declared arithmetics
};

/// A profile that comes from a declaration alone.
struct DeclaredUse {
  DeclaredUse(const Profile* used, bool brief = false) : profile(used), is_brief(brief) {}

  const Profile* profile;
  bool is_brief;  ///< whether all targets of it are of pace brief: no other cases are asked for
};

/// Adds a target of a profile to those that there are.
void add_use(std::vector<DeclaredUse>& declared, const Profile& profile, bool is_brief);

/// Loads the vectors, models and data of a suite and makes its cases for every built-in profile and
/// for those of `declared`, which have no golden sets. Throws InputError, also for an identity that
/// two cases share.
CaseList list_cases(const Suite& suite, const std::vector<DeclaredUse>& declared = {});

/// Of a target's cases the parts of which it runs less than the whole suite because of its pace
/// (SPEC 12.6), in order; none where it runs all.
std::vector<std::string> shortenings(const std::vector<ConformanceCase>& cases);

}  // namespace lsgd
