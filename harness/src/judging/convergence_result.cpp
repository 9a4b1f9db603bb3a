// SPDX-License-Identifier: Apache-2.0
#include "judging/convergence_result.hpp"

#include <cmath>
#include <utility>

#include <lsgd/statistics/equivalence.hpp>

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

Json epoch_json(std::size_t epoch, const JudgedEpoch& judged) {
  Json json{{"epoch", epoch}, {"learning_rate", judged.learning_rate}};
  for (std::size_t q = 0; q < trajectory_quantities.size(); ++q) {
    const JudgedQuantity& quantity = judged.quantities[q];
    json[std::string(trajectory_quantities[q])] = {
        {"value", quantity.value},
        {"exact", quantity.exact},
        {"low", quantity.envelope.low},
        {"high", quantity.envelope.high},
        {"verdict", quantity.passed() ? "pass" : "fail"}};
  }
  json["weight_fraction_bits"] = judged.weight_fraction_bits;
  return json;
}

Json figures_json(const LearningFigures& figures) {
  Json confusion = Json::array(), precision = Json::array(), recall = Json::array();
  for (std::size_t label = 0; label < figures.classes(); ++label) {
    Json row = Json::array();
    for (std::size_t named = 0; named < figures.classes(); ++named)
      row.push_back(figures.confused(label, named));
    confusion.push_back(std::move(row));
    precision.push_back(figures.precision(label));
    recall.push_back(figures.recall(label));
  }
  return {{"accuracy", figures.accuracy()},
          {"one_vs_rest_agreement", figures.one_vs_rest_agreement()},
          {"macro_f1", figures.macro_f1()},
          {"loss", figures.loss()},
          {"precision", std::move(precision)},
          {"recall", std::move(recall)},
          {"confusion", std::move(confusion)}};
}

Json outcome_figure_json(const OutcomeFigure& figure) {
  return {{"value", figure.value},
          {"reference_mean", figure.reference_mean},
          {"reference_variance", figure.reference_variance},
          {"standard_error", figure.standard_error}};
}

Json test_json(const EquivalenceTest& test) {
  return {{"mean_difference", test.mean_difference},
          {"low", test.confidence.low},
          {"high", test.confidence.high},
          {"margin", test.margin},
          {"verdict", test.passed() ? "pass" : "fail"}};
}

EquivalenceTest test_of(const std::vector<Json>& initialisations, const char* name) {
  std::vector<double> differences;
  double variance = 0, squared_error = 0;
  const double count = static_cast<double>(initialisations.size());
  for (const Json& initialisation : initialisations) {
    const Json& figure = initialisation.at("outcome").at(name);
    const double error = figure.at("standard_error");
    differences.push_back(figure.at("value").get<double>() -
                          figure.at("reference_mean").get<double>());
    variance += figure.at("reference_variance").get<double>() / count;
    squared_error += error * error / count;
  }
  const double deviation = std::sqrt(variance);
  return equivalence_test(
      differences, equivalence_margin(std::sqrt(squared_error), deviation, initialisations.size()),
      deviation);
}

}  // namespace

Json convergence_json(const ConvergenceResult& result) {
  Json epochs = Json::array();
  for (std::size_t e = 0; e < result.epochs.size(); ++e)
    epochs.push_back(epoch_json(e + 1, result.epochs[e]));
  return {{"workload", result.workload},
          {"seed", result.seed},
          {"steps_per_epoch", result.steps_per_epoch},
          {"false_alarm_rate", trajectory_false_alarm_rate},
          {"epochs", std::move(epochs)},
          {"outcome",
           {{"test_loss", outcome_figure_json(result.test_loss)},
            {"test_accuracy", outcome_figure_json(result.test_accuracy)}}},
          {"test", figures_json(result.figures)},
          {"reference_test", figures_json(result.reference_figures)}};
}

Json outcome_json(const OutcomeResult& result) {
  return {{"workload", result.workload},
          {"seeds", result.seeds},
          {"significance", equivalence_significance},
          {"test_loss", test_json(result.test_loss)},
          {"test_accuracy", test_json(result.test_accuracy)}};
}

OutcomeResult judge_outcome(const std::string& workload, const std::vector<Json>& initialisations) {
  return {workload, initialisations.size(), test_of(initialisations, "test_loss"),
          test_of(initialisations, "test_accuracy")};
}

}  // namespace lsgd
