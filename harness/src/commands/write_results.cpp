// SPDX-License-Identifier: Apache-2.0
#include "commands/write_results.hpp"

#include "files/json_file.hpp"
#include "files/sha256.hpp"
#include "reports/render_reports.hpp"
#include "run/conformance_run.hpp"

namespace lsgd {

void write_results(const nlohmann::ordered_json& results, const std::filesystem::path& out) {
  const std::filesystem::path file = out / "results.json";
  write_json(file, results);
  render_reports(results, sha256_of_file(file), out);
  remove_journal(out);
}

}  // namespace lsgd
