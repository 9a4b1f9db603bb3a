// SPDX-License-Identifier: Apache-2.0
#include "files/json_file.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(json) {
  const std::string_view text = text_of(bytes, size);
  require_only_input_error(text, [&] {
    const JsonDocument document = parse_json(text, "fuzz");
    require(parse_json(document.value.dump(), "fuzz").value == document.value);
    for (const std::string_view schema : {"model", "manifest", "results"})
      require_only_input_error(text, [&] { validate_json(document, schema); });
  });
  return 0;
}
