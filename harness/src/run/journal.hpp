// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <ios>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "device/answer_record.hpp"

namespace lsgd {

/// Finished cases of a run that has not ended yet, one JSON line each, so that an interrupted run
/// can be resumed: what the device answered, and what was made of it. An entry is found again only
/// under the very same key, which stands for everything else the result depends on. A line that was
/// cut off is ignored; each entry carries a digest of itself and all before it, so that a changed,
/// moved or missing one is noticed.
/// Functions may be called from several threads.
class Journal {
 public:
  /// Opens the journal at `file`, empty unless `resume`. Throws InputError where it cannot be
  /// written, is no regular file or was changed by others.
  /// @param shown  names a record of a finished run in errors; empty: one that may be resumed
  Journal(std::filesystem::path file, bool resume, std::string shown = {});
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Of the run that wrote it last; nothing in an empty journal.
  std::optional<std::uint64_t> seed() const { return seed_; }
  /// The entries that follow are of a run with this seed.
  void start(std::uint64_t seed);

  /// A case of an interrupted run.
  struct Entry {
    AnswerRecord answers;
    std::string judged;  ///< text() of its part of results.json
    std::size_t line = 0;
  };

  /// Throws InputError where the answers were damaged.
  std::optional<Entry> find(const std::string& key, const std::string& id) const;
  /// Key and identity of every case, in the order in which they were written.
  std::vector<std::pair<std::string, std::string>> cases() const;
  void append(const std::string& key, const std::string& id, const nlohmann::ordered_json& judged,
              const AnswerRecord& answers);

  /// One line, the same when it is read again.
  static std::string text(const nlohmann::ordered_json& json);

  [[noreturn]] void refuse(std::size_t line, const std::string& expected) const;

 private:
  struct Place {
    std::size_t line = 0;
    std::streamoff offset = 0;
  };

  void read();
  void append_chained(nlohmann::ordered_json entry);
  void write_all(std::string_view bytes);

  std::filesystem::path file_;
  std::string shown_;
  int descriptor_ = -1;
  bool line_may_be_open_ = false;  ///< an interrupted run or a full disk may leave half a line
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Place> entries_;
  std::optional<std::uint64_t> seed_;
  std::string chain_;  ///< digest of the last entry
  std::chrono::steady_clock::time_point synchronized_;
};

}  // namespace lsgd
