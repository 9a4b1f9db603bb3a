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

}  // namespace

Journal::Journal(std::filesystem::path file, bool resume, std::string shown)
    : file_(std::move(file)), shown_(std::move(shown)) {
  // Neither what a link points to nor a pipe, which would wait for another end.
  descriptor_ = open(file_.c_str(),
                     O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0666);
  struct stat status {};
  // A second name would be somebody else's file.
  const bool is_file = descriptor_ >= 0 && fstat(descriptor_, &status) == 0 &&
                       S_ISREG(status.st_mode) && status.st_nlink == 1;
  if (!is_file || (!resume && ftruncate(descriptor_, 0) != 0)) {
    const int error = errno;
    if (descriptor_ >= 0) close(descriptor_);
    throw InputError(file_.string(), 0,
                     descriptor_ >= 0 && !is_file
                         ? "a regular file of one name"
                         : std::string("a writable file: ") + std::strerror(error));
  }
  line_may_be_open_ = resume;
  if (resume) read();
}

std::string Journal::text(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void Journal::refuse(std::size_t line, const std::string& expected) const {
  if (!shown_.empty()) throw InputError(shown_, line, expected);
  throw InputError(file_.string(), line, expected + "; without --resume the run starts afresh");
}

Journal::~Journal() { close(descriptor_); }

void Journal::read() {
  std::ifstream stream(file_);
  Place place;
  for (std::string line; std::getline(stream, line);
       place.offset += static_cast<std::streamoff>(line.size()) + 1) {
    ++place.line;
    auto entry = nlohmann::ordered_json::parse(line, nullptr, false);
    if (!entry.is_object()) continue;  // cut off when a run was interrupted
    try {
      const std::string chain = entry.at("chain");
      entry.erase("chain");
      if (chain != sha256_of(chain_ + text(entry)))
        refuse(place.line, "the entry that a run wrote here, unchanged");
      chain_ = chain;
      if (entry.contains("seed"))
        seed_ = entry.at("seed").get<std::uint64_t>();
      else
        entries_[{entry.at("key"), entry.at("id")}] = place;
    } catch (const nlohmann::json::exception&) {
      refuse(place.line, "an entry of a journal");
    }
  }
}

// Answers are many: they stay in the file until they are asked for.
std::optional<Journal::Entry> Journal::find(const std::string& key, const std::string& id) const {
  const auto found = entries_.find({key, id});
  if (found == entries_.end()) return std::nullopt;
  std::ifstream stream(file_);
  stream.seekg(found->second.offset);
  std::string line;
  std::getline(stream, line);
  const auto entry = nlohmann::ordered_json::parse(line, nullptr, false);
  try {
    if (auto answers = AnswerRecord::from_text(entry.at("answers").get<std::string_view>()))
      return Entry{*std::move(answers), text(entry.at("case")), found->second.line};
  } catch (const nlohmann::json::exception&) {
  }
  refuse(found->second.line, "the answers of a device");
}

std::vector<std::pair<std::string, std::string>> Journal::cases() const {
  std::map<std::size_t, std::pair<std::string, std::string>> by_line;
  for (const auto& [name, place] : entries_) by_line.emplace(place.line, name);
  std::vector<std::pair<std::string, std::string>> cases;
  for (auto& [line, name] : by_line) cases.push_back(std::move(name));
  return cases;
}

void Journal::start(std::uint64_t seed) {
  append_chained({{"seed", seed}});
  seed_ = seed;
}

void Journal::append(const std::string& key, const std::string& id,
                     const nlohmann::ordered_json& judged, const AnswerRecord& answers) {
  append_chained({{"key", key}, {"id", id}, {"answers", answers.text()}, {"case", judged}});
}

void Journal::append_chained(nlohmann::ordered_json entry) {
  const std::scoped_lock lock(mutex_);
  const std::string chain = sha256_of(chain_ + text(entry));
  entry["chain"] = chain;
  if (line_may_be_open_) write_all("\n");
  write_all(text(entry) + '\n');
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
