// SPDX-License-Identifier: Apache-2.0
#include "markdown_report.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

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

std::string matrix(const nlohmann::json& results) {
  const auto levels = levels_of(results);
  std::string head = "| Target | Verdict |";
  std::string rule = "|---|---|";
  for (const int level : levels) {
    head += fmt::format(" {} {} |", level, level_name(level));
    rule += "---|";
  }
  std::string rows;
  for (const PortGroup& group : port_groups(results)) {
    for (const auto* target : group.targets) {
      const VerdictLabel label = verdict_label(verdict_of(results, *target));
      rows += fmt::format("| {} | {} **{}** |", code_span(target->at("name"), true), label.symbol,
                          label.word);
      for (const int level : levels) rows += " " + level_cell(find_level(*target, level)) + " |";
      rows += "\n";
    }
  }
  return head + "\n" + rule + "\n" + rows;
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

std::string failures(const nlohmann::json& results, std::size_t limit) {
  std::string text;
  std::size_t count = 0;
  for (const auto& target : results.at("targets"))
    for (const auto& test_case : target.at("cases"))
      if (!test_case.at("failure").is_null() && ++count <= limit)
        text += "\n" + failure_item(results, target, test_case);
  if (count == 0) return {};
  if (count > limit)
    text += fmt::format("\n{} further failures are in index.html and cases.csv.\n",
                        grouped(count - limit));
  return "\n## Failures\n" + text;
}

std::string levels_not_run(const nlohmann::json& results) {
  std::string text;
  for (const auto& target : results.at("targets"))
    for (const auto& level : target.at("levels"))
      if (!level.at("reason").is_null())
        text += fmt::format("- {}, level {}, {}: {}\n", code_span(target.at("name")),
                            level.at("level").dump(),
                            verdict_label(level.at("verdict").get<std::string>()).word,
                            code_span(level.at("reason")));
  return text.empty() ? text : "\n## Levels not run in full\n\n" + text;
}

std::string count_cell(const nlohmann::json& value) {
  const auto known = figure(value);
  return known ? grouped(*known) : "unknown";
}

/// Medians of the targets whose platform counts at least instructions.
std::string costs(const nlohmann::json& results) {
  std::string rows;
  for (const std::string& network : measured_networks(results))
    for (const auto& target : results.at("targets")) {
      const auto* cost = find_cost(target, network);
      if (cost == nullptr || cost->at("step").at("instructions_median").is_null()) continue;
      const auto& step = cost->at("step");
      const auto cpi = cycles_per_instruction(step);
      rows += fmt::format("| {} | {} | {} | {} | {} | {} |\n", code_span(network, true),
                          code_span(target.at("name"), true), count_cell(step.at("cycles_median")),
                          count_cell(step.at("instructions_median")),
                          cpi ? fmt::format("{:.3f}", *cpi) : "unknown",
                          count_cell(cost->at("stack_bytes")));
    }
  if (rows.empty()) return rows;
  return "\n## Cost of a training step\n\n"
         "| Network | Target | Cycles | Instructions | CPI | Stack |\n|---|---|--:|--:|--:|--:|\n" +
         rows;
}

/// Missed mutants, one a line, and how many were caught by which level.
std::string selftest(const nlohmann::json& results) {
  if (!results.contains("selftest")) return {};
  std::map<int, std::uint64_t> levels;
  std::string missed;
  for (const auto& mutant : results.at("selftest").at("mutants")) {
    if (mutant.at("verdict") == "missed")
      missed += fmt::format("- {}: {}\n", code_span(mutant.at("name")),
                            code_span(mutant.at("description")));
    if (mutant.at("verdict") == "caught") ++levels[mutant.at("caught_by").at("level")];
  }
  std::string text = "\n## Mutants caught first by\n\n| Level | Mutants |\n|---|--:|\n";
  for (const auto& [level, count] : levels)
    text += fmt::format("| {} {} | {} |\n", level, level_name(level), grouped(count));
  return text + (missed.empty() ? missed : "\n## Missed mutants\n\n" + missed);
}

std::string claims(const nlohmann::json& results) {
  if (!results.contains("claims") || results.at("claims").empty()) return {};
  std::string rows;
  for (const auto& claim : results.at("claims"))
    rows += fmt::format("| {} | {} | {} | {} | {} | {} |\n", code_span(claim.at("id"), true),
                        escaped(claim.at("definition").get<std::string>()),
                        claim_figure(claim, "published"), claim_figure(claim, "ours"),
                        code_span(claim_values(claim), true),
                        escaped(claim.at("explanation").get<std::string>()));
  return "\n## Published claims\n\n"
         "| Claim | What is compared | Published | Here | Measured | Why "
         "|\n|---|---|--:|--:|---|---|\n" +
         rows;
}

/// What the summary is of, and which program made it.
std::string digests(const nlohmann::json& results, const std::string& sha256) {
  std::string text;
  if (!sha256.empty()) text += fmt::format("SHA-256 of results.json: `{}`\n", sha256);
  if (const auto& tool = results.at("tool"); tool.contains("sha256"))
    text += fmt::format("SHA-256 of the program: {}\n", code_span(tool.at("sha256")));
  return text.empty() ? text : "\n" + text;
}

}  // namespace

std::string markdown_report(const nlohmann::json& results, const std::string& sha256,
                            std::size_t failure_limit) {
  const Headline head = headline(results);
  std::string text =
      fmt::format("# {} {}\n\n", verdict_label(head.verdict).symbol, escaped(head.title));
  for (const std::string& sentence : head.sentences)
    text += escaped(shortened(printable_text(sentence), 2 * cell_limit)) + "\n";
  text += "\n";
  for (const Reason& reason : head.reasons) {
    text += fmt::format("- {}\n", escaped(printable_text(reason.sentence)));
    for (const std::string& part : reason.parts)
      text += fmt::format("  - {}\n", escaped(shortened(printable_text(part), cell_limit)));
  }
  return text + "\n" + matrix(results) + selftest(results) + costs(results) + claims(results) +
         levels_not_run(results) + failures(results, failure_limit) + digests(results, sha256);
}

}  // namespace lsgd
