// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "fuzz_target.hpp"
#include "import/c_source.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(c_source) {
  const std::string_view text = text_of(bytes, size);
  CSource source;
  require_only_input_error(text, [&] { source.add_text(std::string(text), "fuzz"); });
  for (const std::string& name : source.list_names()) {
    require(source.has_list(name));
    require_only_input_error(text, [&] {
      for (const float value : source.numbers(name)) require(std::isfinite(value));
    });
    require_only_input_error(text, [&] { source.integers(name); });
    require_only_input_error(text, [&] { source.identifiers(name); });
  }
  for (const char* const macro : {"N", "EPOCHS", "LEARNING_RATE"}) {
    require_only_input_error(text, [&] { source.integer(macro); });
    require_only_input_error(text, [&] { source.number(macro); });
  }
  return 0;
}
