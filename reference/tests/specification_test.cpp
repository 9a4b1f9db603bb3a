// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "files/text_file.hpp"

namespace lsgd {
namespace {

constexpr std::size_t longest_line = 120;
constexpr std::size_t longest_file = std::size_t{1} << 26;

std::filesystem::path source() { return LSGD_SOURCE_DIRECTORY; }

std::vector<std::string> specification_lines() {
  std::istringstream text(read_text(source() / "reference" / "SPEC.md", longest_file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

/// Titles of clauses by number: of headings "## 4 Title" and of paragraphs "**4.1 Title.** ...".
std::map<std::string, std::string> clauses() {
  static const std::regex heading(R"(## (\d+) (.+))");
  static const std::regex paragraph(R"((?:- )?\*\*(\d+(?:\.\d+)+) ([^*]+?)\.?\*\*.*)");
  std::map<std::string, std::string> titles;
  std::smatch match;
  for (const std::string& line : specification_lines())
    if (std::regex_match(line, match, heading) || std::regex_match(line, match, paragraph)) {
      EXPECT_TRUE(titles.emplace(match[1], match[2]).second) << line;
    }
  return titles;
}

/// How a page of the project is found from a heading: "4.1 A b" by "#41-a-b".
std::string anchor(const std::string& heading) {
  std::string text;
  for (const char c : heading)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-')
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (c == ' ')
      text += '-';
  return text;
}

/// Whether a line is prose rather than a heading, a row of a table, a formula or empty.
bool is_prose(const std::string& line) {
  const std::size_t begin = line.find_first_not_of(' ');
  return begin != std::string::npos && begin < 4 && line[begin] != '|' && line[begin] != '#';
}

bool is_list_item(const std::string& line) {
  return line.find_first_not_of(' ') == line.find("- ") && is_prose(line);
}

bool ends_sentence(const std::string& line) {
  return line.ends_with('.') || line.ends_with(':') || line.ends_with("∎");
}

/// Whether a formula or a list goes on where line i stops.
bool introduces(const std::vector<std::string>& lines, std::size_t i) {
  return i + 2 < lines.size() && lines[i + 1].empty() &&
         (lines[i + 2].starts_with("    ") || is_list_item(lines[i + 2]));
}

/// Numbers of clauses that a text cites: "SPEC 4.1", "SPEC 4.1, 4.2 and 5 to 5.3" without the bare
/// number in the middle, which may count something else.
std::set<std::string> citations(const std::string& text) {
  static const std::regex first(R"(^(\d+(?:\.\d+)*))");
  static const std::regex further(R"(^(?:, | and | or | to )(\d+(?:\.\d+)+))");
  std::set<std::string> cited;
  for (std::size_t at = 0; (at = text.find("SPEC ", at)) != std::string::npos;) {
    at += 5;
    std::smatch match;
    std::string behind = text.substr(at, 100);
    for (const std::regex* pattern = &first; std::regex_search(behind, match, *pattern);
         pattern = &further) {
      cited.insert(match[1]);
      behind = match.suffix();
    }
  }
  return cited;
}

bool is_text(const std::filesystem::path& file) {
  static const std::set<std::string> extensions{
      ".c",    ".cc", ".cmake", ".cpp",      ".csv", ".h",  ".hpp", ".in",   ".js", ".md",
      ".json", ".S",  ".svh",   ".mustache", ".py",  ".sh", ".sv",  ".toml", ".txt"};
  return extensions.contains(file.extension().string()) && file.filename() != "CHANGELOG.md";
}

/// Files of the source tree in which people cite clauses.
std::vector<std::filesystem::path> citing_files() {
  std::vector<std::filesystem::path> files;
  for (auto entry = std::filesystem::recursive_directory_iterator(source());
       entry != std::filesystem::recursive_directory_iterator(); ++entry) {
    const std::string name = entry->path().filename().string();
    if (entry->is_directory() && (name.starts_with('.') || name == "build" || name == "out"))
      entry.disable_recursion_pending();
    else if (entry->is_regular_file() && is_text(entry->path()))
      files.push_back(entry->path());
  }
  return files;
}

TEST(Specification, HasEveryClauseThatAnyFileCites) {
  const std::map<std::string, std::string> titles = clauses();
  std::size_t citing = 0;
  for (const std::filesystem::path& file : citing_files()) {
    const std::set<std::string> cited = citations(read_text(file, longest_file));
    for (const std::string& number : cited)
      EXPECT_TRUE(titles.contains(number)) << file << " cites SPEC " << number;
    citing += cited.empty() ? 0 : 1;
  }
  EXPECT_GT(citing, 100U);
}

TEST(Specification, CitationsAreRead) {
  EXPECT_EQ(citations("/// (SPEC 4.8), SPEC 2.4 to 2.7, 5 inputs; SPEC 11 and 13.2. SPEC.md"),
            (std::set<std::string>{"4.8", "2.4", "2.7", "11", "13.2"}));
}

TEST(Specification, ContentsListItsHeadingsInOrder) {
  std::vector<std::string> listed, headings;
  for (const std::string& line : specification_lines()) {
    if (line.starts_with("- [")) listed.push_back(line);
    if (line.starts_with("## ") && line != "## Contents")
      headings.push_back("- [" + line.substr(3) + "](#" + anchor(line.substr(3)) + ")");
  }
  EXPECT_EQ(listed, headings);
}

TEST(Specification, LastTableFindsEveryClauseByItsNumber) {
  const std::vector<std::string> lines = specification_lines();
  const auto table = std::ranges::find(lines, "## Clauses by number");
  ASSERT_NE(table, lines.end());
  static const std::regex row(R"(\| ([\d.]+) \| (.+) \|)");
  std::map<std::string, std::string> listed;
  std::smatch match;
  for (auto line = table; line != lines.end(); ++line)
    if (std::regex_match(*line, match, row)) listed.emplace(match[1], match[2]);
  EXPECT_EQ(listed, clauses());
}

TEST(Specification, HasOneSentenceOnALine) {
  // A bold or slanted title before a sentence is part of its line.
  static const std::regex title(R"(^ *(?:- )?(?:\*\*[^*]+\*\* ?|\*[^*]+\* ?)?)");
  static const std::regex two_sentences(R"([a-z0-9)\]'`][.] +[A-Z"`(])");
  const std::vector<std::string> lines = specification_lines();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    if (!is_prose(line) || line.starts_with("- [") || line.starts_with("# ")) continue;
    const std::string sentence = std::regex_replace(line, title, "");
    EXPECT_FALSE(std::regex_search(sentence, two_sentences)) << i + 1 << ": " << line;
    EXPECT_TRUE(ends_sentence(line) || is_list_item(line) || introduces(lines, i))
        << i + 1 << " ends in the middle of a sentence: " << line;
  }
}

TEST(Specification, HasNoLongLinesButTablesAndFormulas) {
  std::size_t number = 0;
  for (const std::string& line : specification_lines()) {
    ++number;
    if (is_prose(line)) {
      EXPECT_LE(line.size(), longest_line) << number << ": " << line;
    }
  }
}

}  // namespace
}  // namespace lsgd
