// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <set>
#include <vector>

#include "convergence_cases.hpp"
#include "number_format.hpp"
#include "port_groups.hpp"
#include "section.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::json;

std::string percent(double fraction) { return fmt::format("{:.1f} %", 100 * fraction); }

/// Targets of one profile that trained on a workload, or arithmetics of a family, of which a table
/// tells together.
struct Learners {
  std::string profile;
  std::vector<const Json*> targets;
  bool has_family_only = false;
};

/// Puts the profiles that families alone have into one, as far as all pass: curves of each would be
/// most of the page.
std::vector<Learners> with_families_joined(std::vector<Learners> learners, const Json& results) {
  std::set<const Json*> in_families;
  for (const PortGroup& group : port_groups(results))
    if (group.is_family) in_families.insert(group.targets.begin(), group.targets.end());
  const auto is_of_family = [&](const Json* target) {
    return in_families.contains(target) && target->at("verdict") == "pass";
  };
  std::vector<Learners> joined;
  Learners family{"", {}, true};
  std::size_t profiles = 0;
  for (Learners& own : learners)
    if (std::ranges::all_of(own.targets, is_of_family)) {
      ++profiles;
      std::ranges::copy(own.targets, std::back_inserter(family.targets));
    } else {
      joined.push_back(std::move(own));
    }
  family.profile = counted(profiles, "further arithmetic");
  if (profiles > 0) joined.push_back(std::move(family));
  return joined;
}

std::vector<Learners> learners_of(const Json& results, const std::string& workload) {
  std::vector<Learners> learners;
  std::map<std::string, std::size_t> places;
  for (const auto& target : results.at("targets")) {
    if (find_trainings(target, workload).empty()) continue;
    const std::string profile = target.at("profile");
    const auto [place, is_new] = places.emplace(profile, learners.size());
    if (is_new) learners.push_back({profile, {}, false});
    learners[place->second].targets.push_back(&target);
  }
  return with_families_joined(std::move(learners), results);
}

Json values_of(const Json& epochs, const std::string& quantity, const char* member) {
  Json values = Json::array();
  for (const auto& epoch : epochs) values.push_back(epoch.at(quantity).at(member));
  return values;
}

bool fails(const Json& epochs, const std::string& quantity) {
  return std::ranges::any_of(
      epochs, [&](const Json& epoch) { return epoch.at(quantity).at("verdict") == "fail"; });
}

/// Curves of one quantity: every different one once, with the number of targets that share it, and
/// the envelope of the first target of each initialisation and length: a training of fewer steps
/// has another.
Json curves_chart(const Learners& learners, const std::string& workload,
                  const std::string& quantity) {
  Json envelopes = Json::array(), curves = Json::array();
  std::set<Json> trainings;
  std::map<Json, std::size_t> places;
  for (const Json* target : learners.targets)
    for (const Json* training : find_trainings(*target, workload)) {
      const Json& epochs = training->at("epochs");
      Json curve{{"seed", training->at("seed")},
                 {"values", values_of(epochs, quantity, "value")},
                 {"fails", fails(epochs, quantity)}};
      const auto [place, is_new] = places.emplace(curve, curves.size());
      if (is_new) {
        curve["name"] = target->at("name");
        curve["others"] = 0;
        curves.push_back(std::move(curve));
      } else {
        Json& others = curves[place->second]["others"];
        others = others.get<std::size_t>() + 1;
      }
      const Json length{training->at("seed"), training->at("steps_per_epoch"), epochs.size()};
      if (!trainings.insert(length).second) continue;
      envelopes.push_back({{"low", values_of(epochs, quantity, "low")},
                           {"high", values_of(epochs, quantity, "high")}});
    }
  return {{"kind", "curves"},
          {"quantity", quantity},
          {"envelopes", std::move(envelopes)},
          {"curves", std::move(curves)}};
}

Json test_cell(const Json& test, double scale, int digits) {
  return {{"difference",
           fmt::format("{:+.{}f}", scale * test.at("mean_difference").get<double>(), digits)},
          {"low", fmt::format("{:+.{}f}", scale * test.at("low").get<double>(), digits)},
          {"high", fmt::format("{:+.{}f}", scale * test.at("high").get<double>(), digits)},
          {"margin", fmt::format("{:.{}f}", scale * test.at("margin").get<double>(), digits)}};
}

Json row(const Json& target, const std::string& workload) {
  const auto trainings = find_trainings(target, workload);
  Json row{{"name", target.at("name")},
           {"seeds", fmt::format("{}", trainings.size())},
           {"epochs", fmt::format("{}", trainings.front()->at("epochs").size())},
           {"accuracy", percent(mean_figure(trainings, "accuracy"))},
           {"agreement", percent(mean_figure(trainings, "one_vs_rest_agreement"))},
           {"f1", fmt::format("{:.3f}", mean_figure(trainings, "macro_f1"))},
           {"distance",
            significant(
                trainings.front()->at("epochs").back().at("distance").at("value").get<double>())}};
  if (const Json* outcome = find_outcome(target, workload)) {
    row["accuracy_test"] = test_cell(outcome->at("test_accuracy"), 100, 2);
    row["loss_test"] = test_cell(outcome->at("test_loss"), 1, 4);
  }
  return row;
}

/// Final accuracies against the margin: one line per judged target.
Json interval_chart(const Learners& learners, const std::string& workload) {
  Json lines = Json::array();
  for (const Json* target : learners.targets)
    if (const Json* outcome = find_outcome(*target, workload)) {
      const Json& test = outcome->at("test_accuracy");
      lines.push_back({{"name", target->at("name")},
                       {"mean", test.at("mean_difference")},
                       {"low", test.at("low")},
                       {"high", test.at("high")},
                       {"margin", test.at("margin")},
                       {"fails", test.at("verdict") == "fail"}});
    }
  return {{"kind", "intervals"}, {"lines", std::move(lines)}};
}

Json fraction_bits_chart(const Json& training) {
  Json layers = Json::array();
  const Json& epochs = training.at("epochs");
  for (std::size_t layer = 0; layer < epochs.front().at("weight_fraction_bits").size(); ++layer) {
    Json values = Json::array();
    for (const auto& epoch : epochs) values.push_back(epoch.at("weight_fraction_bits").at(layer));
    layers.push_back(std::move(values));
  }
  return {{"kind", "fraction_bits"}, {"layers", std::move(layers)}};
}

Json rates_of(const Json& training) {
  Json rates = Json::array();
  for (const auto& epoch : training.at("epochs")) rates.push_back(epoch.at("learning_rate"));
  return rates;
}

/// "0.03 throughout", or each rate with its epochs.
std::string rates_text(const Json& rates) {
  std::string text;
  for (std::size_t first = 0, next = 0; first < rates.size(); first = next) {
    while (next < rates.size() && rates.at(next) == rates.at(first)) ++next;
    const std::string rate = fmt::format("{}", rates.at(first).get<float>());
    if (first == 0 && next == rates.size()) return rate + " throughout";
    text += fmt::format("{}{} in epoch{} {}", first == 0 ? "" : ", ", rate,
                        next == first + 1 ? "" : "s", first + 1);
    if (next > first + 1) text += fmt::format(" to {}", next);
  }
  return text;
}

/// True where a quantity is the exact trajectory's throughout and may be nothing else.
bool is_exact(const Json& chart) {
  const auto zero = [](const Json& values) {
    return std::ranges::all_of(values, [](const Json& value) { return value == 0; });
  };
  return std::ranges::all_of(chart.at("envelopes"),
                             [&](const Json& envelope) { return zero(envelope.at("high")); }) &&
         std::ranges::all_of(chart.at("curves"),
                             [&](const Json& curve) { return zero(curve.at("values")); });
}

/// The training of a profile that ran longest.
const Json& longest_training(const Learners& learners, const std::string& workload) {
  const Json* longest = nullptr;
  for (const Json* target : learners.targets)
    for (const Json* training : find_trainings(*target, workload))
      if (longest == nullptr || training->at("epochs").size() > longest->at("epochs").size())
        longest = training;
  return *longest;
}

Json confusion_rows(const Json& figures, const Json& reference) {
  Json rows = Json::array();
  for (std::size_t label = 0; label < figures.at("confusion").size(); ++label) {
    Json cells = Json::array();
    for (std::size_t named = 0; named < figures.at("confusion").size(); ++named)
      cells.push_back(
          {{"count", fmt::format("{}", figures.at("confusion").at(label).at(named).get<int>())},
           {"reference",
            fmt::format("{}", reference.at("confusion").at(label).at(named).get<int>())}});
    rows.push_back(
        {{"label", fmt::format("{}", label)},
         {"cells", std::move(cells)},
         {"precision", fmt::format("{:.3f}", figures.at("precision").at(label).get<double>())},
         {"recall", fmt::format("{:.3f}", figures.at("recall").at(label).get<double>())}});
  }
  return rows;
}

/// Confusion matrices of the first initialisation: of every distinct result once.
Json confusions(const Learners& learners, const std::string& workload) {
  Json tables = Json::array();
  std::set<Json> seen;
  for (const Json* target : learners.targets) {
    const Json& training = *find_trainings(*target, workload).front();
    const Json& figures = training.at("test");
    if (!seen.insert(Json{figures.at("confusion"), training.at("epochs").size()}).second) continue;
    Json classes = Json::array();
    for (std::size_t c = 0; c < figures.at("confusion").size(); ++c)
      classes.push_back({{"class", fmt::format("{}", c)}});
    tables.push_back({{"name", target->at("name")},
                      {"seed", fmt::format("{}", training.at("seed").get<std::uint64_t>())},
                      {"epochs", fmt::format("{}", training.at("epochs").size())},
                      {"classes", classes},
                      {"columns", fmt::format("{}", classes.size())},
                      {"accuracy", percent(figures.at("accuracy").get<double>())},
                      {"agreement", percent(figures.at("one_vs_rest_agreement").get<double>())},
                      {"f1", fmt::format("{:.3f}", figures.at("macro_f1").get<double>())},
                      {"rows", confusion_rows(figures, training.at("reference_test"))}});
  }
  return tables;
}

/// Appends a chart; what the template needs to place it.
Json placed(Json& charts, Json chart, const std::string& caption, std::size_t lines = 0) {
  Json place{{"index", fmt::format("{}", charts.size())}, {"caption", caption}};
  if (lines > 0) place["lines"] = fmt::format("{}", lines);
  charts.push_back(std::move(chart));
  return place;
}

Json profile_part(const Learners& learners, const std::string& workload, Json& charts) {
  Json rows = Json::array(), plots = Json::array(), intervals = Json::array();
  for (const Json* target : learners.targets) rows.push_back(row(*target, workload));
  if (learners.has_family_only)
    return {{"profile", learners.profile}, {"rows", std::move(rows)},    {"rates", nullptr},
            {"plots", Json::array()},      {"intervals", Json::array()}, {"has_plots", false}};
  plots.push_back(placed(charts, curves_chart(learners, workload, "test_loss"), "Test loss"));
  plots.push_back(
      placed(charts, curves_chart(learners, workload, "test_accuracy"), "Test accuracy"));
  plots.push_back(
      placed(charts, curves_chart(learners, workload, "training_loss"), "Training loss"));
  plots.push_back(
      placed(charts, curves_chart(learners, workload, "training_accuracy"), "Training accuracy"));
  Json distances = curves_chart(learners, workload, "distance");
  if (!is_exact(distances))
    plots.push_back(placed(charts, std::move(distances),
                           "Distance of the parameters from the exact trajectory"));
  const Json rates = rates_of(longest_training(learners, workload));
  if (std::ranges::any_of(rates, [&](const Json& rate) { return rate != rates.front(); }))
    plots.push_back(placed(charts, {{"kind", "rates"}, {"values", rates}}, "Learning rate"));
  const Json& first = *find_trainings(*learners.targets.front(), workload).front();
  if (!first.at("epochs").empty() && !first.at("epochs").front().at("weight_fraction_bits").empty())
    plots.push_back(placed(charts, fraction_bits_chart(first),
                           fmt::format("Fraction bits of the weights, {}, initialisation {}",
                                       learners.targets.front()->at("name").get<std::string>(),
                                       first.at("seed").get<std::uint64_t>())));
  Json chart = interval_chart(learners, workload);
  if (const std::size_t lines = chart.at("lines").size(); lines > 0)
    intervals.push_back(placed(charts, std::move(chart),
                               "Final test accuracy less the reference's, in points: 90 % "
                               "confidence interval over the initialisations, and the margin",
                               lines));
  return {{"profile", learners.profile},
          {"rows", std::move(rows)},
          {"rates", rates_text(rates)},
          {"plots", std::move(plots)},
          {"intervals", std::move(intervals)},
          {"has_plots", true},
          {"confusions", confusions(learners, workload)}};
}

}  // namespace

std::optional<Section> convergence_section(const Json& results) {
  Json charts = Json::array();
  Json parts = Json::array();
  for (const std::string& workload : trained_workloads(results))
    for (const Learners& learners : learners_of(results, workload)) {
      Json part = profile_part(learners, workload, charts);
      part["workload"] = workload;
      parts.push_back(std::move(part));
    }
  if (parts.empty()) return std::nullopt;
  return Section{"Convergence", {{"parts", parts}}, charts};
}

}  // namespace lsgd
