// SPDX-License-Identifier: Apache-2.0
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
  };
  auto* command = app.add_subcommand(
      "diff", "What changed between two runs; exit status 1 if a verdict got worse");
  const auto options = std::make_shared<Options>();
  command->add_option("A.json", options->before, "Results of the earlier run")->required();
  command->add_option("B.json", options->after, "Results of the later run")->required();
  command->callback([options, &status] {
    const ResultsDifference difference =
        compare_results(read_results(options->before).value, read_results(options->after).value);
    fmt::print("{}", difference.text);
    status = difference.verdict_got_worse ? 1 : 0;
  });
}

}  // namespace lsgd
