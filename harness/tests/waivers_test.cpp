// SPDX-License-Identifier: Apache-2.0
#include "run/waivers.hpp"

#include <fmt/format.h>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "files/input_error.hpp"
#include "files/json_file.hpp"
#include "run/conformance_run.hpp"

namespace lsgd {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string today = "2026-11-29";

/// A waiver of cases, or with "clause" of clauses.
std::string waiver(const std::string& pattern, const std::string& target = "acme",
                   const std::string& kind = "case", const std::string& expires = "2026-12-31") {
  return fmt::format(
      "[[waiver]]\ntarget = \"{}\"\n{} = \"{}\"\nreason = \"errata 7\"\n"
      "url = \"https://acme.example/7\"\nowner = \"Ada\"\nexpires = \"{}\"\n",
      target, kind, pattern, expires);
}

Waivers parsed(const std::string& waivers, const std::string& day = today) {
  return parse_waivers("format = \"lsgd-waivers/1\"\n" + waivers, "known.toml", day);
}

json test_case(const std::string& id, const std::string& verdict) {
  json found{{"id", id},
             {"level", id[5] - '0'},
             {"clause", "SPEC 7." + id.substr(5, 1)},
             {"verdict", verdict},
             {"failure", nullptr}};
  if (verdict == "fail" || verdict == "device_failure") found["failure"] = {{"message", "wrong"}};
  return found;
}

/// Results of targets whose cases have these verdicts: three of level 1, two of level 2.
json results(const std::vector<std::pair<std::string, std::vector<std::string>>>& verdicts) {
  const std::vector<std::string> ids{"level1/a", "level1/b", "level1/c", "level2/a", "level2/b"};
  json targets = json::array();
  for (const auto& [name, of_cases] : verdicts) {
    json cases = json::array();
    std::string verdict = "pass";
    for (std::size_t c = 0; c < of_cases.size(); ++c) {
      cases.push_back(test_case(ids[c], of_cases[c]));
      if (of_cases[c] != "pass") verdict = of_cases[c];
    }
    targets.push_back(
        {{"name", name},
         {"verdict", verdict},
         {"levels", {{{"level", 1}, {"cases_expected", 3}}, {{"level", 2}, {"cases_expected", 2}}}},
         {"cases", cases}});
  }
  return {{"suite", {{"filter", nullptr}, {"shard", nullptr}}}, {"targets", targets}};
}

json one_failure() { return results({{"acme", {"pass", "fail", "pass", "pass", "pass"}}}); }

std::string error_of_waivers(const std::function<void()>& act) {
  try {
    act();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

std::string error_of_waiving(const std::string& waivers, const json& of = one_failure()) {
  return error_of_waivers([&] { waive(parsed(waivers), of); });
}

TEST(Waivers, MakeAFailureAPassWithWaiversAndNoPass) {
  const WaivedFailures waived = waive(parsed(waiver("level1/b")), one_failure());
  EXPECT_EQ(waived.verdict, "pass with 1 waiver");
  EXPECT_EQ(waived.json.at("targets"), (json{{{"name", "acme"}, {"waivers", 1}}}));
  EXPECT_EQ(json(waived.json.at("entries").at(0).at("waived")),
            (json{{{"target", "acme"}, {"case", "level1/b"}}}));
  EXPECT_EQ(waived.json.at("today"), today);
}

TEST(Waivers, StandFirstInResultsWhoseVerdictsStay) {
  nlohmann::ordered_json of = one_failure();
  put_waivers(parsed(waiver("level1/b")), of);
  EXPECT_EQ(of.begin().key(), "verdict");
  EXPECT_EQ(of.at("targets").at(0).at("verdict"), "fail");
  EXPECT_EQ(of.at("targets").at(0).at("cases").at(1).at("verdict"), "fail");
  EXPECT_EQ(exit_status(of), 0);
}

TEST(Waivers, FitByPatternsOfTargetsCasesAndClauses) {
  const json of = results({{"acme-m0", {"pass", "fail", "pass", "fail", "pass"}},
                           {"acme-m4", {"pass", "fail", "pass", "pass", "pass"}},
                           {"other", {"pass", "pass", "pass", "pass", "pass"}}});
  const WaivedFailures waived =
      waive(parsed(waiver("level1/b", "acme-*") + waiver("level2/[a]", "*-m0")), of);
  EXPECT_EQ(waived.verdict, "pass with 2 waivers");
  EXPECT_EQ(waived.json.at("targets"),
            (json{{{"name", "acme-m0"}, {"waivers", 2}}, {{"name", "acme-m4"}, {"waivers", 1}}}));

  json by_clause = one_failure();
  by_clause["targets"][0]["cases"][1]["clause"] = "SPEC 5.5";
  EXPECT_EQ(waive(parsed(waiver("SPEC 5.5", "acme", "clause")), by_clause).verdict,
            "pass with 1 waiver");
}

TEST(Waivers, LeaveEveryOtherFailureAFailure) {
  json of = one_failure();
  of["targets"][0]["cases"][2] = test_case("level1/c", "fail");
  const WaivedFailures waived = waive(parsed(waiver("level1/b")), of);
  EXPECT_EQ(waived.verdict, "fail");
  EXPECT_TRUE(waived.json.at("targets").empty());
}

TEST(Waivers, NeverCoverADeviceThatFailedOrACaseThatIsMissing) {
  const json device = results({{"acme", {"pass", "device_failure", "pass", "pass", "pass"}}});
  EXPECT_THAT(error_of_waiving(waiver("level1/b"), device), HasSubstr("a failure that the waiver"));
  json missing = one_failure();
  missing["targets"][0]["cases"].erase(4);
  const WaivedFailures waived = waive(parsed(waiver("level1/b")), missing);
  EXPECT_EQ(waived.verdict, "incomplete");
  EXPECT_TRUE(waived.json.at("targets").empty());
}

TEST(Waivers, ThatFitNoFailureAreRefusedWithTheirLine) {
  EXPECT_THAT(error_of_waiving(waiver("level1/b") + waiver("level1/c")),
              HasSubstr("known.toml:9: expected a failure that the waiver of \"level1/c\" fits"));
  EXPECT_THAT(error_of_waiving(waiver("level1/b", "acne")), HasSubstr("known.toml:2: expected"));
}

TEST(Waivers, OfAWholeLevelAreRefused) {
  EXPECT_THAT(error_of_waiving(waiver("level1/*")), HasSubstr("less than all of level 1 of acme"));
  EXPECT_THAT(error_of_waiving(waiver("*")), HasSubstr("less than all of level 1"));
  EXPECT_THAT(error_of_waiving(waiver("SPEC 7.1", "acme", "clause")), HasSubstr("less than all"));
  // None of them does alone.
  const json of = results({{"acme", {"fail", "fail", "fail", "pass", "pass"}}});
  EXPECT_THAT(error_of_waiving(waiver("level1/[ab]") + waiver("level1/c"), of),
              HasSubstr("waivers that leave a case of level 1 of acme"));
}

TEST(Waivers, OfTheSameFailureAreRefused) {
  EXPECT_THAT(error_of_waiving(waiver("level1/b") + waiver("level1/[b]")),
              HasSubstr("known.toml:9: expected one waiver of level1/b of acme, which that of line "
                        "2 fits, too"));
}

TEST(Waivers, OfAPartOfARunAreRefused) {
  for (const char* part : {"filter", "shard"}) {
    json of = one_failure();
    of["suite"][part] = "1/2";
    EXPECT_THAT(error_of_waiving(waiver("level1/b"), of), HasSubstr("all cases of a run"));
  }
}

TEST(Waivers, HoldOnTheDayOnWhichTheyExpire) {
  const std::string until_today = waiver("level1/b", "acme", "case", today);
  EXPECT_EQ(parsed(until_today).entries.size(), 1u);
  EXPECT_EQ(error_of_waivers([&] { parsed(until_today, "2026-11-30"); }),
            "known.toml:2: expected a waiver that holds on 2026-11-30, not one that expired on "
            "2026-11-29");
}

TEST(Waivers, AreReadAsTheyAreWrittenOrRefused) {
  const std::string good = waiver("level1/b");
  const auto edited = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  for (const std::string& wrong :
       {std::string(), good + good, edited("2026-12-31", "2026-13-01"),
        edited("2026-12-31", "2027-02-29"), edited("2026-12-31", "31.12.2026"),
        edited("https:", "ftp:"), edited("errata 7", " "), edited("Ada", ""),
        edited("level1/b", ""), edited("level1/b", "*a*b*c*d*e*"), edited("case =", "cases ="),
        edited("case =", "clause = \"x\"\ncase ="), edited("owner = \"Ada\"\n", "")})
    EXPECT_THAT(error_of_waivers([&] { parsed(wrong); }), HasSubstr("known.toml")) << wrong;
  EXPECT_THAT(error_of_waivers([&] { parsed(good, "today"); }), HasSubstr("--today"));
}

TEST(Waivers, EditedInResultsAreNoticed) {
  const auto document_of = [](const json& value) {
    return JsonDocument{.file = "results.json", .value = value, .lines = {}};
  };
  nlohmann::ordered_json waived = one_failure();
  put_waivers(parsed(waiver("level1/b")), waived);
  const json honest = waived;
  EXPECT_EQ(error_of_waivers([&] { require_consistent_waivers(document_of(honest)); }), "no error");
  const std::vector<std::pair<std::string, json>> edits{
      {"/verdict", "pass with 2 waivers"},
      {"/waivers/targets/0/waivers", 3},
      {"/waivers/entries/0/waived/0/case", "level1/c"},
      {"/waivers/entries/0/case", "level1/c"},
      {"/waivers/entries/0/case", "*"},
      {"/waivers/entries/0/expires", "2026-11-28"},
      {"/waivers/today", "2027-01-01"},
      {"/targets/0/cases/1/verdict", "pass"},
      {"/targets/0/cases/2", test_case("level1/c", "fail")}};
  for (const auto& [place, value] : edits) {
    json edited = honest;
    edited[json::json_pointer(place)] = value;
    EXPECT_THAT(error_of_waivers([&] { require_consistent_waivers(document_of(edited)); }),
                HasSubstr("results.json"))
        << place;
  }
  for (const char* part : {"verdict", "waivers"}) {
    json edited = honest;
    edited.erase(part);
    EXPECT_THAT(error_of_waivers([&] { require_consistent_waivers(document_of(edited)); }),
                HasSubstr("together"));
  }
}

}  // namespace
}  // namespace lsgd
