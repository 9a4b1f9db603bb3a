// SPDX-License-Identifier: Apache-2.0
#include "steps/expected_line.hpp"

#include <fmt/format.h>

#include <lsgd/numbers/binary32.hpp>

#include "files/number_text.hpp"

namespace lsgd {

std::string joined_patterns(const std::vector<std::uint64_t>& patterns, int digits) {
  std::string text;
  for (const std::uint64_t pattern : patterns) {
    if (!text.empty()) text += ' ';
    text += hex_bits(pattern, digits);
  }
  return text;
}

std::string expected_line(std::string_view before, const ExpectedTensor& tensor,
                          std::size_t index) {
  const ExpectedElement& element = tensor.elements[index];
  const int digits = tensor.element_bits / 4;
  return fmt::format("{}{},{},{},{},{},{},{}", before, tensor.name, index,
                     hex_bits(element.bits, digits), element.value, element.exact,
                     element.bound ? to_text(*element.bound) : "",
                     joined_patterns(element.also, digits));
}

}  // namespace lsgd
