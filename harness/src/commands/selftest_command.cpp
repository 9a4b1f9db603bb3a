// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fnmatch.h>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/numbers/draw_below.hpp>

#include "cases/distinguishing_steps.hpp"
#include "commands/commands.hpp"
#include "commands/number_option.hpp"
#include "commands/write_results.hpp"
#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "files/atomic_file.hpp"
#include "files/directory_lock.hpp"
#include "files/input_error.hpp"
#include "files/text_file.hpp"
#include "run/conformance_run.hpp"
#include "run/declared_target.hpp"
#include "selftest/catching_cases.hpp"
#include "selftest/selftest.hpp"
#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

struct SelftestOptions {
  std::string suite = "standard";
  std::vector<std::string> targets;
  std::string profile;
  std::string out;
  std::size_t legal_runs = 0;  ///< 0: mutants and legal targets
  std::uint64_t seed = 1;      ///< of the legal runs
  std::string filter;          ///< of their cases
  bool explains = false;       ///< the semantic mutants
  bool with_equivalents = false;
  bool records = false;        ///< which case catches each mutant
  std::size_t legal_part = 1;  ///< every so many legal targets are run
  unsigned jobs = 1;
};

void build_generated_mutants() {
  const std::string command =
      fmt::format("'{}' --build '{}' --target lsgd_generated_mutants 1>&2", LSGD_CMAKE,
                  built_in_targets_directory().parent_path().string());
  if (std::system(command.c_str()) != 0)
    throw InputError("lsgd_generated_mutants", 0, "a target that can be built");
}

/// Ports and legal variants on the host, semantic and generated mutants. On devices the ports would
/// only be slower to prove legal; mutants there are of code that the host does not compile.
std::vector<Target> all_targets(const GeneratedMutants& generated) {
  std::vector<Target> targets = built_in_targets();
  std::erase_if(targets, [](const Target& target) {
    return target.platform != "host" && target.kind != TargetKind::mutant;
  });
  targets.insert(targets.end(), generated.targets.begin(), generated.targets.end());
  return targets;
}

std::vector<Target> select(const std::vector<Target>& all,
                           const std::vector<std::string>& selectors) {
  if (selectors.empty()) return all;
  std::vector<Target> selected;
  for (const std::string& selector : selectors) {
    if (selector.ends_with(".toml")) {
      selected.push_back(read_target_file(selector));
      continue;
    }
    const auto fits = [&](const Target& target) {
      return fnmatch(selector.c_str(), target.name.c_str(), 0) == 0;
    };
    if (std::ranges::none_of(all, fits))
      throw InputError("--target", 0,
                       fmt::format("a target file *.toml or a pattern that fits a target of the "
                                   "self-test, not {}",
                                   in_quotes(selector)));
    for (const Target& target : all)
      if (fits(target) && std::ranges::find(selected, target.name, &Target::name) == selected.end())
        selected.push_back(target);
  }
  return selected;
}

/// The port that follows from a declaration, others that compute the same bits in another way, and
/// a mutant for each change of it that has an effect; says which have none, or none that was found.
std::vector<Target> declared_targets(const std::string& declaration,
                                     const std::filesystem::path& directory) {
  const Profile& profile = profile_of(declaration);
  for (const TensorJudgement& judgement : judgements_of(profile.declaration()))
    if (judgement.kind != VerdictKind::bits && judgement.tensor != Point::pre_activation &&
        judgement.tensor != Point::delta)
      throw InputError(
          declaration, 0,
          fmt::format("an arithmetic whose every bit is known, for mutants that differ "
                      "in one; {} is not: {}",
                      name_of(judgement.tensor), judgement.why));
  std::vector<Target> targets{build_declared_target(profile, directory)};
  for (const ChangedArithmetic& other : equal_arithmetics(profile.declaration()))
    if (const auto reason = no_declared_mutant(other))
      fmt::print("not built  {}: {}\n", other.name, *reason);
    else
      targets.push_back(build_declared_variant(profile, other, directory));
  const Distinctions distinctions = distinguishing_steps(profile);
  for (const DistinguishingSteps& steps : distinctions.cases)
    for (const ChangedArithmetic& change : steps.told)
      if (const auto reason = no_declared_mutant(change))
        fmt::print("not built  {}: {}\n", change.name, *reason);
      else
        targets.push_back(build_declared_mutant(profile, change, directory));
  for (const ChangedArithmetic& change : distinctions.untold)
    fmt::print("no effect  {}: {}, which no step that was tried shows\n", change.name,
               change.description);
  return targets;
}

/// What a run that nothing may refuse refused: nothing, or a line.
std::string refusal_of(const nlohmann::ordered_json& results) {
  const auto& target = results.at("targets").at(0);
  for (const auto& found : target.at("cases"))
    if (!found.at("failure").is_null())
      return fmt::format(
          "refused    {} with --seed {}: {}: {}\n", target.at("name").get<std::string>(),
          results.at("suite").at("seed").get<std::uint64_t>(), found.at("id").get<std::string>(),
          found.at("failure").at("message").get<std::string>());
  return {};
}

/// Runs of the suite with fresh seeds, each by a legal target drawn at random: how often is what is
/// right refused?
int run_legal_targets(const SelftestOptions& options) {
  std::vector<Target> legal = select(all_targets({}), options.targets);
  std::erase_if(legal, [](const Target& target) { return target.kind == TargetKind::mutant; });
  if (legal.empty()) throw InputError("--target", 0, "a legal target");
  RunRequest request;
  request.suite = read_built_in_suite(options.suite);
  request.out = options.out.empty() ? selftest_directory() : std::filesystem::path(options.out);
  request.jobs = 1;
  request.is_journaled = false;
  if (!options.filter.empty()) request.selection.filter = options.filter;
  const DirectoryLock lock(request.out);
  std::mt19937_64 engine(options.seed);
  std::size_t refused = 0, cases = 0;
  for (std::size_t run = 0; run < options.legal_runs; ++run) {
    request.targets = {legal[draw_below(engine, legal.size())]};
    request.seed = engine() >> 1;
    const nlohmann::ordered_json results = run_suite(request);
    const std::string refusal = refusal_of(results);
    fmt::print("{}", refusal);
    refused += refusal.empty() ? 0 : 1;
    cases += results.at("totals").at("cases").get<std::size_t>();
  }
  fmt::print("{} of {} legal runs accepted, {} cases\n", options.legal_runs - refused,
             options.legal_runs, cases);
  return refused == 0 ? 0 : 1;
}

/// Keeps the first of the targets and every `part`th behind it; returns how many went.
std::size_t keep_part(std::size_t part, std::vector<Target>& targets) {
  std::vector<Target> kept;
  for (std::size_t i = 0; i < targets.size(); i += part) kept.push_back(std::move(targets[i]));
  const std::size_t left_out = targets.size() - kept.size();
  targets = std::move(kept);
  return left_out;
}

int record(const nlohmann::ordered_json& mutants, const std::filesystem::path& file) {
  const std::string text = catching_cases_text(mutants);
  write_file(file, text);
  fmt::print("{}: the cases that catch {} of {} mutants\n", file.string(),
             CatchingCases(text, file.string()).by_mutant().size(), mutants.size());
  return 0;
}

int run(const SelftestOptions& options) {
  if (options.legal_runs > 0) return run_legal_targets(options);
  const bool is_built_in = options.profile.empty();
  const bool everything = is_built_in && options.targets.empty();
  if (everything) build_generated_mutants();
  const GeneratedMutants generated =
      read_generated_mutants(built_in_targets_directory() / "generated");
  if (everything && generated.targets.empty())
    throw InputError("selftest", 0, "generated mutants, for which clang has to be installed");
  const std::filesystem::path list = equivalent_mutants_file();
  const EquivalentMutants equivalents(read_text(list, 1 << 20), list.string());
  if (everything) equivalents.require_known(generated.digests);
  const std::filesystem::path causes_file = mutant_causes_file();
  const MutantCauses causes(read_text(causes_file, 1 << 20), causes_file.string());

  const std::filesystem::path catching_file = catching_cases_file();
  const CatchingCases catching(read_text(catching_file, 1 << 20), catching_file.string());

  RunRequest request;
  request.suite = read_built_in_suite(options.suite);
  request.seed = request.suite.seed;  // the same verdicts every time
  // An explanation rests on all cases before the first that fails.
  if (!options.records && !options.explains) request.first_cases = catching.by_mutant();
  request.out = options.out.empty() ? selftest_directory() : std::filesystem::path(options.out);
  request.jobs = options.jobs;
  request.stop_at_first_failure = true;
  request.is_explained = request.asks_device = options.explains;
  request.is_journaled = false;  // hundreds of targets answer much, and a self-test is not resumed
  const DirectoryLock lock(request.out);
  std::vector<Target> legal = is_built_in
                                  ? select(all_targets(generated), options.targets)
                                  : declared_targets(options.profile, request.out / "declared");
  const auto first_mutant =
      std::stable_partition(legal.begin(), legal.end(),
                            [](const Target& target) { return target.kind != TargetKind::mutant; });
  std::vector<Target> mutants(first_mutant, legal.end());
  legal.erase(first_mutant, legal.end());
  const std::size_t left_out = keep_part(options.legal_part, legal);
  const auto first_generated = std::stable_partition(
      mutants.begin(), mutants.end(), [](const Target& mutant) { return !mutant.source_mutation; });

  request.targets.assign(mutants.begin(), first_generated);
  nlohmann::ordered_json mutant_runs = run_suite(request);
  if (first_generated != mutants.end()) {
    // To run all cases by what nobody can tell from a port only shows whether the list is right.
    const auto is_run = [&](const Target& mutant) {
      return options.with_equivalents || equivalents.find(*mutant.source_mutation) == nullptr;
    };
    request.targets.clear();
    std::copy_if(first_generated, mutants.end(), std::back_inserter(request.targets), is_run);
    // What one changed expression does shows in a step or never: trainings say nothing more.
    request.selection.filter = "level[0-2]/*";
    nlohmann::ordered_json generated_runs = run_suite(request);
    auto next = generated_runs.at("targets").begin();
    for (auto mutant = first_generated; mutant != mutants.end(); ++mutant)
      mutant_runs.at("targets").push_back(is_run(*mutant) ? std::move(*next++) : nullptr);
    request.selection.filter.reset();
  }
  request.stop_at_first_failure = false;
  request.targets = options.records ? std::vector<Target>() : legal;
  nlohmann::ordered_json results = run_suite(request);

  results["selftest"] = selftest_json(mutants, mutant_runs, results, equivalents, generated,
                                      options.explains ? &causes : nullptr);
  if (left_out > 0) results["selftest"]["legal"]["left_out"] = left_out;
  if (options.records) return record(results.at("selftest").at("mutants"), catching_file);
  keep_failed_cases_only(results);
  write_results(results, request.out);
  // Of a declaration's mutants none is recorded.
  const std::size_t others =
      options.explains || !is_built_in
          ? 0
          : caught_by_other_cases(results.at("selftest").at("mutants"), catching);
  fmt::print("{}{}report: {}\n", selftest_summary(results),
             others == 0 ? ""
                         : fmt::format("{} mutants began with other cases than the one that "
                                       "catches them: `selftest --record` makes this faster\n",
                                       others),
             (request.out / "index.html").string());
  return results.at("selftest").at("verdict") == "pass" ? 0 : 1;
}

}  // namespace

void add_selftest_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "selftest", "Prove the suite: mutants must be caught, legal variants accepted");
  const auto options = std::make_shared<SelftestOptions>();
  command->add_option("--suite", options->suite, "smoke, standard or full")->capture_default_str();
  auto* target = command->add_option(
      "--target", options->targets,
      "Pattern of the names of mutants and legal targets, or a target file; default: "
      "all, and the generated mutants are built first");
  command
      ->add_option(
          "--profile", options->profile,
          "Declaration NAME.toml: the port declared_c99 in it must be accepted, and caught "
          "when it gets any one thing of it wrong")
      ->excludes(target);
  auto* legal_runs =
      add_count_option(*command, "--legal-runs", options->legal_runs,
                       "Instead: so many runs with fresh seeds, each by a legal target drawn at "
                       "random; none may be refused",
                       1, 1'000'000);
  add_count_option(*command, "--seed", options->seed, "Of --legal-runs")
      ->needs(legal_runs)
      ->default_str(std::to_string(options->seed));
  command->add_option("--filter", options->filter, "Cases of --legal-runs, such as 'level1/*'")
      ->needs(legal_runs);
  command
      ->add_flag("--explain", options->explains,
                 "Count for how many semantic mutants `explain` names the cause, and for how many "
                 "generated ones the part of the step that is wrong, which takes some seconds for "
                 "each")
      ->excludes(legal_runs);
  command
      ->add_flag("--with-equivalents", options->with_equivalents,
                 "Run also the generated mutants that are listed as conforming: none may be "
                 "caught, which new cases may change")
      ->excludes(legal_runs);
  command
      ->add_flag(
          "--record", options->records,
          "Instead: run the cases of every mutant in order, and write which catches it first "
          "to targets/mutation/catching_cases.toml, with which self-tests begin")
      ->excludes(target)
      ->excludes(legal_runs)
      ->excludes("--profile")  // the list is of the project's own mutants and its standard suite
      ->excludes("--suite");
  add_count_option(*command, "--legal-part", options->legal_part,
                   "Run every so many legal targets only", 1, 1000)
      ->capture_default_str()
      ->excludes(legal_runs);
  command->add_option("--out", options->out,
                      "Directory of the report; default: reports/out/selftest");
  add_jobs_option(*command, options->jobs, "Targets", JobsByDefault::one_more);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace lsgd
