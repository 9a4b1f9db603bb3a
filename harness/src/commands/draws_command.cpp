// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cmath>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "export/observed_draws.hpp"
#include "files/atomic_file.hpp"
#include "files/input_error.hpp"

namespace lsgd {
namespace {

std::string text_of(const DrawVerdict& verdict) {
  const std::string shown = verdict.statistic == "mean"
                                ? fmt::format("{:+.5f} units too high", verdict.value)
                                : fmt::format("{:.1f} % of the draws are equal after {}",
                                              100 * verdict.value, verdict.period);
  return fmt::format("{:4}  {:10}  {}, by chance at most 10^{:.1f}\n",
                     verdict.passed ? "pass" : "fail", verdict.statistic, shown,
                     verdict.log_probability / std::log(10.0));
}

}  // namespace

void add_draws_command(CLI::App& vectors, int& status) {
  auto* command = vectors.add_subcommand(
      "draws", "Remainders for a stochastic rounding of unknown random bits, or what a unit did");
  struct Options {
    std::string out, results;
  };
  const auto options = std::make_shared<Options>();
  auto* const out = command->add_option("--out", options->out, "File of remainders to write");
  command->add_option("--results", options->results, "CSV file of fraction,up to judge")
      ->excludes(out);
  command->callback([options, &status] {
    if (options->out.empty() && options->results.empty())
      throw InputError("draws", 0,
                       "--out FILE to write the remainders, or --results FILE to judge");
    if (options->results.empty()) {
      write_file(options->out, draws_to_make());
      fmt::print("{}: {} remainders\n", options->out, fractions_to_draw().size());
      return;
    }
    for (const DrawVerdict& verdict : draw_verdicts(read_observed_draws(options->results))) {
      fmt::print("{}", text_of(verdict));
      if (!verdict.passed) status = 1;
    }
  });
}

}  // namespace lsgd
