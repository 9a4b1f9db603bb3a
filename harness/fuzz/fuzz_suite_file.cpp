// SPDX-License-Identifier: Apache-2.0
#include "description/suite_file.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(suite_file) {
  const std::string_view text = text_of(bytes, size);
  require_only_input_error(text, [&] {
    const Suite suite = parse_suite(text, "fuzz.toml");
    require(!suite.name.empty());
    for (const Workload& workload : suite.workloads)
      require(workload.chunks > 0 && workload.steps > 0 && workload.learning_rate > 0);
  });
  return 0;
}
