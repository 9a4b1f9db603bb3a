// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cases/format_stream.hpp"

namespace lsgd {

/// Formats of which vectors/formats/ has a digest of every stream, as named_format takes them.
const std::vector<std::string>& recorded_formats();

/// The streams whose digests are recorded: decode, and each other operation in every direction with
/// every rule of overflow; stochastic with 4 and 8 bits truncated, 8 bits midpoint and nearest;
/// floats of 8 or 16 bits also with flushed subnormals, to nearest even. Formats of more than 16
/// bits are only encoded to nearest even.
std::vector<FormatStream> recorded_streams(const std::string& format_name);

/// A line of vectors/formats/FORMAT.csv without its end: the stream, its rows, and the SHA-256 of
/// its CSV file.
std::string digest_line(const FormatStream& stream);

/// All lines of that file, computed.
std::string digest_table(const std::string& format_name);

/// The name of that file, and the file as it is recorded; empty where none is.
std::string digest_file_name(const std::string& format_name);
std::string_view recorded_digests(const std::string& format_name);

/// Lines of `text` that `other` does not have, in alphabetical order.
std::vector<std::string> lines_missing_in(std::string_view other, std::string_view text);

}  // namespace lsgd
