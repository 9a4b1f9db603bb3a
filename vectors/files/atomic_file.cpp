// SPDX-License-Identifier: Apache-2.0
#include "files/atomic_file.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
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

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

AtomicFile::AtomicFile(fs::path path)
    : path_(std::move(path)), temporary_(temporary_sibling(path_)) {
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail_to_write(path_, "file", errno);
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
  temporary_ = temporary_sibling(destination_);
  if (!error) fs::create_directory(temporary_, error);
  if (error) fail_to_write(destination_, "directory", error.value());
}

AtomicDirectory::~AtomicDirectory() {
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

void AtomicDirectory::commit() {
  require_replaceable_directory(destination_, replaceable_);
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
  flush_directory(parent_of(destination_));
  if (exists) fs::remove_all(replaced, error);
}

}  // namespace lsgd
