// SPDX-License-Identifier: Apache-2.0
#include "files/atomic_file.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "files/input_error.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t buffer_size = std::size_t{1} << 16;

fs::path temporary_sibling(const fs::path& path) {
  static std::atomic<unsigned> count = 0;
  return path.parent_path() /
         fmt::format(".{}.{}-{}.tmp", path.filename().string(), ::getpid(), count++);
}

/// Whether `name` is one that temporary_sibling gives for a file or directory of that name.
bool is_temporary_of(const std::string& destination, const std::string& name) {
  const std::string prefix = "." + destination + ".", suffix = ".tmp";
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return false;
  const std::string_view middle = std::string_view(name).substr(
      prefix.size(),
      std::max(name.size(), prefix.size() + suffix.size()) - prefix.size() - suffix.size());
  return !middle.empty() && middle.find_first_not_of("0123456789-") == std::string_view::npos;
}

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// Removes what processes that were killed have left beside `path`. Whoever still writes holds a
/// lock, which ends with its process.
void sweep_leftovers(const fs::path& path) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent_of(path), ignored)) {
    if (!is_temporary_of(path.filename().string(), entry.path().filename().string())) continue;
    const int descriptor =
        ::open(entry.path().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) continue;
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) fs::remove_all(entry.path(), ignored);
    ::close(descriptor);
  }
}

/// Locks what was just created; false where a sweep was faster. Where nothing can be locked,
/// nothing is swept either.
bool keep(int descriptor) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && status.st_nlink > 0;
}

[[noreturn]] void fail_to_write(const fs::path& path, const std::string& kind, int error) {
  throw InputError(path.string(), 0, fmt::format("a writable {} ({})", kind, std::strerror(error)));
}

void flush_directory(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  // Some file systems cannot flush a directory; the rename itself has already succeeded.
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  sweep_leftovers(path_);
  for (;;) {
    temporary_ = temporary_sibling(path_);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno != EEXIST) fail_to_write(path_, "file", errno);
    if (descriptor_ < 0) continue;
    if (keep(descriptor_)) return;
    ::close(descriptor_);
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() >= buffer_size) flush();
}

void AtomicFile::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
}

void AtomicFile::commit() {
  flush();
  if (::fsync(descriptor_) != 0 && errno != EINVAL) fail(errno);
  const int descriptor = std::exchange(descriptor_, -1);
  const bool closed = ::close(descriptor) == 0;
  if (!closed || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary_.c_str());
    fail(error);
  }
  flush_directory(parent_of(path_));
}

void AtomicFile::fail(int error) const { fail_to_write(path_, "file", error); }

void write_file(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void require_replaceable_directory(const fs::path& path,
                                   const std::vector<std::string>& replaceable) {
  std::error_code error;
  if (fs::symlink_status(path, error).type() == fs::file_type::not_found) return;
  if (!fs::is_directory(path, error)) throw InputError(path.string(), 0, "a directory");
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    const bool ours = std::ranges::find(replaceable, name) != replaceable.end() &&
                      entry.symlink_status().type() == fs::file_type::regular;
    if (!ours) {
      throw InputError(path.string(), 0,
                       "a new or empty directory, but it holds " + in_quotes(name));
    }
  }
  if (error) fail_to_write(path, "directory", error.value());
}

AtomicDirectory::AtomicDirectory(fs::path destination, std::vector<std::string> replaceable)
    : replaceable_(std::move(replaceable)) {
  std::error_code error;
  destination_ = fs::weakly_canonical(destination, error);
  // weakly_canonical keeps the trailing slash of a directory that does not exist yet.
  if (!destination_.has_filename()) destination_ = destination_.parent_path();
  if (error || !destination_.has_filename())
    throw InputError(destination.string(), 0, "the name of a directory to write");
  require_replaceable_directory(destination_, replaceable_);
  fs::create_directories(parent_of(destination_), error);
  if (error) fail_to_write(destination_, "directory", error.value());
  sweep_leftovers(destination_);
  while (descriptor_ < 0) {
    temporary_ = temporary_sibling(destination_);
    if (::mkdir(temporary_.c_str(), 0777) != 0) {
      if (errno == EEXIST) continue;
      fail_to_write(destination_, "directory", errno);
    }
    descriptor_ = ::open(temporary_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor_ < 0 && errno != ENOENT) fail_to_write(destination_, "directory", errno);
    if (descriptor_ >= 0 && !keep(descriptor_)) ::close(std::exchange(descriptor_, -1));
  }
}

AtomicDirectory::~AtomicDirectory() {
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
  ::close(descriptor_);
}

void AtomicDirectory::commit() {
  require_replaceable_directory(destination_, replaceable_);
  // Either the old directory or the new one is there at any moment. The old one, now under the
  // temporary name, goes with this object.
  const unsigned how = fs::exists(destination_) ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, destination_.c_str(), how) != 0) {
    if (errno != EINVAL && errno != ENOSYS) fail_to_write(destination_, "directory", errno);
    replace_in_two_steps();
  }
  flush_directory(parent_of(destination_));
}

void AtomicDirectory::replace_in_two_steps() const {
  const fs::path replaced = temporary_sibling(destination_);
  std::error_code error;
  const bool exists = fs::exists(destination_, error);
  if (exists) fs::rename(destination_, replaced, error);
  if (!error) fs::rename(temporary_, destination_, error);
  if (error) {
    std::error_code ignored;
    if (exists && !fs::exists(destination_, ignored)) fs::rename(replaced, destination_, ignored);
    fail_to_write(destination_, "directory", error.value());
  }
  if (exists) fs::remove_all(replaced, error);
}

}  // namespace lsgd
