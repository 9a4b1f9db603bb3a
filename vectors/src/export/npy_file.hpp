// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lsgd {

/// An array as a file of NumPy format 1.0: magic, version, length of the header, header, elements.
/// @param dtype a Python literal: "'<u4'", or a list of fields "[('a', '<u4'), ...]"
/// @param elements their bytes, little-endian, fields without padding
std::string npy_file(std::string_view dtype, const std::vector<std::size_t>& shape,
                     std::string_view elements);

/// The lowest `size` bytes of a value, the lowest first.
void append_little_endian(std::string& bytes, std::uint64_t value, int size);

}  // namespace lsgd
