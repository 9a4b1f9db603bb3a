// SPDX-License-Identifier: Apache-2.0
#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(arithmetic) {
  const std::string_view text = text_of(bytes, size);
  require_only_input_error(text, [&] {
    const Arithmetic arithmetic = parse_arithmetic(text, "fuzz.toml");
    const std::string canonical = canonical_text(arithmetic);
    require(canonical_text(parse_arithmetic("name = \"fuzz\"\n" + canonical, "fuzz.toml")) ==
            canonical);
    const Network network{{{3, 5, Activation::relu}, {5, 2, Activation::sigmoid}}, Loss::bce};
    require(training_state_bytes(arithmetic, network).total() >= 3 * 5 + 5 + 5 * 2 + 2);
    require(!judgements_of(arithmetic).empty());
    for (const std::string& gap : not_judged(arithmetic)) require(!gap.empty());
  });
  return 0;
}
