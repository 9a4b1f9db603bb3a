// SPDX-License-Identifier: Apache-2.0
#include "files/tar_archive.hpp"

#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <vector>

#include "files/input_error.hpp"

namespace lsgd {
namespace {

constexpr std::size_t block_bytes = 512;
constexpr std::size_t longest_name = 100;
constexpr std::size_t size_offset = 124, size_digits = 11;
constexpr std::size_t checksum_offset = 148;

std::size_t padding_of(std::size_t size) {
  return (block_bytes - size % block_bytes) % block_bytes;
}

bool is_plain(std::string_view name) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/";
  if (name.empty() || name.size() > longest_name || name.find_first_not_of(plain) != name.npos)
    return false;
  while (true) {
    const std::string_view part = name.substr(0, name.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    if (part.size() == name.size()) return true;
    name.remove_prefix(part.size() + 1);
  }
}

std::string header_of(const std::string& name, std::size_t size) {
  // Name, mode, owner, group, size, time, checksum, kind, and the magic of ustar.
  std::string header = name;
  header.resize(longest_name);
  for (const char* field : {"0000644", "0000000", "0000000"}) header += std::string(field) + '\0';
  header += fmt::format("{:011o}", size) + '\0' + "00000000000" + '\0' + "        " + '0';
  header.resize(257);
  header += std::string(
      "ustar\0"
      "00",
      8);
  header.resize(329);
  for (int i = 0; i < 2; ++i) header += std::string("0000000") + '\0';
  header.resize(block_bytes);
  const unsigned sum =
      std::accumulate(header.begin(), header.end(), 0U,
                      [](unsigned total, char c) { return total + static_cast<unsigned char>(c); });
  header.replace(checksum_offset, 8, fmt::format("{:06o}", sum) + '\0' + ' ');
  return header;
}

std::optional<std::size_t> size_of(std::string_view header) {
  std::size_t size = 0;
  for (const char c : header.substr(size_offset, size_digits)) {
    if (c < '0' || c > '7') return std::nullopt;
    size = 8 * size + static_cast<std::size_t>(c - '0');
  }
  return size;
}

}  // namespace

std::string tar_archive(const ArchiveMembers& members) {
  std::string archive;
  std::size_t total = 2 * block_bytes;
  for (const auto& [name, content] : members)
    total += block_bytes + content.size() + padding_of(content.size());
  archive.reserve(total);
  for (const auto& [name, content] : members) {
    if (!is_plain(name)) throw std::invalid_argument(fmt::format("no name: {}", name));
    for (std::size_t slash = name.find('/'); slash != name.npos; slash = name.find('/', slash + 1))
      if (members.contains(name.substr(0, slash)))
        throw std::invalid_argument(fmt::format("a directory where a file is: {}", name));
    if (content.size() >= std::size_t{1} << (3 * size_digits))
      throw std::invalid_argument(fmt::format("too long: {}", name));
    archive += header_of(name, content.size());
    archive += content;
    archive.append(padding_of(content.size()), '\0');
  }
  return archive.append(2 * block_bytes, '\0');
}

ArchiveMembers members_of_tar(std::string_view archive, const std::string& file) {
  const auto refuse = [&](const std::string& found) {
    throw InputError(file, 0, fmt::format("an archive as this program writes it, found {}", found));
  };
  ArchiveMembers members;
  std::string_view rest = archive;
  while (rest.size() > 2 * block_bytes) {
    const std::string_view header = rest.substr(0, block_bytes);
    const std::string name(header.substr(0, std::min(header.find('\0'), longest_name)));
    const auto size = size_of(header);
    if (!is_plain(name)) refuse("a member named " + in_quotes(name));
    if (!size || *size > rest.size() - block_bytes ||
        padding_of(*size) > rest.size() - block_bytes - *size)
      refuse(fmt::format("the end within {}", in_quotes(name)));
    if (!members.emplace(name, rest.substr(block_bytes, *size)).second)
      refuse(fmt::format("{} twice", in_quotes(name)));
    rest.remove_prefix(block_bytes + *size + padding_of(*size));
  }
  // Whatever else is not as it has to be makes another text.
  try {
    if (tar_archive(members) != archive) refuse("other headers, another order or another end");
  } catch (const std::invalid_argument& error) {
    refuse(error.what());
  }
  return members;
}

}  // namespace lsgd
