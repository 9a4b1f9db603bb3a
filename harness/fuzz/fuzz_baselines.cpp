// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <tuple>

#include "cost/benchmark.hpp"
#include "files/json_file.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(baselines) {
  const std::string_view text = text_of(bytes, size);
  require_only_input_error(text, [&] {
    const JsonDocument recorded = parse_json(text, "fuzz");
    validate_json(recorded, "baselines");
    static const nlohmann::json first = recorded.value;
    require(unmeasured(recorded.value, recorded.value).empty());
    std::set<std::tuple<std::string, std::string, std::string>> rows;
    for (const auto& row : recorded.value.at("rows"))
      rows.emplace(row.at("port"), row.at("core"), row.at("network"));
    if (rows.size() == recorded.value.at("rows").size())
      require(regressions(recorded.value, recorded.value).empty());
    regressions(first, recorded.value);
    regressions(recorded.value, first);
  });
  return 0;
}
