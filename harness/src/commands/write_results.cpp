// SPDX-License-Identifier: Apache-2.0
#include "commands/write_results.hpp"

#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/sha256.hpp"
#include "reports/render_reports.hpp"
#include "result/packed_results.hpp"
#include "run/conformance_run.hpp"

namespace lsgd {

void write_results(nlohmann::ordered_json& results, const std::filesystem::path& out,
                   const std::optional<Waivers>& waivers) {
  std::optional<InputError> refused;
  if (waivers) try {
      put_waivers(*waivers, results);
    } catch (const InputError& error) {
      refused = error;
    }
  if (waivers && !refused)
    write_file(out / "waivers.toml", waivers->text);
  else
    std::filesystem::remove(out / "waivers.toml");
  const std::filesystem::path file = out / "results.json";
  write_file(file, packed_results(results));
  render_reports(results, sha256_of_file(file), out);
  remove_journal(out);
  if (refused) throw InputError(*refused);
}

}  // namespace lsgd
