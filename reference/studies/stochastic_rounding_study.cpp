// SPDX-License-Identifier: Apache-2.0

// How often the statistics of unknown draws refuse units that draw right, and units that do not
// (reference/stochastic_rounding.md). Prints one row of a Markdown table per unit.
#include <CLI/CLI.hpp>
#include <boost/math/distributions/beta.hpp>
#include <cstdint>
#include <fmt/format.h>
#include <string>

#include "simulated_draws.hpp"

namespace lsgd {
namespace {

/// Of Clopper and Pearson, each with 2.5 %.
double least_share(double refused, double runs) {
  return refused == 0
             ? 0
             : quantile(boost::math::beta_distribution(refused, runs - refused + 1), 0.025);
}
double most_share(double refused, double runs) {
  return refused == runs
             ? 1
             : quantile(boost::math::beta_distribution(refused + 1, runs - refused), 0.975);
}

void study(std::uint64_t runs) {
  fmt::print(
      "| unit | refused of {} | 95 % | by its mean | by repetition | units too high |\n"
      "|---|---|---|---|---|---|\n",
      runs);
  for (const SimulatedUnit& unit : simulated_units()) {
    std::uint64_t refused = 0, by_mean = 0, by_repetition = 0;
    double too_high = 0;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
      const auto verdicts = draw_verdicts(draws_of(unit, seed));
      by_repetition += verdicts[0].passed ? 0 : 1;
      by_mean += verdicts[1].passed ? 0 : 1;
      refused += verdicts[0].passed && verdicts[1].passed ? 0 : 1;
      too_high += verdicts[1].value / static_cast<double>(runs);
    }
    const auto count = static_cast<double>(refused), all = static_cast<double>(runs);
    fmt::print("| {} | {} | {:.4f} to {:.4f} | {} | {} | {:+.5f} |\n", unit.name, refused,
               least_share(count, all), most_share(count, all), by_mean, by_repetition, too_high);
  }
}

/// How many draws it takes, and how seldom those that are made miss a unit: nothing is simulated.
void power() {
  fmt::print("| unit | draws for a power of 0.99 | missed by {} at most once in |\n|---|---|---|\n",
             mean_draws);
  const FractionCounts counts = fractions_of_mean(mean_draws);
  // All of these remainders are below 1/16, so that fewer bits never go up.
  fmt::print("| 4 bits or fewer, remainder cut | {} | none |\n", fewest_draws(4, 0.99));
  for (const int bits : {5, 6, 7, 8}) {
    const double missed = log_accepted(counts, [&](double f) { return chance_of_cut(f, bits); });
    fmt::print("| {} bits, remainder cut | {} | 10^{:.1f} runs |\n", bits, fewest_draws(bits, 0.99),
               -missed / std::log(10.0));
  }
}

}  // namespace
}  // namespace lsgd

int main(int argc, char** argv) {
  CLI::App app("How often statistics of unknown draws refuse a unit");
  std::uint64_t runs = 1000;
  app.add_option("--runs", runs, "Of each unit")->check(CLI::PositiveNumber);
  bool is_of_power = false;
  app.add_flag("--power", is_of_power, "Instead: what follows for units that cut remainders");
  CLI11_PARSE(app, argc, argv);
  if (is_of_power)
    lsgd::power();
  else
    lsgd::study(runs);
}
