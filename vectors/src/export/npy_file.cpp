// SPDX-License-Identifier: Apache-2.0
#include "export/npy_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lsgd {

void append_little_endian(std::string& bytes, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

std::string npy_file(std::string_view dtype, const std::vector<std::size_t>& shape,
                     std::string_view elements) {
  constexpr std::size_t alignment = 64;
  constexpr std::size_t before_header = 10;
  std::string header = fmt::format("{{'descr': {}, 'fortran_order': False, 'shape': ({}{}), }}",
                                   dtype, fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  const std::size_t unpadded = before_header + header.size() + 1;
  header.append((alignment - unpadded % alignment) % alignment, ' ');
  header += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += '\x01';
  bytes += '\0';
  append_little_endian(bytes, header.size(), 2);
  bytes += header;
  bytes += elements;
  return bytes;
}

}  // namespace lsgd
