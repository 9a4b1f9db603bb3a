// SPDX-License-Identifier: Apache-2.0
#include "markdown_report.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "claim_text.hpp"
#include "headline.hpp"
#include "measured_cost.hpp"
#include "number_format.hpp"
#include "port_groups.hpp"
#include "printable_text.hpp"
#include "verdict_label.hpp"
#include "waived_failure.hpp"

namespace lsgd {
namespace {

constexpr std::size_t cell_limit = 200;

struct Line {
  std::string text;
  bool comes_first = false;  ///< before others, where there is not room for all
};

/// A part of the summary; not shown where it has no lines.
struct Part {
  std::string head;
  std::vector<Line> lines;
  std::string noun;          ///< for one of them
  std::size_t share = 0;     ///< bytes that it may take whatever others need
  std::size_t left_out = 0;  ///< lines that it never has
};

std::size_t longest_run_of_backticks(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) longest = std::max(longest, run = c == '`' ? run + 1 : 0);
  return longest;
}

/// Text as a code span, where nothing but the closing fence and, in a table, a bar has a meaning.
std::string code_span(const nlohmann::json& value, bool in_table = false) {
  const std::string printable =
      shortened(printable_text(value.get_ref<const std::string&>()), cell_limit);
  if (printable.empty()) return {};
  const std::size_t ticks = longest_run_of_backticks(printable);
  const std::string fence(ticks + 1, '`');
  const std::string padding = ticks > 0 ? " " : "";
  std::string text;
  for (const char c : printable) {
    if (c == '|' && in_table) text += '\\';
    text += c;
  }
  return fence + padding + text + padding + fence;
}

std::string code_block(std::string_view text) {
  const std::string fence(std::max<std::size_t>(3, longest_run_of_backticks(text) + 1), '`');
  return fmt::format("{}sh\n{}\n{}\n", fence, text, fence);
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view("\\`*_[]<>#|~&@!").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string level_cell(const nlohmann::json* level) {
  if (level == nullptr) return "";
  const VerdictLabel label = verdict_label(level->at("verdict").get<std::string>());
  if (label.key == "skipped") return label.symbol + " " + label.word;
  const auto executed = level->at("cases_executed").get<std::uint64_t>();
  const auto failed = level->at("cases_failed").get<std::uint64_t>();
  const auto expected = level->at("cases_expected").get<std::uint64_t>();
  if (label.key == "incomplete")
    return fmt::format("{} {}, {} of {}", label.symbol, label.word, grouped(executed),
                       grouped(expected));
  if (failed > 0)
    return fmt::format("{} {}, {} of {}", label.symbol, label.word, grouped(failed),
                       grouped(executed));
  return fmt::format("{} {} {}", label.symbol, grouped(executed), label.word);
}

Part matrix(const nlohmann::json& results) {
  const auto levels = levels_of(results);
  std::string head = "| Target | Verdict |";
  std::string rule = "|---|---|";
  for (const int level : levels) {
    head += fmt::format(" {} {} |", level, level_name(level));
    rule += "---|";
  }
  Part part{"\n" + head + "\n" + rule + "\n", {}, "target", 18'000};
  for (const PortGroup& group : port_groups(results))
    for (const auto* target : group.targets) {
      const VerdictLabel label = verdict_label(verdict_of(results, *target));
      std::string row = fmt::format("| {} | {} **{}** |", code_span(target->at("name"), true),
                                    label.symbol, label.word);
      for (const int level : levels) row += " " + level_cell(find_level(*target, level)) + " |";
      part.lines.push_back({row + "\n", label.key != "pass"});
    }
  return part;
}

/// " at step 3, layer 1, W1[5]", as far as known.
std::string place(const nlohmann::json& failure) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? " at " : ", ") + part; };
  if (!failure.at("step").is_null()) add("step " + failure.at("step").dump());
  if (!failure.at("layer").is_null()) add("layer " + failure.at("layer").dump());
  if (!failure.at("tensor").is_null())
    add(code_span(failure.at("tensor")) +
        (failure.at("index").is_null() ? "" : " element " + failure.at("index").dump()));
  return text;
}

std::string waiver_item(const nlohmann::json& waiver) {
  const auto& reason = waiver.at("reason");
  return fmt::format("- waived until {} by {}: {}, {}\n", code_span(waiver.at("expires")),
                     code_span(waiver.at("owner")), code_span(reason), code_span(waiver.at("url")));
}

std::string failure_item(const nlohmann::json& results, const nlohmann::json& target,
                         const nlohmann::json& test_case) {
  const auto& failure = test_case.at("failure");
  const VerdictLabel label = verdict_label(test_case.at("verdict").get<std::string>());
  std::string item =
      fmt::format("{} {}, {}{}: {}\n", label.symbol, code_span(target.at("name")),
                  code_span(test_case.at("id")), place(failure), code_span(failure.at("message")));
  for (const char* member : {"expected", "got", "tolerance"})
    if (!failure.at(member).is_null())
      item += fmt::format("- {} {}\n", member, code_span(failure.at(member)));
  if (const auto* waiver = find_waiver(results, target, test_case)) item += waiver_item(*waiver);
  return item + "\n" +
         code_block(printable_text(failure.at("repeat").get_ref<const std::string&>()));
}

Part failures(const nlohmann::json& results, std::size_t limit) {
  Part part{"\n## Failures\n", {}, "failure", 14'000};
  for (const auto& target : results.at("targets"))
    for (const auto& test_case : target.at("cases")) {
      if (test_case.at("failure").is_null()) continue;
      if (part.lines.size() < limit)
        part.lines.push_back({"\n" + failure_item(results, target, test_case)});
      else
        ++part.left_out;
    }
  return part;
}

Part levels_not_run(const nlohmann::json& results) {
  Part part{"\n## Levels not run in full\n\n", {}, "level", 3'000};
  for (const auto& target : results.at("targets"))
    for (const auto& level : target.at("levels"))
      if (!level.at("reason").is_null())
        part.lines.push_back(
            {fmt::format("- {}, level {}, {}: {}\n", code_span(target.at("name")),
                         level.at("level").dump(),
                         verdict_label(level.at("verdict").get<std::string>()).word,
                         code_span(level.at("reason"))),
             level.at("verdict") == "incomplete"});
  return part;
}

std::string count_cell(const nlohmann::json& value) {
  const auto known = figure(value);
  return known ? grouped(*known) : "unknown";
}

/// Medians of the targets whose platform counts at least instructions.
Part costs(const nlohmann::json& results) {
  Part part{
      "\n## Cost of a training step\n\n"
      "| Network | Target | Cycles | Instructions | CPI | Stack |\n|---|---|--:|--:|--:|--:|\n",
      {},
      "row",
      5'000};
  for (const std::string& network : measured_networks(results))
    for (const auto& target : results.at("targets")) {
      const auto* cost = find_cost(target, network);
      if (cost == nullptr || cost->at("step").at("instructions_median").is_null()) continue;
      const auto& step = cost->at("step");
      const auto cpi = cycles_per_instruction(step);
      part.lines.push_back({fmt::format(
          "| {} | {} | {} | {} | {} | {} |\n", code_span(network, true),
          code_span(target.at("name"), true), count_cell(step.at("cycles_median")),
          count_cell(step.at("instructions_median")), cpi ? fmt::format("{:.3f}", *cpi) : "unknown",
          count_cell(cost->at("stack_bytes")))});
    }
  return part;
}

/// How many mutants were caught by which level.
Part caught_mutants(const nlohmann::json& results) {
  Part part{"\n## Mutants caught first by\n\n| Level | Mutants |\n|---|--:|\n", {}, "level", 1'000};
  if (!results.contains("selftest")) return part;
  std::map<int, std::uint64_t> levels;
  for (const auto& mutant : results.at("selftest").at("mutants"))
    if (mutant.at("verdict") == "caught") ++levels[mutant.at("caught_by").at("level")];
  for (const auto& [level, count] : levels)
    part.lines.push_back(
        {fmt::format("| {} {} | {} |\n", level, level_name(level), grouped(count))});
  return part;
}

Part missed_mutants(const nlohmann::json& results) {
  Part part{"\n## Missed mutants\n\n", {}, "mutant", 4'000};
  if (!results.contains("selftest")) return part;
  for (const auto& mutant : results.at("selftest").at("mutants"))
    if (mutant.at("verdict") == "missed")
      part.lines.push_back({fmt::format("- {}: {}\n", code_span(mutant.at("name")),
                                        code_span(mutant.at("description")))});
  return part;
}

Part claims(const nlohmann::json& results) {
  Part part{
      "\n## Published claims\n\n"
      "| Claim | What is compared | Published | Here | Measured | Why "
      "|\n|---|---|--:|--:|---|---|\n",
      {},
      "claim",
      4'000};
  for (const auto& claim : results.value("claims", nlohmann::json::array()))
    part.lines.push_back({fmt::format(
        "| {} | {} | {} | {} | {} | {} |\n", code_span(claim.at("id"), true),
        escaped(claim.at("definition").get<std::string>()), claim_figure(claim, "published"),
        claim_figure(claim, "ours"), code_span(claim_values(claim), true),
        escaped(claim.at("explanation").get<std::string>()))});
  return part;
}

/// What `diff` prints.
Part changes_since(const nlohmann::json& results) {
  Part part{"\n## Since the earlier run\n\n", {}, "change", 4'000};
  if (!results.contains("comparison")) return part;
  std::istringstream summary(results.at("comparison").at("summary").get<std::string>());
  for (std::string line; std::getline(summary, line);)
    part.lines.push_back({fmt::format("- {}\n", code_span(line))});
  return part;
}

Part sentences_of(const Headline& head) {
  Part part{"\n", {}, "sentence", 4'000};
  for (const std::string& sentence : head.sentences)
    part.lines.push_back({escaped(shortened(printable_text(sentence), 2 * cell_limit)) + "\n"});
  return part;
}

Part reasons_of(const Headline& head) {
  Part part{"\n", {}, "reason", 4'000};
  for (const Reason& reason : head.reasons) {
    part.lines.push_back({fmt::format("- {}\n", escaped(printable_text(reason.sentence)))});
    for (const std::string& of_it : reason.parts)
      part.lines.push_back(
          {fmt::format("  - {}\n", escaped(shortened(printable_text(of_it), cell_limit)))});
  }
  return part;
}

/// What the summary is of, and which program made it.
std::string digests(const nlohmann::json& results, const std::string& sha256) {
  std::string text;
  if (!sha256.empty()) text += fmt::format("SHA-256 of results.json: `{}`\n", sha256);
  if (const auto& tool = results.at("tool"); tool.contains("sha256"))
    text += fmt::format("SHA-256 of the program: {}\n", code_span(tool.at("sha256")));
  return text.empty() ? text : "\n" + text;
}

/// Which lines of a part have room in so many bytes: those that come first in any case, then the
/// others.
std::vector<bool> lines_within(const Part& part, std::size_t room) {
  std::vector<bool> is_shown(part.lines.size());
  std::size_t length = part.head.size();
  for (const bool comes_first : {true, false})
    for (std::size_t l = 0; l < part.lines.size(); ++l) {
      const Line& line = part.lines[l];
      if (line.comes_first != comes_first || length + line.text.size() > room) continue;
      length += line.text.size();
      is_shown[l] = true;
    }
  return is_shown;
}

std::string note_of(const Part& part, std::size_t left_out) {
  return left_out == 0
             ? ""
             : fmt::format("\n{} in index.html and cases.csv.\n",
                           left_out == 1
                               ? fmt::format("1 further {} is", part.noun)
                               : fmt::format("{} further {}s are", grouped(left_out), part.noun));
}

constexpr std::size_t longest_note = 100;

std::size_t length_of(const Part& part) {
  if (part.lines.empty()) return 0;
  std::size_t length = part.head.size() + (part.left_out > 0 ? longest_note : 0);
  for (const Line& line : part.lines) length += line.text.size();
  return length;
}

std::string text_within(const Part& part, std::size_t room) {
  if (part.lines.empty()) return {};
  const bool has_all = length_of(part) <= room;
  const std::vector<bool> is_shown = lines_within(part, has_all ? room : room - longest_note);
  std::string text = part.head;
  std::size_t left_out = part.left_out;
  for (std::size_t l = 0; l < part.lines.size(); ++l)
    if (is_shown[l])
      text += part.lines[l].text;
    else
      ++left_out;
  return text + note_of(part, left_out);
}

}  // namespace

std::string markdown_report(const nlohmann::json& results, const std::string& sha256,
                            std::size_t failure_limit) {
  const Headline head = headline(results);
  const std::string title = fmt::format("# {} {}\n", verdict_label(head.verdict).symbol,
                                        escaped(shortened(head.title, cell_limit)));
  const std::string end = digests(results, sha256);
  // In the order in which they are shown.
  const std::vector<Part> parts{sentences_of(head),      reasons_of(head),
                                matrix(results),         changes_since(results),
                                caught_mutants(results), missed_mutants(results),
                                costs(results),          claims(results),
                                levels_not_run(results), failures(results, failure_limit)};
  // Each has its share; what some leave goes to those that need more, the last ones first.
  std::vector<std::size_t> rooms;
  std::size_t left = longest_summary - title.size() - end.size();
  for (const Part& part : parts) {
    rooms.push_back(std::min(part.share, length_of(part)));
    left -= rooms.back();
  }
  for (std::size_t p = parts.size(); p-- > 0;) {
    const std::size_t more = std::min(left, length_of(parts[p]) - rooms[p]);
    rooms[p] += more;
    left -= more;
  }
  std::string text = title;
  for (std::size_t p = 0; p < parts.size(); ++p) text += text_within(parts[p], rooms[p]);
  return text + end;
}

}  // namespace lsgd
