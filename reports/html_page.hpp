// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "headline.hpp"
#include "section_list.hpp"

namespace lsgd {

/// One of the facts below the headline: text, and a digest or nothing.
struct PageFact {
  std::string name;
  std::string text;
  std::string digest = {};
};

/// What a page starts with.
struct PageHead {
  std::string verdict;   ///< a key of verdict_label: the mark beside the title
  std::string overline;  ///< what kind of page it is
  std::string title;
  std::vector<std::string> sentences;
  std::vector<Reason> reasons;  ///< a list below the sentences
  std::vector<PageFact> facts;
  std::string source;  ///< name of the file that the page was rendered from
};

/// A page of sections as one HTML file that loads nothing: styles, Chart.js and data are inside.
/// Its content security policy allows only its own script.
/// @param results what the sections are built from
std::string html_page(const PageHead& head, std::span<const SectionEntry> sections,
                      const nlohmann::json& results);

}  // namespace lsgd
