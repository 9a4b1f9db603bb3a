// SPDX-License-Identifier: Apache-2.0
#include "files/json_file.hpp"
#include "fuzz_directory.hpp"
#include "fuzz_target.hpp"
#include "reports/render_reports.hpp"
#include "result/packed_results.hpp"
#include "run/checked_results.hpp"
#include "run/results_difference.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(results) {
  const std::string_view text = text_of(bytes, size);
  require_only_input_error(text, [&] {
    JsonDocument results = parse_json(text, "fuzz");
    validate_json(results, "results");
    unpack_results(results);
    static const nlohmann::json first = results.value;
    require(!compare_results(results.value, results.value).verdict_got_worse);
    compare_results(first, results.value);
    compare_results(results.value, first);
    static const FuzzDirectory directory;
    render_reports(results.value, {}, directory.path());
    require_consistent(results);
  });
  return 0;
}
