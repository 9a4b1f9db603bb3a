// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <gmock/gmock.h>

#include "files/json_file.hpp"
#include "html_report.hpp"
#include "markdown_report.hpp"
#include "sample_results.hpp"

namespace lsgd {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

nlohmann::json measured(const std::string& target, double value,
                        const std::vector<double>& samples) {
  return {{"target", target}, {"value", value}, {"samples", samples}};
}

nlohmann::json claim(const std::string& unit, const std::string& comparison,
                     const nlohmann::json& published, const nlohmann::json& ours,
                     const nlohmann::json& baseline, const nlohmann::json& subject) {
  return {{"id", "small"},
          {"statement", "It is <small>."},
          {"definition", "Bytes | of *all*."},
          {"network", "car"},
          {"quantity", "extra_bytes"},
          {"unit", unit},
          {"comparison", comparison},
          {"published", published},
          {"ours", ours},
          {"baseline", baseline},
          {"subject", subject},
          {"explanation", "Because."}};
}

nlohmann::json run_with_claims() {
  auto results = smoke_run();
  results["claims"] = {
      claim("bytes", "times", 4, 3.25, measured("a", 3748, {}), measured("b", 1153, {})),
      claim("percent", "points", nullptr, -12.5, measured("a", 85, {80, 90}),
            measured("b", 72.5, {72.5})),
      claim("cycles", "share", 2.8, nullptr, nullptr, measured("b", 1'000'000, {}))};
  return results;
}

TEST(ClaimsReport, SatisfiesTheSchema) {
  const std::filesystem::path file =
      std::filesystem::path(testing::TempDir()) / "claims_report_test.json";
  write_json(file, run_with_claims());
  EXPECT_EQ(read_json(file, "results"), run_with_claims());
  std::filesystem::remove(file);
}

TEST(ClaimsReport, ShowsEveryClaimWithItsValues) {
  const std::string html = html_report(run_with_claims());
  EXPECT_THAT(html, HasSubstr("<h3>It is &lt;small&gt;.</h3>"));
  EXPECT_THAT(html,
              HasSubstr("<td class=\"number\">4.00 times</td><td class=\"number\">3.25 times</td>"
                        "<td class=\"prose\">a: 3,748 bytes; b: 1,153 bytes</td>"));
  EXPECT_THAT(html,
              HasSubstr("<td class=\"number\">no figure</td><td class=\"number\">-12.50 points</td>"
                        "<td class=\"prose\">a: 85.00 % (mean of 80.0, 90.0); b: 72.50 %</td>"));
  EXPECT_THAT(html,
              HasSubstr("<td class=\"number\">2.80 %</td><td class=\"number\">not measured</td>"
                        "<td class=\"prose\">not measured; b: 1,000,000 cycles</td>"));
}

TEST(ClaimsReport, KeepsTextInsideItsMarkdownCell) {
  EXPECT_THAT(markdown_report(run_with_claims()),
              HasSubstr("| `small` | Bytes \\| of \\*all\\*. | 4.00 times | 3.25 times | "
                        "`a: 3,748 bytes; b: 1,153 bytes` | Because. |\n"));
}

TEST(ClaimsReport, LeavesTheSectionOutWithoutClaims) {
  EXPECT_THAT(html_report(smoke_run()), Not(HasSubstr("Published claims")));
  EXPECT_THAT(markdown_report(smoke_run()), Not(HasSubstr("Published claims")));
}

}  // namespace
}  // namespace lsgd
