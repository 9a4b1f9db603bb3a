// SPDX-License-Identifier: Apache-2.0
#include "run/progress.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace lsgd {
namespace {

constexpr std::chrono::milliseconds redraw_interval{100};
// Whoever reads a log wants to know that the run is alive, not how it moves.
constexpr std::chrono::minutes interval_in_a_log{1};
// Of less of the whole nothing follows of the rest: the first case of a run may be one that hangs.
constexpr double least_share_for_an_estimate = 0.01;

std::size_t width_of(std::FILE* stream) {
  winsize size{};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string minutes_text(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

Progress::Progress(std::FILE* stream, std::size_t cases, double cost, Clock clock)
    : stream_(stream),
      is_terminal_(isatty(fileno(stream)) != 0),
      width_(width_of(stream)),
      cases_(cases),
      cost_(cost),
      clock_(std::move(clock)),
      start_(clock_()),
      drawn_(is_terminal_ ? std::chrono::steady_clock::time_point() : start_) {}

void Progress::start_case(std::string_view target, std::string_view id) {
  const std::scoped_lock lock(mutex_);
  current_ = fmt::format("{} {}", target, id);
  draw();
}

void Progress::finish_case(double cost) {
  const std::scoped_lock lock(mutex_);
  ++done_;
  done_cost_ += cost;
  draw();
}

void Progress::finish_target(std::string_view target, std::string_view verdict) {
  const std::scoped_lock lock(mutex_);
  show(fmt::format("{}{}: {} ({}/{} cases)\n", is_terminal_ ? "\r\x1b[K" : "", target, verdict,
                   done_, cases_));
}

void Progress::clear() {
  const std::scoped_lock lock(mutex_);
  if (is_terminal_) show("\r\x1b[K");
}

void Progress::draw() {
  const auto now = clock_();
  if (now - drawn_ < (is_terminal_ ? redraw_interval : interval_in_a_log)) return;
  drawn_ = now;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  std::string line = fmt::format("{}/{}  {} elapsed", done_, cases_, minutes_text(elapsed));
  if (done_cost_ > 0 && done_cost_ >= least_share_for_an_estimate * cost_)
    line += fmt::format(", {} left",
                        minutes_text(elapsed * std::max(0.0, cost_ - done_cost_) / done_cost_));
  line += "  " + current_;
  show(is_terminal_ ? "\r\x1b[K" + line.substr(0, width_ - 1) : line + "\n");
}

// A run does not end because nobody can be told how far it is: no fmt::print, which would throw.
void Progress::show(const std::string& text) {
  std::fputs(text.c_str(), stream_);
  std::fflush(stream_);
}

}  // namespace lsgd
