// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <fmt/format.h>
#include <string>

#include "html_page.hpp"
#include "number_format.hpp"
#include "reports/render_exploration.hpp"

namespace lsgd {

std::optional<Section> choice_section(const nlohmann::json& exploration);
std::optional<Section> choice_cost_section(const nlohmann::json& exploration);
std::optional<Section> learning_curves_section(const nlohmann::json& exploration);

namespace {

using Json = nlohmann::json;

std::size_t count_of(const Json& arithmetics, const char* outcome) {
  std::size_t count = 0;
  for (const Json& arithmetic : arithmetics) count += arithmetic.at("outcome") == outcome ? 1 : 0;
  return count;
}

/// What the cheapest close arithmetic is and costs; empty where none is close to float32.
std::string advice(const Json& arithmetics) {
  const Json* cheapest = nullptr;
  const Json* float32 = nullptr;
  for (const Json& arithmetic : arithmetics) {
    if (arithmetic.at("is_cheapest").get<bool>()) cheapest = &arithmetic;
    if (arithmetic.at("name") == "float32") float32 = &arithmetic;
  }
  if (cheapest == nullptr || float32 == nullptr || float32->at("accuracy").is_null()) return "";
  const auto accuracy = [](const Json& of) {
    return 100 * of.at("accuracy").at("mean").get<double>();
  };
  return fmt::format(
      "The fewest bytes within one point of float32: {}, {} bytes of training state at {:.1f} %; "
      "float32 takes {} at {:.1f} %.",
      cheapest->at("name").get<std::string>(),
      grouped(cheapest->at("state_bytes").get<std::uint64_t>()), accuracy(*cheapest),
      grouped(float32->at("state_bytes").get<std::uint64_t>()), accuracy(*float32));
}

PageHead page_head(const Json& exploration) {
  const Json &task = exploration.at("task"), &tool = exploration.at("tool");
  const Json& arithmetics = exploration.at("arithmetics");
  const std::size_t learning = count_of(arithmetics, "learns");
  const auto number = [&](const char* name) { return grouped(task.at(name).get<std::uint64_t>()); };
  PageHead head;
  head.verdict = learning == 0 ? "fail" : "pass";
  head.overline = "L-SGD exploration of arithmetics";
  head.title = fmt::format("{} of {} arithmetics learn", learning, arithmetics.size());
  if (const std::string text = advice(arithmetics); !text.empty()) head.sentences.push_back(text);
  head.sentences.push_back(
      "Simulated bit for bit as declared; no device was judged. Run the one you choose on a port.");
  head.facts = {
      {"Data", fmt::format("{}: {} samples, tested on {}", task.at("data").get<std::string>(),
                           number("training_samples"), number("test_samples"))},
      {"Network",
       fmt::format("{} {}, loss {}", task.at("sizes").get<std::string>(),
                   task.at("activations").get<std::string>(), task.at("loss").get<std::string>())},
      {"Training",
       fmt::format("{} epochs, learning rate {}{}", number("epochs"),
                   task.at("learning_rate").dump(),
                   task.value("rate_schedule", "constant") == "constant"
                       ? ""
                       : ", falling (" + task.at("rate_schedule").get<std::string>() + ")")},
      {"Seeds", fmt::format("{} from {}", number("seeds"), number("first_seed"))},
      {"Majority class",
       fmt::format("{:.1f} % of the test set", 100 * task.at("majority_share").get<double>())},
      {"Program", fmt::format("{} {}", tool.at("name").get<std::string>(),
                              tool.at("version").get<std::string>())}};
  head.source = "exploration.json";
  return head;
}

}  // namespace

std::string exploration_page(const nlohmann::json& exploration) {
  constexpr std::array sections{
      SectionEntry{"choice", "exploration/10_choice", choice_section},
      SectionEntry{"choice_cost", "exploration/20_choice_cost", choice_cost_section},
      SectionEntry{"learning_curves", "exploration/30_learning_curves", learning_curves_section}};
  return html_page(page_head(exploration), sections, exploration);
}

}  // namespace lsgd
