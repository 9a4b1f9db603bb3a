// SPDX-License-Identifier: Apache-2.0
#include "files/sha256.hpp"

#include <gmock/gmock.h>

#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

TEST(Sha256, MatchesTheStandardsExamples) {
  EXPECT_EQ(sha256_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  const TemporaryDirectory directory;
  const std::string bytes(200'000, '\0');
  EXPECT_EQ(sha256_of_file(directory.file("zeros", bytes)), sha256_of(bytes));
}

TEST(Sha256, MissingFileIsBadInput) {
  EXPECT_EQ(input_error_of([] { sha256_of_file("no-such-file"); }),
            "no-such-file: expected a readable file (No such file or directory)");
}

}  // namespace
}  // namespace lsgd
