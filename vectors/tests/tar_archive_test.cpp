// SPDX-License-Identifier: Apache-2.0
#include "files/tar_archive.hpp"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>

#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/scratch_directory.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

const ArchiveMembers members{{"empty", ""},
                             {"a/deep/er", std::string("\0\n\xff", 3)},
                             {"whole_block", std::string(512, 'x')},
                             {std::string(100, 'n'), "a long name"}};

std::string error_of_tar_archive(const std::string& archive) {
  try {
    members_of_tar(archive, "some.tar");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TarArchive, IsReadAsItWasWritten) {
  EXPECT_EQ(members_of_tar(tar_archive(members), "some.tar"), members);
  EXPECT_EQ(members_of_tar(tar_archive({}), "some.tar"), ArchiveMembers());
}

TEST(TarArchive, IsOpenedByTar) {
  const ScratchDirectory directory;
  const std::string path = directory.path().string();
  write_file(directory.path() / "some.tar", tar_archive(members));
  ASSERT_EQ(std::system(("cd " + path + " && tar xf some.tar 2>warnings").c_str()), 0);
  for (const auto& [name, content] : members)
    EXPECT_EQ(read_text(directory.path() / name, 1 << 20), content) << name;
  EXPECT_EQ(read_text(directory.path() / "warnings", 1 << 20), "");
}

TEST(TarArchive, OfAnotherProgramIsRefused) {
  const ScratchDirectory directory;
  write_file(directory.path() / "empty", "");
  ASSERT_EQ(std::system(("cd " + directory.path().string() + " && tar cf some.tar empty").c_str()),
            0);
  EXPECT_NE(error_of_tar_archive(read_text(directory.path() / "some.tar", 1 << 20)), "no error");
}

TEST(TarArchive, WithAnyByteChangedIsRefusedOrOfOtherContents) {
  const std::string archive = tar_archive(members);
  for (std::size_t at = 0; at < archive.size(); ++at)
    for (const int flip : {1, 0x20, 0x80}) {
      std::string changed = archive;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      try {
        EXPECT_NE(members_of_tar(changed, "some.tar"), members) << at;
      } catch (const InputError&) {
      }
    }
}

TEST(TarArchive, CutOrGrownIsRefused) {
  const std::string archive = tar_archive(members);
  for (std::size_t size = 0; size < archive.size(); size += 64)
    EXPECT_NE(error_of_tar_archive(archive.substr(0, size)), "no error") << size;
  EXPECT_NE(error_of_tar_archive(archive + std::string(512, '\0')), "no error");
  EXPECT_NE(error_of_tar_archive(archive + "x"), "no error");
}

/// One after another: without the end of the first.
std::string joined(const ArchiveMembers& first, const ArchiveMembers& second) {
  const std::string archive = tar_archive(first);
  return archive.substr(0, archive.size() - 1024) + tar_archive(second);
}

TEST(TarArchive, WithMembersTwiceOrOutOfOrderIsRefused) {
  EXPECT_EQ(error_of_tar_archive(joined({{"a", "1"}}, {{"b", "2"}})), "no error");
  EXPECT_THAT(error_of_tar_archive(joined({{"a", "1"}}, {{"a", "2"}})),
              testing::HasSubstr("twice"));
  EXPECT_THAT(error_of_tar_archive(joined({{"b", "1"}}, {{"a", "2"}})),
              testing::HasSubstr("another order"));
  EXPECT_THAT(error_of_tar_archive(joined({{"a", "1"}}, {{"a/b", "2"}})),
              testing::HasSubstr("a directory"));
}

TEST(TarArchive, HasNoNameThatLeadsElsewhere) {
  for (const std::string name : {"", "/etc/passwd", "../a", "a/../b", "a//b", "a/", "./a", "a b",
                                 "a\nb", "a\\b", "\xc3\xa4"})
    EXPECT_THROW(tar_archive({{name, ""}}), std::invalid_argument) << name;
  EXPECT_THROW(tar_archive({{std::string(101, 'n'), ""}}), std::invalid_argument);
  // As another program would write it.
  std::string archive = tar_archive({{"xx/passwd", ""}});
  archive.replace(0, 3, "../");
  EXPECT_THAT(error_of_tar_archive(archive), testing::HasSubstr("a member named \"../passwd\""));
}

}  // namespace
}  // namespace lsgd
