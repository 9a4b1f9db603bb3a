// SPDX-License-Identifier: Apache-2.0
#include "reports/render_reports.hpp"

#include <functional>
#include <future>

#include "csv_report.hpp"
#include "files/atomic_file.hpp"
#include "html_report.hpp"
#include "junit_report.hpp"
#include "markdown_report.hpp"

namespace lsgd {

void render_reports(const nlohmann::json& results, const std::string& sha256,
                    const std::filesystem::path& out_dir) {
  // It takes as long as all others together, and more.
  auto html = std::async(html_report, std::cref(results), std::cref(sha256));
  const std::string junit = junit_report(results);
  const std::string markdown = markdown_report(results, sha256);
  const std::string csv = csv_report(results);
  const std::string page = html.get();
  std::filesystem::create_directories(out_dir);
  write_file(out_dir / "junit.xml", junit);
  write_file(out_dir / "summary.md", markdown);
  write_file(out_dir / "cases.csv", csv);
  write_file(out_dir / "index.html", page);
}

}  // namespace lsgd
