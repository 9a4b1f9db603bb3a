// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace lsgd {

// Libraries for archives accept many texts of the same members: others' headers, orders, paddings,
// compressions, a second file of the same name. Here there is one, so that whatever differs is no
// archive, and nothing hides in one that a signature does not cover.

/// Contents of files by their names.
using ArchiveMembers = std::map<std::string, std::string>;

/// The members as a POSIX ustar archive, in the order of their names, of no time and no owner. A
/// name has 1 to 100 of the characters A-Z a-z 0-9 . _ - /, no part of it is empty, `.` or `..`,
/// and no file stands where another needs a directory; throws std::invalid_argument.
std::string tar_archive(const ArchiveMembers& members);

/// The inverse. Throws InputError for every other text.
/// @param file  the name that errors carry
ArchiveMembers members_of_tar(std::string_view archive, const std::string& file);

}  // namespace lsgd
