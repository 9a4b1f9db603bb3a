// SPDX-License-Identifier: Apache-2.0
#include "levels/case_list.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "cases/golden_set.hpp"
#include "description/project_files.hpp"
#include "files/input_error.hpp"
#include "files/sha256.hpp"
#include "levels/capacity_cases.hpp"
#include "levels/level0_arithmetic.hpp"
#include "levels/level1_kernels.hpp"
#include "levels/level2_step.hpp"
#include "levels/level3_convergence.hpp"
#include "levels/level4_resources.hpp"

namespace lsgd {
namespace {

/// Adds cases that targets of every pace run.
void append(CaseList& list, Profile profile, const std::vector<ConformanceCase>& more) {
  for (const Pace pace : all_paces)
    std::ranges::copy(more, std::back_inserter(list.cases[{profile, pace}]));
}

std::vector<ConformanceCase> every(std::size_t stride, std::vector<ConformanceCase> cases) {
  std::vector<ConformanceCase> kept;
  for (std::size_t i = 0; i < cases.size(); i += stride) kept.push_back(std::move(cases[i]));
  return kept;
}

void append_golden_set(const std::string& name, std::size_t stride, CaseList& list) {
  const std::filesystem::path directory = golden_directory() / name;
  const VectorManifest manifest = read_vector_set(directory);
  append(
      list, manifest.profile,
      manifest.level == 0
          ? level0_cases(std::make_shared<ArithmeticSet>(read_arithmetic_set(directory)))
          : every(stride, level1_cases(std::make_shared<GoldenSet>(read_golden_set(directory)))));
  list.vectors.push_back({name, sha256_of_file(directory / "manifest.json"), manifest.generator});
}

template <class Value>
std::string digest_of(const std::vector<Value>& values) {
  return sha256_of({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)});
}

std::string digest_of(const LoadedWorkload& loaded) {
  std::string digests = sha256_of_file(source_directory() / loaded.workload.model) +
                        digest_of(loaded.data.inputs_flat) + digest_of(loaded.data.labels);
  for (const LayerParameters<float>& layer : loaded.model.parameters)
    digests += digest_of(layer.weights) + digest_of(layer.biases);
  return sha256_of(digests);
}

void append_capacities(CaseList& list) {
  for (const Profile profile : all_profiles)
    for (const Pace pace : all_paces)
      std::ranges::move(capacity_cases(profile, pace),
                        std::back_inserter(list.cases[{profile, pace}]));
}

void append_workload(const Workload& workload, std::uint64_t seed, CaseList& list) {
  const auto loaded = load_workload(workload);
  list.digest = sha256_of(list.digest + digest_of(*loaded));
  for (const Profile profile : all_profiles)
    for (const Pace pace : all_paces)
      std::ranges::move(level2_cases(loaded, profile, pace, seed),
                        std::back_inserter(list.cases[{profile, pace}]));
}

void append_resources(const Workload& workload, CaseList& list) {
  const auto loaded = load_workload(workload);
  list.digest = sha256_of(list.digest + digest_of(*loaded));
  for (const Profile profile : all_profiles) append(list, profile, {level4_case(loaded, profile)});
}

void append_convergence(const ConvergenceWorkload& workload, CaseList& list) {
  const auto loaded = load_convergence(workload);
  for (const DataSet* data : {&loaded->training, &loaded->test})
    list.digest = sha256_of(list.digest + digest_of(data->inputs_flat) + digest_of(data->labels));
  for (const Profile profile : all_profiles)
    for (const Pace pace : all_paces)
      std::ranges::move(level3_cases(loaded, profile, pace),
                        std::back_inserter(list.cases[{profile, pace}]));
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

CaseList list_cases(const Suite& suite) {
  CaseList list;
  list.digest = suite.digest;
  for (const std::string& name : suite.golden) append_golden_set(name, suite.golden_stride, list);
  if (suite.capacities) append_capacities(list);
  for (const Workload& workload : suite.workloads) append_workload(workload, suite.seed, list);
  for (const ConvergenceWorkload& workload : suite.convergence) append_convergence(workload, list);
  for (const Workload& workload : suite.resources) append_resources(workload, list);
  for (auto& [target, cases] : list.cases) {
    std::ranges::stable_sort(cases, {}, &ConformanceCase::level);
    require_unique_identities(suite.name, cases);
  }
  return list;
}

}  // namespace lsgd
