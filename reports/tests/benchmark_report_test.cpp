// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <gmock/gmock.h>

#include "files/json_file.hpp"
#include "html_report.hpp"
#include "sample_results.hpp"

namespace lsgd {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(BenchmarkReport, SatisfiesTheSchema) {
  const std::filesystem::path file =
      std::filesystem::path(testing::TempDir()) / "benchmark_report_test.json";
  write_json(file, benchmarked_run());
  EXPECT_EQ(read_json(file, "results"), benchmarked_run());
  std::filesystem::remove(file);
}

TEST(BenchmarkReport, ShowsCostPhasesBoundsAndABarForEachFunction) {
  const std::string html = html_report(benchmarked_run());
  EXPECT_THAT(html, HasSubstr("<td class=\"number\">12,345</td><td class=\"number\">23,456</td>"
                              "<td class=\"number\">10,000</td>"
                              "<td class=\"number\">1.234</td><td class=\"number\"></td>"
                              "<td class=\"number\">244</td><td class=\"number\">5,000</td>"
                              "<td class=\"number\">6,412</td>"));
  EXPECT_THAT(html, HasSubstr("8,000<br><span class=\"note\">1,260</span>"));
  EXPECT_THAT(html, HasSubstr("9,000<br><span class=\"note\">4,000</span></td>"
                              "<td class=\"number\">2.25</td>"));
  EXPECT_THAT(html, HasSubstr("data-chart=\"benchmark\""));
  EXPECT_THAT(html, Not(HasSubstr("<update>")));
}

TEST(BenchmarkReport, LeavesOpenWhatACoreDoesNotCount) {
  auto results = benchmarked_run();
  auto& row = results["benchmark"]["rows"][0];
  row["forward"]["cycles"] = nullptr;
  row["step"] = {{"cycles", nullptr},
                 {"cycles_worst", nullptr},
                 {"instructions", 10000},
                 {"instructions_worst", 10500}};
  row["profile"]["counted_cycles"] = nullptr;
  const std::filesystem::path file =
      std::filesystem::path(testing::TempDir()) / "benchmark_report_test.json";
  write_json(file, results);
  EXPECT_EQ(read_json(file, "results"), results);
  std::filesystem::remove(file);
  EXPECT_THAT(html_report(results),
              HasSubstr("<td class=\"number\"></td><td class=\"number\"></td>"
                        "<td class=\"number\"></td>"
                        "<td class=\"number\">10,000</td><td class=\"number\"></td>"));
}

TEST(BenchmarkReport, ReadsResultsFromBeforeThereWereStates) {
  auto results = benchmarked_run();
  auto& row = results["benchmark"]["rows"][0];
  row.erase("samples");
  row.erase("linked_text_bytes");
  for (const char* operation : {"forward", "step"})
    for (const char* worst : {"cycles_worst", "instructions_worst"}) row[operation].erase(worst);
  const std::filesystem::path file =
      std::filesystem::path(testing::TempDir()) / "benchmark_report_test_before.json";
  write_json(file, results);
  EXPECT_EQ(read_json(file, "results"), results);
  std::filesystem::remove(file);
  EXPECT_THAT(html_report(results),
              HasSubstr("<td class=\"number\">12,345</td><td class=\"number\"></td>"
                        "<td class=\"number\">10,000</td>"));
}

TEST(BenchmarkReport, SumsWhatTheLongestBarsLeave) {
  auto results = benchmarked_run();
  auto& functions = results["benchmark"]["rows"][0]["profile"]["functions"];
  for (int i = 0; i < 20; ++i)
    functions.push_back(
        {{"name", "small"}, {"phase", "delta"}, {"cycles", 5}, {"instructions", 5}});
  // Three that were there and eleven of these have bars of their own.
  EXPECT_THAT(html_report(results), HasSubstr(R"("cycles":45,"name":"9 smaller ones","phase":"")"));
}

TEST(BenchmarkReport, LeavesTheSectionOutWithoutABenchmark) {
  EXPECT_THAT(html_report(smoke_run()), Not(HasSubstr("Benchmark of the ports")));
}

}  // namespace
}  // namespace lsgd
