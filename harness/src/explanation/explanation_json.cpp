// SPDX-License-Identifier: Apache-2.0
#include "explanation/explanation_json.hpp"

#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <vector>

#include "result/repeat_command.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

Json finite(double number) { return std::isfinite(number) ? Json(number) : Json(nullptr); }

Json tensor_json(const TensorAgreement& tensor) {
  const bool is_compared = tensor.elements > 0;
  const auto& [index, got, exact, bound] = tensor.worst;
  return {{"tensor", tensor.tensor},
          {"elements", tensor.elements},
          {"wrong", tensor.wrong},
          {"index", is_compared ? Json(index) : Json(nullptr)},
          {"got", is_compared ? finite(got) : Json(nullptr)},
          {"exact", is_compared ? finite(exact) : Json(nullptr)},
          {"bound", is_compared ? finite(bound) : Json(nullptr)}};
}

Json hypothesis_json(const Hypothesis& hypothesis) {
  return {{"name", hypothesis.name},
          {"sentence", hypothesis.sentence},
          {"clause", "SPEC " + hypothesis.clause},
          {"erratum", hypothesis.erratum ? Json(*hypothesis.erratum) : Json(nullptr)},
          {"explained", hypothesis.explained},
          {"contradicted", hypothesis.contradicted},
          {"asked_explained", hypothesis.asked_explained},
          {"asked_contradicted", hypothesis.asked_contradicted},
          {"to_the_bit", hypothesis.is_to_the_bit},
          {"declaration",
           hypothesis.declaration.empty() ? Json(nullptr) : Json(hypothesis.declaration)}};
}

std::string number_text(const Json& number) {
  return number.is_null() ? "-" : fmt::format("{:.9g}", number.get<double>());
}

std::string case_text(const Json& shown) {
  std::string text = fmt::format("{}, step {} that the device showed:\n",
                                 shown.at("id").get<std::string>(), shown.at("step").dump());
  text += fmt::format("  {:10} {:>11} {:>7} {:>16} {:>16} {:>12}\n", "tensor", "wrong", "worst",
                      "got", "exact", "bound");
  for (const Json& tensor : shown.at("tensors")) {
    if (tensor.at("elements") == 0) continue;
    text += fmt::format(
        "  {:10} {:>11} {:>7} {:>16} {:>16} {:>12}\n", tensor.at("tensor").get<std::string>(),
        fmt::format("{} of {}", tensor.at("wrong").dump(), tensor.at("elements").dump()),
        tensor.at("index").is_null() ? "-" : tensor.at("index").dump(),
        number_text(tensor.at("got")), number_text(tensor.at("exact")),
        tensor.at("bound").is_null() ? "-"
                                     : fmt::format("{:.3g}", tensor.at("bound").get<double>()));
  }
  return text;
}

/// How many steps lie between every two wrong ones; nothing where these numbers differ.
std::optional<std::size_t> period_of(const std::vector<std::size_t>& wrong) {
  if (wrong.size() < 3) return std::nullopt;
  for (std::size_t i = 2; i < wrong.size(); ++i)
    if (wrong[i] - wrong[i - 1] != wrong[1] - wrong[0]) return std::nullopt;
  return wrong[1] - wrong[0];
}

std::string watched_text(const Json& watched) {
  const auto wrong = watched.at("wrong").get<std::vector<std::size_t>>();
  const std::size_t steps = watched.at("steps"), unseen = watched.value("unseen", std::size_t{0});
  std::string text =
      fmt::format("A training of {} was watched, {}: ", watched.at("network").get<std::string>(),
                  unseen == 0 ? fmt::format("every step of {}", steps)
                              : fmt::format("{} of {} steps", steps - unseen, steps));
  if (wrong.empty()) return text + "all are right.\n";
  text += fmt::format("{} wrong, the first is step {}", wrong.size() == 1 ? "one is" : "these are",
                      wrong.front());
  if (const auto period = period_of(wrong))
    return text + (*period == 1 ? ", and every one behind it.\n"
                                : fmt::format(", and one in every {} behind it.\n", *period));
  for (std::size_t i = 1; i < wrong.size() && i < 8; ++i) text += fmt::format(", {}", wrong[i]);
  return text + (wrong.size() > 8 ? ", ...\n" : ".\n");
}

}  // namespace

nlohmann::ordered_json explanation_json(const Explanation& explanation) {
  Json hypotheses = Json::array();
  for (const Hypothesis& hypothesis : explanation.hypotheses)
    hypotheses.push_back(hypothesis_json(hypothesis));
  Json json{{"failing", explanation.failing},
            {"passing", explanation.passing},
            {"equally_good", explanation.equally_good},
            {"asked", explanation.asked},
            {"answered_wrongly", explanation.answered_wrongly},
            {"hypotheses", std::move(hypotheses)},
            {"case", nullptr}};
  if (explanation.hypotheses.empty()) json["wrong"] = explanation.wrong;
  if (const auto& stage = explanation.stage)
    json["stage"] = {{"name", name_of(stage->stage)},
                     {"words", words_of(stage->stage)},
                     {"clause", fmt::format("SPEC {}", clause_of(stage->stage))},
                     {"cases", stage->cases}};
  if (const auto& watched = explanation.watched)
    json["watched"] = {{"network", watched->network},
                       {"steps", watched->steps},
                       {"unseen", watched->unseen},
                       {"wrong", watched->wrong}};
  if (const auto& shown = explanation.shown) {
    Json tensors = Json::array();
    for (const TensorAgreement& tensor : shown->tensors) tensors.push_back(tensor_json(tensor));
    json["case"] = {{"id", shown->id}, {"step", shown->step}, {"tensors", std::move(tensors)}};
  }
  return json;
}

namespace {

/// What became of the questions that the device was asked about a hypothesis.
std::string asked_text(const Json& explanation, const Json& hypothesis) {
  if (explanation.value("asked", std::size_t{0}) == 0) return {};
  const std::size_t contradicted = hypothesis.at("asked_contradicted");
  return fmt::format("; {} of {} wrong answers{}", hypothesis.at("asked_explained").dump(),
                     explanation.at("answered_wrongly").dump(),
                     contradicted == 0
                         ? std::string()
                         : fmt::format(", and {} right ones contradict", contradicted));
}

}  // namespace

std::string hypothesis_text(const nlohmann::ordered_json& explanation,
                            const nlohmann::ordered_json& hypothesis) {
  const Json& erratum = hypothesis.at("erratum");
  const std::size_t contradicted = hypothesis.at("contradicted");
  return fmt::format(
      "as one that {} ({}{}): explains {} of {} failing cases{}, and {}{}",
      hypothesis.at("sentence").get<std::string>(), hypothesis.at("clause").get<std::string>(),
      erratum.is_null() ? "" : fmt::format(", erratum {}", erratum.dump()),
      hypothesis.at("explained").dump(), explanation.at("failing").dump(),
      hypothesis.at("to_the_bit").get<bool>() ? " to the bit" : "",
      contradicted == 0 ? "no passing case contradicts"
                        : fmt::format("{} of {} passing cases contradict", contradicted,
                                      explanation.at("passing").dump()),
      asked_text(explanation, hypothesis));
}

bool is_all_shown_right(const nlohmann::ordered_json& explanation) {
  return explanation.value("wrong", 1) == 0;
}

std::string first_hypothesis_text(const nlohmann::ordered_json& explanation,
                                  std::string_view target) {
  if (is_all_shown_right(explanation))
    return fmt::format(
        "shows no wrong step or operation in {} failing cases: what is wrong is in their "
        "messages\n",
        explanation.at("failing").dump());
  const Json& hypotheses = explanation.at("hypotheses");
  if (hypotheses.empty()) return "behaves as none of the known deviations does\n";
  std::string text = "behaves " + hypothesis_text(explanation, hypotheses.front()) + '\n';
  if (const std::size_t equal = explanation.at("equally_good"); equal > 1)
    text += fmt::format("  {} other{} much: `{} explain {}` lists them\n", equal - 1,
                        equal == 2 ? " explains as" : "s explain as", called_name(), target);
  return text;
}

std::string explanation_text(const nlohmann::ordered_json& explanation) {
  if (explanation.at("failing") == 0)
    return "No failing case shows a step, an operation or the heap: there is nothing to explain.\n";
  std::string text;
  if (explanation.contains("watched")) text += watched_text(explanation.at("watched"));
  if (!explanation.at("case").is_null()) text += case_text(explanation.at("case"));
  if (explanation.contains("stage")) {
    const Json& stage = explanation.at("stage");
    text += fmt::format("What goes wrong first: {} ({}), in {} of {} failing cases.\n",
                        stage.at("words").get<std::string>(), stage.at("clause").get<std::string>(),
                        stage.at("cases").dump(), explanation.at("failing").dump());
  }
  const Json& hypotheses = explanation.at("hypotheses");
  if (is_all_shown_right(explanation))
    return text + fmt::format(
                      "No step and no operation that {} failing cases show is wrong: what is wrong "
                      "is in their messages.\n",
                      explanation.at("failing").dump());
  if (hypotheses.empty())
    return text + fmt::format("None of the known deviations explains any of {} failing cases.\n",
                              explanation.at("failing").dump());
  text += "It behaves\n";
  const std::size_t equal = explanation.at("equally_good");
  std::size_t number = 0;
  for (const Json& hypothesis : hypotheses) {
    ++number;
    if (number == 1 && equal > 1)
      text += fmt::format("  1. as one of these {}, which nothing that was asked tells apart:\n",
                          equal);
    text += number <= equal && equal > 1
                ? "     - "
                : fmt::format("  {}. ", equal > 1 ? number - equal + 1 : number);
    text += hypothesis_text(explanation, hypothesis) + '\n';
    if (const Json& key = hypothesis.at("declaration"); !key.is_null())
      text += fmt::format("     Where that is meant: {} in [arithmetic] of the target file.\n",
                          key.get<std::string>());
  }
  if (equal > hypotheses.size())
    text += fmt::format("     and {} more\n", equal - hypotheses.size());
  if (const std::size_t asked = explanation.value("asked", std::size_t{0}); asked > 0)
    text +=
        fmt::format("The device was asked {} more questions, and answered {} of them wrongly.\n",
                    asked, explanation.at("answered_wrongly").dump());
  return text;
}

}  // namespace lsgd
