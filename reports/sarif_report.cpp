// SPDX-License-Identifier: Apache-2.0
#include "sarif_report.hpp"

#include <fmt/format.h>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "files/sha256.hpp"
#include "number_format.hpp"
#include "printable_text.hpp"
#include "verdict_label.hpp"
#include "waived_failure.hpp"

namespace lsgd {
namespace {

using Object = nlohmann::ordered_json;

std::string printable_member(const nlohmann::json& text) {
  return printable_text(text.get_ref<const std::string&>());
}

/// A relative reference of RFC 3986: what it cannot hold is written %XX.
std::string uri_of(std::string_view path) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string uri;
  for (const char c : path)
    uri += plain.find(c) != std::string_view::npos
               ? std::string(1, c)
               : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return uri;
}

class Log {
 public:
  Log(const nlohmann::json& results, std::string location, std::size_t most_results)
      : results_(results), location_(std::move(location)), most_results_(most_results) {}

  void add_target(const nlohmann::json& target) {
    for (const auto& found : target.at("cases"))
      if (!found.at("failure").is_null()) add_failure(target, found);
    for (const auto& level : target.at("levels"))
      if (level.at("verdict") == "incomplete")
        add("incomplete", target, fmt::format("level{}", level.at("level").dump()),
            fmt::format(
                "{} is incomplete: {} of {} cases were executed{}", level_title(level.at("level")),
                level.at("cases_executed").dump(), level.at("cases_expected").dump(),
                level.at("reason").is_null() ? "" : "; " + printable_member(level.at("reason"))));
  }

  std::string text() && {
    if (left_out_ > 0)
      append("further", "further", "further",
             fmt::format("{} further results are in index.html", grouped(left_out_)));
    const nlohmann::json& tool = results_.at("tool");
    const Object driver = {{"name", printable_member(tool.at("name"))},
                           {"version", printable_member(tool.at("version"))},
                           {"rules", std::move(rules_)}};
    const Object run = {{"tool", {{"driver", driver}}}, {"results", std::move(found_)}};
    const Object log = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                        {"version", "2.1.0"},
                        {"runs", Object::array({run})}};
    return log.dump(1) + '\n';
  }

 private:
  void add_failure(const nlohmann::json& target, const nlohmann::json& found) {
    const nlohmann::json& failure = found.at("failure");
    std::string message = fmt::format("{}: {}", printable_member(found.at("id")),
                                      printable_member(failure.at("message")));
    for (const char* member : {"expected", "got", "tolerance"})
      if (!failure.at(member).is_null())
        message += fmt::format("; {} {}", member, printable_member(failure.at(member)));
    message += "; repeat: " + printable_member(failure.at("repeat"));
    if (!add(printable_member(found.at("clause")), target, printable_member(found.at("id")),
             message))
      return;
    if (const nlohmann::json* waiver = find_waiver(results_, target, found))
      found_.back()["suppressions"] = Object::array(
          {Object{{"kind", "external"},
                  {"justification",
                   fmt::format("waived until {} by {}: {}", printable_member(waiver->at("expires")),
                               printable_member(waiver->at("owner")),
                               printable_member(waiver->at("reason")))}}});
  }

  bool add(const std::string& rule, const nlohmann::json& target, const std::string& place,
           const std::string& message) {
    if (found_.size() >= most_results_) {
      ++left_out_;
      return false;
    }
    const std::string name = printable_member(target.at("name"));
    append(rule, place, name + "/" + place, fmt::format("{}: {}", name, message));
    return true;
  }

  void append(const std::string& rule, const std::string& place, const std::string& full_place,
              const std::string& message) {
    const auto [known, is_new] = rule_indices_.emplace(rule, rules_.size());
    if (is_new)
      rules_.push_back({{"id", rule}, {"shortDescription", {{"text", text_of_rule(rule)}}}});
    const Object location = {
        {"physicalLocation",
         {{"artifactLocation", {{"uri", uri_of(location_)}}}, {"region", {{"startLine", 1}}}}},
        {"logicalLocations",
         Object::array({Object{{"name", place}, {"fullyQualifiedName", full_place}}})}};
    found_.push_back(
        {{"ruleId", rule},
         {"ruleIndex", known->second},
         {"level", "error"},
         {"message", {{"text", message}}},
         {"locations", Object::array({location})},
         // The same failure of the next run is the same alert.
         {"partialFingerprints", {{"lsgdCase/v1", sha256_of(rule + "\n" + full_place)}}}});
  }

  std::string text_of_rule(const std::string& rule) const {
    if (rule == "incomplete") return "A level was not run in full";
    if (rule == "further") return "More results than code-scanning pages take";
    return fmt::format("{} of the specification of L-SGD, version {}", rule,
                       printable_member(results_.at("tool").at("specification")));
  }

  const nlohmann::json& results_;
  std::string location_;
  std::size_t most_results_;
  std::size_t left_out_ = 0;
  std::map<std::string, std::size_t> rule_indices_;
  Object rules_ = Object::array();
  Object found_ = Object::array();
};

}  // namespace

std::string sarif_report(const nlohmann::json& results, const std::string& location,
                         std::size_t most_results) {
  Log log(results, location, most_results);
  for (const auto& target : results.at("targets")) log.add_target(target);
  return std::move(log).text();
}

}  // namespace lsgd
