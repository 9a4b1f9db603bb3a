// SPDX-License-Identifier: Apache-2.0
#include "fuzz_target.hpp"
#include "run/waivers.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(waivers) {
  const std::string_view text = text_of(bytes, size);
  require_only_input_error(text, [&] {
    const Waivers waivers = parse_waivers(text, "fuzz.toml", "2026-11-29");
    require(!waivers.entries.empty());
    for (const Waiver& waiver : waivers.entries)
      require(waiver.expires >= waivers.today && waiver.line > 0 && !waiver.pattern.empty());
  });
  return 0;
}
