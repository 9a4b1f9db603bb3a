// SPDX-License-Identifier: Apache-2.0
#include "files/directory_lock.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files/input_error.hpp"

namespace lsgd {
namespace {

/// The previous holder deletes the file: then the lock on it is no lock any more.
bool is_still(const std::filesystem::path& path, int descriptor) {
  struct stat here {
  }, opened{};
  return ::lstat(path.c_str(), &here) == 0 && ::fstat(descriptor, &opened) == 0 &&
         here.st_ino == opened.st_ino && here.st_dev == opened.st_dev;
}

}  // namespace

DirectoryLock::DirectoryLock(const std::filesystem::path& directory)
    : file_(directory / ".lsgd-lock") {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw InputError(directory.string(), 0, "a directory that can be created");
  for (;;) {
    descriptor_ =
        ::open(file_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (descriptor_ < 0)
      throw InputError(directory.string(), 0,
                       fmt::format("a directory to write into ({})", std::strerror(errno)));
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl(descriptor_, F_SETLK, &whole) == 0) {
      if (is_still(file_, descriptor_)) return;
    } else if (::fcntl(descriptor_, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK) {
      ::close(descriptor_);
      throw InputError(directory.string(), 0,
                       fmt::format("a directory that no other run writes into, and process {} does",
                                   whole.l_pid));
    }
    ::close(descriptor_);
  }
}

DirectoryLock::~DirectoryLock() {
  ::unlink(file_.c_str());
  ::close(descriptor_);
}

}  // namespace lsgd
