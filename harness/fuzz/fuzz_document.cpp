// SPDX-License-Identifier: Apache-2.0
#include "fuzz_target.hpp"
#include "reports/recorded_figures.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(document) {
  const std::string_view text = text_of(bytes, size);
  require_only_input_error(text, [&] {
    static const nlohmann::json figures = {
        {"run", {{"standard", {{"cases", 12345u}, {"seconds", 75u}}}}},
        {"port", {{"core", {{"step", 678u}, {"code", nullptr}}}}}};
    const std::string written = with_recorded_figures(text, figures, "fuzz");
    require(with_recorded_figures(written, figures, "fuzz") == written);
  });
  return 0;
}
