// SPDX-License-Identifier: Apache-2.0
#include "result/case_result.hpp"

#include <cmath>
#include <stdexcept>
#include <utility>

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

template <class Value>
Json optional_json(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json finite_json(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json worst_json(const WorstError& worst) {
  return {{"bound_fraction", finite_json(worst.bound_fraction)},
          {"ulp", finite_json(worst.ulp)},
          {"tensor", worst.tensor},
          {"index", worst.index},
          {"step", optional_json(worst.step)}};
}

Json statistic_json(const StatisticVerdict& statistic) {
  return {{"tensor", statistic.tensor}, {"name", statistic.statistic},
          {"value", statistic.value},   {"low", statistic.low},
          {"high", statistic.high},     {"verdict", statistic.passed ? "pass" : "fail"}};
}

Json failure_json(const Failure& failure, const std::string& repeat) {
  Json flags = Json::array();
  for (const Flag& flag : failure.flags)
    flags.push_back({{"name", flag.name}, {"description", flag.description}});
  return {{"step", optional_json(failure.step)},
          {"layer", optional_json(failure.layer)},
          {"tensor", optional_json(failure.tensor)},
          {"neuron", optional_json(failure.neuron)},
          {"index", optional_json(failure.index)},
          {"expected", optional_json(failure.expected)},
          {"got", optional_json(failure.got)},
          {"tolerance", optional_json(failure.tolerance)},
          {"message", failure.message},
          {"flags", std::move(flags)},
          {"repeat", repeat}};
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::skipped:
      return "skipped";
    case Verdict::refused:
      return "refused";
    case Verdict::incomplete:
      return "incomplete";
    case Verdict::fail:
      return "fail";
    case Verdict::device_failure:
      return "device_failure";
  }
  throw std::invalid_argument("unknown verdict");
}

CaseResult CaseResult::skipped(std::string reason) {
  CaseResult result;
  result.verdict = Verdict::skipped;
  result.reason = std::move(reason);
  return result;
}

CaseResult CaseResult::refused(std::string reason) {
  CaseResult result;
  result.verdict = Verdict::refused;
  result.reason = std::move(reason);
  return result;
}

nlohmann::ordered_json case_json(const CaseResult& result, std::string_view id,
                                 std::string_view clause, int level, const std::string& repeat) {
  const bool is_left_out = result.verdict == Verdict::skipped || result.verdict == Verdict::refused;
  Json statistics = Json::array();
  for (const StatisticVerdict& statistic : result.statistics)
    statistics.push_back(statistic_json(statistic));
  Json json{{"id", id},
            {"clause", clause},
            {"level", level},
            {"verdict", name_of(result.verdict)},
            {"reason", is_left_out ? optional_json(result.reason) : Json(nullptr)},
            {"elements", result.elements},
            {"worst", result.worst ? worst_json(*result.worst) : Json(nullptr)},
            {"histogram", optional_json(result.histogram)},
            {"statistics", std::move(statistics)},
            {"exact_order", nullptr},
            {"failure", result.failure ? failure_json(*result.failure, repeat) : Json(nullptr)}};
  if (result.reason && !is_left_out) json["stand_in"] = *result.reason;
  if (result.exact_order)
    json["exact_order"] = {{"compared", result.exact_order->compared},
                           {"mismatches", result.exact_order->mismatches}};
  if (result.resources) json["resources"] = resources_json(*result.resources);
  for (const DetectedChange& change : result.detected)
    json["detected"].push_back(detected_change_json(change));
  if (result.convergence) json["convergence"] = *result.convergence;
  if (result.outcome) json["outcome"] = *result.outcome;
  return json;
}

}  // namespace lsgd
