// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "commands/commands.hpp"
#include "commands/waivers_option.hpp"
#include "files/directory_lock.hpp"
#include "reports/render_reports.hpp"
#include "run/checked_results.hpp"
#include "run/results_difference.hpp"

namespace lsgd {
namespace {

/// What the page shows of an earlier run.
nlohmann::json comparison_with(const CheckedResults& earlier, const nlohmann::json& results) {
  nlohmann::json changes = nlohmann::json::array();
  const ResultsDifference difference = compare_results(earlier.value, results);
  for (const ResultChange& change : difference.changes)
    changes.push_back({{"place", change.place},
                       {"what", change.what},
                       {"before", change.before},
                       {"after", change.after},
                       {"relative", change.relative},
                       {"is_worse", change.is_worse}});
  return {{"sha256", earlier.sha256},
          {"suite", earlier.value.at("suite").at("name")},
          {"seed", earlier.value.at("suite").at("seed")},
          {"summary", summary_of(difference, DifferenceGate::parse("verdict"))},
          {"changes", changes}};
}

}  // namespace

void add_report_command(CLI::App& app, int&) {
  struct Options {
    std::string results;
    std::string out;
    std::string against;
    WaiversOption waivers;
    FurtherReports further;
  };
  auto* command = app.add_subcommand("report", "Render the reports of a results.json again");
  const auto options = std::make_shared<Options>();
  command->add_option("RESULTS.json", options->results, "Results of a run")->required();
  command->add_option("--out", options->out,
                      "Directory of the report; default: beside the results");
  command->add_option("--against", options->against,
                      "Results of an earlier run: page and summary show what changed since");
  add_waivers_option(*command, options->waivers);
  command->add_flag(
      "--junit-by-target", options->further.has_junit_by_target,
      "Write junit/TARGET.xml for each target, too, with at most 5,000 cases in a file");
  command->add_option("--sarif", options->further.sarif_location,
                      "Write results.sarif, too, for code-scanning pages: failures, shown at this "
                      "file of the repository");
  command->add_flag("--badge", options->further.has_badge, "Write badge.svg, the verdict, too");
  command->add_flag("--figures", options->further.has_figures,
                    "Write figures.csv, too: a row for every number");
  command->callback([options] {
    const std::filesystem::path results = options->results;
    const std::filesystem::path out = options->out.empty()
                                          ? std::filesystem::absolute(results).parent_path()
                                          : std::filesystem::path(options->out);
    CheckedResults checked = read_results(results);
    if (!options->against.empty())
      checked.value["comparison"] = comparison_with(read_results(options->against), checked.value);
    if (const auto waivers = waivers_of(options->waivers)) {
      const WaivedFailures waived = waive(*waivers, checked.value);
      checked.value["verdict"] = waived.verdict;
      checked.value["waivers"] = waived.json;
    }
    const DirectoryLock lock(out);
    render_reports(checked.value, checked.sha256, out);
    render_further_reports(checked.value, options->further, out);
    fmt::print("report: {}\n", (out / "index.html").string());
  });
}

}  // namespace lsgd
