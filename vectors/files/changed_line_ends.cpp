// SPDX-License-Identifier: Apache-2.0
#include "files/changed_line_ends.hpp"

#include <cstddef>

#include "files/sha256.hpp"
#include "files/text_file.hpp"

namespace lsgd {

std::string changed_line_ends(const std::filesystem::path& path, const std::string& sha256) {
  constexpr std::size_t longest = std::size_t{1} << 30;
  std::error_code error;
  if (std::filesystem::file_size(path, error) > longest) return {};
  const std::string text = read_text(path, longest);
  std::string with_line_feeds;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text.compare(i, 2, "\r\n") != 0) with_line_feeds += text[i];
  if (sha256_of(with_line_feeds) != sha256) return {};
  return ": its line ends were changed, as git does with core.autocrlf (* -text in .gitattributes "
         "keeps them)";
}

}  // namespace lsgd
