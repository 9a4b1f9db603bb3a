// SPDX-License-Identifier: Apache-2.0
#include "files/directory_lock.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(DirectoryLock, IsHeldByOneProcessWhichItNames) {
  const TemporaryDirectory directory;
  const fs::path out = directory / "new/out";
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t holder = fork();
  if (holder == 0) {
    const DirectoryLock lock(out);
    if (write(ready[1], "x", 1) != 1) _exit(1);
    for (;;) pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_THAT(input_error_of([&] { DirectoryLock lock(out); }),
              HasSubstr("process " + std::to_string(holder) + " does"));
  kill(holder, SIGKILL);
  waitpid(holder, nullptr, 0);
  { const DirectoryLock lock(out); }
  EXPECT_TRUE(fs::is_empty(out));
  close(ready[0]);
  close(ready[1]);
}

TEST(DirectoryLock, FollowsNoLink) {
  const TemporaryDirectory directory;
  fs::create_directory(directory / "out");
  fs::create_symlink(directory / "elsewhere", directory / "out/.lsgd-lock");
  EXPECT_THAT(input_error_of([&] { DirectoryLock lock(directory / "out"); }),
              HasSubstr("expected a directory to write into"));
  EXPECT_FALSE(fs::exists(directory / "elsewhere"));
}

}  // namespace
}  // namespace lsgd
