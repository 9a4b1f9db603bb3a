// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "data/model_file.hpp"
#include "data/network_text.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(parameters) {
  const std::string_view text = text_of(bytes, size);
  require_only_input_error(text, [&] {
    const Network network = network_from_text("2-2-1", "tanh-sigmoid", "bce");
    std::istringstream stream{std::string(text)};
    const auto parameters = parse_parameters(stream, "fuzz", network);
    require(parameters.size() == 2 && parameters[0].weights.size() == 4 &&
            parameters[1].biases.size() == 1);
  });
  return 0;
}
