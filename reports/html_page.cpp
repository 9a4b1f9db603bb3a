// SPDX-License-Identifier: Apache-2.0
#include "html_page.hpp"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <kainjow/mustache.hpp>
#include <openssl/evp.h>
#include <stdexcept>
#include <utility>

#include "asset.hpp"
#include "number_format.hpp"
#include "page_template.hpp"
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

/// A section as the page shows it: what it says first, and the rest, folded where it is long.
struct SectionParts {
  std::string introduction;
  std::string body;
  std::size_t rows = 0;
};

/// Verdicts and failures are what a page is opened for.
bool is_never_folded(std::string_view name) { return name == "verdicts" || name == "failures"; }

SectionParts parts_of(const std::string& html) {
  SectionParts parts;
  const std::size_t end = html.starts_with("<p>") ? html.find("</p>\n") : html.npos;
  const std::size_t body = end == html.npos ? 0 : end + std::string_view("</p>\n").size();
  parts.introduction = html.substr(0, body);
  parts.body = html.substr(body);
  constexpr std::string_view row = "<tr><th scope=\"row\"";
  for (auto at = html.find(row); at != html.npos; at = html.find(row, at + 1)) ++parts.rows;
  return parts;
}

mustache::data head_data(const PageHead& head) {
  const VerdictLabel label = verdict_label(head.verdict);
  nlohmann::json facts = nlohmann::json::array();
  for (const PageFact& fact : head.facts)
    facts.push_back(
        {{"name", fact.name},
         {"text", fact.text},
         {"digest", fact.digest.empty() ? nlohmann::json() : nlohmann::json(fact.digest)}});
  nlohmann::json reasons = nlohmann::json::array();
  for (const Reason& reason : head.reasons)
    reasons.push_back({{"sentence", reason.sentence},
                       {"has_parts", !reason.parts.empty()},
                       {"parts", reason.parts}});
  return template_data({{"verdict", label.key},
                        {"symbol", label.symbol},
                        {"overline", head.overline},
                        {"title", head.title},
                        {"sentences", head.sentences},
                        {"reasons", std::move(reasons)},
                        {"facts", std::move(facts)},
                        {"source", head.source}});
}

}  // namespace

std::string html_page(const PageHead& head, std::span<const SectionEntry> entries,
                      const nlohmann::json& results) {
  mustache::data page = head_data(head);
  mustache::data sections{mustache::data::type::list};
  std::string script = std::string(asset("chart.js")) + "\n" + std::string(asset("page/page.js"));
  for (const SectionEntry& entry : entries) {
    const std::string path = fmt::format("{}/{}", entry.folder, entry.name);
    script += asset(path + ".js");
    const std::optional<Section> section = entry.build(results);
    if (!section) continue;
    mustache::data part;
    part.set("name", std::string(entry.name));
    part.set("title", section->title);
    const SectionParts parts =
        parts_of(filled_template(path + ".mustache", template_data(section->data)));
    constexpr std::size_t most_rows_open = 40;
    const bool is_folded = parts.rows > most_rows_open && !is_never_folded(entry.name);
    part.set("introduction", parts.introduction);
    part.set("html", parts.body);
    part.set("rows", is_folded ? mustache::data(grouped(parts.rows)) : mustache::data(false));
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
