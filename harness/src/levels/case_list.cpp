// SPDX-License-Identifier: Apache-2.0
#include "levels/case_list.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fnmatch.h>
#include <set>
#include <utility>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "cases/golden_set.hpp"
#include "data/built_in_data_set.hpp"
#include "data/model_file.hpp"
#include "description/project_files.hpp"
#include "files/input_error.hpp"
#include "files/sha256.hpp"
#include "files/text_file.hpp"
#include "levels/capacity_cases.hpp"
#include "levels/distinguishing_cases.hpp"
#include "levels/drawn_cases.hpp"
#include "levels/level0_arithmetic.hpp"
#include "levels/level1_kernels.hpp"
#include "levels/level2_step.hpp"
#include "levels/level3_convergence.hpp"
#include "levels/level4_resources.hpp"
#include "levels/states_of_training.hpp"
#include "steps/declared_profile.hpp"
#include "steps/profile.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;

/// A profile, and the paces whose cases are made for it; those of pace brief follow from slow ones.
struct ListedProfile {
  const Profile* profile;
  std::vector<Pace> paces;
};
using Profiles = std::vector<ListedProfile>;

const std::vector<Pace> paces_made{Pace::fast, Pace::moderate, Pace::slow};

/// Adds cases that targets of every pace run.
void append(CaseList& list, const ListedProfile& listed, const std::vector<ConformanceCase>& more) {
  for (const Pace pace : listed.paces)
    std::ranges::copy(more, std::back_inserter(list.cases[{listed.profile->name(), pace}]));
}

/// Of a set's cases the first and every `stride`th after it, and those that show how a single
/// operation rounds.
GoldenSet some_of(GoldenSet set, std::size_t stride) {
  std::vector<GoldenCase> kept;
  for (std::size_t i = 0; i < set.cases.size(); ++i)
    if (i % stride == 0 || std::ranges::count(set.cases[i].flags, "rounding") > 0)
      kept.push_back(std::move(set.cases[i]));
  set.cases = std::move(kept);
  return set;
}

void use(std::string name, std::string sha256, CaseList& list) {
  UsedFile used{std::move(name), std::move(sha256)};
  if (std::ranges::find(list.files, used) == list.files.end())
    list.files.push_back(std::move(used));
}

void use_model(const SuiteInput& model, CaseList& list) {
  use(model.name, sha256_of_file(model.file), list);
  const std::string parameters =
      parse_model_description(read_text(model.file, 1 << 20), model.name).parameters;
  use((fs::path(model.name).parent_path() / parameters).string(),
      sha256_of_file(model.file.parent_path() / parameters), list);
}

template <class Value>
std::string_view bytes_of(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}

/// A data file, or the rows that were taken of a built-in data set.
void use_data(const SuiteInput& input, std::string_view part, const DataSet& data, CaseList& list) {
  if (!input.file.empty()) return use(input.name, sha256_of_file(input.file), list);
  use(fmt::format("{}, {} rows for {}", input.name, data.size(), part),
      sha256_of(fmt::format("{}{}{}", bytes_of(data.inputs_flat), bytes_of(data.labels),
                            bytes_of(data.targets_flat))),
      list);
}

void append_golden_set(const std::string& name, std::size_t stride, CaseList& list) {
  const fs::path directory = golden_directory() / name;
  const VectorManifest manifest = read_vector_set(directory);
  if (manifest.level == 0) {
    append(list, {manifest.profile, paces_made},
           level0_cases(std::make_shared<ArithmeticSet>(read_arithmetic_set(directory))));
  } else {
    list.golden_sets.push_back(
        std::make_shared<GoldenSet>(some_of(read_golden_set(directory), stride)));
    append(list, {manifest.profile, paces_made}, level1_cases(list.golden_sets.back()));
  }
  const std::string sha256 = sha256_of_file(directory / "manifest.json");
  list.vectors.push_back({name, sha256, manifest.generator});
  use(fs::path("vectors/golden") / name / "manifest.json", sha256, list);
}

void append_capacities(const Profiles& profiles, CaseList& list) {
  for (const auto& [profile, paces] : profiles)
    for (const Pace pace : paces)
      std::ranges::move(capacity_cases(*profile, pace),
                        std::back_inserter(list.cases[{profile->name(), pace}]));
}

void append_drawn_cases(const Profiles& profiles, std::uint64_t seed, CaseList& list) {
  for (const auto& [profile, paces] : profiles)
    for (const Pace pace : paces)
      std::ranges::move(drawn_cases(*profile, pace, seed),
                        std::back_inserter(list.cases[{profile->name(), pace}]));
}

/// Cases on a data set that this machine lacks are skipped, and no claim rests on the others.
void leave_out(const std::string& data, const std::string& lack,
               std::vector<ConformanceCase>& cases, CaseList& list) {
  if (lack.empty()) return;
  if (std::ranges::count(list.missing_data_sets, data) == 0) list.missing_data_sets.push_back(data);
  for (ConformanceCase& left_out : cases) {
    left_out.cost = 0;
    left_out.run = {};
    left_out.judge = [lack](const std::vector<FinishedCase>&) { return CaseResult::skipped(lack); };
  }
}

void use_workload(const LoadedWorkload& loaded, CaseList& list) {
  use_model(loaded.workload.model, list);
  if (loaded.lack.empty()) use_data(loaded.workload.data, "training", loaded.data, list);
}

/// Arithmetics may go without some functions; what trains with these is no case of theirs.
bool has_functions_of(const Network& network, const Profile& profile) {
  return std::ranges::all_of(network.layers, [&](const Layer& layer) {
    return profile.declaration().has(layer.activation);
  });
}

void append_workload(const Profiles& profiles, const Workload& workload, std::uint64_t seed,
                     bool is_drawn, CaseList& list) {
  const auto loaded = load_workload(workload);
  use_workload(*loaded, list);
  for (const auto& [profile, paces] : profiles) {
    if (!has_functions_of(loaded->model.network, *profile)) continue;
    for (const Pace pace : paces) {
      std::vector<ConformanceCase> cases = level2_cases(loaded, *profile, pace, seed);
      if (is_drawn) cases.push_back(drawn_steps_case(*loaded, *profile, seed));
      leave_out(workload.data.name, loaded->lack, cases, list);
      std::ranges::move(cases, std::back_inserter(list.cases[{profile->name(), pace}]));
    }
  }
}

void append_resources(const Profiles& profiles, const Workload& workload, CaseList& list) {
  const auto loaded = load_workload(workload, half_trained_samples);
  use_workload(*loaded, list);
  for (const ListedProfile& listed : profiles) {
    std::vector<ConformanceCase> cases{level4_case(loaded, *listed.profile)};
    leave_out(workload.data.name, loaded->lack, cases, list);
    append(list, listed, cases);
  }
}

void append_convergence(const Profiles& profiles, const ConvergenceWorkload& workload,
                        CaseList& list) {
  const auto loaded = load_convergence(workload);
  if (loaded->lack.empty()) {
    use_data({workload.data, {}}, "training", loaded->training, list);
    use_data({workload.data, {}}, "testing", loaded->test, list);
  }
  for (const Pace pace : paces_made) {
    const auto& [seeds, epochs, samples] = workload.length(pace);
    list.trainings[{workload.name, pace}] = {epochs,
                                             samples == 0 ? loaded->training.size() : samples};
  }
  for (const auto& [profile, paces] : profiles) {
    if (!has_functions_of(loaded->workload.network, *profile)) continue;
    for (const Pace pace : paces) {
      std::vector<ConformanceCase> cases = level3_cases(loaded, *profile, pace);
      leave_out(workload.data, loaded->lack, cases, list);
      std::ranges::move(cases, std::back_inserter(list.cases[{profile->name(), pace}]));
    }
  }
}

/// What targets of pace fast run is what those of any pace run.
void shorten_nothing(CaseList& list) {
  for (auto& [target, cases] : list.cases) cases = list.cases.at({target.first, Pace::fast});
  for (auto& [training, length] : list.trainings)
    length = list.trainings.at({training.first, Pace::fast});
}

/// Of the cases of slow targets those that a suite names for pace brief, which say so; whole ones
/// where nothing is shortened.
void look_briefly(const Suite& suite, const Profiles& profiles, CaseList& list) {
  const Pace from = suite.whole_at_every_pace ? Pace::fast : Pace::slow;
  for (const auto& [profile, paces] : profiles) {
    const std::vector<ConformanceCase>& made = list.cases[{profile->name(), from}];
    std::vector<ConformanceCase>& kept = list.cases[{profile->name(), Pace::brief}];
    if (suite.whole_at_every_pace || suite.brief.empty())
      kept = made;
    else
      for (const ConformanceCase& each : made)
        if (each.run && std::ranges::any_of(suite.brief, [&](const std::string& pattern) {
              return fnmatch(pattern.c_str(), each.id.c_str(), 0) == 0;
            })) {
          kept.push_back(each);
          kept.back().shortened = "the few cases that the suite names for targets of pace brief";
        }
    if (paces != paces_made && !suite.whole_at_every_pace)
      list.cases.erase({profile->name(), Pace::slow});
  }
  for (const ConvergenceWorkload& workload : suite.convergence)
    list.trainings[{workload.name, Pace::brief}] = list.trainings.at({workload.name, from});
}

void require_unique_identities(const std::string& suite,
                               const std::vector<ConformanceCase>& cases) {
  std::set<std::string_view> identities;
  for (const ConformanceCase& conformance_case : cases)
    if (!identities.insert(conformance_case.id).second)
      throw InputError(suite, 0,
                       fmt::format("one case of identity {}", in_quotes(conformance_case.id)));
}

}  // namespace

void add_use(std::vector<DeclaredUse>& declared, const Profile& profile, bool is_brief) {
  const auto known = std::ranges::find(declared, &profile, &DeclaredUse::profile);
  if (known == declared.end())
    declared.emplace_back(&profile, is_brief);
  else
    known->is_brief = known->is_brief && is_brief;
}

CaseList list_cases(const Suite& suite, const std::vector<DeclaredUse>& declared) {
  CaseList list;
  use(suite.file, suite.digest, list);
  Profiles profiles;
  for (const Profile* profile : built_in_profiles()) profiles.push_back({profile, paces_made});
  const std::vector<Pace> looked_at{suite.whole_at_every_pace ? Pace::fast : Pace::slow};
  for (const auto& [profile, is_brief] : declared)
    profiles.push_back({profile, is_brief ? looked_at : paces_made});
  for (const std::string& name : suite.golden) append_golden_set(name, suite.golden_stride, list);
  // They take seconds to find.
  for (const ListedProfile& listed : profiles)
    if (is_declared(*listed.profile) && (listed.paces == paces_made || suite.whole_at_every_pace))
      append(list, listed, distinguishing_cases(*listed.profile));
  if (!suite.golden.empty())
    for (const ListedProfile& listed : profiles)
      append(list, listed, rounding_cases(*listed.profile, suite.seed));
  if (suite.capacities) {
    append_capacities(profiles, list);
    append_drawn_cases(profiles, suite.seed, list);
    list.seed_of_drawn_cases = suite.seed;
  }
  for (const Workload& workload : suite.workloads)
    append_workload(profiles, workload, suite.seed, suite.capacities && !workload.restart, list);
  for (const ConvergenceWorkload& workload : suite.convergence)
    append_convergence(profiles, workload, list);
  for (const Workload& workload : suite.resources) append_resources(profiles, workload, list);
  list.whole_at_every_pace = suite.whole_at_every_pace;
  if (suite.whole_at_every_pace) shorten_nothing(list);
  look_briefly(suite, profiles, list);
  for (auto& [target, cases] : list.cases) {
    std::ranges::stable_sort(cases, {}, &ConformanceCase::level);
    require_unique_identities(suite.name, cases);
  }
  std::string digests = fmt::format("seed {}\n", suite.seed);
  for (const UsedFile& used : list.files)
    digests += fmt::format("{}  {}\n", used.sha256, used.name);
  for (const auto& [profile, is_brief] : declared)
    digests += fmt::format("{}  {}\n", digest_of(profile->declaration()), profile->name());
  list.digest = sha256_of(digests);
  return list;
}

std::vector<std::string> shortenings(const std::vector<ConformanceCase>& cases) {
  std::vector<std::string> found;
  for (const ConformanceCase& conformance_case : cases) {
    if (conformance_case.shortened.empty()) continue;
    std::string text =
        fmt::format("level {}: {}", conformance_case.level, conformance_case.shortened);
    if (std::ranges::find(found, text) == found.end()) found.push_back(std::move(text));
  }
  return found;
}

}  // namespace lsgd
