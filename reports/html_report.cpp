// SPDX-License-Identifier: Apache-2.0
#include "html_report.hpp"

#include <fmt/format.h>

#include "headline.hpp"
#include "html_page.hpp"
#include "section_list.hpp"

namespace lsgd {
namespace {

/// A setting that selects, as results.json has it: null where it is not used.
void add_setting(std::vector<PageFact>& facts, const std::string& name,
                 const nlohmann::json& setting) {
  if (setting.is_null()) return;
  facts.push_back({name, setting.is_string() ? setting.get<std::string>() : setting.dump()});
}

PageHead page_head(const nlohmann::json& results, const std::string& sha256) {
  const Headline head = headline(results);
  const auto& suite = results.at("suite");
  const auto& tool = results.at("tool");
  PageHead page{
      head.verdict,  "L-SGD conformance report", head.title, head.sentences, head.reasons, {},
      "results.json"};
  add_setting(page.facts, "Suite", suite.at("name"));
  add_setting(page.facts, "Seed", suite.at("seed"));
  add_setting(page.facts, "Filter", suite.at("filter"));
  add_setting(page.facts, "Shard", suite.at("shard"));
  add_setting(page.facts, "Specification", tool.at("specification"));
  const nlohmann::json program = tool.value("sha256", nlohmann::json());
  page.facts.push_back({"Program",
                        fmt::format("{} {}", tool.at("name").get<std::string>(),
                                    tool.at("version").get<std::string>()),
                        program.is_null() ? std::string() : program.get<std::string>()});
  if (!sha256.empty()) page.facts.push_back({"SHA-256 of results.json", "", sha256});
  return page;
}

}  // namespace

std::string html_report(const nlohmann::json& results, const std::string& sha256) {
  return html_page(page_head(results, sha256), section_list(), results);
}

}  // namespace lsgd
