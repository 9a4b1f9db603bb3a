// SPDX-License-Identifier: Apache-2.0
#include "html_report.hpp"

#include <array>
#include <fmt/format.h>
#include <kainjow/mustache.hpp>
#include <openssl/evp.h>
#include <stdexcept>

#include "asset.hpp"
#include "headline.hpp"
#include "printable_text.hpp"
#include "section_list.hpp"
#include "verdict_label.hpp"

namespace lsgd {
namespace {

namespace mustache = kainjow::mustache;

constexpr std::size_t text_limit = 240;

std::string page_text(const std::string& text, bool whole) {
  const std::string printable = printable_text(text);
  return whole ? printable : shortened(printable, text_limit);
}

/// Template data of JSON; every string on its way into the page passes here.
mustache::data template_data(const nlohmann::json& value, bool whole = false) {
  if (value.is_object()) {
    mustache::data object{mustache::data::type::object};
    for (const auto& [name, member] : value.items())
      object.set(name, template_data(member, name == "repeat"));
    return object;
  }
  if (value.is_array()) {
    mustache::data list{mustache::data::type::list};
    for (const auto& element : value) list.push_back(template_data(element));
    return list;
  }
  if (value.is_string()) return page_text(value.get_ref<const std::string&>(), whole);
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  return value.dump();
}

std::string render(std::string_view path, const mustache::data& data) {
  mustache::mustache page{std::string(asset(path))};
  if (!page.is_valid()) throw std::logic_error(fmt::format("{}: {}", path, page.error_message()));
  return page.render(data);
}

nlohmann::json printable_strings(const nlohmann::json& value) {
  if (value.is_string()) return page_text(value.get_ref<const std::string&>(), false);
  if (!value.is_structured()) return value;
  nlohmann::json printable = nlohmann::json(value.type());
  for (const auto& [name, element] : value.items())
    if (value.is_object())
      printable.emplace(name, printable_strings(element));
    else
      printable.push_back(printable_strings(element));
  return printable;
}

/// JSON that cannot end the script element that holds it.
std::string script_json(const nlohmann::json& value) {
  std::string text;
  for (const char c : printable_strings(value).dump())
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
  const auto& suite = results.at("suite");
  const auto& tool = results.at("tool");
  return template_data({{"verdict", label.key},
                        {"symbol", label.symbol},
                        {"title", head.title},
                        {"sentences", head.sentences},
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
    part.set("html", render(path + ".mustache", template_data(section->data)));
    part.set("charts", section->charts.empty() ? mustache::data(false)
                                               : mustache::data(script_json(section->charts)));
    sections.push_back(part);
  }
  script += "lsgd.drawAll();\n";
  page.set("sections", sections);
  page.set("style", std::string(asset("page/page.css")));
  page.set("script", script);
  page.set("script_digest", script_digest(script));
  return render("page/page.mustache", page);
}

}  // namespace lsgd
