// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "number_format.hpp"
#include "section.hpp"
#include "target_anchor.hpp"
#include "verdict_label.hpp"

namespace lsgd {
namespace {

constexpr std::size_t shown_per_target = 3;
/// Behind a click; results.json and cases.csv have the others.
constexpr std::size_t folded_per_target = 20;
constexpr std::size_t open_targets = 4;

nlohmann::json facts(const nlohmann::json& failure) {
  nlohmann::json list = nlohmann::json::array();
  const auto add = [&](const char* name, const char* member) {
    if (!failure.contains(member) || failure.at(member).is_null()) return;
    const auto& value = failure.at(member);
    list.push_back(
        {{"name", name}, {"value", value.is_string() ? value.get<std::string>() : value.dump()}});
  };
  add("Step", "step");
  add("Layer", "layer");
  add("Neuron", "neuron");
  add("Tensor", "tensor");
  add("Index", "index");
  add("Expected", "expected");
  add("Got", "got");
  add("Tolerance", "tolerance");
  return list;
}

nlohmann::json entry(const nlohmann::json& target, const nlohmann::json& test_case) {
  const auto& failure = test_case.at("failure");
  const VerdictLabel label = verdict_label(test_case.at("verdict").get<std::string>());
  return {{"id", test_case.at("id")},
          {"anchor", target_anchor(target, test_case.at("id"))},
          {"clause", test_case.at("clause")},
          {"key", label.key},
          {"symbol", label.symbol},
          {"word", label.word},
          {"message", failure.at("message")},
          {"facts", facts(failure)},
          {"flags", failure.value("flags", nlohmann::json::array())},
          {"repeat", failure.at("repeat")}};
}

/// One sentence for each hypothesis, and the tensors of the case that the explanation shows.
nlohmann::json explanation_data(const nlohmann::json& target) {
  if (!target.contains("explanation")) return nullptr;
  const auto& explanation = target.at("explanation");
  nlohmann::json hypotheses = nlohmann::json::array();
  for (const auto& hypothesis : explanation.at("hypotheses")) {
    const auto& erratum = hypothesis.at("erratum");
    const std::uint64_t contradicted = hypothesis.at("contradicted");
    hypotheses.push_back(
        {{"sentence", hypothesis.at("sentence")},
         {"clause", hypothesis.at("clause")},
         {"erratum", erratum.is_null() ? nlohmann::json() : nlohmann::json(erratum.dump())},
         {"explained", hypothesis.at("explained").dump()},
         {"failing", explanation.at("failing").dump()},
         {"to_the_bit", hypothesis.at("to_the_bit")},
         {"contradicted", contradicted == 0
                              ? nlohmann::json()
                              : nlohmann::json(fmt::format("{} of {}", contradicted,
                                                           explanation.at("passing").dump()))},
         {"declaration", hypothesis.at("declaration")}});
  }
  nlohmann::json tensors = nlohmann::json::array();
  const auto& shown = explanation.at("case");
  const auto number = [](const nlohmann::json& value, int digits) {
    return value.is_null() ? std::string("-") : fmt::format("{:.{}g}", value.get<double>(), digits);
  };
  if (!shown.is_null())
    for (const auto& tensor : shown.at("tensors"))
      if (tensor.at("elements") > 0)
        tensors.push_back({{"tensor", tensor.at("tensor")},
                           {"wrong", tensor.at("wrong").dump()},
                           {"key", tensor.at("wrong") == 0 ? "pass" : "fail"},
                           {"elements", tensor.at("elements").dump()},
                           {"index", tensor.at("index").dump()},
                           {"got", number(tensor.at("got"), 9)},
                           {"exact", number(tensor.at("exact"), 9)},
                           {"bound", number(tensor.at("bound"), 3)}});
  const std::uint64_t equal = explanation.at("equally_good");
  nlohmann::json stage;
  if (explanation.contains("stage"))
    stage = {{"words", explanation.at("stage").at("words")},
             {"clause", explanation.at("stage").at("clause")},
             {"cases", explanation.at("stage").at("cases").dump()},
             {"failing", explanation.at("failing").dump()}};
  const bool is_right = explanation.value("wrong", 1) == 0;
  return {{"hypotheses", hypotheses},
          {"some", !hypotheses.empty()},
          {"none", hypotheses.empty() && !is_right},
          {"right", is_right},
          {"failing", explanation.at("failing").dump()},
          {"stage", stage},
          {"equal", equal > 1 ? nlohmann::json(grouped(equal)) : nlohmann::json()},
          {"case", shown.is_null() ? nlohmann::json() : shown.at("id")},
          {"step", shown.is_null() ? nlohmann::json() : nlohmann::json(shown.at("step").dump())},
          {"tensors", tensors}};
}

nlohmann::json target_failures(const nlohmann::json& target, bool open) {
  nlohmann::json first = nlohmann::json::array();
  nlohmann::json more = nlohmann::json::array();
  std::size_t failures = 0;
  for (const auto& test_case : target.at("cases")) {
    if (test_case.at("failure").is_null()) continue;
    if (failures++ < shown_per_target)
      first.push_back(entry(target, test_case));
    else if (more.size() < folded_per_target)
      more.push_back(entry(target, test_case));
  }
  if (first.empty()) return nullptr;
  std::string more_count = grouped(failures - first.size()) + " more";
  if (failures > first.size() + more.size())
    more_count += fmt::format(", of which {} are shown", more.size());
  return {{"name", target.at("name")},
          {"count", counted(failures, "failure")},
          {"open", open},
          {"explanation", explanation_data(target)},
          {"first", first},
          {"more_count", more.empty() ? nlohmann::json() : nlohmann::json(more_count)},
          {"more", more}};
}

}  // namespace

std::optional<Section> failures_section(const nlohmann::json& results) {
  if (results.at("targets").empty()) return std::nullopt;
  nlohmann::json targets = nlohmann::json::array();
  for (const auto& target : results.at("targets")) {
    nlohmann::json failures = target_failures(target, targets.size() < open_targets);
    if (!failures.is_null()) targets.push_back(failures);
  }
  return Section{"Failures", {{"targets", targets}, {"none", targets.empty()}}};
}

}  // namespace lsgd
