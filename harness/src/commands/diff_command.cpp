// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <string>

#include "commands/commands.hpp"
#include "run/checked_results.hpp"
#include "run/results_difference.hpp"

namespace lsgd {

void add_diff_command(CLI::App& app, int& status) {
  struct Options {
    std::string before;
    std::string after;
    std::string fail_on = "verdict";
    bool has_all = false;
  };
  auto* command = app.add_subcommand("diff",
                                     "What changed between two runs; exit status 1 if a verdict "
                                     "got worse, or what --fail-on names");
  const auto options = std::make_shared<Options>();
  command->add_option("A.json", options->before, "Results of the earlier run")->required();
  command->add_option("B.json", options->after, "Results of the later run")->required();
  command
      ->add_option("--fail-on", options->fail_on,
                   "What makes the exit status 1: verdict, and by how much error, cycles, "
                   "instructions and memory may grow, such as verdict,cycles=1%,memory=0")
      ->capture_default_str();
  command->add_flag("--all", options->has_all, "A line for every change");
  command->callback([options, &status] {
    const DifferenceGate gate = DifferenceGate::parse(options->fail_on);
    const ResultsDifference difference =
        compare_results(read_results(options->before).value, read_results(options->after).value);
    fmt::print("{}", options->has_all ? difference.text : summary_of(difference, gate));
    const auto is_refused = [&](const ResultChange& change) { return gate.refuses(change); };
    status = std::ranges::any_of(difference.changes, is_refused) ? 1 : 0;
  });
}

}  // namespace lsgd
