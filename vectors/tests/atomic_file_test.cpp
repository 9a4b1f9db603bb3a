// SPDX-License-Identifier: Apache-2.0
#include "files/atomic_file.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files/text_file.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

/// Lets no file grow beyond `bytes`: writes fail as they do on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limited = before_;
    limited.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_;
};

TEST(AtomicFile, AppearsOnlyWithCommit) {
  const TemporaryDirectory directory;
  {
    AtomicFile file(directory / "out.csv");
    file.write("a\n");
    file.write("b\n");
    EXPECT_FALSE(fs::exists(directory / "out.csv"));
    file.commit();
  }
  EXPECT_EQ(read_text(directory / "out.csv", 100), "a\nb\n");
  EXPECT_THAT(directory.entries(), ElementsAre("out.csv"));
}

TEST(AtomicFile, LeavesTheOldFileAndNothingElseWithoutCommit) {
  const TemporaryDirectory directory;
  directory.file("out.csv", "old");
  { AtomicFile(directory / "out.csv").write(std::string(1 << 20, 'x')); }
  EXPECT_EQ(read_text(directory / "out.csv", 100), "old");
  EXPECT_THAT(directory.entries(), ElementsAre("out.csv"));
}

TEST(AtomicFile, ReplacesAnOldFile) {
  const TemporaryDirectory directory;
  write_file(directory.file("out.csv", "old and longer"), "new");
  EXPECT_EQ(read_text(directory / "out.csv", 100), "new");
}

TEST(AtomicFile, FullDiskIsAnErrorAndLeavesNothing) {
  const TemporaryDirectory directory;
  std::string error;
  {
    const FileSizeLimit limit(1 << 18);
    error = input_error_of([&] { write_file(directory / "out", std::string(1 << 20, 'x')); });
  }
  EXPECT_THAT(error, EndsWith("out: expected a writable file (File too large)"));
  EXPECT_THAT(directory.entries(), IsEmpty());
}

TEST(AtomicFile, MissingDirectoryIsAnError) {
  const TemporaryDirectory directory;
  EXPECT_THAT(input_error_of([&] { AtomicFile(directory / "no/such/out"); }),
              EndsWith("no/such/out: expected a writable file (No such file or directory)"));
}

TEST(AtomicFile, DoesNotReplaceADirectory) {
  const TemporaryDirectory directory;
  fs::create_directory(directory / "out");
  EXPECT_THAT(input_error_of([&] { write_file(directory / "out", "x"); }),
              EndsWith("out: expected a writable file (Is a directory)"));
  EXPECT_THAT(directory.entries(), ElementsAre("out"));
}

TEST(AtomicDirectory, AppearsOnlyWithCommit) {
  const TemporaryDirectory directory;
  {
    AtomicDirectory out(directory / "new/out/");
    write_file(out.path() / "manifest.json", "{}");
    EXPECT_FALSE(fs::exists(directory / "new/out"));
    out.commit();
  }
  EXPECT_EQ(read_text(directory / "new/out/manifest.json", 100), "{}");
  EXPECT_EQ(std::distance(fs::directory_iterator(directory / "new"), {}), 1);
}

TEST(AtomicDirectory, TakesABareName) {
  const TemporaryDirectory directory;
  const fs::path before = fs::current_path();
  fs::current_path(directory / ".");
  const std::string error = input_error_of([] { AtomicDirectory("out").commit(); });
  fs::current_path(before);
  EXPECT_EQ(error, "");
  EXPECT_THAT(directory.entries(), ElementsAre("out"));
}

TEST(AtomicDirectory, LeavesNothingWithoutCommit) {
  const TemporaryDirectory directory;
  { write_file(AtomicDirectory(directory / "out").path() / "manifest.json", "{}"); }
  EXPECT_THAT(directory.entries(), IsEmpty());
}

TEST(AtomicDirectory, ReplacesItsOwnEarlierOutputWhole) {
  const TemporaryDirectory directory;
  for (const std::string name : {"first.csv", "second.csv"}) {
    AtomicDirectory out(directory / "out", {"first.csv", "second.csv"});
    write_file(out.path() / name, name);
    out.commit();
  }
  EXPECT_FALSE(fs::exists(directory / "out/first.csv"));
  EXPECT_EQ(read_text(directory / "out/second.csv", 100), "second.csv");
  EXPECT_THAT(directory.entries(), ElementsAre("out"));
}

TEST(AtomicDirectory, IsThereAtEveryMomentWhileItIsReplaced) {
  const TemporaryDirectory directory;
  const auto replace = [&] {
    AtomicDirectory out(directory / "out", {"set.csv"});
    write_file(out.path() / "set.csv", "whole");
    out.commit();
  };
  replace();
  const pid_t writer = fork();
  if (writer == 0)
    for (;;) replace();
  std::size_t looks = 0;
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
       std::chrono::steady_clock::now() < end; ++looks)
    ASSERT_EQ(access((directory / "out/set.csv").c_str(), F_OK), 0) << looks;
  EXPECT_GE(looks, 1000U);
  kill(writer, SIGKILL);
  waitpid(writer, nullptr, 0);
  EXPECT_EQ(read_text(directory / "out/set.csv", 100), "whole");
}

TEST(AtomicDirectory, RemovesWhatAKilledProcessLeftButNothingOfALivingOne) {
  const TemporaryDirectory directory;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t killed = fork();
  if (killed == 0) {
    AtomicDirectory out(directory / "out");
    write_file(out.path() / "half.csv", "half");
    AtomicFile file(directory / "file");
    if (write(ready[1], "x", 1) != 1) _exit(1);
    for (;;) pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  AtomicDirectory living_directory(directory / "out");
  AtomicFile living_file(directory / "file");
  EXPECT_EQ(directory.entries().size(), 4U);
  kill(killed, SIGKILL);
  waitpid(killed, nullptr, 0);
  AtomicDirectory(directory / "out").commit();
  write_file(directory / "file", "another");
  EXPECT_EQ(directory.entries().size(), 4U);
  living_file.write("of the living");
  living_file.commit();
  living_directory.commit();
  EXPECT_EQ(read_text(directory / "file", 100), "of the living");
  EXPECT_THAT(directory.entries(), ElementsAre(HasSubstr(".out."), "file", "out"));
  close(ready[0]);
  close(ready[1]);
}

TEST(AtomicDirectory, RefusesADirectoryThatHoldsAnythingElse) {
  const TemporaryDirectory directory;
  fs::create_directory(directory / "home");
  directory.file("home/first.csv", "ours");
  directory.file("home/letter.txt", "theirs");
  EXPECT_THAT(input_error_of([&] { AtomicDirectory(directory / "home", {"first.csv"}); }),
              EndsWith("home: expected a new or empty directory, but it holds \"letter.txt\""));
  EXPECT_EQ(read_text(directory / "home/letter.txt", 100), "theirs");
}

TEST(AtomicDirectory, RefusesWhatCameInTheMeantime) {
  const TemporaryDirectory directory;
  AtomicDirectory out(directory / "out");
  fs::create_directory(directory / "out");
  directory.file("out/letter.txt", "theirs");
  EXPECT_THAT(input_error_of([&] { out.commit(); }), HasSubstr("letter.txt"));
}

TEST(AtomicDirectory, RefusesAFileAndALinkPosingAsOurs) {
  const TemporaryDirectory directory;
  directory.file("file", "theirs");
  fs::create_directory(directory / "out");
  fs::create_symlink("../file", directory / "out/first.csv");
  EXPECT_THAT(input_error_of([&] { AtomicDirectory(directory / "file"); }),
              EndsWith("file: expected a directory"));
  EXPECT_THAT(input_error_of([&] { AtomicDirectory(directory / "out", {"first.csv"}); }),
              HasSubstr("first.csv"));
}

TEST(InputError, IsOneLineWhateverTheFileIsCalled) {
  EXPECT_STREQ(InputError("a\nb\x1b[31m", 3, "x\ty").what(), "a?b?[31m:3: expected x?y");
}

}  // namespace
}  // namespace lsgd
