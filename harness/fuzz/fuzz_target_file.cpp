// SPDX-License-Identifier: Apache-2.0
#include "description/target_file.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(target_file) {
  const std::string_view text = text_of(bytes, size);
  require_only_input_error(text, [&] {
    const Target target = parse_target(text, "directory/fuzz.toml");
    require(!target.name.empty() && !target.command.empty() && target.timeout_seconds > 0);
    for (const Footprint& footprint : target.footprints) require(!footprint.network.empty());
  });
  return 0;
}
