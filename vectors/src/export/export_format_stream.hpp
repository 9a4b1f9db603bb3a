// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "cases/format_stream.hpp"

namespace lsgd {

enum class StreamFileFormat : std::uint8_t {
  csv,  ///< a header line, codes and patterns in hexadecimal
  c,    ///< a C99 header with an array of structures
  npy,  ///< one NumPy array (format 1.0) of records
};

template <>
struct EnumeratorNames<StreamFileFormat> {
  static constexpr std::array<std::string_view, 3> names{"csv", "c", "npy"};
};

/// A stream as the bytes of a file.
struct StreamText {
  std::string bytes;
  std::size_t rows = 0;
};

/// All rows of a stream. Columns are, in CSV:
///
///     decode         code,binary64,value
///     encode         binary32,value[,random],result
///     add, multiply  a,b[,random],result
///
/// `random` is there for stochastic rounding; `value` is for readers, the shortest decimal of the
/// number; a result that the format does not have is "none", in C and NumPy -1. Infinities and NaN
/// are "inf", "-inf" and "nan".
StreamText stream_text(const FormatStream& stream, StreamFileFormat format);

/// What tells a stream from others, as a C identifier: "e4m3_add_nearest_even_saturate".
std::string stream_name(const FormatStream& stream);

}  // namespace lsgd
