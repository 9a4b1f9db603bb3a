// SPDX-License-Identifier: Apache-2.0
#include "run/waivers.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fmt/format.h>
#include <fnmatch.h>
#include <map>
#include <set>
#include <utility>

#include "files/input_error.hpp"
#include "files/number_text.hpp"
#include "files/sha256.hpp"
#include "files/text_file.hpp"
#include "files/toml_table.hpp"
#include "result/level_count.hpp"
#include "run/place_in_results.hpp"

namespace lsgd {
namespace {

constexpr std::size_t longest_waivers_file = 1 << 20;

/// Every failure is compared with each of them.
constexpr std::size_t most_waivers = 1000;

/// What a pattern costs grows with the power of this.
constexpr std::ptrdiff_t most_stars = 4;

bool is_day(std::string_view text) {
  constexpr std::string_view form = "0000-00-00";
  if (text.size() != form.size() || text[4] != '-' || text[7] != '-') return false;
  const auto year = integer_from_text(text.substr(0, 4), 9999);
  const auto month = integer_from_text(text.substr(5, 2), 12);
  const auto day = integer_from_text(text.substr(8, 2), 31);
  if (!year || !month || !day) return false;
  return std::chrono::year_month_day(std::chrono::year(static_cast<int>(*year)),
                                     std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day)))
      .ok();
}

[[noreturn]] void refuse(const Waivers& waivers, const Waiver& waiver,
                         const std::string& expected) {
  throw InputError(waivers.file, waiver.line, expected);
}

bool is_same(const Waiver& one, const Waiver& other) {
  return one.target == other.target && one.pattern == other.pattern &&
         one.is_of_clause == other.is_of_clause;
}

/// What can be told without results.
void require_valid(const Waivers& waivers) {
  if (!is_day(waivers.today))
    throw InputError("--today", 0, fmt::format("YYYY-MM-DD, not {}", in_quotes(waivers.today)));
  if (waivers.entries.empty()) throw InputError(waivers.file, 0, "a table [[waiver]]");
  if (waivers.entries.size() > most_waivers)
    throw InputError(waivers.file, 0, fmt::format("at most {} waivers", most_waivers));
  for (auto waiver = waivers.entries.begin(); waiver != waivers.entries.end(); ++waiver) {
    if (!is_day(waiver->expires))
      refuse(waivers, *waiver,
             fmt::format("\"expires\" to be YYYY-MM-DD, not {}", in_quotes(waiver->expires)));
    // Such days are in the order of their texts.
    if (waiver->expires < waivers.today)
      refuse(waivers, *waiver,
             fmt::format("a waiver that holds on {}, not one that expired on {}", waivers.today,
                         waiver->expires));
    for (const std::string& pattern : {waiver->target, waiver->pattern})
      if (pattern.empty() || std::ranges::count(pattern, '*') > most_stars)
        refuse(waivers, *waiver,
               fmt::format("patterns with at most {} *, not {}", most_stars, in_quotes(pattern)));
    const auto first = std::find_if(waivers.entries.begin(), waiver,
                                    [&](const Waiver& other) { return is_same(other, *waiver); });
    if (first != waiver)
      refuse(waivers, *waiver, fmt::format("each waiver once, found that of line {}", first->line));
    if (!waiver->url.starts_with("https://") && !waiver->url.starts_with("http://"))
      refuse(waivers, *waiver, "\"url\" to begin with https:// or http://");
  }
}

std::string waivers_text(std::size_t count) {
  return fmt::format("pass with {} waiver{}", count, count == 1 ? "" : "s");
}

/// The waivers that fit a target, beside the failures of its cases.
template <class Json>
class WaivedTarget {
 public:
  WaivedTarget(const Waivers& waivers, const Json& target) : waivers_(waivers), target_(target) {
    for (std::size_t w = 0; w < waivers.entries.size(); ++w)
      if (fits(waivers.entries[w].target, text("name"))) fitting_.push_back(w);
    for (const Json& level : target.at("levels")) {
      LevelCount& count = counts_[level.at("level").template get<int>()];
      count.selected = level.at("cases_expected").template get<std::size_t>();
    }
    require_narrow();
    for (const Json& found : target.at("cases")) add(found);
    for (const auto& [level, cases] : waived_of_level_)
      if (cases.size() == counts_[level].executed)
        refuse(waivers_, waivers_.entries[cases.front()],
               fmt::format("waivers that leave a case of level {} of {}", level, text("name")));
  }

  /// Waivers by the failures that they fit.
  const std::vector<std::pair<std::size_t, std::string>>& waived() const { return waived_; }

  /// What is left where these failures are none.
  Verdict verdict() const {
    std::vector<LevelCount> counts;
    for (const auto& [level, count] : counts_) counts.push_back(count);
    return verdict_of(counts);
  }

 private:
  static bool fits(const std::string& pattern, const std::string& text) {
    return fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
  }
  static bool fits(const Waiver& waiver, const Json& found) {
    const char* const member = waiver.is_of_clause ? "clause" : "id";
    return fits(waiver.pattern, found.at(member).template get_ref<const std::string&>());
  }
  const std::string& text(const char* member) const {
    return target_.at(member).template get_ref<const std::string&>();
  }

  void require_narrow() const {
    for (const std::size_t w : fitting_) {
      std::map<int, bool> fits_all;
      for (const Json& found : target_.at("cases")) {
        const auto [place, is_new] = fits_all.emplace(found.at("level").template get<int>(), true);
        place->second = place->second && fits(waivers_.entries[w], found);
      }
      for (const auto& [level, all] : fits_all)
        if (all)
          refuse(waivers_, waivers_.entries[w],
                 fmt::format("a waiver of less than all of level {} of {}", level, text("name")));
    }
  }

  void add(const Json& found) {
    const auto& verdict = found.at("verdict").template get_ref<const std::string&>();
    LevelCount& count = counts_[found.at("level").template get<int>()];
    const std::size_t left_out = count.left_out();
    std::optional<std::size_t> waiver;
    // What a device that failed would have computed nobody knows.
    if (verdict == name_of(Verdict::fail)) waiver = waiver_of(found);
    count.add(waiver ? name_of(Verdict::pass) : std::string_view(verdict));
    count.selected += count.left_out() - left_out;
    if (!waiver) return;
    waived_.emplace_back(*waiver, found.at("id").template get<std::string>());
    waived_of_level_[found.at("level").template get<int>()].push_back(*waiver);
  }

  std::optional<std::size_t> waiver_of(const Json& failed) const {
    std::optional<std::size_t> first;
    for (const std::size_t w : fitting_) {
      if (!fits(waivers_.entries[w], failed)) continue;
      if (first)
        refuse(waivers_, waivers_.entries[w],
               fmt::format("one waiver of {} of {}, which that of line {} fits, too",
                           failed.at("id").template get<std::string>(), text("name"),
                           waivers_.entries[*first].line));
      first = w;
    }
    return first;
  }

  const Waivers& waivers_;
  const Json& target_;
  std::vector<std::size_t> fitting_;
  std::map<int, LevelCount> counts_;
  std::map<int, std::vector<std::size_t>> waived_of_level_;
  std::vector<std::pair<std::size_t, std::string>> waived_;
};

template <class Json>
WaivedFailures waived_failures(const Waivers& waivers, const Json& results) {
  const Json& suite = results.at("suite");
  require_whole_run(suite.at("filter").is_null() && suite.at("shard").is_null());
  std::vector<nlohmann::ordered_json> waived(waivers.entries.size(),
                                             nlohmann::ordered_json::array());
  nlohmann::ordered_json targets = nlohmann::ordered_json::array();
  Verdict worst = Verdict::pass;
  for (const Json& target : results.at("targets")) {
    const WaivedTarget<Json> found(waivers, target);
    const auto& name = target.at("name").template get_ref<const std::string&>();
    std::set<std::size_t> used;
    for (const auto& [w, id] : found.waived()) {
      waived[w].push_back({{"target", name}, {"case", id}});
      used.insert(w);
    }
    const Verdict verdict = found.verdict();
    worst = std::max(worst, verdict);
    if (verdict == Verdict::pass && !used.empty())
      targets.push_back({{"name", name}, {"waivers", used.size()}});
  }
  nlohmann::ordered_json entries = nlohmann::ordered_json::array();
  for (std::size_t w = 0; w < waivers.entries.size(); ++w) {
    const Waiver& waiver = waivers.entries[w];
    if (waived[w].empty())
      refuse(waivers, waiver,
             fmt::format("a failure that the waiver of {} fits", in_quotes(waiver.pattern)));
    entries.push_back({{"target", waiver.target},
                       {waiver.is_of_clause ? "clause" : "case", waiver.pattern},
                       {"reason", waiver.reason},
                       {"url", waiver.url},
                       {"owner", waiver.owner},
                       {"expires", waiver.expires},
                       {"line", waiver.line},
                       {"waived", std::move(waived[w])}});
  }
  return {
      worst == Verdict::pass ? waivers_text(waivers.entries.size()) : std::string(name_of(worst)),
      {{"sha256", waivers.sha256},
       {"today", waivers.today},
       {"targets", std::move(targets)},
       {"entries", std::move(entries)}}};
}

Waivers waivers_of(const nlohmann::json& json) {
  Waivers waivers{"results", "", json.at("sha256"), json.at("today"), {}};
  for (const nlohmann::json& entry : json.at("entries")) {
    const bool is_of_clause = entry.contains("clause");
    waivers.entries.push_back({entry.at("target"), entry.at(is_of_clause ? "clause" : "case"),
                               is_of_clause, entry.at("reason"), entry.at("url"), entry.at("owner"),
                               entry.at("expires"), entry.at("line")});
  }
  require_valid(waivers);
  return waivers;
}

}  // namespace

void require_whole_run(bool is_whole) {
  if (!is_whole)
    throw InputError("--waivers", 0,
                     "all cases of a run: of shards, `merge` waives; a selection may lack a "
                     "failure that is waived");
}

std::string day_of_clock() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

Waivers parse_waivers(std::string_view text, const std::string& file, const std::string& today) {
  const toml::table document = parse_toml(text, file);
  TomlTable table(document, file);
  if (table.text("format") != "lsgd-waivers/1") table.fail("format", "format \"lsgd-waivers/1\"");
  Waivers waivers{file, std::string(text), sha256_of(text), today, {}};
  for (TomlTable& entry : table.tables("waiver")) {
    const bool is_of_clause = entry.contains("clause");
    if (is_of_clause == entry.contains("case"))
      entry.fail("clause", "either \"case\" or \"clause\", what is waived");
    Waiver waiver{entry.text("target"),  entry.text(is_of_clause ? "clause" : "case"),
                  is_of_clause,          entry.text("reason"),
                  entry.text("url"),     entry.text("owner"),
                  entry.text("expires"), entry.line()};
    for (const auto& [key, value] :
         {std::pair("reason", &waiver.reason), std::pair("owner", &waiver.owner)})
      if (value->find_first_not_of(" \t\n") == std::string::npos)
        entry.fail(key, "some words, not an empty text");
    entry.reject_unknown_keys();
    waivers.entries.push_back(std::move(waiver));
  }
  table.reject_unknown_keys();
  require_valid(waivers);
  return waivers;
}

Waivers read_waivers(const std::filesystem::path& file, const std::string& today) {
  return parse_waivers(read_text(file, longest_waivers_file), file.string(), today);
}

WaivedFailures waive(const Waivers& waivers, const nlohmann::ordered_json& results) {
  return waived_failures(waivers, results);
}

WaivedFailures waive(const Waivers& waivers, const nlohmann::json& results) {
  return waived_failures(waivers, results);
}

void put_waivers(const Waivers& waivers, nlohmann::ordered_json& results) {
  WaivedFailures found = waive(waivers, results);
  nlohmann::ordered_json with{{"verdict", std::move(found.verdict)}};
  for (auto& [key, value] : results.items()) with[key] = std::move(value);
  with["waivers"] = std::move(found.json);
  results = std::move(with);
}

void require_consistent_waivers(const JsonDocument& document) {
  const nlohmann::json& results = document.value;
  const PlaceInResults place(document, "");
  if (results.contains("verdict") != results.contains("waivers"))
    place.fail("\"verdict\" and \"waivers\" together, or neither");
  if (!results.contains("waivers")) return;
  if (results.contains("selftest")) (place / "waivers").fail("no waivers in a self-test");
  std::optional<WaivedFailures> found;
  try {
    found = waive(waivers_of(results.at("waivers")), results);
  } catch (const InputError& error) {
    (place / "waivers").fail(error.expected());
  }
  place.require(results, "verdict", found->verdict);
  const nlohmann::json computed = found->json;
  for (const char* part : {"targets", "entries"})
    (place / "waivers").require(results.at("waivers"), part, computed.at(part));
}

}  // namespace lsgd
