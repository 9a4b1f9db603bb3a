// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "result/finished_case.hpp"

namespace lsgd {

/// Finished cases of a run that has not ended yet, one JSON line each, so that an interrupted run
/// can be resumed. An entry is found again only under the very same key, which stands for
/// everything the result depends on. A line that was cut off is ignored; each entry carries a
/// digest of itself and all before it, so that a changed, moved or missing one is noticed.
/// Functions may be called from several threads.
class Journal {
 public:
  /// Opens the journal at `file`, empty unless `resume`. Throws InputError where it cannot be
  /// written, is no regular file or was changed by others.
  Journal(std::filesystem::path file, bool resume);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  std::optional<FinishedCase> find(const std::string& key, const std::string& id) const;
  void append(const std::string& key, const std::string& id, const FinishedCase& finished);

 private:
  void read();
  void write_all(std::string_view bytes);

  std::filesystem::path file_;
  int descriptor_ = -1;
  bool line_may_be_open_ = false;  ///< an interrupted run or a full disk may leave half a line
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, FinishedCase> entries_;
  std::string chain_;  ///< digest of the last entry
  std::chrono::steady_clock::time_point synchronized_;
};

}  // namespace lsgd
