// SPDX-License-Identifier: Apache-2.0
#include "reports/render_reports.hpp"

#include <fmt/format.h>
#include <functional>
#include <future>
#include <string>
#include <string_view>

#include "csv_report.hpp"
#include "files/atomic_file.hpp"
#include "html_report.hpp"
#include "junit_report.hpp"
#include "markdown_report.hpp"

namespace lsgd {
namespace {

/// A name of letters, digits and _ . - alone that is not hidden.
std::string file_name(const std::string& text) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  std::string name;
  for (const char c : text)
    if (plain.find(c) != std::string_view::npos && (c != '.' || !name.empty()))
      name += c;
    else
      name += fmt::format("%{:02x}", static_cast<unsigned char>(c));
  return name;
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

void render_junit_of_targets(const nlohmann::json& results,
                             const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  const nlohmann::json& targets = results.at("targets");
  for (std::size_t t = 0; t < targets.size(); ++t)
    write_file(directory / (file_name(targets.at(t).at("name")) + ".xml"),
               junit_report_of_target(results, t));
}

}  // namespace lsgd
