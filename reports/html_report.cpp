// SPDX-License-Identifier: Apache-2.0
#include "html_report.hpp"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <kainjow/mustache.hpp>
#include <openssl/evp.h>
#include <stdexcept>

#include "asset.hpp"
#include "headline.hpp"
#include "page_template.hpp"
#include "section_list.hpp"
#include "verdict_label.hpp"

namespace lsgd {
namespace {

namespace mustache = kainjow::mustache;

/// What charts draw: strings as the page shows them, and numbers of six digits, which are more than
/// anybody sees.
nlohmann::json drawn_values(const nlohmann::json& value) {
  if (value.is_string()) return page_text(value.get_ref<const std::string&>());
  if (value.is_number_float() && std::isfinite(value.get<double>()))
    return nlohmann::json::parse(fmt::format("{:.6g}", value.get<double>()));
  if (!value.is_structured()) return value;
  nlohmann::json drawn = nlohmann::json(value.type());
  for (const auto& [name, element] : value.items())
    if (value.is_object())
      drawn.emplace(name, drawn_values(element));
    else
      drawn.push_back(drawn_values(element));
  return drawn;
}

/// JSON that cannot end the script element that holds it.
std::string script_json(const nlohmann::json& value) {
  std::string text;
  for (const char c : drawn_values(value).dump())
    if (c == '<' || c == '>' || c == '&')
      text += fmt::format("\\u{:04x}", c);
    else
      text += c;
  return text;
}

/// Source of a script for the content security policy: 'sha256-...' in Base64.
std::string script_digest(std::string_view script) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_Digest(script.data(), script.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available");
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> text{};
  EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(length));
  return fmt::format("'sha256-{}'", reinterpret_cast<const char*>(text.data()));
}

mustache::data page_head(const nlohmann::json& results, const std::string& sha256) {
  const Headline head = headline(results);
  const VerdictLabel label = verdict_label(head.verdict);
  nlohmann::json reasons = nlohmann::json::array();
  for (const Reason& reason : head.reasons)
    reasons.push_back({{"sentence", reason.sentence},
                       {"has_parts", !reason.parts.empty()},
                       {"parts", reason.parts}});
  const auto& suite = results.at("suite");
  const auto& tool = results.at("tool");
  return template_data({{"verdict", label.key},
                        {"symbol", label.symbol},
                        {"title", head.title},
                        {"sentences", head.sentences},
                        {"reasons", std::move(reasons)},
                        {"suite", suite.at("name")},
                        {"seed", suite.at("seed")},
                        {"filter", suite.at("filter")},
                        {"shard", suite.at("shard")},
                        {"sha256", sha256.empty() ? nlohmann::json() : nlohmann::json(sha256)},
                        {"program_sha256", tool.value("sha256", nlohmann::json())},
                        {"tool", tool.at("name")},
                        {"version", tool.at("version")},
                        {"specification", tool.at("specification")}});
}

}  // namespace

std::string html_report(const nlohmann::json& results, const std::string& sha256) {
  mustache::data page = page_head(results, sha256);
  mustache::data sections{mustache::data::type::list};
  std::string script = std::string(asset("chart.js")) + "\n" + std::string(asset("page/page.js"));
  for (const SectionEntry& entry : section_list()) {
    const std::string path = fmt::format("{}/{}", entry.folder, entry.name);
    script += asset(path + ".js");
    const std::optional<Section> section = entry.build(results);
    if (!section) continue;
    mustache::data part;
    part.set("name", std::string(entry.name));
    part.set("title", section->title);
    part.set("html", filled_template(path + ".mustache", template_data(section->data)));
    part.set("charts", section->charts.empty() ? mustache::data(false)
                                               : mustache::data(script_json(section->charts)));
    sections.push_back(part);
  }
  script += "lsgd.drawAll();\n";
  page.set("sections", sections);
  page.set("style", std::string(asset("page/page.css")));
  page.set("script", script);
  page.set("script_digest", script_digest(script));
  return filled_template("page/page.mustache", page);
}

}  // namespace lsgd
