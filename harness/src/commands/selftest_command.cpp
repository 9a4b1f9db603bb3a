// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <lsgd/built_in_targets.hpp>
#include <lsgd/commands.hpp>
#include <lsgd/conformance_run.hpp>
#include <lsgd/input_error.hpp>
#include <lsgd/json_file.hpp>
#include <lsgd/project_files.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace lsgd {
namespace {

struct SelftestOptions {
  std::string suite = "standard";
  std::string out;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
};

/// First case that did not pass, with its level and clause.
std::string caught_by(const nlohmann::ordered_json& target) {
  for (const auto& finished : target.at("cases"))
    if (const auto& verdict = finished.at("verdict"); verdict != "pass" && verdict != "skipped")
      return fmt::format("level {}, {}, {}", finished.at("level").get<int>(),
                         finished.at("clause").get<std::string>(),
                         finished.at("id").get<std::string>());
  return "";
}

/// Counts of targets that behaved as their kind must.
struct Tally {
  std::size_t right = 0;
  std::size_t all = 0;
};

Tally judge(const std::vector<Target>& targets, const nlohmann::ordered_json& results,
            bool is_mutant) {
  Tally tally;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if ((targets[i].kind == TargetKind::mutant) != is_mutant) continue;
    const auto& target = results.at("targets").at(i);
    const std::string verdict = target.at("verdict");
    const bool rejected = verdict == "fail" || verdict == "device_failure";
    const bool right = is_mutant ? rejected : verdict == "pass";
    ++tally.all;
    tally.right += right ? 1 : 0;
    const char* const word = is_mutant ? (right ? "caught" : "missed")
                             : right   ? "accepted"
                                       : "refused";
    fmt::print("{:9} {}  {}\n", word, targets[i].name, caught_by(target));
  }
  return tally;
}

int run(const SelftestOptions& options) {
  RunRequest request;
  request.suite = read_built_in_suite(options.suite);
  request.targets = built_in_targets();
  // Mutants are built for the host; on devices the ports would only be slower to prove legal.
  std::erase_if(request.targets, [](const Target& target) { return target.platform != "host"; });
  if (request.targets.empty()) throw InputError("selftest", 0, "targets built with this program");
  request.out = options.out.empty() ? source_directory() / "reports" / "out" / "selftest"
                                    : std::filesystem::path(options.out);
  request.jobs = options.jobs;
  const nlohmann::ordered_json results = run_suite(request);
  write_json(request.out / "results.json", results);
  remove_journal(request.out);

  const Tally mutants = judge(request.targets, results, true);
  const Tally legal = judge(request.targets, results, false);
  fmt::print("{} of {} mutants caught, {} of {} legal targets accepted\n", mutants.right,
             mutants.all, legal.right, legal.all);
  return mutants.right == mutants.all && legal.right == legal.all ? 0 : 1;
}

}  // namespace

void add_selftest_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "selftest", "Prove the suite: every mutant must be rejected, every legal target accepted");
  const auto options = std::make_shared<SelftestOptions>();
  command->add_option("--suite", options->suite, "smoke, standard or full")->capture_default_str();
  command->add_option("--out", options->out,
                      "Directory of results.json; default: reports/out/selftest");
  command->add_option("--jobs", options->jobs, "Targets run at the same time; default: all cores")
      ->check(CLI::Range(1u, 1024u));
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace lsgd
