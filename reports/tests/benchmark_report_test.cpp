// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <filesystem>
#include <lsgd/json_file.hpp>

#include "html_report.hpp"
#include "sample_results.hpp"

namespace lsgd {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

nlohmann::json run_with_benchmark() {
  auto results = smoke_run();
  const nlohmann::json profile{
      {"cycles", 9000},
      {"counted_cycles", 9010},
      {"functions",
       {{{"name", "<update>"}, {"cycles", 8000}, {"instructions", 7900}},
        {{"name", "forward"}, {"cycles", 1000}, {"instructions", 990}}}},
      {"phases",
       {{"forward", 1000}, {"activation", 0}, {"delta", 0}, {"update", 8000}, {"backward", 0}}},
      {"bounds", {{"forward", 1536}, {"activation", 52}, {"delta", 1152}, {"update", 1260}}}};
  results["benchmark"] = {{"compiler", "gcc 12"},
                          {"rows",
                           {{{"port", "p"},
                             {"core", "rtl_c"},
                             {"network", "car"},
                             {"forward", {{"cycles", 1100}, {"instructions", 1000}}},
                             {"step", {{"cycles", 12345}, {"instructions", 10000}}},
                             {"stack_bytes", 244},
                             {"static_ram_bytes", nullptr},
                             {"text_bytes", 5000},
                             {"profile", profile}}}}};
  return results;
}

TEST(BenchmarkReport, SatisfiesTheSchema) {
  const std::filesystem::path file =
      std::filesystem::path(testing::TempDir()) / "benchmark_report_test.json";
  write_json(file, run_with_benchmark());
  EXPECT_EQ(read_json(file, "results"), run_with_benchmark());
  std::filesystem::remove(file);
}

TEST(BenchmarkReport, ShowsCostPhasesBoundsAndABarForEachFunction) {
  const std::string html = html_report(run_with_benchmark());
  EXPECT_THAT(html, HasSubstr("<td class=\"number\">12,345</td><td class=\"number\">10,000</td>"
                              "<td class=\"number\">1.234</td><td class=\"number\"></td>"
                              "<td class=\"number\">244</td><td class=\"number\">5,000</td>"));
  EXPECT_THAT(html, HasSubstr("8,000<br><span class=\"note\">1,260</span>"));
  EXPECT_THAT(html, HasSubstr("9,000<br><span class=\"note\">4,000</span></td>"
                              "<td class=\"number\">2.25</td>"));
  EXPECT_THAT(html, HasSubstr("data-chart=\"benchmark\""));
  EXPECT_THAT(html, Not(HasSubstr("<update>")));
}

TEST(BenchmarkReport, LeavesTheSectionOutWithoutABenchmark) {
  EXPECT_THAT(html_report(smoke_run()), Not(HasSubstr("Benchmark of the ports")));
}

}  // namespace
}  // namespace lsgd
