// SPDX-License-Identifier: Apache-2.0
#include "reports/recorded_figures.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <sstream>
#include <utility>

#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/json_file.hpp"
#include "files/text_file.hpp"
#include "number_format.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::json;

constexpr std::string_view figure_begin = "<!-- figure";
constexpr std::string_view comment_end = "-->";
constexpr std::string_view figure_end = "<!-- end -->";
constexpr std::size_t longest_document = std::size_t{1} << 20;

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \n") - begin + 1));
}

std::string duration(std::uint64_t seconds) {
  return seconds < 60 ? fmt::format("{} s", seconds)
                      : fmt::format("{} min {} s", seconds / 60, seconds % 60);
}

/// The figures of one document.
class FigureText {
 public:
  FigureText(const Json& figures, std::string file) : figures_(figures), file_(std::move(file)) {}

  /// The text of one figure, of a comment in this line.
  std::string figure(const std::string& path, std::size_t line) const {
    const std::size_t division = path.find(" / ");
    if (division != std::string::npos) {
      const Json& dividend = at(trimmed(path.substr(0, division)), line);
      const Json& divisor = at(trimmed(path.substr(division + 3)), line);
      if (dividend.is_null() || divisor.is_null() || divisor == 0) return "-";
      return significant(dividend.get<double>() / divisor.get<double>());
    }
    const Json& value = at(path, line);
    if (value.is_null()) return "-";
    const auto number = value.get<std::uint64_t>();
    return path.ends_with("/seconds") ? duration(number) : grouped(number);
  }

  /// The text between two comments, of a table that the first one describes.
  std::string table(const std::string& description, std::size_t line) const {
    std::vector<std::pair<std::string, std::string>> columns;  // title, words or path
    std::istringstream lines(description);
    for (std::string text; std::getline(lines, text); ++line) {
      const std::size_t colon = text.find(": ");
      if (colon == std::string::npos)
        throw InputError(file_, line,
                         "a title, a colon and words or a path in each line of a table");
      columns.emplace_back(text.substr(0, colon), trimmed(text.substr(colon + 2)));
    }
    std::string titles = "\n|", rule = "|";
    for (const auto& [title, column] : columns) {
      titles += fmt::format(" {} |", title);
      rule += rule == "|" ? "---|" : "--:|";
    }
    std::string text = fmt::format("{}\n{}\n", titles, rule);
    std::istringstream words(columns.front().second);
    for (std::string word; words >> word;) {
      text += fmt::format("| {} |", word);
      for (std::size_t i = 1; i < columns.size(); ++i)
        text += fmt::format(" {} |",
                            figure(with_word(columns[i].second, word), line - columns.size() + i));
      text += '\n';
    }
    return text;
  }

  InputError error(std::size_t line, const std::string& expected) const {
    return {file_, line, expected};
  }

 private:
  static std::string with_word(std::string path, const std::string& word) {
    for (std::size_t star = 0; (star = path.find('*', star)) != std::string::npos;
         star += word.size())
      path.replace(star, 1, word);
    return path;
  }

  const Json& at(const std::string& path, std::size_t line) const {
    const Json* value = &figures_;
    std::istringstream names(path);
    for (std::string name; value != nullptr && std::getline(names, name, '/');)
      value = value->is_object() && value->contains(name) ? &value->at(name) : nullptr;
    if (value == nullptr || !(value->is_number_integer() || value->is_null()))
      throw error(line, fmt::format("the path of a recorded figure, not {}", in_quotes(path)));
    return *value;
  }

  const Json& figures_;
  std::string file_;
};

Json read_figures(const std::filesystem::path& source) {
  return recorded_figures(read_json(source / "targets" / "baselines.json", "baselines"),
                          read_json(source / "reports" / "recorded_runs.json", "recorded_runs"));
}

}  // namespace

nlohmann::json recorded_figures(const nlohmann::json& baselines, const nlohmann::json& runs) {
  Json figures = {{"run", runs.at("runs")}, {"selftest", runs.at("selftest")}};
  for (const Json& row : baselines.at("rows"))
    figures[row.at("port")][row.at("core")][row.at("network")] = row;
  return figures;
}

std::string with_recorded_figures(std::string_view document, const nlohmann::json& figures,
                                  const std::string& file) {
  const FigureText text(figures, file);
  std::string written;
  std::size_t done = 0;
  for (std::size_t begin; (begin = document.find(figure_begin, done)) != std::string_view::npos;) {
    const auto line =
        1 + static_cast<std::size_t>(std::count(document.begin(), document.begin() + begin, '\n'));
    const std::size_t name = begin + figure_begin.size();
    const std::size_t close = document.find(comment_end, name);
    const std::size_t end = document.find(figure_end, name);
    if (close == std::string_view::npos || end == std::string_view::npos || end < close ||
        document.find(figure_begin, name) < end)
      throw text.error(line, fmt::format("{} behind a figure", figure_end));
    written += document.substr(done, close + comment_end.size() - done);
    const std::string_view content = document.substr(name, close - name);
    written += content.starts_with("s\n") ? text.table(trimmed(content.substr(2)), line + 1)
                                          : text.figure(trimmed(content), line);
    done = end;
  }
  return written.append(document.substr(done));
}

std::vector<std::filesystem::path> documents(const std::filesystem::path& source) {
  std::vector<std::filesystem::path> found;
  auto entry = std::filesystem::recursive_directory_iterator(source);
  for (; entry != std::filesystem::recursive_directory_iterator(); ++entry) {
    const std::string name = entry->path().filename().string();
    // What is built, or rendered into reports/out, is no document of ours.
    if (entry->is_directory() && (name.starts_with('.') || name == "build" || name == "out"))
      entry.disable_recursion_pending();
    else if (entry->is_regular_file() && name.ends_with(".md"))
      found.push_back(entry->path());
  }
  std::ranges::sort(found);
  return found;
}

std::vector<std::filesystem::path> rewrite_documents(const std::filesystem::path& source) {
  const Json figures = read_figures(source);
  std::vector<std::filesystem::path> changed;
  for (const std::filesystem::path& document : documents(source)) {
    const std::string before = read_text(document, longest_document);
    const std::string after = with_recorded_figures(before, figures, document.string());
    if (after == before) continue;
    write_file(document, after);
    changed.push_back(document);
  }
  return changed;
}

nlohmann::json with_recorded_run(nlohmann::json runs, const nlohmann::json& results,
                                 const std::string& file) {
  const Json& suite = results.at("suite");
  const Json& totals = results.at("totals");
  const bool is_whole = suite.at("filter").is_null() && suite.at("shard").is_null();
  if (!is_whole || totals.at("targets") == 0 || totals.at("passed") != totals.at("targets"))
    throw InputError(file, 0, "a whole suite that every target passed");
  if (results.contains("selftest")) {
    const Json& selftest = results.at("selftest");
    if (selftest.at("legal").contains("left_out"))
      throw InputError(file, 0, "a whole self-test, without --legal-part");
    for (const char* part : {"semantic", "generated", "legal"})
      for (auto& [name, value] : runs["selftest"].at(part).items())
        value = selftest.at(part).at(name);
    return runs;
  }
  runs["runs"][suite.at("name").get<std::string>()] = {
      {"targets", totals.at("targets")},
      {"cases", totals.at("cases")},
      {"seconds", std::llround(results.at("timing").at("wall_seconds").get<double>())}};
  return runs;
}

}  // namespace lsgd
