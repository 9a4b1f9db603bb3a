// SPDX-License-Identifier: Apache-2.0
#include "data/model_file.hpp"
#include "data/network_text.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(model) {
  const std::string_view text = text_of(bytes, size);
  require_only_input_error(text, [&] {
    const Network network = parse_model_description(text, "fuzz").network;
    require(network_from_text(sizes_text(network), activations_text(network),
                              to_text(network.loss)) == network);
  });
  return 0;
}
