// SPDX-License-Identifier: Apache-2.0
#include "history_report.hpp"

#include <algorithm>
#include <cmath>
#include <compare>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "asset.hpp"
#include "files/atomic_file.hpp"
#include "number_format.hpp"
#include "page_template.hpp"
#include "verdict_label.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::json;

/// Targets whose verdict never changed are listed without a click where they are no more.
constexpr std::size_t most_targets_unfolded = 8;

/// What makes a target of one run that of another.
struct Identity {
  std::string name, port, platform, profile;
  auto operator<=>(const Identity&) const = default;
};

/// A target over the runs: null where a run does not have it.
struct TargetOverRuns {
  Identity identity;
  std::vector<const PastTarget*> in_runs;
};

/// A figure over the runs.
struct FigureOverRuns {
  const Identity* target = nullptr;
  std::string what;
  std::vector<std::optional<double>> values;
};

/// In the order in which the runs name them first.
std::vector<TargetOverRuns> targets_over(const std::vector<PastRun>& runs) {
  std::vector<TargetOverRuns> targets;
  std::map<Identity, std::size_t> places;
  for (std::size_t r = 0; r < runs.size(); ++r)
    for (const PastTarget& target : runs[r].targets) {
      const Identity identity{target.name, target.port, target.platform, target.profile};
      const auto [place, is_new] = places.emplace(identity, targets.size());
      if (is_new)
        targets.push_back({identity, std::vector<const PastTarget*>(runs.size(), nullptr)});
      targets[place->second].in_runs[r] = &target;
    }
  return targets;
}

/// The figures of one kind of all targets, in the order in which the runs name them first.
std::vector<FigureOverRuns> figures_over(const std::vector<TargetOverRuns>& targets,
                                         std::vector<PastFigure> PastTarget::*kind) {
  std::vector<FigureOverRuns> figures;
  for (const TargetOverRuns& target : targets) {
    std::map<std::string_view, std::size_t> places;
    for (std::size_t r = 0; r < target.in_runs.size(); ++r) {
      if (target.in_runs[r] == nullptr) continue;
      for (const PastFigure& found : target.in_runs[r]->*kind) {
        const auto [place, is_new] = places.emplace(found.what, figures.size());
        if (is_new)
          figures.push_back({&target.identity, found.what,
                             std::vector<std::optional<double>>(target.in_runs.size())});
        figures[place->second].values[r] = static_cast<double>(found.value);
      }
    }
  }
  return figures;
}

std::vector<FigureOverRuns> worst_errors_over(const std::vector<TargetOverRuns>& targets) {
  std::vector<FigureOverRuns> figures;
  for (const TargetOverRuns& target : targets) {
    FigureOverRuns figure{&target.identity, "", {}};
    for (const PastTarget* past : target.in_runs)
      figure.values.push_back(past == nullptr ? std::nullopt : past->worst);
    const bool is_known =
        std::ranges::any_of(figure.values, [](const auto& value) { return value.has_value(); });
    if (is_known) figures.push_back(std::move(figure));
  }
  return figures;
}

std::string figure_text(double value, bool is_whole) {
  if (!std::isfinite(value)) return "no number";
  return is_whole ? grouped(static_cast<std::uint64_t>(value)) : significant(value);
}

/// A drawing of the values, run by run, 160 by 36 units.
/// @param bound  a value at which there is a line
Json drawing(const std::vector<std::optional<double>>& values, bool is_whole,
             std::optional<double> bound) {
  constexpr double left = 4, right = 156, top = 5, bottom = 31;
  double low = bound ? 0 : std::numeric_limits<double>::max(), high = bound.value_or(0);
  for (const auto& value : values)
    if (value && std::isfinite(*value)) {
      low = std::min(low, *value);
      high = std::max(high, *value);
    }
  const auto x = [&](std::size_t run) {
    const double share =
        values.size() < 2 ? 0.5 : static_cast<double>(run) / static_cast<double>(values.size() - 1);
    return fmt::format("{:.1f}", left + share * (right - left));
  };
  const auto y = [&](double value) {
    const double share = !std::isfinite(value) ? 1
                         : high > low          ? (value - low) / (high - low)
                                               : 0.5;
    return fmt::format("{:.1f}", bottom - share * (bottom - top));
  };
  Json points = Json::array(), lines = Json::array();
  for (std::size_t run = 0; run < values.size(); ++run) {
    if (!values[run]) continue;
    const double value = *values[run];
    if (run > 0 && values[run - 1])
      lines.push_back(
          {{"x1", x(run - 1)}, {"y1", y(*values[run - 1])}, {"x2", x(run)}, {"y2", y(value)}});
    points.push_back({{"x", x(run)},
                      {"y", y(value)},
                      {"is_outside", bound && !(value <= *bound)},
                      {"run", fmt::format("{}", run + 1)},
                      {"value", figure_text(value, is_whole)}});
  }
  return {{"points", std::move(points)},
          {"lines", std::move(lines)},
          {"bound", bound ? Json(y(*bound)) : Json()}};
}

std::vector<double> known_values(const std::vector<std::optional<double>>& values) {
  std::vector<double> found;
  for (const auto& value : values)
    if (value) found.push_back(*value);
  return found;
}

/// "+1.25 %", or null where there is nothing to compare with.
Json relative_change_text(double before, double last) {
  if (before == 0 || !std::isfinite(before) || !std::isfinite(last)) return nullptr;
  if (before == last) return "0";
  return fmt::format("{:+.2f} %", 100 * (last / before - 1));
}

Json identity_json(const Identity& identity) {
  return {{"name", identity.name},
          {"port", identity.port},
          {"platform", identity.platform},
          {"profile", identity.profile}};
}

/// Figures that changed with a drawing each, and behind them those that did not.
Json figures_json(const std::vector<FigureOverRuns>& figures, bool is_whole,
                  std::optional<double> bound) {
  Json changed = Json::array(), steady = Json::array();
  for (const FigureOverRuns& figure : figures) {
    const std::vector<double> values = known_values(figure.values);
    const double first = values.front(), last = values.back();
    Json row = identity_json(*figure.target);
    row["what"] = figure.what.empty() ? Json() : Json(figure.what);
    row["last"] = figure_text(last, is_whole);
    row["runs"] = grouped(values.size());
    if (std::ranges::all_of(values, [&](double value) { return value == first; })) {
      steady.push_back(std::move(row));
      continue;
    }
    const double before = values[values.size() - 2];
    row["first"] = figure_text(first, is_whole);
    row["before"] = figure_text(before, is_whole);
    row["change"] = relative_change_text(before, last);
    row["is_outside"] = bound && !(last <= *bound);
    row["drawing"] = Json::array({drawing(figure.values, is_whole, bound)});
    changed.push_back(std::move(row));
  }
  Json json{{"has_changed", !changed.empty()},
            {"changed", std::move(changed)},
            {"has_steady", !steady.empty()},
            {"steady_count", counted(steady.size(), "figure")},
            {"steady", std::move(steady)}};
  return json;
}

Json verdict_json(const PastTarget& target) {
  const VerdictLabel label = verdict_label(target.verdict);
  std::string detail = target.failed == 0 ? counted(target.executed, "case")
                                          : fmt::format("{} of {} {}", grouped(target.failed),
                                                        counted(target.executed, "case"),
                                                        target.failed == 1 ? "fails" : "fail");
  if (target.is_shortened) detail += " of a shortened suite";
  return {{"key", label.key},
          {"symbol", label.symbol},
          {"word", label.word},
          {"detail", std::move(detail)}};
}

/// Targets whose verdict changed, run by run, and behind them those whose did not.
Json verdicts_json(const std::vector<TargetOverRuns>& targets) {
  Json changed = Json::array(), steady = Json::array();
  for (const TargetOverRuns& target : targets) {
    Json row = identity_json(target.identity), cells = Json::array();
    const PastTarget* first = nullptr;
    const PastTarget* last = nullptr;
    bool is_steady = true;
    std::uint64_t runs = 0;
    for (const PastTarget* past : target.in_runs) {
      cells.push_back(
          {{"verdict", past == nullptr ? Json::array() : Json::array({verdict_json(*past)})}});
      if (past == nullptr) continue;
      if (first == nullptr) first = past;
      last = past;
      is_steady = is_steady && past->verdict == first->verdict;
      ++runs;
    }
    row["runs"] = grouped(runs);
    row["last"] = Json::array({verdict_json(*last)});
    row["cells"] = std::move(cells);
    (is_steady ? steady : changed).push_back(std::move(row));
  }
  return {{"has_changed", !changed.empty()},
          {"changed", std::move(changed)},
          {"has_steady", !steady.empty()},
          {"is_open", changed.empty() && steady.size() <= most_targets_unfolded},
          {"steady_count", counted(steady.size(), "target")},
          {"steady", std::move(steady)}};
}

int badness(std::string_view verdict) {
  return verdict == "pass" ? 0 : verdict == "incomplete" ? 1 : 2;
}

/// What became of the targets in the last run that each was in.
struct LastRuns {
  std::uint64_t not_passing = 0;
  std::uint64_t worse = 0;
  std::uint64_t better = 0;
  std::string verdict = "pass";  ///< the worst
};

LastRuns last_runs(const std::vector<TargetOverRuns>& targets) {
  LastRuns found;
  for (const TargetOverRuns& target : targets) {
    std::vector<const PastTarget*> past_targets;
    std::ranges::copy_if(target.in_runs, std::back_inserter(past_targets),
                         [](const PastTarget* past) { return past != nullptr; });
    const std::string& last = past_targets.back()->verdict;
    found.not_passing += last == "pass" ? 0 : 1;
    if (badness(last) > badness(found.verdict)) found.verdict = last;
    if (past_targets.size() < 2) continue;
    const int before = badness(past_targets[past_targets.size() - 2]->verdict);
    found.worse += badness(last) > before ? 1 : 0;
    found.better += badness(last) < before ? 1 : 0;
  }
  return found;
}

std::string history_title(std::size_t targets, const LastRuns& last) {
  if (targets == 0) return "No run has a target";
  if (last.not_passing == 0)
    return targets == 1 ? "The target passes its last run"
                        : fmt::format("All {} targets pass their last run", grouped(targets));
  return targets == 1
             ? "The target does not pass its last run"
             : fmt::format("{} of {} targets {} not pass {} last run", grouped(last.not_passing),
                           grouped(targets), last.not_passing == 1 ? "does" : "do",
                           last.not_passing == 1 ? "its" : "their");
}

bool is_of_the_same_program(const PastRun& one, const PastRun& other) {
  return one.program == other.program && one.program_sha256 == other.program_sha256;
}

std::vector<std::string> history_sentences(const std::vector<PastRun>& runs, const LastRuns& last) {
  std::vector<std::string> text{
      fmt::format("{}, in the order in which they were named.", counted(runs.size(), "run"))};
  text.push_back(
      last.worse + last.better == 0
          ? "No verdict changed in the last run of a target."
          : fmt::format("In the last run of each target {} worse than in the run "
                        "before, {} better.",
                        last.worse == 1 ? "1 verdict is" : grouped(last.worse) + " verdicts are",
                        grouped(last.better)));
  const auto others = static_cast<std::uint64_t>(std::ranges::count_if(
      runs, [&](const PastRun& run) { return !is_of_the_same_program(run, runs.back()); }));
  if (others > 0)
    text.push_back(
        fmt::format("{} written by another program than the last: cases and bounds may differ.",
                    others == 1 ? "1 run was" : grouped(others) + " runs were"));
  const bool are_of_one_seed =
      std::ranges::all_of(runs, [&](const PastRun& run) { return run.seed == runs.front().seed; });
  if (!are_of_one_seed)
    text.push_back(
        "The runs are of several seeds: their drawn cases, and so worst errors, differ.");
  return text;
}

Json runs_json(const std::vector<PastRun>& runs) {
  Json rows = Json::array();
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const PastRun& run = runs[r];
    std::uint64_t passing = 0;
    for (const PastTarget& target : run.targets) passing += target.verdict == "pass" ? 1 : 0;
    rows.push_back({{"number", fmt::format("{}", r + 1)},
                    {"file", run.file},
                    {"sha256", run.sha256},
                    {"suite", run.suite},
                    {"seed", fmt::format("{}", run.seed)},
                    {"program", run.program},
                    {"program_sha256", run.program_sha256},
                    {"is_of_another_program", !is_of_the_same_program(run, runs.back())},
                    {"targets", grouped(run.targets.size())},
                    {"passing", grouped(passing)}});
  }
  return rows;
}

}  // namespace

std::string history_report(const std::vector<PastRun>& runs) {
  const std::vector<TargetOverRuns> targets = targets_over(runs);
  const LastRuns last = last_runs(targets);
  const VerdictLabel label = verdict_label(targets.empty() ? "fail" : last.verdict);
  const auto section = [](const char* name, const char* heading, const char* noun, Json figures) {
    figures["section"] = name;
    figures["heading"] = heading;
    figures["noun"] = noun;
    return figures;
  };
  Json sections = Json::array();
  constexpr double bound = 1;
  if (const auto worst = worst_errors_over(targets); !worst.empty())
    sections.push_back(section("errors", "Worst error over bound", "Largest |error| / bound",
                               figures_json(worst, false, bound)));
  if (const auto counts = figures_over(targets, &PastTarget::counts); !counts.empty())
    sections.push_back(section("cost", "Cycles and instructions", "Median",
                               figures_json(counts, true, std::nullopt)));
  if (const auto bytes = figures_over(targets, &PastTarget::bytes); !bytes.empty())
    sections.push_back(
        section("memory", "Memory", "Bytes", figures_json(bytes, true, std::nullopt)));
  kainjow::mustache::data page = template_data({{"verdict", label.key},
                                                {"symbol", label.symbol},
                                                {"title", history_title(targets.size(), last)},
                                                {"sentences", history_sentences(runs, last)},
                                                {"runs", runs_json(runs)},
                                                {"verdicts", verdicts_json(targets)},
                                                {"has_targets", !targets.empty()},
                                                {"sections", std::move(sections)}});
  page.set("style", std::string(asset("page/page.css")));
  return filled_template("page/history.mustache", page);
}

void render_history(const std::vector<PastRun>& runs, const std::filesystem::path& out_dir) {
  const std::string page = history_report(runs);
  std::filesystem::create_directories(out_dir);
  write_file(out_dir / "history.html", page);
}

}  // namespace lsgd
