// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lsgd {

/// Text of a target or a device as one line that every report may carry: control characters,
/// direction overrides, noncharacters and invalid UTF-8 are spelled out, as in \n, \x1b or \u202e.
/// The result is valid UTF-8 and legal XML 1.0 character data. It is not escaped for any format.
std::string printable_text(std::string_view text);

/// The first `limit` characters of UTF-8 text, with a note of the full length when it is longer.
std::string shortened(std::string_view text, std::size_t limit);

}  // namespace lsgd
