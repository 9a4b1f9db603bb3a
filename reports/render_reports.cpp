// SPDX-License-Identifier: Apache-2.0
#include "reports/render_reports.hpp"

#include <fmt/format.h>
#include <functional>
#include <future>
#include <string>
#include <string_view>

#include "badge.hpp"
#include "csv_report.hpp"
#include "files/atomic_file.hpp"
#include "files/sha256.hpp"
#include "html_report.hpp"
#include "junit_report.hpp"
#include "markdown_report.hpp"
#include "sarif_report.hpp"

namespace lsgd {
namespace {

/// A name of letters, digits and _ . - alone that is not hidden, nor longer than files may be
/// called.
std::string file_name(const std::string& text) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  std::string name;
  for (const char c : text)
    if (plain.find(c) != std::string_view::npos && (c != '.' || !name.empty()))
      name += c;
    else
      name += fmt::format("%{:02x}", static_cast<unsigned char>(c));
  constexpr std::size_t longest = 200;
  if (name.size() <= longest) return name;
  return name.substr(0, longest - 17) + '~' + sha256_of(text).substr(0, 16);
}

}  // namespace

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

void render_further_reports(const nlohmann::json& results, const FurtherReports& wanted,
                            const std::filesystem::path& out_dir) {
  std::filesystem::create_directories(out_dir);
  if (wanted.has_junit_by_target) {
    std::filesystem::create_directories(out_dir / "junit");
    for (const JunitDocument& document : junit_reports_by_target(results))
      write_file(out_dir / "junit" /
                     fmt::format("{}{}.xml", file_name(document.name),
                                 document.part == 1 ? "" : fmt::format("~{}", document.part)),
                 document.xml);
  }
  if (wanted.has_badge) write_file(out_dir / "badge.svg", badge(results));
  if (wanted.has_figures) write_file(out_dir / "figures.csv", figures_report(results));
  if (!wanted.sarif_location.empty())
    write_file(out_dir / "results.sarif", sarif_report(results, wanted.sarif_location));
}

}  // namespace lsgd
