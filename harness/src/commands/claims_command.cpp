// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <memory>
#include <string>

#include "commands/commands.hpp"
#include "commands/number_option.hpp"
#include "commands/write_results.hpp"
#include "description/project_files.hpp"
#include "files/directory_lock.hpp"
#include "run/conformance_run.hpp"
#include "run/measured_claims.hpp"

namespace lsgd {
namespace {

std::string figure(const nlohmann::ordered_json& value) {
  return value.is_null() ? "-" : fmt::format("{:.4g}", value.get<double>());
}

void print(const nlohmann::ordered_json& claims) {
  fmt::print("{:32} {:7} {:>10} {:>10}\n", "claim", "unit", "published", "here");
  for (const auto& claim : claims)
    fmt::print("{:32} {:7} {:>10} {:>10}\n", claim.at("id").get<std::string>(),
               claim.at("comparison").get<std::string>(), figure(claim.at("published")),
               figure(claim.at("ours")));
}

int measure_claims(const std::filesystem::path& out, unsigned jobs) {
  RunRequest request;
  request.suite = read_built_in_suite("standard");
  request.targets = claim_targets();
  request.selection.filter = "level4/*";
  request.out = out;
  request.jobs = jobs;
  const DirectoryLock lock(out);
  nlohmann::ordered_json results = run_suite(request);
  results["claims"] = claims_json(results, measure_learning());
  write_results(results, out);
  print(results.at("claims"));
  fmt::print("report: {}\n", (out / "index.html").string());
  return exit_status(results);
}

}  // namespace

void add_claims_command(CLI::App& app, int& status) {
  struct Options {
    std::string out;
    unsigned jobs = 1;
  };
  auto* command = app.add_subcommand(
      "claims", "Measure what the papers on L-SGD claim, on our ports and simulated core");
  const auto options = std::make_shared<Options>();
  command->add_option("--out", options->out,
                      "Directory of the report; default: reports/out/claims");
  add_jobs_option(*command, options->jobs, "Targets");
  command->callback([options, &status] {
    status = measure_claims(
        options->out.empty() ? report_directory() / "claims" : std::filesystem::path(options->out),
        options->jobs);
  });
}

}  // namespace lsgd
