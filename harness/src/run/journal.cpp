// SPDX-License-Identifier: Apache-2.0
#include "run/journal.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "files/input_error.hpp"
#include "files/sha256.hpp"

namespace lsgd {
namespace {

// Often enough that a power failure costs little, seldom enough that slow disks do not cost more.
constexpr std::chrono::seconds synchronization_interval{1};

/// One line, the same when it is read again.
std::string text_of(const nlohmann::ordered_json& entry) {
  return entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Journal::Journal(std::filesystem::path file, bool resume) : file_(std::move(file)) {
  // Neither what a link points to nor a pipe, which would wait for another end.
  descriptor_ = open(file_.c_str(),
                     O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0666);
  struct stat status {};
  const bool is_file =
      descriptor_ >= 0 && fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  if (!is_file || (!resume && ftruncate(descriptor_, 0) != 0)) {
    const int error = errno;
    if (descriptor_ >= 0) close(descriptor_);
    throw InputError(file_.string(), 0,
                     descriptor_ >= 0 && !is_file
                         ? "a regular file"
                         : std::string("a writable file: ") + std::strerror(error));
  }
  line_may_be_open_ = resume;
  if (resume) read();
}

Journal::~Journal() { close(descriptor_); }

void Journal::read() {
  std::ifstream stream(file_);
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    auto entry = nlohmann::ordered_json::parse(line, nullptr, false);
    if (!entry.is_object()) continue;  // cut off when a run was interrupted
    try {
      const std::string chain = entry.at("chain");
      entry.erase("chain");
      if (chain != sha256_of(chain_ + text_of(entry)))
        throw InputError(file_.string(), number,
                         "the entry that a run wrote here, unchanged; without --resume the run "
                         "starts afresh");
      chain_ = chain;
      entries_[{entry.at("key"), entry.at("id")}] = {entry.at("case"),
                                                     entry.at("stack_bytes"),
                                                     entry.at("heap_bytes"),
                                                     {entry.at("taken"), entry.at("refused")}};
    } catch (const nlohmann::json::exception&) {
      throw InputError(file_.string(), number, "an entry of a journal");
    }
  }
}

std::optional<FinishedCase> Journal::find(const std::string& key, const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto entry = entries_.find({key, id});
  if (entry == entries_.end()) return std::nullopt;
  return entry->second;
}

void Journal::append(const std::string& key, const std::string& id, const FinishedCase& finished) {
  nlohmann::ordered_json entry{{"key", key},
                               {"id", id},
                               {"stack_bytes", finished.stack_bytes},
                               {"heap_bytes", finished.heap_bytes},
                               {"taken", finished.support.taken},
                               {"refused", finished.support.refused},
                               {"case", finished.json}};
  const std::scoped_lock lock(mutex_);
  const std::string chain = sha256_of(chain_ + text_of(entry));
  entry["chain"] = chain;
  if (line_may_be_open_) write_all("\n");
  write_all(text_of(entry) + '\n');
  chain_ = chain;
  const auto now = std::chrono::steady_clock::now();
  if (now - synchronized_ < synchronization_interval) return;
  fdatasync(descriptor_);
  synchronized_ = now;
}

void Journal::write_all(std::string_view bytes) {
  line_may_be_open_ = true;
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      throw InputError(file_.string(), 0, std::string("room to write: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  line_may_be_open_ = false;
}

}  // namespace lsgd
