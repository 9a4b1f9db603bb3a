// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace lsgd {

/// Shows how far a run is: one line that updates itself on a terminal, else a line per finished
/// target, and once a minute how far the run is. Functions may be called from several threads.
class Progress {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  /// @param cost the sum of what finish_case will be told
  Progress(std::FILE* stream, std::size_t cases, double cost,
           Clock clock = std::chrono::steady_clock::now);

  void start_case(std::string_view target, std::string_view id);
  void finish_case(double cost);
  /// `verdict` in a few words.
  void finish_target(std::string_view target, std::string_view verdict);
  /// Removes the updating line.
  void clear();

 private:
  void draw();
  void show(const std::string& text);

  std::FILE* stream_;
  bool is_terminal_;
  std::size_t width_;
  std::size_t cases_;
  double cost_;
  Clock clock_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point drawn_;
  std::size_t done_ = 0;
  double done_cost_ = 0;
  std::string current_;
};

}  // namespace lsgd
