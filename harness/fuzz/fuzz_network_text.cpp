// SPDX-License-Identifier: Apache-2.0

// The bytes are sizes, activations and loss, separated by spaces.
#include <stdexcept>

#include "data/network_text.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(network_text) {
  std::string_view rest = text_of(bytes, size);
  const auto next = [&rest] {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    return word;
  };
  const std::string_view sizes = next(), activations = next(), loss = next();
  try {
    const Network network = network_from_text(sizes, activations, loss);
    require(fault_of(network).expected.empty());
    require(network_from_text(sizes_text(network), activations_text(network), loss) == network);
  } catch (const std::invalid_argument& error) {
    require(*error.what() != '\0');
  }
  return 0;
}
