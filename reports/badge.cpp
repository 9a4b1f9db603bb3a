// SPDX-License-Identifier: Apache-2.0
#include "badge.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <pugixml.hpp>
#include <sstream>
#include <string_view>

#include "headline.hpp"
#include "number_format.hpp"
#include "printable_text.hpp"
#include "verdict_label.hpp"
#include "waived_failure.hpp"

namespace lsgd {
namespace {

constexpr std::size_t longest_name = 40;

/// "2 of 99 fail" of several targets that share no verdict.
std::string badge_message(const nlohmann::json& results, const std::string& verdict) {
  if (verdict == "waived") return results.at("verdict");
  const std::string word = verdict_label(verdict).word;
  const auto& targets = results.at("targets");
  const auto count =
      static_cast<std::uint64_t>(std::ranges::count_if(targets, [&](const nlohmann::json& target) {
        return verdict_of(results, target) == verdict;
      }));
  if (targets.size() < 2 || count == targets.size() || count == 0) return word;
  return fmt::format("{} of {}: {}", grouped(count), grouped(targets.size()), word);
}

/// How much less than the suite that the badge names a run was; empty where it was all of it.
std::string what_is_less(const nlohmann::json& results) {
  if (!results.at("suite").at("filter").is_null()) return "of a selection";
  const auto& targets = results.at("targets");
  const auto count =
      static_cast<std::uint64_t>(std::ranges::count_if(targets, [](const nlohmann::json& target) {
        return target.contains("shortened") && !target.at("shortened").empty();
      }));
  if (count == 0) return {};
  if (count == targets.size()) return "of a shortened suite";
  return fmt::format("{} of {} of a shortened suite", grouped(count), grouped(targets.size()));
}

std::string_view color_of(const std::string& verdict, bool is_whole) {
  if (verdict == "pass" && is_whole) return "#2e7d32";
  if (verdict == "pass" || verdict == "waived") return "#9a5b00";
  return verdict == "incomplete" ? "#616161" : "#c62828";
}

/// Pixels that text takes in the font below, or a little more.
std::size_t width_of(std::string_view text) { return 7 * text.size() + 12; }

void set_attribute(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name).set_value(std::string(value).c_str());
}

void set_attribute(pugi::xml_node node, const char* name, std::size_t value) {
  set_attribute(node, name, std::to_string(value));
}

void add_box(pugi::xml_node image, std::size_t left, const std::string& text,
             std::string_view color) {
  pugi::xml_node box = image.append_child("rect");
  set_attribute(box, "x", left);
  set_attribute(box, "width", width_of(text));
  set_attribute(box, "height", 20);
  set_attribute(box, "fill", color);
  pugi::xml_node words = image.append_child("text");
  set_attribute(words, "x", left + width_of(text) / 2);
  set_attribute(words, "y", 14);
  set_attribute(words, "textLength", width_of(text) - 12);
  words.text().set(text.c_str());
}

}  // namespace

std::string badge(const nlohmann::json& results) {
  const std::string verdict = headline(results).verdict;
  const std::string name =
      "L-SGD " +
      shortened(printable_text(results.at("suite").at("name").get<std::string>()), longest_name);
  const std::string less = what_is_less(results);
  std::string told = badge_message(results, verdict);
  if (verdict == "pass" && !less.empty()) told += ", " + less;
  pugi::xml_document document;
  pugi::xml_node image = document.append_child("svg");
  set_attribute(image, "xmlns", "http://www.w3.org/2000/svg");
  set_attribute(image, "width", width_of(name) + width_of(told));
  set_attribute(image, "height", 20);
  set_attribute(image, "role", "img");
  set_attribute(image, "aria-label", name + ": " + told);
  set_attribute(image, "font-family", "Verdana,DejaVu Sans,sans-serif");
  set_attribute(image, "font-size", 11);
  set_attribute(image, "text-anchor", "middle");
  set_attribute(image, "fill", "#fff");
  image.append_child("title").text().set((name + ": " + told).c_str());
  add_box(image, 0, name, "#424242");
  add_box(image, width_of(name), told, color_of(verdict, less.empty()));
  std::ostringstream svg;
  document.save(svg, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  return svg.str() + "\n";
}

}  // namespace lsgd
