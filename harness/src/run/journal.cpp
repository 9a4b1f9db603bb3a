// SPDX-License-Identifier: Apache-2.0
#include "run/journal.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

#include "files/input_error.hpp"

namespace lsgd {
namespace {

// Often enough that a power failure costs little, seldom enough that slow disks do not cost more.
constexpr std::chrono::seconds synchronization_interval{1};

}  // namespace

Journal::Journal(std::filesystem::path file, bool resume) : file_(std::move(file)) {
  if (resume) read();
  descriptor_ =
      open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | (resume ? 0 : O_TRUNC), 0666);
  if (descriptor_ < 0)
    throw InputError(file_.string(), 0, std::string("a writable file: ") + std::strerror(errno));
  line_may_be_open_ = resume;
}

Journal::~Journal() { close(descriptor_); }

void Journal::read() {
  std::ifstream stream(file_);
  for (std::string line; std::getline(stream, line);) {
    const auto entry = nlohmann::ordered_json::parse(line, nullptr, false);
    try {
      entries_[{entry.at("key"), entry.at("id")}] = {entry.at("case"), entry.at("stack_bytes"),
                                                     entry.at("heap_bytes")};
    } catch (const nlohmann::json::exception&) {
      continue;
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
  const nlohmann::ordered_json entry{{"key", key},
                                     {"id", id},
                                     {"stack_bytes", finished.stack_bytes},
                                     {"heap_bytes", finished.heap_bytes},
                                     {"case", finished.json}};
  const std::string line =
      entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  const std::scoped_lock lock(mutex_);
  if (line_may_be_open_) write_all("\n");
  write_all(line);
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
